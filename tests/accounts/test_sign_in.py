"""Signing in: sessions, limits, roles that end at once."""

from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from portal.accounts import queries, services
from portal.accounts.models import Attempt, User, UserSession
from portal.core.audit import AuditEvent
from portal.core.db import db, transaction
from portal.core.errors import Conflict, DomainError, TooMany
from portal.core.permissions import SYSTEM, Role

PASSWORD = "kuda lumping di sawah"
HOME = "203.0.113.9"


@pytest.fixture
def sri(db_session, now):
    with transaction():
        return services.create_user(
            login="Sri.W", name="Sri Wahyuni", password=PASSWORD, actor=SYSTEM, now=now
        )


def try_in(login, password, now, address=HOME):
    with transaction():
        services.begin_sign_in(login=login, address=address, now=now)
    return services.verify_password(login=login, password=password)


def test_sign_in_gives_a_token_of_which_only_the_hash_is_kept(sri, now, db_session):
    with transaction():
        token = services.sign_in(login="SRI.w", password=PASSWORD, agent="x" * 400, address=HOME, now=now)
    row = db_session.scalars(sa.select(UserSession)).one()
    assert token not in (row.token_hash, "")
    assert len(row.agent) == 200
    assert [r.user_id for r in queries.load_session(token, now)] == [sri.id]


@pytest.mark.parametrize("state", ["wrong password", "unknown name", "closed account", "no password yet"])
def test_every_refusal_is_the_same(sri, now, db_session, state):
    with transaction() as session:
        user = session.get(User, sri.id)
        user.is_active = state != "closed account"
        user.password_hash = "" if state == "no password yet" else user.password_hash
    login = "nobody" if state == "unknown name" else "sri.w"
    with pytest.raises(DomainError) as caught:
        try_in(login, "another long text" if state == "wrong password" else PASSWORD, now)
    assert caught.value.code == "sign_in_refused"
    assert caught.value.field is None
    assert caught.value.message == "Nama masuk atau kata sandi tidak cocok."


@pytest.mark.parametrize("login", ["sri.w", "nobody.here"])
def test_guessing_stops_after_five_tries_known_or_unknown(sri, now, login):
    for _turn in range(5):
        with pytest.raises(DomainError, match="sign_in_refused"):
            try_in(login, "wrong guess here", now)
    with pytest.raises(TooMany) as caught:
        try_in(login, PASSWORD, now)
    assert 0 < caught.value.details["retry_after"] <= 600
    with pytest.raises(TooMany):
        try_in(login, PASSWORD, now + timedelta(minutes=9))


def test_the_limit_ends_by_itself_and_another_address_is_not_shut_out(sri, now):
    for _turn in range(5):
        with pytest.raises(DomainError):
            try_in("sri.w", "wrong guess here", now, "198.51.100.1")
    assert try_in("sri.w", PASSWORD, now, HOME) == sri.id
    assert try_in("sri.w", PASSWORD, now + timedelta(minutes=11), "198.51.100.1") == sri.id


def test_a_whole_class_signs_in_from_one_address(sri, now):
    for _turn in range(80):
        with transaction():
            services.begin_sign_in(login="sri.w", address=HOME, now=now)
            services.open_session(sri.id, now=now, login="sri.w", address=HOME)
    count = sa.select(sa.func.count()).select_from(UserSession).where(UserSession.user_id == sri.id)
    assert db.session.scalar(count) == 80


def test_one_address_cannot_try_many_names(sri, now):
    with pytest.raises(TooMany):
        for number in range(70):
            with transaction():
                services.begin_sign_in(login=f"nama{number}", address=HOME, now=now)


def test_the_throttle_keeps_neither_names_nor_addresses(sri, now, db_session):
    with transaction():
        services.begin_sign_in(login="sri.w", address=HOME, now=now)
    text = " ".join(db_session.scalars(sa.select(Attempt.key)))
    assert "sri" not in text
    assert HOME not in text


