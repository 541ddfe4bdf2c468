"""What may happen to a certificate, and what a stranger is told about it. Pure: no database, no clock."""

from __future__ import annotations

import json
from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

from portal.catalog.rules import Say, plain

from .codes import (
    CodeReading,
    check_character,
    format_number,
    is_valid_code,
    new_code,
    normalize_code,
    parse_code,
    print_code,
)
from .facts import (
    CenterFacts,
    CooperativeFacts,
    Facts,
    ProgramFacts,
    SignatoryFacts,
    UnitFacts,
    facts_document,
    facts_from_bytes,
    signed_bytes,
)
from .renewal_rules import effective_day

__all__ = [
    "LIST_SIZE", "Blocker", "CenterFacts", "Check", "CodeReading", "CooperativeFacts", "Event", "Facts",
    "Outcome", "ProgramFacts", "RecordedState", "SignatoryFacts", "State", "UnitFacts", "Verdict",
    "certificate_state", "check_character", "effective_day", "facts_document", "facts_from_bytes",
    "format_number", "is_valid_code", "leaf_time", "new_code", "normalize_code", "parse_code", "print_code",
    "signed_bytes", "state_from_events", "transition_blockers", "validity_end",
]  # fmt: skip


#: Places in one status list (TRUST: Keys and status); a full list is followed by another.
LIST_SIZE = 131_072


class Event(StrEnum):
    """What is written to a certificate's history and to the transparency log."""

    ISSUE = "issue"
    SUSPEND = "suspend"
    UNSUSPEND = "unsuspend"
    REVOKE = "revoke"
    REPLACE = "replace"


class RecordedState(StrEnum):
    """What the events alone say; expiry is a matter of the day."""

    VALID = "valid"
    SUSPENDED = "suspended"
    REVOKED = "revoked"
    REPLACED = "replaced"


class State(StrEnum):
    """What a verifier is told. UNDETERMINED: something could not be checked, which is never a pass."""

    VALID = "valid"
    EXPIRED = "expired"
    SUSPENDED = "suspended"
    REVOKED = "revoked"
    REPLACED = "replaced"
    NOT_FOUND = "not_found"
    SIGNATURE_MISMATCH = "signature_mismatch"
    TYPO = "typo"
    UNDETERMINED = "undetermined"


class Outcome(StrEnum):
    """Every check has three outcomes; UNKNOWN means "could not check" and is neither of the others."""

    PASSED = "passed"
    FAILED = "failed"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Check:
    """One check: `signature`, `status`, `expiry` or `log`, and the time of the data used (None: no data)."""

    name: str
    outcome: Outcome
    as_of: datetime | None


@dataclass(frozen=True)
class Verdict:
    """The one word for a certificate, with the checks behind it in the order they were made."""

    state: State
    checks: tuple[Check, ...]


@dataclass(frozen=True)
class Blocker:
    """Why something may not happen: a stable code and a plain Indonesian sentence (a gettext message id)."""

    code: str
    message: str


_AFTER = {
    Event.ISSUE: RecordedState.VALID,
    Event.SUSPEND: RecordedState.SUSPENDED,
    Event.UNSUSPEND: RecordedState.VALID,
    Event.REVOKE: RecordedState.REVOKED,
    Event.REPLACE: RecordedState.REPLACED,
}
_ALLOWED_FROM: dict[Event, frozenset[RecordedState | None]] = {
    Event.ISSUE: frozenset({None}),
    Event.SUSPEND: frozenset({RecordedState.VALID}),
    Event.UNSUSPEND: frozenset({RecordedState.SUSPENDED}),
    Event.REVOKE: frozenset({RecordedState.VALID, RecordedState.SUSPENDED}),
    Event.REPLACE: frozenset({RecordedState.VALID, RecordedState.SUSPENDED}),
}


def state_from_events(events: Iterable[str]) -> RecordedState | None:
    """Return the state after the events, oldest first; None when there are none.

    Revoked and replaced are final: whatever a damaged or restored history says later, they stay.
    """
    state: RecordedState | None = None
    for event in events:
        if state in (RecordedState.REVOKED, RecordedState.REPLACED):
            return state
        state = _AFTER[Event(event)]
    return state


