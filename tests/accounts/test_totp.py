"""The code generator: set up once, each step spent once, a clock that is off learned."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from portal.accounts import services
from portal.accounts.models import TotpFactor
from portal.accounts.queries.factor import find_totp, has_factor, totp_secret
from portal.accounts.services import totp
from portal.core.audit import AuditEvent
from portal.core.db import transaction
from portal.core.errors import NotFound
from portal.core.permissions import ANONYMOUS, SYSTEM, GrantedActor
from tests.support.factors import Phone, give_phone

STEP = timedelta(seconds=30)


@pytest.fixture
def sri(db_session, now):
    with transaction():
        return services.create_user(
            login="sri", name="Sri Wahyuni", password="kuda lumping di sawah", actor=SYSTEM, now=now
        )


@pytest.fixture
def owner(sri):
    return GrantedActor(sri.id, None, sri.name)


def begin(owner, now):
    with transaction():
        return totp.begin_totp(actor=owner, now=now)


def confirm(owner, code, now):
    with transaction():
        return totp.confirm_totp(code=code, actor=owner, now=now)


def spend(sri, code, now):
    with transaction():
        return totp.spend_totp(user_id=sri.id, code=code, actor=SYSTEM, now=now)


def actions(session, user):
    statement = sa.select(AuditEvent.action).where(AuditEvent.object_id == str(user.id))
    return list(session.scalars(statement.order_by(AuditEvent.seq)))


def test_the_seed_is_kept_encrypted_and_is_given_out_once(sri, owner, now, db_session):
    draft = begin(owner, now)
    secret = totp_secret(draft)
    assert len(secret) == 32
    assert secret not in draft.secret_cipher
    assert draft.secret_cipher.startswith("f1.")
    again = begin(owner, now + timedelta(days=3))
    assert (again.id, totp_secret(again)) == (draft.id, secret)
    assert not has_factor(sri.id)


def test_a_first_code_ends_the_setup_and_is_spent(sri, owner, now, db_session):
    phone = Phone(totp_secret(begin(owner, now)))
    assert not confirm(owner, "000000", now)
    assert not confirm(owner, "not a code", now)
    assert confirm(owner, phone.code(now), now)
    assert has_factor(sri.id)
    assert spend(sri, phone.code(now), now) == "used"
    assert spend(sri, phone.code(now + STEP), now + STEP) == "fits"
    assert "factor.added" in actions(db_session, sri)
    with pytest.raises(NotFound):
        confirm(owner, phone.code(now + STEP), now + STEP)


def test_nobody_sets_up_for_nobody(db_session, now):
    with pytest.raises(NotFound):
        begin(ANONYMOUS, now)


@pytest.mark.parametrize("ahead", [-5, -4, 4, 5])
def test_the_setup_learns_a_clock_that_is_off(sri, owner, now, ahead):
    phone = Phone(totp_secret(begin(owner, now)), ahead)
    assert confirm(owner, phone.code(now), now)
    assert find_totp(sri.id).drift == ahead
    assert spend(sri, phone.code(now + STEP), now + STEP) == "fits"


def test_a_code_is_taken_once_and_no_earlier_one_after_it(sri, now):
    phone = give_phone(sri, now)
    assert spend(sri, phone.code(now + STEP), now) == "fits"
    assert spend(sri, phone.code(now + STEP), now) == "used"
    assert spend(sri, phone.code(now), now) == "used"


@pytest.mark.parametrize("ahead", [-4, 4])
def test_two_minutes_of_clock_skew_are_learned_from_two_codes(sri, now, ahead):
    phone = give_phone(sri, now, ahead)
    assert spend(sri, phone.code(now), now) == "late"
    assert spend(sri, phone.code(now), now) == "used"
    later = now + STEP
    assert spend(sri, phone.code(later), later) == "fits"
    assert find_totp(sri.id).drift == ahead
    next_day = now + timedelta(days=1)
    assert spend(sri, phone.code(next_day), next_day) == "fits"


def test_a_late_code_is_remembered_and_audited(sri, now, db_session):
    phone = give_phone(sri, now, 4)
    spend(sri, phone.code(now), now)
    row = db_session.scalars(sa.select(TotpFactor)).one()
    assert (row.late_drift, row.last_step) == (4, 0)
    assert actions(db_session, sri)[-1] == "factor.refused"


def test_three_minutes_are_too_much(sri, now):
    phone = give_phone(sri, now, 6)
    assert spend(sri, phone.code(now), now) == "wrong"


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "abcdef", "９９９９９９", "-1", "9" * 5000])
def test_what_is_no_code_is_wrong(sri, now, typed):
    give_phone(sri, now)
    assert spend(sri, typed, now) == "wrong"


def test_an_account_without_a_generator_takes_no_code(sri, now):
    assert spend(sri, "123456", now) == "wrong"


def test_a_new_phone_replaces_the_old_one_with_its_first_code(sri, owner, now):
    old = give_phone(sri, now)
    new = Phone(totp_secret(begin(owner, now)))
    assert spend(sri, old.code(now), now) == "fits"
    assert confirm(owner, new.code(now), now)
    later = now + STEP
    assert spend(sri, old.code(later), later) == "wrong"
    assert spend(sri, new.code(later), later) == "fits"


def test_sentences_say_what_to_do():
    assert "tampaknya meleset" in totp.refused_code("late").message
    assert "sudah dipakai" in totp.refused_code("used").message
    assert totp.refused_code("wrong").field == "code"
