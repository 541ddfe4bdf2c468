"""Accounts from the command line: the first administrator, the last one's way back, the list, the end."""

from __future__ import annotations

import json

import pytest
import sqlalchemy as sa

from portal.accounts import passwords, queries, services
from portal.accounts.models import AccessRecovery, User, UserSession
from portal.accounts.services import recovery
from portal.core.audit import AuditEvent
from portal.core.db import db, transaction
from portal.core.permissions import SYSTEM, Role

PASSWORD = "kuda lumping di sawah"
WHY = "surat tugas 12/2026"


@pytest.fixture
def run(app):
    """Run a command of the app; the result with stdout and stderr apart."""

    def command(*words):
        db.session.rollback()
        return app.test_cli_runner().invoke(args=["accounts", *words], catch_exceptions=False)

    return command


@pytest.fixture
def admin(db_session, now):
    return make("indah", Role.PLATFORM_ADMIN, "all", now)


def make(login, role, kind, now, scope=""):
    with transaction():
        user = services.create_user(
            login=login, name="Indah Permata", password=PASSWORD, actor=SYSTEM, now=now
        )
        services.grant_role(
            user_id=user.id, role=role, scope_kind=kind, scope_id=scope, starts_on=now.date(),
            reason="uji", actor=SYSTEM, now=now,
        )  # fmt: skip
        return user


def events(action):
    db.session.rollback()
    return list(db.session.scalars(sa.select(AuditEvent).where(AuditEvent.action == action)))


def error(result):
    assert result.exit_code == 2
    return json.loads(result.stdout)["error"]["code"]


def test_the_first_administrator_is_told_of_the_second_step(db_session, run, now):
    result = run("first-admin", "indah", "--name", "Indah Permata", "--password", PASSWORD)
    assert result.exit_code == 0
    assert "langkah kedua" in result.stdout
    assert PASSWORD not in result.output
    again = run("first-admin", "lain", "--name", "Orang Lain", "--password", PASSWORD)
    assert again.exit_code == 1
    assert "Sudah ada pengelola portal" in again.output
    assert db.session.scalar(sa.select(sa.func.count(User.id))) == 1


def test_recover_makes_a_code_that_opens_the_account_once(admin, run, now):
    with transaction():
        services.open_session(admin.id, now=now)
    result = run("recover", "indah", "--reason", WHY, "--json")
    assert result.exit_code == 0
    code = json.loads(result.stdout)["code"]
    row = db.session.scalars(sa.select(AccessRecovery)).one()
    assert (row.state, row.asked_by, row.decided_by, row.reason) == ("approved", None, None, WHY)
    assert code.replace("-", "") not in (
        row.code_hash,
        json.dumps([e.data for e in events("recovery.asked")]),
    )
    hashed = passwords.protect("ijuk rumbia nibung")
    with transaction():
        user = recovery.recover_access(login="indah", code=code, password=hashed, address=None, now=now)
    assert user.id == admin.id
    assert db.session.scalar(sa.select(UserSession.id).where(UserSession.ended_at.is_(None))) is None
    with pytest.raises(Exception, match="recovery_refused"), transaction():
        recovery.recover_access(login="indah", code=code, password=hashed, address=None, now=now)


def test_recover_says_who_may_be_recovered_so(admin, run, now):
    make("kepala", Role.CENTER_HEAD, "center", now, "1")
    assert error(run("recover", "kepala", "--reason", WHY, "--json")) == "not_admin"
    assert error(run("recover", "tidak.ada", "--reason", WHY, "--json")) == "account_unknown"
    assert error(run("recover", "indah", "--reason", "x", "--json")) == "reason_missing"
    assert run("recover", "indah").exit_code == 2
    assert db.session.scalar(sa.select(AccessRecovery.id)) is None


def test_a_second_code_is_refused_while_one_is_open(admin, run, clock):
    assert run("recover", "indah", "--reason", WHY).exit_code == 0
    assert error(run("recover", "indah", "--reason", WHY, "--json")) == "recovery_open"
    clock.move(hours=25)
    assert run("recover", "indah", "--reason", WHY).exit_code == 0


def test_the_list_names_nobody(admin, run, now):
    make("kepala", Role.CENTER_HEAD, "center", now, "7")
    with transaction():
        services.create_user(login="sri", name="Sri Wahyuni", password=PASSWORD, actor=SYSTEM, now=now)
        services.open_session(admin.id, now=now)
    result = run("list", "--json")
    found = {one["login"]: one for one in json.loads(result.stdout)}
    assert list(found) == ["indah", "kepala", "sri"]
    assert set(found["sri"]) == {"login", "roles", "active", "factors", "last_sign_in"}
    assert found["kepala"]["roles"] == ["center_head center:7"]
    assert found["indah"]["last_sign_in"].startswith("2026-11-22T02:00:00")
    assert found["sri"] | {"login": ""} == {
        "login": "", "roles": [], "active": True, "factors": [], "last_sign_in": None
    }  # fmt: skip
    assert "Permata" not in result.output
    assert "sri" not in run("list", "--staff").stdout


def test_the_list_takes_the_same_statements_for_many(admin, run, now, query_count):
    from portal.accounts.queries.commands import list_accounts

    with query_count() as few:
        list_accounts(now)
    for number in range(6):
        make(f"orang{number}", Role.CENTER_HEAD, "center", now, "1")
    with query_count() as many:
        list_accounts(now)
    assert len(many) == len(few) <= 7


def test_close_ends_the_sessions_and_keeps_the_reason(admin, run, now):
    other = make("kepala", Role.CENTER_HEAD, "center", now, "1")
    with transaction():
        token = services.open_session(other.id, now=now)
    result = run("close", "KEPALA", "--reason", WHY, "--json")
    assert json.loads(result.stdout) == {"login": "kepala", "closed": True}
    assert queries.load_session(token, now) == []
    assert [event.data["reason"] for event in events("account.closed")] == [WHY]
    assert json.loads(run("close", "kepala", "--reason", WHY, "--json").stdout)["closed"] is False
    assert len(events("account.closed")) == 1


def test_the_last_administrator_stays(admin, run):
    assert error(run("close", "indah", "--reason", WHY, "--json")) == "last_admin"
    assert db.session.get(User, admin.id).is_active
