"""Codes on paper: ten, hashed, each spent once, replaced together, shown for ten minutes."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from portal.accounts import services
from portal.accounts.models import OneTime, RecoveryCode, UserSession
from portal.accounts.queries.factor import get_factors
from portal.accounts.services import factors, recovery_codes
from portal.core.db import transaction
from portal.core.errors import Conflict
from portal.core.permissions import SYSTEM, GrantedActor
from tests.support.factors import give_phone


@pytest.fixture
def sri(db_session, now):
    with transaction():
        return services.create_user(
            login="sri", name="Sri Wahyuni", password="kuda lumping di sawah", actor=SYSTEM, now=now
        )


def renew(user, now):
    with transaction():
        return recovery_codes.renew_codes(user_id=user.id, actor=SYSTEM, now=now)


def spend(user, code, now):
    with transaction():
        return recovery_codes.spend_recovery_code(user_id=user.id, code=code, actor=SYSTEM, now=now)


def test_ten_different_codes_of_which_only_hashes_are_kept(sri, now, db_session):
    codes = renew(sri, now)
    assert len(set(codes)) == 10
    assert all(len(code) == 12 for code in codes)
    kept = db_session.scalars(sa.select(RecoveryCode.code_hash)).all()
    assert len(kept) == 10
    assert not set(kept) & set(codes)


def test_a_code_is_spent_once_however_it_is_written(sri, now):
    code = renew(sri, now)[3]
    typed = f" {code[:4]}-{code[4:8].lower()} {code[8:]}"
    assert spend(sri, typed, now)
    assert not spend(sri, code, now)
    assert get_factors(sri.id).codes_left == 9


def test_codes_of_somebody_else_and_old_ones_open_nothing(sri, now):
    with transaction():
        budi = services.create_user(
            login="budi", name="Budi", password="kuda lumping di sawah", actor=SYSTEM, now=now
        )
    codes = renew(sri, now)
    assert not spend(budi, codes[0], now)
    renew(sri, now)
    assert not spend(sri, codes[0], now)
    assert not spend(sri, "", now)


def test_new_codes_need_a_factor_and_end_the_other_sessions(sri, now, db_session):
    owner = GrantedActor(sri.id, None, sri.name)
    with pytest.raises(Conflict, match="no_factor"), transaction():
        factors.renew_recovery_codes(actor=owner, session_id=None, now=now)
    give_phone(sri, now)
    with transaction():
        for _number in range(2):
            services.open_session(sri.id, now=now, factor="totp")
    here = db_session.scalars(sa.select(UserSession.id).order_by(UserSession.id)).first()
    with transaction():
        codes = factors.renew_recovery_codes(actor=owner, session_id=here, now=now)
    assert len(codes) == 10
    open_ones = sa.select(UserSession.id).where(UserSession.ended_at.is_(None))
    assert db_session.scalars(open_ones).all() == [here]


def test_codes_are_shown_to_their_owner_for_ten_minutes(sri, now, db_session):
    codes = renew(sri, now)
    with transaction():
        handle = recovery_codes.keep_to_show(user_id=sri.id, codes=codes, now=now)
    stored = db_session.scalars(sa.select(OneTime)).one()
    assert codes[0] not in str(stored.data)
    shown = recovery_codes.shown_codes(user_id=sri.id, handle=handle, now=now)
    assert [code.replace("-", "") for code in shown] == codes
    assert recovery_codes.shown_codes(user_id=sri.id + 1, handle=handle, now=now) == []
    late = now + timedelta(minutes=11)
    assert recovery_codes.shown_codes(user_id=sri.id, handle=handle, now=late) == []
    with transaction():
        recovery_codes.end_showing(handle=handle)
    assert recovery_codes.shown_codes(user_id=sri.id, handle=handle, now=now) == []
