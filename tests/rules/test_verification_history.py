"""A history held against the log, and a clock held against what is known to have happened."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from portal.certificates.history import LoggedEvent, check_log
from portal.certificates.merkle import cert_commit, leaf_bytes
from portal.certificates.rules import Outcome
from portal.verification.rules import is_clock_right, is_late

COMMIT, KID = cert_commit(bytes(16), b"bytes"), "bpvp-ska-2026-1"
AT = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)


def event(kind: str, index: int, **changes) -> LoggedEvent:
    told = {"seq": index, "type": kind, "cert_commit": COMMIT, "center": "BPVP-SKA", "kid": KID,
            "time_ms": int(AT.timestamp() * 1000)} | changes  # fmt: skip
    return LoggedEvent(kind, index, leaf_bytes(**told))


PASSED, FAILED, UNKNOWN = Outcome.PASSED, Outcome.FAILED, Outcome.UNKNOWN


@pytest.mark.parametrize(
    ("events", "outcome"),
    [
        ([event("issue", 7)], PASSED),
        ([event("issue", 7), event("suspend", 9), event("unsuspend", 12)], PASSED),
        ([], UNKNOWN),
        ([LoggedEvent("issue", 7, None)], UNKNOWN),
        ([event("issue", 7), LoggedEvent("unsuspend", 12, None)], UNKNOWN),
        ([event("issue", 7, seq=8)], FAILED),
        ([event("issue", 8)], FAILED),
        ([event("issue", 7, type="revoke")], FAILED),
        ([event("issue", 7, kid="bpvp-ska-2025-1")], FAILED),
        ([event("issue", 7, cert_commit=cert_commit(bytes(16), b"other"))], FAILED),
        ([event("issue", 7), event("suspend", 9, type="issue")], FAILED),
        ([event("issue", 7), event("suspend", 6)], FAILED),
        ([LoggedEvent("issue", 7, b"{}")], FAILED),
        ([LoggedEvent("issue", 7, b"\xff")], FAILED),
        ([LoggedEvent("issue", 7, b"[]")], FAILED),
        ([LoggedEvent("issue", 7, None), event("suspend", 9, seq=1)], FAILED),
    ],
)
def test_every_event_must_be_the_leaf_that_it_names(events, outcome):
    check = check_log(events, log_index=7, kid=KID, commit=COMMIT)
    assert check.outcome is outcome
    assert check.as_of == (AT if outcome is PASSED else None)


@pytest.mark.parametrize(
    ("known", "right"),
    [
        ([], True),
        ([None, AT], True),
        ([AT - timedelta(days=400)], True),
        ([AT + timedelta(minutes=5)], True),
        ([AT + timedelta(minutes=6)], False),
        ([AT, AT + timedelta(days=365)], False),
    ],
)
def test_clock_is_slow_when_something_known_lies_ahead(known, right):
    assert is_clock_right(AT, known) is right


@pytest.mark.parametrize(("days", "late"), [(0, False), (3, False), (-3, False), (4, True), (-4, True)])
def test_log_is_late_beyond_three_days(days, late):
    assert is_late(AT, AT + timedelta(days=days)) is late
    assert not is_late(AT, None)
