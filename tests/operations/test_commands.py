"""Commands: JSON alone on stdout, clear words and exit codes when something is missing or wrong."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
import sqlalchemy as sa

from portal.core import audit, guards
from portal.core.db import db, transaction
from portal.core.permissions import SYSTEM
from portal.operations import commands


@pytest.fixture
def run(app):
    """Run a command of the app; the result with stdout and stderr apart."""

    def command(*words):
        db.session.rollback()
        return app.test_cli_runner().invoke(args=list(words), catch_exceptions=False)

    return command


def test_demo_codes_json_stands_alone_on_stdout(demo, run):
    result = run("demo", "codes", "--json")
    assert result.exit_code == 0
    found = json.loads(result.stdout)
    assert list(found) == ["valid", "expired", "suspended", "revoked", "replaced", "not_found", "typo"]
    assert all(listed and all(len(code) == 12 for code in listed) for listed in found.values())


def test_demo_accounts_json_stands_alone_on_stdout(demo, run):
    result = run("demo", "accounts", "--json")
    assert result.exit_code == 0
    found = json.loads(result.stdout)
    assert len(found) == 12
    assert found["center_head"][0]["login"] == "kepala.surakarta"
    assert "admin.surakarta" in run("demo", "accounts").stdout


@pytest.mark.parametrize("name", ["codes", "accounts"])
def test_demo_commands_without_a_demo_say_so(db_session, run, name):
    result = run("demo", name, "--json")
    assert result.exit_code == 2
    assert json.loads(result.stdout)["error"]["code"] == "no_demo"
    assert run("demo", name).exit_code == 1


def test_demo_commands_in_production_are_refused(app, db_session, run, monkeypatch):
    settings = replace(app.extensions["portal_settings"], env="production")
    monkeypatch.setitem(app.extensions, "portal_settings", settings)
    assert json.loads(run("demo", "codes", "--json").stdout)["error"]["code"] == "production"
    result = run("demo", "load")
    assert result.exit_code == 1
    assert "produksi" in result.stderr


def test_a_country_that_is_interrupted_says_what_to_do(reference, run, now, monkeypatch):
    def begun(**_how):
        with transaction():
            audit.record("demo.begun", "demo", "balai", actor=SYSTEM, now=now)
        raise KeyboardInterrupt

    monkeypatch.setattr(commands, "make_country", begun)
    monkeypatch.setattr(commands, "prepare", lambda: None)
    interrupted = run("demo", "load", "--scale", "country")
    again = run("demo", "load", "--scale", "country")
    for result in (interrupted, again):
        assert result.exit_code == 1
        assert "terhenti. Kosongkan basis datanya" in result.stderr


def test_audit_check_of_a_whole_chain_exits_0(db_session, run):
    result = run("audit", "check", "--json")
    assert result.exit_code == 0
    found = json.loads(result.stdout)
    assert found["faults"] == []
    assert found["events"] > 0


@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE audit_event SET action = 'nothing.happened' WHERE seq = 1",
        "DELETE FROM audit_event WHERE seq = (SELECT max(seq) FROM audit_event)",
    ],
)
def test_audit_check_finds_tampering_and_exits_1(db_session, run, tampering):
    with transaction() as session:
        guards.drop(session.connection())
        session.execute(sa.text(tampering))
    result = run("audit", "check")
    assert result.exit_code == 1
    assert result.stdout.strip()


def test_setup_is_safe_to_repeat(reference, run):
    first, again = run("setup"), run("setup")
    assert (first.exit_code, again.exit_code) == (0, 0)
    assert "Memuat" not in again.stderr
