"""The second step of a sign-in: no session before it, bounded, once; sessions renewed by it."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from portal.accounts import queries, services
from portal.accounts.models import OneTime, UserSession
from portal.accounts.services import factors, recovery_codes, steps
from portal.core.audit import AuditEvent
from portal.core.db import transaction
from portal.core.errors import Conflict, NotFound, TooMany
from portal.core.permissions import SYSTEM, GrantedActor, Role
from tests.support.factors import give_phone

HOME, AWAY = "203.0.113.9", "198.51.100.7"
STEP = timedelta(seconds=30)


@pytest.fixture
def sri(db_session, now):
    with transaction():
        return services.create_user(
            login="sri", name="Sri Wahyuni", password="kuda lumping di sawah", actor=SYSTEM, now=now
        )


@pytest.fixture
def phone(sri, now):
    return give_phone(sri, now)


def begin(user, now, target="/saya/profil"):
    with transaction():
        handle = steps.begin_step(
            user.id, first="password", target=target, login="sri", address=HOME, now=now
        )
    return handle, steps.find_step(handle, now)


def attempt(step, code, now, address=HOME, paper=False):
    way = steps.pass_with_paper if paper else steps.pass_with_code
    with transaction():
        steps.begin_try(user_id=step.user_id, address=address, now=now)
    with transaction():
        return way(step, code=code, address=address, agent="Chrome Android", now=now)


def sessions(session):
    return session.scalars(sa.select(UserSession).where(UserSession.ended_at.is_(None))).all()


def test_no_session_exists_before_the_second_step(sri, phone, now, db_session):
    handle, step = begin(sri, now)
    assert sessions(db_session) == []
    assert (step.user_id, step.target) == (sri.id, "/saya/profil")
    assert handle not in str(db_session.scalars(sa.select(OneTime.token_hash)).all())
    passed = attempt(step, phone.code(now), now)
    rows = queries.load_session(passed.token, now)
    assert [(row.user_id, row.factor) for row in rows][:1] == [(sri.id, "totp")]


def test_a_wrong_code_opens_nothing_and_leaves_the_step_open(sri, phone, now, db_session):
    _handle, step = begin(sri, now)
    passed = attempt(step, "000000", now)
    assert (passed.token, passed.refused.code) == ("", "code_wrong")
    assert sessions(db_session) == []
    assert attempt(step, phone.code(now), now).token


def test_a_step_is_passed_once(sri, phone, now):
    handle, step = begin(sri, now)
    assert attempt(step, phone.code(now), now).token
    assert steps.find_step(handle, now) is None
    assert attempt(step, phone.code(now + STEP), now).refused.code == "step_over"


def test_a_step_ends_after_ten_minutes(sri, phone, now):
    handle, step = begin(sri, now)
    late = now + timedelta(minutes=10)
    assert steps.find_step(handle, late) is None
    assert attempt(step, phone.code(late), late).refused.code == "step_over"
    assert steps.find_step("made up", now) is None
    assert steps.find_step(None, now) is None


def test_a_code_used_in_one_browser_is_dead_in_another(sri, phone, now):
    _first, one = begin(sri, now)
    _second, two = begin(sri, now)
    assert attempt(one, phone.code(now), now).token
    assert attempt(two, phone.code(now), now).refused.code == "code_used"


def test_two_minutes_of_skew_say_wait_for_the_next_code(sri, now):
    phone = give_phone(sri, now, ahead=4)
    _handle, step = begin(sri, now)
    refused = attempt(step, phone.code(now), now).refused
    assert "Tunggu kode berikutnya" in refused.message
    assert attempt(step, phone.code(now + STEP), now + STEP).token


def test_guessing_stops_after_five_tries_from_one_place(sri, phone, now):
    _handle, step = begin(sri, now)
    for _turn in range(5):
        assert attempt(step, "000000", now).refused
    with pytest.raises(TooMany) as caught:
        attempt(step, phone.code(now), now)
    assert 0 < caught.value.details["retry_after"] <= 600
    assert attempt(step, phone.code(now), now, AWAY).token


def test_guessing_from_everywhere_stops_after_fifteen(sri, phone, now):
    _handle, step = begin(sri, now)
    for number in range(15):
        assert attempt(step, "000000", now, f"198.51.100.{number}").refused
    with pytest.raises(TooMany):
        attempt(step, phone.code(now), now, "198.51.100.99")
    later = now + timedelta(hours=1, minutes=1)
    _handle, step = begin(sri, later)
    assert attempt(step, phone.code(later), later).token


def test_one_address_cannot_try_many_accounts(sri, phone, now):
    with pytest.raises(TooMany):
        for number in range(61):
            with transaction():
                steps.begin_try(user_id=1000 + number, address=HOME, now=now)


def test_paper_passes_the_step_and_is_spent(sri, phone, now):
    with transaction():
        codes = recovery_codes.renew_codes(user_id=sri.id, actor=SYSTEM, now=now)
    _handle, step = begin(sri, now)
    passed = attempt(step, codes[0], now, paper=True)
    assert queries.load_session(passed.token, now)[0].factor == "recovery"
    _handle, step = begin(sri, now)
    assert attempt(step, codes[0], now, paper=True).refused.code == "recovery_code_wrong"


def test_a_step_that_is_over_costs_no_paper_code(sri, phone, now):
    with transaction():
        codes = recovery_codes.renew_codes(user_id=sri.id, actor=SYSTEM, now=now)
    _handle, step = begin(sri, now)
    late = now + timedelta(minutes=11)
    assert attempt(step, codes[0], late, paper=True).refused.code == "step_over"
    _handle, step = begin(sri, late)
    assert attempt(step, codes[0], late, paper=True).token


def test_paper_of_an_account_without_a_factor_opens_nothing(sri, now):
    with transaction():
        codes = recovery_codes.renew_codes(user_id=sri.id, actor=SYSTEM, now=now)
    _handle, step = begin(sri, now)
    assert attempt(step, codes[0], now, paper=True).refused.code == "recovery_code_wrong"


def test_an_old_session_is_renewed_and_ends(sri, phone, now, db_session):
    with transaction():
        services.open_session(sri.id, now=now)
    old = sessions(db_session)[0]
    passed = attempt(steps.Step(sri.id, session_id=old.id), phone.code(now), now)
    found = sessions(db_session)
    assert [(row.id != old.id, row.factor) for row in found] == [(True, "totp")]
    assert queries.load_session(passed.token, now)


def test_a_first_factor_brings_codes_and_a_new_session(sri, phone, now, db_session):
    owner = GrantedActor(sri.id, None, sri.name)
    with transaction():
        services.open_session(sri.id, now=now)
    old = sessions(db_session)[0].id
    with transaction():
        token, codes = factors.settle_factor(factor="totp", session_id=old, agent="", actor=owner, now=now)
    assert len(codes) == 10
    assert queries.load_session(token, now)[0].factor == "totp"
    assert [row.id == old for row in sessions(db_session)] == [False]
    with transaction():
        _token, more = factors.settle_factor(
            factor="passkey", session_id=None, agent="", actor=owner, now=now
        )
    assert more == []


def test_one_device_is_ended_by_its_owner_alone(sri, now, db_session):
    with transaction():
        services.open_session(sri.id, now=now)
    number = sessions(db_session)[0].id
    with pytest.raises(NotFound), transaction():
        factors.end_device(session_id=number, actor=GrantedActor(sri.id + 1, None, "Lain"), now=now)
    owner = GrantedActor(sri.id, None, sri.name)
    with transaction():
        factors.end_device(session_id=number, actor=owner, now=now)
    assert sessions(db_session) == []
    ended = db_session.scalar(sa.select(sa.func.count()).where(AuditEvent.action == "session.ended"))
    with transaction():
        factors.end_device(session_id=number, actor=owner, now=now)
    assert db_session.scalar(sa.select(sa.func.count()).where(AuditEvent.action == "session.ended")) == ended


def test_access_given_back_ends_every_factor(sri, phone, now):
    with transaction():
        codes = recovery_codes.renew_codes(user_id=sri.id, actor=SYSTEM, now=now)
        assert factors.end_factors(user_id=sri.id, actor=SYSTEM, now=now) == 1
    _handle, step = begin(sri, now)
    assert attempt(step, phone.code(now), now).refused
    assert attempt(step, codes[0], now, paper=True).refused


def test_removing_the_last_factor_is_for_those_who_are_no_staff(sri, phone, now):
    owner = GrantedActor(sri.id, None, sri.name)
    with transaction():
        services.grant_role(
            user_id=sri.id,
            role=Role.REGULATOR,
            scope_kind="region",
            starts_on=now.date(),
            actor=SYSTEM,
            now=now,
        )
    with pytest.raises(Conflict, match="last_factor"), transaction():
        factors.remove_totp(actor=owner, session_id=None, now=now)
