"""Which moves are legal, which word a verifier reads, and how long a certificate lasts."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from portal.certificates.rules import (
    Check,
    Event,
    Outcome,
    RecordedState,
    State,
    certificate_state,
    state_from_events,
    transition_blockers,
    validity_end,
)

NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
TODAY = date(2026, 11, 22)
V, S, R, P = RecordedState.VALID, RecordedState.SUSPENDED, RecordedState.REVOKED, RecordedState.REPLACED


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ([], None),
        (["issue"], V),
        (["issue", "suspend"], S),
        (["issue", "suspend", "unsuspend"], V),
        (["issue", "revoke"], R),
        (["issue", "replace"], P),
        (["issue", "suspend", "revoke"], R),
        # What a damaged or restored history adds cannot bring a certificate back.
        (["issue", "revoke", "unsuspend"], R),
        (["issue", "replace", "issue"], P),
    ],
)
def test_state_from_events_follows_the_history(events: list[str], expected: RecordedState | None) -> None:
    assert state_from_events(events) == expected


def test_state_from_events_unknown_word_is_refused() -> None:
    with pytest.raises(ValueError):
        state_from_events(["issue", "delete"])


LEGAL = {
    (Event.ISSUE, None), (Event.SUSPEND, V), (Event.UNSUSPEND, S), (Event.REVOKE, V), (Event.REVOKE, S),
    (Event.REPLACE, V), (Event.REPLACE, S),
}  # fmt: skip


@pytest.mark.parametrize("state", [None, *RecordedState])
@pytest.mark.parametrize("event", list(Event))
def test_transition_blockers_only_legal_moves_pass(event: Event, state: RecordedState | None) -> None:
    blockers = transition_blockers(event, state)
    assert (blockers == []) == ((event, state) in LEGAL)
    assert all(blocker.code == "wrong_state" and blocker.message.endswith(".") for blocker in blockers)


@pytest.mark.parametrize(
    ("holder", "actor", "approver", "codes"),
    [
        (1, 2, 3, []),
        (1, 2, 2, ["same_person"]),
        (1, 1, 3, ["own_certificate"]),
        (1, 2, 1, ["own_certificate"]),
        (1, 1, 1, ["same_person", "own_certificate"]),
        (None, None, None, []),
    ],
)
def test_transition_blockers_need_two_uninvolved_people(
    holder: int | None, actor: int | None, approver: int | None, codes: list[str]
) -> None:
    blockers = transition_blockers(Event.REVOKE, V, holder=holder, actor=actor, approver=approver)
    assert [blocker.code for blocker in blockers] == codes


def decide(
    signature: Outcome = Outcome.PASSED,
    recorded: RecordedState | None = V,
    expires: date | None = date(2029, 10, 18),
    log: Check | None = None,
    clock_is_right: bool = True,
) -> tuple[State, dict[str, Outcome]]:
    verdict = certificate_state(
        signature=signature,
        recorded=recorded,
        recorded_as_of=NOW if recorded else None,
        expires=expires,
        today=TODAY,
        checked_at=NOW,
        log=log,
        clock_is_right=clock_is_right,
    )
    return verdict.state, {check.name: check.outcome for check in verdict.checks}


PAST = date(2026, 11, 21)


@pytest.mark.parametrize(
    ("signature", "recorded", "expires", "expected"),
    [
        (Outcome.PASSED, V, None, State.VALID),
        (Outcome.PASSED, V, TODAY, State.VALID),
        (Outcome.PASSED, V, PAST, State.EXPIRED),
        (Outcome.PASSED, S, PAST, State.SUSPENDED),
        (Outcome.PASSED, R, PAST, State.REVOKED),
        (Outcome.PASSED, P, None, State.REPLACED),
        (Outcome.FAILED, R, PAST, State.SIGNATURE_MISMATCH),
        # What could not be checked is never a pass.
        (Outcome.UNKNOWN, V, None, State.UNDETERMINED),
        (Outcome.PASSED, None, None, State.UNDETERMINED),
        (Outcome.UNKNOWN, R, None, State.REVOKED),
        (Outcome.PASSED, None, PAST, State.EXPIRED),
    ],
)
def test_certificate_state_is_decided_in_order(
    signature: Outcome, recorded: RecordedState | None, expires: date | None, expected: State
) -> None:
    assert decide(signature, recorded, expires)[0] is expected


def test_certificate_state_failed_signature_suppresses_other_claims() -> None:
    assert decide(Outcome.FAILED, R, PAST)[1] == {"signature": Outcome.FAILED}


def test_certificate_state_every_check_has_its_own_outcome() -> None:
    log = Check("log", Outcome.UNKNOWN, None)
    state, checks = decide(recorded=S, expires=PAST, log=log)
    assert state is State.SUSPENDED
    assert checks == {
        "signature": Outcome.PASSED,
        "status": Outcome.FAILED,
        "expiry": Outcome.FAILED,
        "log": Outcome.UNKNOWN,
    }


@pytest.mark.parametrize(
    ("log", "recorded", "expires", "expected"),
    [
        (Outcome.PASSED, V, None, State.VALID),
        (Outcome.UNKNOWN, V, None, State.UNDETERMINED),
        (Outcome.FAILED, V, None, State.UNDETERMINED),
        (Outcome.UNKNOWN, R, None, State.REVOKED),
        (Outcome.FAILED, V, PAST, State.EXPIRED),
    ],
)
def test_certificate_state_needs_the_log_to_be_valid(
    log: Outcome, recorded: RecordedState, expires: date | None, expected: State
) -> None:
    assert decide(recorded=recorded, expires=expires, log=Check("log", log, None))[0] is expected


@pytest.mark.parametrize(
    ("recorded", "expires", "expected", "expiry"),
    [
        (V, TODAY, State.UNDETERMINED, Outcome.UNKNOWN),
        (V, PAST, State.EXPIRED, Outcome.FAILED),
        (R, TODAY, State.REVOKED, Outcome.UNKNOWN),
    ],
)
def test_certificate_state_under_a_slow_clock(
    recorded: RecordedState, expires: date, expected: State, expiry: Outcome
) -> None:
    state, checks = decide(recorded=recorded, expires=expires, clock_is_right=False)
    assert (state, checks["expiry"]) == (expected, expiry)


@pytest.mark.parametrize(
    ("issued", "months", "last"),
    [
        (date(2026, 10, 19), 36, date(2029, 10, 18)),
        (date(2026, 1, 1), 12, date(2026, 12, 31)),
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2028, 2, 29), 12, date(2029, 2, 28)),
        (date(2028, 2, 29), 48, date(2032, 2, 28)),
        (date(2026, 12, 1), 1, date(2026, 12, 31)),
        (date(2026, 10, 19), None, None),
    ],
)
def test_validity_end_is_the_last_valid_day(issued: date, months: int | None, last: date | None) -> None:
    assert validity_end(issued, months) == last


def test_validity_end_without_a_month_is_refused() -> None:
    with pytest.raises(ValueError):
        validity_end(date(2026, 10, 19), 0)
