"""The states of an enrollment: which may follow which, what they do to seats, how far along they are."""

from __future__ import annotations

from portal.core.errors import DomainError, Forbidden
from portal.enrollment import messages
from portal.enrollment.models import ENDED_STATES, SEAT_STATES, State

#: State -> states it may become (FLOWS: States). A missing pair is illegal.
LEGAL_MOVES: dict[State, frozenset[State]] = {
    State.APPLIED: frozenset(
        {State.OFFERED, State.WAITLISTED, State.RESERVE, State.REJECTED, State.WITHDRAWN, State.EXPIRED}
    ),
    State.WAITLISTED: frozenset(
        {State.OFFERED, State.RESERVE, State.REJECTED, State.WITHDRAWN, State.EXPIRED}
    ),
    State.RESERVE: frozenset(
        {State.OFFERED, State.WAITLISTED, State.REJECTED, State.WITHDRAWN, State.EXPIRED}
    ),
    State.OFFERED: frozenset({State.CONFIRMED, State.EXPIRED, State.WITHDRAWN}),
    State.CONFIRMED: frozenset(
        {State.COMPLETED, State.NOT_COMPLETED, State.NO_SHOW, State.WITHDRAWN, State.EXPIRED}
    ),
    # After signing only `check_outcome` moves between the three (re-test, appeal, correction).
    State.NOT_COMPLETED: frozenset({State.COMPLETED}),
    State.COMPLETED: frozenset(),
    State.NO_SHOW: frozenset(),
    # Ended is not for ever: people come back, and a rejection may have been a mistake.
    State.WITHDRAWN: frozenset({State.APPLIED, State.WAITLISTED}),
    State.EXPIRED: frozenset({State.APPLIED, State.WAITLISTED}),
    State.REJECTED: frozenset({State.APPLIED}),
}

#: States in which a person still counts on this batch.
OPEN_STATES = frozenset({State.APPLIED, State.OFFERED, State.CONFIRMED, State.WAITLISTED, State.RESERVE})
#: States that stand in the way of another batch on the same days; a waitlist place does not.
BUSY_STATES = OPEN_STATES - {State.WAITLISTED}
OUTCOMES = frozenset({State.COMPLETED, State.NOT_COMPLETED, State.NO_SHOW})
#: States that count toward the most people of one cooperative: holding a seat, or being screened for one.
PLACE_STATES = SEAT_STATES | {State.APPLIED}


def check_move(old: State | str, new: State | str) -> None:
    """Nothing when the move is legal. Raises DomainError `illegal_move`."""
    if State(new) not in LEGAL_MOVES[State(old)]:
        raise DomainError("illegal_move", messages.illegal_move(str(State(old)), str(State(new))))


def check_outcome(old: State | str, new: State | str) -> None:
    """Nothing when a signed outcome may become another: a re-test, an appeal or an approved correction
    changed a mark or a verdict. Raises DomainError `illegal_move`."""
    if State(old) in OUTCOMES and State(new) in OUTCOMES:
        return
    check_move(State.CONFIRMED if State(old) == State.OFFERED else old, new)


def seat_change(old: State | str | None, new: State | str) -> int:
    """How many seats a move takes: 1, 0 or -1. `old` is None for a new enrollment."""
    held = old is not None and State(old) in SEAT_STATES
    return int(State(new) in SEAT_STATES) - int(held)


def place_change(old: State | str | None, new: State | str) -> int:
    """How many places of its cooperative a move takes: 1, 0 or -1 (PLACE_STATES)."""
    had = old is not None and State(old) in PLACE_STATES
    return int(State(new) in PLACE_STATES) - int(had)


def check_not_self(actor_person_id: int | None, person_id: int) -> None:
    """Staff never act on their own case. Raises Forbidden `own_case`."""
    if actor_person_id is not None and actor_person_id == person_id:
        raise Forbidden("own_case", messages.own_case())


STEPS = ("applied", "seat", "training", "result")


def step_of(state: State | str) -> int:
    """How far an enrollment has come on the timeline (index in STEPS that is current); -1 when it ended."""
    state = State(state)
    if state in ENDED_STATES:
        return -1
    if state in (State.APPLIED, State.WAITLISTED, State.RESERVE):
        return 0
    if state == State.OFFERED:
        return 1
    return 2 if state == State.CONFIRMED else 3
