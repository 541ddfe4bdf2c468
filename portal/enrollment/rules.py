"""What holds for enrollments, as pure functions: moves, who may apply, seats, the queue, the offer's
countdown."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from portal.batches.rules import Phase, may_join, open_seats
from portal.core.blockers import Blocker
from portal.core.errors import Conflict, DomainError, Forbidden
from portal.enrollment import messages
from portal.enrollment.models import ENDED_STATES, SEAT_STATES, State

#: How long an offer stays open once the person was reached, not before.
OFFER_HOURS = 48
#: Days that an unfinished application is kept.
DRAFT_DAYS = 7

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
#: Blockers that only keep a person from a seat: the waitlist is still open.
SEAT_ONLY = frozenset({"pilot_window"})


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


def check_not_self(actor_person_id: int | None, person_id: int) -> None:
    """Staff never act on their own case. Raises Forbidden `own_case`."""
    if actor_person_id is not None and actor_person_id == person_id:
        raise Forbidden("own_case", messages.own_case())


# ---- who may apply ----


@dataclass(frozen=True)
class BatchFacts:
    """What eligibility needs of a batch. `free` counts seats nobody holds or is being screened for."""

    phase: Phase
    starts_on: date
    free: int
    kinds: Collection[str] = ()
    posts: Collection[str] = ()
    regions: Collection[str] = ()
    free_for_person: int | None = None
    pilot_until: datetime | None = None
    zone: str = "Asia/Jakarta"


@dataclass(frozen=True)
class Applicant:
    """What eligibility needs of a person. None is not judged; `overlapping` are labels of other batches;
    `lacks` what the batch asks for and the person does not hold on its first day."""

    kind: str | None = None
    post: str | None = None
    region_code: str | None = None
    is_pilot: bool = False
    state_here: State | None = None
    overlapping: Sequence[str] = ()
    has_certificate: bool = False
    lacks: Sequence[Blocker] = ()


def eligibility(batch: BatchFacts, person: Applicant) -> list[Blocker]:
    """Every reason why this person cannot apply for this batch now; [] when nothing stands in the way.

    A full batch is no reason: the answer is the waitlist. `pilot_window` (see SEAT_ONLY) leaves the
    waitlist open.
    """
    if person.state_here is not None and person.state_here not in (State.WITHDRAWN, State.EXPIRED):
        if person.state_here == State.REJECTED:
            return [messages.was_rejected()]
        return [messages.already_here()]
    found = may_join(
        phase=batch.phase,
        kinds=batch.kinds,
        posts=batch.posts,
        regions=batch.regions,
        kind=person.kind,
        post=person.post,
        region_code=person.region_code,
    )
    found += person.lacks
    found += [messages.overlapping(label) for label in person.overlapping]
    if person.has_certificate:
        found.append(messages.has_certificate())
    for_person = batch.free if batch.free_for_person is None else batch.free_for_person
    if batch.free > 0 and for_person == 0 and not person.is_pilot:
        found.append(messages.pilot_window(batch.pilot_until, batch.zone))
    return found


def hard_blockers(blockers: Iterable[Blocker]) -> list[Blocker]:
    """Those that the waitlist does not answer."""
    return [blocker for blocker in blockers if blocker.code not in SEAT_ONLY]


# ---- seats and the queue ----


def free_places(
    *,
    quota: int,
    seats_taken: int,
    applied: int,
    pilot_seats: int = 0,
    pilot_held: int = 0,
    pilot_until: datetime | None = None,
    is_pilot: bool = False,
    now: datetime,
) -> int:
    """Seats that a new application can still hope for: neither held nor under screening, never below 0.

    pilot_held: seats and applications of pilot cooperatives, which use up the kept seats first.
    """
    return open_seats(
        quota=quota,
        seats_taken=min(seats_taken + applied, quota),
        pilot_seats=pilot_seats,
        pilot_taken=pilot_held,
        pilot_until=pilot_until,
        is_pilot=is_pilot,
        now=now,
    )


def priority_class(*, is_pilot: bool, is_nominated: bool = False) -> int:
    """0 for a pilot cooperative, 1 for somebody nominated, 2 for the others; smaller goes first."""
    if is_pilot:
        return 0
    return 1 if is_nominated else 2


class Queued(Protocol):
    """Somebody who waits."""

    @property
    def id(self) -> int: ...
    @property
    def priority(self) -> int: ...
    @property
    def queued_at(self) -> datetime: ...


def queue_key(entry: Queued) -> tuple[int, datetime, int]:
    """The order of the waitlist: priority class, then time, then the number as a last resort."""
    return entry.priority, entry.queued_at, entry.id


def waitlist_rank(entries: Iterable[Queued], enrollment_id: int) -> int | None:
    """The place (from 1) of an enrollment among those who wait, or None."""
    for rank, entry in enumerate(sorted(entries, key=queue_key), 1):
        if entry.id == enrollment_id:
            return rank
    return None


def next_in_line(reserves: Iterable[Queued], waiting: Iterable[Queued]) -> Queued | None:
    """Who is offered a freed seat: the reserves first, then the waitlist."""
    return next((entry for group in (reserves, waiting) for entry in sorted(group, key=queue_key)), None)


# ---- the offer's countdown ----


def offer_deadline(contact_at: datetime, starts_at: datetime | None = None) -> datetime:
    """48 hours after the confirmed contact, but not after the first class when that is still to come."""
    deadline = contact_at + timedelta(hours=OFFER_HOURS)
    if starts_at is not None and starts_at > contact_at:
        return min(deadline, starts_at)
    return deadline


def is_offer_over(offer_until: datetime | None, now: datetime) -> bool:
    """True when a countdown ran and has ended. Silence never ends an offer."""
    return offer_until is not None and now >= offer_until


def check_offer_open(offer_until: datetime | None, now: datetime) -> None:
    """Raises Conflict `offer_over` once the countdown has ended."""
    if is_offer_over(offer_until, now):
        raise Conflict("offer_over", messages.offer_over())


def is_contact(outcome: str) -> bool:
    """Outcomes that prove the person was reached."""
    return outcome in ("reached", "accepted", "declined")


# ---- what is told in time ----

#: Days before the first class on which people are reminded, the longest first.
REMINDER_DAYS = (3, 1)
#: Local hour from which a reminder of the day is written.
REMINDER_HOUR = 8
#: Hours before the end of an offer at which it is told once more.
ENDING_HOURS = 12


def reminder_due(starts_on: date, now: datetime, zone: str) -> int | None:
    """3 or 1 on the day that many days before the first class at the place, from 8 in the morning on."""
    local = now.astimezone(ZoneInfo(zone))
    left = (starts_on - local.date()).days
    return left if left in REMINDER_DAYS and local.hour >= REMINDER_HOUR else None


def is_ending(contact_at: datetime | None, offer_until: datetime | None, now: datetime) -> bool:
    """True within the last 12 hours of an offer, and not before half of its time is over: an offer that is
    short from the start is not told twice in a row."""
    if contact_at is None or offer_until is None or now >= offer_until:
        return False
    return offer_until - now <= min(timedelta(hours=ENDING_HOURS), (offer_until - contact_at) / 2)


def may_pass_on(batch_state: str, starts_on: date, now: datetime, zone: str) -> bool:
    """True while a freed seat may go to the next without anybody of the center: before the first day."""
    return batch_state == "published" and now.astimezone(ZoneInfo(zone)).date() < starts_on


# ---- timeline ----

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
