"""One check of one code: at most two statements, no write, no session.

Every check has three outcomes, each with the time of the data used; a failed signature suppresses all claims.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy.exc import SQLAlchemyError

from portal.certificates import rules as certificates
from portal.certificates.queries import StoredCertificate, find_by_code, verified_facts
from portal.core.clock import local_date
from portal.core.db import db

PASSED, FAILED, UNKNOWN = (
    certificates.Outcome.PASSED,
    certificates.Outcome.FAILED,
    certificates.Outcome.UNKNOWN,
)


@dataclass(frozen=True)
class Change:
    """The event behind a state that is not valid: when (aware), reason class, code of the replacement."""

    at: datetime
    reason_class: str
    replacement: str | None


@dataclass(frozen=True)
class Result:
    """What is known about a code now. `facts` is None unless the signature holds; `logged_at` is the log's
    time and `log_index` the leaf of the issue event."""

    code: str
    state: str
    checked_at: datetime
    checks: tuple[certificates.Check, ...] = ()
    facts: certificates.Facts | None = None
    change: Change | None = None
    logged_at: datetime | None = None
    log_index: int | None = None


def check_code(text: str, now: datetime) -> Result:
    """Check a code as typed or scanned. A wrong check character answers without the database."""
    reading = certificates.parse_code(text)
    if reading.code is None:
        return Result(text[:40].upper(), "typo", now)
    try:
        stored = find_by_code(reading.code)
    except SQLAlchemyError:
        db.session.rollback()
        return Result(reading.code, "undetermined", now, (certificates.Check("status", UNKNOWN, None),))
    if stored is None:
        return Result(reading.code, "not_found", now)
    return judge(stored, now)


def judge(stored: StoredCertificate, now: datetime) -> Result:
    """Decide the state of a stored certificate at `now`. Pure but for the keys."""
    row = stored.row
    signature, facts = verified_facts(row)
    log, logged_at = _check_log(stored)
    recorded = certificates.state_from_events(event.type for event in stored.events)
    zone = facts.center.zone if facts else "Asia/Jakarta"
    verdict = certificates.certificate_state(
        signature=signature,
        recorded=recorded,
        recorded_as_of=now,
        expires=facts.expires if facts else None,
        today=local_date(now, zone),
        checked_at=now,
        log=certificates.Check("log", log, logged_at),
    )
    if signature is not PASSED:
        return Result(row.code, verdict.state, now, verdict.checks)
    return Result(
        row.code,
        verdict.state,
        now,
        verdict.checks,
        facts,
        _change(stored, verdict.state),
        logged_at,
        row.log_index,
    )


def _check_log(stored: StoredCertificate) -> tuple[certificates.Outcome, datetime | None]:
    """The issue event's leaf: there, of this index and type. Its time is when the log took it."""
    issue = next((event for event in stored.events if event.type == "issue"), None)
    if issue is None or issue.leaf is None:
        return UNKNOWN, None
    try:
        leaf = json.loads(bytes(issue.leaf))
        taken = datetime.fromtimestamp(leaf["time"] / 1000, UTC)
    except (ValueError, KeyError, TypeError):
        return FAILED, None
    fits = (
        leaf.get("seq") == issue.log_index
        and leaf.get("type") == "issue"
        and leaf.get("kid") == stored.row.kid
    )
    return (PASSED if fits else FAILED), taken


def _change(stored: StoredCertificate, state: str) -> Change | None:
    kinds = {"revoked": "revoke", "replaced": "replace", "suspended": "suspend"}
    wanted = kinds.get(state)
    event = next((event for event in reversed(stored.events) if event.type == wanted), None)
    return Change(event.at, event.reason_class, event.replacement) if event else None