def test_a_session_ends_idle_after_twelve_hours_and_at_seven_days(sri, now):
    with transaction():
        token = services.open_session(sri.id, now=now)
    assert queries.load_session(token, now + timedelta(hours=11, minutes=59))
    assert not queries.load_session(token, now + timedelta(hours=12))
    session_id = queries.list_sessions(sri.id, now)[0].id
    for hours in range(0, 24 * 7 - 1, 6):
        with transaction():
            services.touch_session(session_id=session_id, now=now + timedelta(hours=hours))
    assert queries.load_session(token, now + timedelta(days=7, minutes=-1))
    assert not queries.load_session(token, now + timedelta(days=7))


def test_the_load_is_one_statement_however_many_roles(sri, now, query_count):
    with transaction():
        token = services.open_session(sri.id, now=now)
        for center in range(12):
            services.grant_role(
                user_id=sri.id, role=Role.CENTER_ADMIN, scope_kind="center", scope_id=center,
                starts_on=date(2026, 1, 1), actor=SYSTEM, now=now,
            )  # fmt: skip
    with query_count(at_most=1):
        assert len(queries.load_session(token, now)) == 12


def test_a_new_password_ends_the_other_sessions(sri, now):
    with transaction():
        here, there = services.open_session(sri.id, now=now), services.open_session(sri.id, now=now)
    keep = queries.load_session(here, now)[0].session_id
    with transaction():
        services.change_password(
            user_id=sri.id, password="ijuk rumbia nibung", actor=SYSTEM, now=now, keep_session=keep
        )
    assert queries.load_session(here, now)
    assert not queries.load_session(there, now)
    assert services.verify_password(login="sri.w", password="ijuk rumbia nibung") == sri.id


def test_no_secret_reaches_the_audit_trail(sri, now, db_session):
    with transaction():
        token = services.open_session(sri.id, now=now)
        services.change_password(user_id=sri.id, password="ijuk rumbia nibung", actor=SYSTEM, now=now)
    text = str([(e.action, e.data) for e in db_session.scalars(sa.select(AuditEvent))])
    assert "password.changed" in text
    assert all(secret not in text for secret in (token, PASSWORD, "ijuk", "argon2"))


@pytest.mark.parametrize(
    ("login", "password", "field"),
    [
        ("sri.w", PASSWORD, "login"),
        ("SRI.W", PASSWORD, "login"),
        ("0812345678", PASSWORD, "login"),
        ("budi", "koperasi", "password"),
        ("budi.hartono", "budi.hartono1", "password"),
    ],
)
def test_an_account_is_refused_beside_its_cause(sri, now, login, password, field):
    with pytest.raises(DomainError) as caught, transaction():
        services.create_user(login=login, name="Budi Hartono", password=password, actor=SYSTEM, now=now)
    assert caught.value.field == field


def test_closing_an_account_ends_its_sessions(sri, now):
    with transaction():
        token = services.open_session(sri.id, now=now)
    with transaction():
        services.set_account_active(user_id=sri.id, is_active=False, reason="pindah", actor=SYSTEM, now=now)
    assert not queries.load_session(token, now)
    with pytest.raises(DomainError):
        services.verify_password(login="sri.w", password=PASSWORD)


def test_a_person_belongs_to_one_account(sri, now, db_session):
    from tests.support.classroom import newcomer

    person_id = newcomer()
    with transaction():
        services.link_person(user_id=sri.id, person_id=person_id, actor=SYSTEM, now=now)
        services.link_person(user_id=sri.id, person_id=person_id, actor=SYSTEM, now=now)
        other = services.create_user(login="lain", name="Lain", password=PASSWORD, actor=SYSTEM, now=now)
    with pytest.raises(Conflict), transaction():
        services.link_person(user_id=other.id, person_id=person_id, actor=SYSTEM, now=now)
