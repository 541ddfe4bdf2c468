"""Checks of codes: at most two statements, no write, no session, one code or a thousand.

Every check has three outcomes, each with the time of the data used; a failed signature suppresses all claims.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.exc import SQLAlchemyError

from portal.certificates import rules as certificates
from portal.certificates.queries import StoredCertificate, find_by_code, find_by_codes, logged, verified_facts
from portal.core.clock import local_date
from portal.core.db import db
from portal.verification import rules

PASSED, FAILED, UNKNOWN = (
    certificates.Outcome.PASSED,
    certificates.Outcome.FAILED,
    certificates.Outcome.UNKNOWN,
)
DEFAULT_ZONE = "Asia/Jakarta"
#: What nothing could be said about: each check by name, without data.
NOTHING_CHECKED = tuple(
    certificates.Check(name, UNKNOWN, None) for name in ("signature", "status", "expiry", "log")
)
# What a database that is away, read-only or damaged may raise: SQLAlchemy's own errors, and values that no
# longer fit their columns.
UNREADABLE = (SQLAlchemyError, ValueError, TypeError)


@dataclass(frozen=True)
class Change:
    """The event behind a state that is not valid: when (aware), reason class, code of the replacement or of
    what was issued again after a revocation."""

    at: datetime
    reason_class: str
    replacement: str | None


@dataclass(frozen=True)
class Result:
    """What is known about a code now. `facts` is None unless the signature holds; `logged_at` is the log's
    time and `log_index` the leaf of the issue event; `extended_until` the day a standing decree grants,
    `extension_basis` its legal basis, `renewed_by` the code of the certificate that renewed this one."""

    code: str
    state: str
    checked_at: datetime
    checks: tuple[certificates.Check, ...] = ()
    facts: certificates.Facts | None = None
    change: Change | None = None
    logged_at: datetime | None = None
    log_index: int | None = None
    status_index: int | None = None
    extended_until: date | None = None
    extension_basis: str = ""
    renewed_by: str | None = None

    @property
    def last_day(self) -> date | None:
        """The last valid day, a decree's extension included; None without an end, or without facts."""
        return certificates.effective_day(self.facts.expires, [self.extended_until]) if self.facts else None


def check_code(text: str, now: datetime) -> Result:
    """Check a code as typed or scanned. A wrong check character answers without the database."""
    reading = certificates.parse_code(text)
    if reading.code is None:
        return Result(text[:40].upper(), "typo", now)
    try:
        stored = find_by_code(reading.code)
        return judge(stored, now) if stored else Result(reading.code, "not_found", now)
    except UNREADABLE:
        return _unreadable(reading.code, now)


def check_codes(codes: Sequence[str], now: datetime) -> dict[str, Result]:
    """Check normalized codes, all with one look: two statements, whatever their number."""
    wanted = list(dict.fromkeys(codes))
    if not wanted:
        return {}
    try:
        stored = find_by_codes(wanted)
    except UNREADABLE:
        return {code: _unreadable(code, now) for code in wanted}
    return {code: _judged(stored.get(code), code, now) for code in wanted}


def _judged(stored: StoredCertificate | None, code: str, now: datetime) -> Result:
    if stored is None:
        return Result(code, "not_found", now)
    try:
        return judge(stored, now)
    except UNREADABLE:
        return _unreadable(code, now)


def _unreadable(code: str, now: datetime) -> Result:
    with suppress(SQLAlchemyError):
        db.session.rollback()
    return Result(code, "undetermined", now, NOTHING_CHECKED)


def judge(stored: StoredCertificate, now: datetime) -> Result:
    """Decide the state of a stored certificate at `now`. Pure but for the keys."""
    row = stored.row
    signature, facts = verified_facts(row)
    log = logged(stored)
    zone = facts.center.zone if facts else DEFAULT_ZONE
    known = (row.issued_at, row.newest_at, log.as_of, *(event.at for event in stored.events))
    verdict = certificates.certificate_state(
        signature=signature,
        recorded=_recorded(stored),
        recorded_as_of=now,
        expires=certificates.effective_day(facts.expires, [row.extended_until]) if facts else None,
        today=local_date(now, zone),
        checked_at=now,
        log=log,
        clock_is_right=rules.is_clock_right(now, known),
    )
    change = None if signature is FAILED else _change(stored, verdict.state)
    if facts is None:
        return Result(row.code, verdict.state, now, verdict.checks, change=change)
    return Result(
        row.code,
        verdict.state,
        now,
        verdict.checks,
        facts,
        change,
        log.as_of,
        row.log_index,
        row.status_index,
        row.extended_until,
        row.extension_basis or "",
        row.renewed_by,
    )


def _recorded(stored: StoredCertificate) -> certificates.RecordedState | None:
    """What the events say; None for a history that is missing or of no kind we write."""
    try:
        return certificates.state_from_events(event.type for event in stored.events)
    except ValueError:
        return None


def _change(stored: StoredCertificate, state: str) -> Change | None:
    kinds = {"revoked": "revoke", "replaced": "replace", "suspended": "suspend"}
    wanted = kinds.get(state)
    event = next((event for event in reversed(stored.events) if event.type == wanted), None)
    if event is None:
        return None
    newer = stored.row.again if wanted == "revoke" else event.replacement
    return Change(event.at, event.reason_class, newer)
