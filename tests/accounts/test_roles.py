"""Granting and ending roles; the last administrator stays."""

from datetime import date, timedelta

import pytest

from portal.accounts import queries, services
from portal.core.db import transaction
from portal.core.errors import Conflict, DomainError, NotFound
from portal.core.permissions import SYSTEM, GrantedActor, Role

DAY = date(2026, 11, 22)


def make(login, now):
    return services.create_user(
        login=login, name=login.title(), password="kuda lumping di sawah", actor=SYSTEM, now=now
    )


def grant(user, role, kind, scope="", *, now, actor=SYSTEM, **dates):
    return services.grant_role(
        user_id=user.id, role=role, scope_kind=kind, scope_id=scope, starts_on=dates.pop("starts_on", DAY),
        actor=actor, now=now, **dates,
    )  # fmt: skip


def roles_of(user, now):
    with transaction():
        token = services.open_session(user.id, now=now)
    return {row.role for row in queries.load_session(token, now) if row.role}


@pytest.fixture
def budi(db_session, now):
    with transaction():
        return make("budi", now)


def test_a_grant_holds_from_its_first_to_its_last_day(budi, now):
    with transaction():
        grant(
            budi,
            Role.REGULATOR,
            "region",
            "61",
            now=now,
            starts_on=DAY + timedelta(days=1),
            ends_on=DAY + timedelta(days=2),
        )
    assert roles_of(budi, now) == set()
    assert roles_of(budi, now + timedelta(days=1)) == {"regulator"}
    assert roles_of(budi, now + timedelta(days=2)) == {"regulator"}
    assert roles_of(budi, now + timedelta(days=3)) == set()


def test_an_ended_role_is_gone_on_the_next_load(budi, now):
    with transaction():
        token = services.open_session(budi.id, now=now)
        given = grant(budi, Role.CENTER_ADMIN, "center", "1", now=now)
    assert [r.role for r in queries.load_session(token, now)] == ["center_admin"]
    with transaction():
        services.end_role(grant_id=given.id, actor=SYSTEM, now=now)
    assert [r.role for r in queries.load_session(token, now)] == [None]


def test_the_same_grant_twice_is_one(budi, now):
    with transaction():
        assert (
            grant(budi, Role.CENTER_HEAD, "center", "1", now=now).id
            == grant(budi, Role.CENTER_HEAD, "center", "1", now=now).id
        )


@pytest.mark.parametrize(
    ("role", "kind", "scope", "field"),
    [
        ("emperor", "all", "", "role"),
        (Role.CENTER_ADMIN, "region", "61", "scope_id"),
        (Role.CENTER_ADMIN, "center", "", "scope_id"),
        (Role.REGULATOR, "region", "99.99", "scope_id"),
        (Role.REGULATOR, "all", "", "scope_id"),
    ],
)
def test_a_grant_that_makes_no_sense_is_refused_beside_its_cause(budi, now, role, kind, scope, field):
    with pytest.raises(DomainError) as caught, transaction():
        grant(budi, role, kind, scope, now=now)
    assert caught.value.field == field


def test_nobody_gives_themselves_a_role(budi, now):
    with pytest.raises(DomainError, match="own_role"), transaction():
        grant(budi, Role.PLATFORM_ADMIN, "all", now=now, actor=GrantedActor(budi.id, None, "Budi"))


def test_a_missing_account_gets_nothing(budi, now):
    with pytest.raises(NotFound), transaction():
        services.grant_role(
            user_id=10**6,
            role=Role.PARTNER,
            scope_kind="organization",
            scope_id=1,
            starts_on=DAY,
            actor=SYSTEM,
            now=now,
        )


def test_the_last_administrator_can_neither_be_ended_nor_closed(budi, now):
    with transaction():
        first = grant(budi, Role.PLATFORM_ADMIN, "all", now=now)
    with pytest.raises(Conflict, match="last_admin"), transaction():
        services.end_role(grant_id=first.id, actor=SYSTEM, now=now)
    with pytest.raises(Conflict, match="last_admin"), transaction():
        services.set_account_active(user_id=budi.id, is_active=False, reason="", actor=SYSTEM, now=now)
    with transaction():
        siti = make("siti", now)
        grant(siti, Role.PLATFORM_ADMIN, "all", now=now, ends_on=DAY + timedelta(days=3))
    with pytest.raises(Conflict, match="last_admin"), transaction():
        services.end_role(grant_id=first.id, actor=SYSTEM, now=now)
    with transaction():
        other = make("agus", now)
        grant(other, Role.PLATFORM_ADMIN, "all", now=now)
        services.end_role(grant_id=first.id, actor=SYSTEM, now=now)
    assert roles_of(budi, now) == set()


def test_the_first_administrator_comes_from_the_command_line_once(app):
    runner = app.test_cli_runner()
    made = runner.invoke(
        args=[
            "accounts",
            "first-admin",
            "pusat",
            "--name",
            "Pengelola Pusat",
            "--password",
            "ijuk rumbia nibung",
        ]
    )
    assert made.exit_code == 0, made.output
    again = runner.invoke(
        args=[
            "accounts",
            "first-admin",
            "kedua",
            "--name",
            "Pengelola Dua",
            "--password",
            "ijuk rumbia nibung",
        ]
    )
    assert again.exit_code == 1
    assert "Sudah ada" in again.output
