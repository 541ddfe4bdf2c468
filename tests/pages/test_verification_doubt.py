"""What could not be checked, and what was withdrawn: never a pass, never "forged"."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from portal.core import guards
from portal.core.db import transaction
from portal.verification.queries import check_code, check_codes
from tests.support.issuing import change, issue, sign_class


@pytest.fixture
def issued(db_session, now):
    signed = sign_class(now, people=3)
    return signed, issue(signed, now)


def outcomes(result):
    return {check.name: str(check.outcome) for check in result.checks}


def damage(statement: str, **values) -> None:
    with transaction() as session:
        guards.drop(session.connection())
        session.execute(sa.text(statement), values)


@pytest.mark.parametrize(
    ("beyond", "state"), [(1, "valid"), (0, "signature_mismatch"), (-1, "signature_mismatch")]
)
def test_a_key_revoked_at_an_index_vouches_for_what_was_logged_before(
    issued, app, now, monkeypatch, beyond, state
):
    _, (certificate, *_rest) = issued
    store = app.extensions["keys"]
    entry = store.entry(certificate.kid)
    gone = replace(entry, revoked="2026-11-22T02:00:00Z", revoked_at=certificate.log_index + beyond)
    monkeypatch.setattr(store, "entry", lambda kid: gone if kid == entry.kid else entry)
    result = check_code(certificate.code, now)
    assert (str(result.state), result.facts is None) == (state, state != "valid")


@pytest.mark.parametrize(
    ("statement", "log"),
    [
        ("DELETE FROM log_leaf WHERE seq = :seq", "unknown"),
        ("UPDATE log_leaf SET data = :other WHERE seq = :seq", "failed"),
        ("UPDATE certificate SET salt = :other WHERE code = :code", "failed"),
        ("UPDATE certificate SET log_index = 9999 WHERE code = :code", "failed"),
        ("UPDATE certificate_event SET log_index = 9999 WHERE log_index = :seq", "unknown"),
    ],
)
def test_a_history_that_the_log_does_not_tell_is_not_valid_and_not_forged(issued, page, now, statement, log):
    _, (certificate, *_rest) = issued
    known = {"seq": certificate.log_index, "code": certificate.code, "other": bytes(32)}
    damage(statement, **{name: value for name, value in known.items() if f":{name}" in statement})
    for result in (check_code(certificate.code, now), check_codes([certificate.code], now)[certificate.code]):
        assert (str(result.state), outcomes(result)["log"]) == ("undetermined", log)
        assert outcomes(result)["signature"] == "passed"
    view = page.get(f"/V/{certificate.code}")
    assert view.heading == "BELUM DAPAT DIPERIKSA"
    assert "bukan tanda palsu" in view.words


def test_an_unsuspension_that_nobody_logged_changes_nothing_for_the_better(issued, now):
    signed, (certificate, *_rest) = issued
    change(signed, certificate, "suspend", now)
    damage(
        "INSERT INTO certificate_event (certificate_id, position, type, reason_class, note, log_index, at) "
        "SELECT certificate_id, 2, 'unsuspend', '', '', 9999, at FROM certificate_event "
        "WHERE certificate_id = :id AND position = 1",
        id=certificate.id,
    )
    result = check_code(certificate.code, now)
    assert (str(result.state), outcomes(result)["log"]) == ("undetermined", "unknown")


def test_without_its_history_nothing_is_said(issued, now):
    _, (certificate, *_rest) = issued
    damage("DELETE FROM certificate_event")
    result = check_code(certificate.code, now)
    assert (str(result.state), outcomes(result)["status"]) == ("undetermined", "unknown")


@pytest.mark.parametrize(("back", "state"), [({"minutes": 4}, "valid"), ({"days": 365}, "undetermined")])
def test_a_slow_clock_makes_the_last_day_uncertain(issued, page, clock, back, state):
    _, (certificate, *_rest) = issued
    clock.set(clock.now - timedelta(**back))
    result = check_code(certificate.code, clock.now)
    assert (str(result.state), outcomes(result)["expiry"]) == (
        state,
        "passed" if state == "valid" else "unknown",
    )
    if state == "undetermined":
        assert "Jam server kami sedang tidak dapat dipercaya" in page.get(f"/V/{certificate.code}").words


def test_a_slow_clock_does_not_revive_what_ran_out(db_session, clock):
    """Expired by every record: the portal has gone on, the clock alone went back."""
    signed = sign_class(clock.now, people=1)
    with transaction() as session:
        session.execute(sa.text("UPDATE curriculum SET validity_months=12"))
    (old,) = issue(signed, clock.now)
    later = clock.move(days=500)
    issue(sign_class(later, people=1), later)
    assert str(check_code(old.code, clock.now).state) == "expired"
    clock.set(later - timedelta(days=365))
    assert str(check_code(old.code, clock.now).state) == "undetermined"


def test_with_an_unreadable_key_store_a_revocation_is_still_told(issued, app, page, clock, monkeypatch):
    signed, (certificate, *_rest) = issued
    change(signed, certificate, "revoke", clock.now)
    monkeypatch.setattr(app.extensions["keys"], "public_key", lambda kid: None)
    view = page.get(f"/V/{certificate.code}")
    assert view.heading == "DICABUT"
    assert "22 November 2026" in view.words
    assert certificate.number not in view.text