def transition_blockers(
    event: Event,
    state: RecordedState | None,
    *,
    holder: int | None = None,
    actor: int | None = None,
    approver: int | None = None,
    _: Say = plain,
) -> list[Blocker]:
    """Say what stands against `event` on a certificate in recorded `state` (None: not issued yet).

    `holder`, `actor` and `approver` are person ids, not account ids: two accounts of one person do not
    make two people, and nobody decides about themselves. Leave them out for a question about state alone.
    """
    blockers = []
    if state not in _ALLOWED_FROM[event]:
        blockers.append(Blocker("wrong_state", _wrong_state(event, state, _)))
    if actor is not None and actor == approver:
        sentence = _("Yang menyiapkan dan yang menyetujui harus dua orang berbeda.")
        blockers.append(Blocker("same_person", sentence))
    if holder is not None and holder in (actor, approver):
        sentence = _("Seseorang tidak dapat memutuskan sertifikatnya sendiri.")
        blockers.append(Blocker("own_certificate", sentence))
    return blockers


def _wrong_state(event: Event, state: RecordedState | None, _: Say) -> str:
    if event is Event.ISSUE:
        return _("Sertifikat ini sudah diterbitkan.")
    return {
        None: _("Sertifikat ini belum diterbitkan."),
        RecordedState.VALID: _("Sertifikat ini sedang tidak ditangguhkan."),
        RecordedState.SUSPENDED: _("Sertifikat ini sudah ditangguhkan."),
        RecordedState.REVOKED: _("Sertifikat ini sudah dicabut; pencabutan tidak dapat dibatalkan."),
        RecordedState.REPLACED: _("Sertifikat ini sudah diganti; ubah sertifikat penggantinya."),
    }[state]


def certificate_state(
    *,
    signature: Outcome,
    recorded: RecordedState | None,
    recorded_as_of: datetime | None,
    expires: date | None,
    today: date,
    checked_at: datetime,
    log: Check | None = None,
    clock_is_right: bool = True,
) -> Verdict:
    """Decide the one word, in the order signature, revoked or replaced, suspended, expired, valid.

    `signature` covers the signed bytes and that the row repeats them; `recorded` is None when the history
    could not be read; `today` is in the center's zone and `expires` its last valid day. A failed signature
    suppresses every other claim. VALID needs everything: a `log` that lacks the history or tells another is
    no ground to call it false, and none to call it valid. With a clock that is known to be slow, a day that
    has passed has passed all the same, but one that has not may have.
    """
    signed = Check("signature", signature, checked_at)
    if signature is Outcome.FAILED:
        return Verdict(State.SIGNATURE_MISMATCH, (signed,))
    status = Check("status", _status_outcome(recorded), recorded_as_of)
    is_expired = expires is not None and today > expires
    expiry = _expiry(is_expired, clock_is_right, checked_at)
    checks = (signed, status, expiry, *([log] if log else []))
    if recorded is not None and recorded is not RecordedState.VALID:
        return Verdict(State(recorded.value), checks)
    if is_expired:
        return Verdict(State.EXPIRED, checks)
    if all(check.outcome is Outcome.PASSED for check in checks):
        return Verdict(State.VALID, checks)
    return Verdict(State.UNDETERMINED, checks)


def _expiry(is_expired: bool, clock_is_right: bool, checked_at: datetime) -> Check:
    if is_expired:
        return Check("expiry", Outcome.FAILED, checked_at)
    if clock_is_right:
        return Check("expiry", Outcome.PASSED, checked_at)
    return Check("expiry", Outcome.UNKNOWN, None)


def _status_outcome(recorded: RecordedState | None) -> Outcome:
    if recorded is None:
        return Outcome.UNKNOWN
    return Outcome.PASSED if recorded is RecordedState.VALID else Outcome.FAILED


def validity_end(issued_on: date, months: int | None) -> date | None:
    """Return the last valid day, inclusive: the day before the same day `months` later (None: no end).

    Where that month is too short for the day of issue, its last day is the last valid one.
    """
    if months is None:
        return None
    if months < 1:
        raise ValueError("a validity lasts at least one month")
    year, month = divmod(issued_on.year * 12 + issued_on.month - 1 + months, 12)
    last = monthrange(year, month + 1)[1]
    if issued_on.day > last:
        return date(year, month + 1, last)
    return date(year, month + 1, issued_on.day) - timedelta(days=1)


def leaf_time(leaf: bytes) -> datetime:
    """When the log took a leaf. Raises ValueError for bytes that are no leaf."""
    try:
        return datetime.fromtimestamp(json.loads(leaf)["time"] / 1000, UTC)
    except (KeyError, TypeError, OverflowError) as error:
        raise ValueError("not a leaf of the log") from error
