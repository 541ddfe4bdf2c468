"""How somebody stands toward a batch: what blocks them, what seats are left, their place in the queue."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from portal.batches.models import Batch, ClassSession
from portal.batches.queries import BatchRow, nearest_batches
from portal.batches.rules import phase_of
from portal.catalog.models import Program
from portal.centers.models import TrainingCenter
from portal.cooperatives.models import Cooperative
from portal.core.blockers import Blocker
from portal.core.clock import local_date
from portal.core.db import db
from portal.core.formatting import date_range
from portal.core.ports import ports
from portal.enrollment import rules
from portal.enrollment.models import SEAT_STATES, Enrollment, Nomination, NominationState, State
from portal.enrollment.queries.prerequisites import unmet_by


@dataclass(frozen=True)
class SeatCounts:
    """People of a batch by what they hold. `pilot` counts seats and applications of pilot cooperatives."""

    applied: int = 0
    waiting: int = 0
    reserves: int = 0
    held: int = 0
    pilot: int = 0


@dataclass(frozen=True)
class Standing:
    """How a person stands toward a batch. `free` counts the places this person can still get; `place` is
    the waitlist place they would have now."""

    blockers: list[Blocker]
    free: int
    waiting: int
    place: int
    is_pilot: bool
    region_code: str | None
    nomination_id: int | None

    @property
    def hard(self) -> list[Blocker]:
        """What the waitlist does not answer either."""
        return rules.hard_blockers(self.blockers)


_COUNTS = (
    sa.select(Enrollment.state, Enrollment.priority, sa.func.count())
    .where(Enrollment.batch_id == sa.bindparam("batch_id"))
    .group_by(Enrollment.state, Enrollment.priority)
)


def seat_counts(batch_id: int) -> SeatCounts:
    """Counts of a batch in one statement."""
    found = {"applied": 0, "waiting": 0, "reserves": 0, "held": 0, "pilot": 0}
    names = {State.APPLIED: "applied", State.WAITLISTED: "waiting", State.RESERVE: "reserves"}
    for text, priority, count in db.session.execute(_COUNTS, {"batch_id": batch_id}):
        state = State(text)
        if state in SEAT_STATES:
            found["held"] += count
        elif state in names:
            found[names[state]] += count
        if priority == 0 and (state in SEAT_STATES or state == State.APPLIED):
            found["pilot"] += count
    return SeatCounts(**found)


def waitlist_sizes(batch_ids: Sequence[int]) -> dict[int, int]:
    """How many people wait, by batch; batches where nobody waits are absent. One statement."""
    statement = (
        sa.select(Enrollment.batch_id, sa.func.count())
        .where(Enrollment.batch_id.in_(list(batch_ids)), Enrollment.state == State.WAITLISTED)
        .group_by(Enrollment.batch_id)
    )
    return {batch_id: count for batch_id, count in db.session.execute(statement)}  # noqa: C416


def _waiting_before(batch_id: int, priority: int) -> int:
    statement = sa.select(sa.func.count()).where(
        Enrollment.batch_id == batch_id, Enrollment.state == State.WAITLISTED, Enrollment.priority <= priority
    )
    return db.session.scalar(statement) or 0


def rank_of(enrollment: Enrollment) -> int | None:
    """The place (from 1) on the waitlist, or None when the person does not wait. One statement."""
    if enrollment.state != State.WAITLISTED:
        return None
    key = sa.tuple_(Enrollment.priority, Enrollment.queued_at, Enrollment.id)
    mine = sa.tuple_(
        sa.literal(enrollment.priority),
        sa.bindparam("queued", enrollment.queued_at, type_=Enrollment.queued_at.type),
        sa.literal(enrollment.id),
    )
    statement = sa.select(sa.func.count()).where(
        Enrollment.batch_id == enrollment.batch_id, Enrollment.state == State.WAITLISTED, key <= mine
    )
    return db.session.scalar(statement)


def standing(
    batch: Batch,
    *,
    person_id: int | None = None,
    cooperative_id: int | None = None,
    post: str | None = None,
    region_code: str | None = None,
    now: datetime,
) -> Standing:
    """Judge a person (or a stranger, without person_id) toward a batch, in at most eight statements.

    A batch that asks for certificates takes four more.
    """
    center = db.session.get(TrainingCenter, batch.center_id)
    zone = center.zone if center else "Asia/Jakarta"
    cooperative = db.session.get(Cooperative, cooperative_id) if cooperative_id else None
    kind = cooperative.kind if cooperative else ("prospective" if post == "founder" else None)
    region_code = cooperative.region_code if cooperative else region_code
    counts = seat_counts(batch.id)
    is_pilot = bool(cooperative and cooperative.is_pilot)
    free, free_for_person = (_free(batch, counts, pilot, now) for pilot in (True, is_pilot))
    nomination_id = _nomination_id(batch, person_id)
    facts = rules.BatchFacts(
        phase=phase_of(batch, now, zone),
        starts_on=batch.starts_on,
        free=free,
        free_for_person=free_for_person,
        kinds=batch.kinds,
        posts=batch.posts,
        regions=batch.regions,
        pilot_until=batch.pilot_until,
        zone=zone,
    )
    person = rules.Applicant(
        kind=kind,
        post=post,
        region_code=region_code,
        is_pilot=is_pilot,
        state_here=_state_here(batch, person_id),
        overlapping=_overlapping(batch, person_id),
        has_certificate=_has_certificate(batch, person_id, now, zone),
        lacks=unmet_by(batch, person_id),
    )
    priority = rules.priority_class(is_pilot=is_pilot, is_nominated=nomination_id is not None)
    return Standing(
        blockers=rules.eligibility(facts, person),
        free=free_for_person,
        waiting=counts.waiting,
        place=1 if not counts.waiting else _waiting_before(batch.id, priority) + 1,
        is_pilot=is_pilot,
        region_code=region_code,
        nomination_id=nomination_id,
    )


def _free(batch: Batch, counts: SeatCounts, is_pilot: bool, now: datetime) -> int:
    return rules.free_places(
        quota=batch.quota,
        seats_taken=batch.seats_taken,
        applied=counts.applied,
        pilot_seats=batch.pilot_seats,
        pilot_held=counts.pilot,
        pilot_until=batch.pilot_until,
        is_pilot=is_pilot,
        now=now,
    )


def _state_here(batch: Batch, person_id: int | None) -> State | None:
    if person_id is None:
        return None
    statement = sa.select(Enrollment.state).where(
        Enrollment.batch_id == batch.id, Enrollment.person_id == person_id
    )
    found = db.session.scalar(statement)
    return State(found) if found else None


def _same_days(batch: Batch) -> list[sa.ColumnElement[bool]]:
    return [
        Batch.id != batch.id,
        Batch.starts_on <= batch.ends_on,
        Batch.ends_on >= batch.starts_on,
        Batch.state.in_(("published", "postponed")),
        Enrollment.state.in_(sorted(rules.BUSY_STATES)),
    ]


def _overlapping(batch: Batch, person_id: int | None) -> Sequence[str]:
    if person_id is None:
        return ()
    statement = (
        sa.select(Program.short_name, Batch.starts_on, Batch.ends_on)
        .select_from(Enrollment)
        .join(Batch, Batch.id == Enrollment.batch_id)
        .join(Program, Program.id == Batch.program_id)
        .where(Enrollment.person_id == person_id, *_same_days(batch))
        .order_by(Batch.starts_on)
    )
    return [f"{name}, {date_range(first, last)}" for name, first, last in db.session.execute(statement)]


def people_busy(batch: Batch, person_ids: Collection[int]) -> set[int]:
    """Those of these people who are in another batch on the same days. One statement for each 500."""
    wanted = list(person_ids)
    found: set[int] = set()
    for start in range(0, len(wanted), 500):
        statement = (
            sa.select(Enrollment.person_id)
            .join(Batch, Batch.id == Enrollment.batch_id)
            .where(Enrollment.person_id.in_(wanted[start : start + 500]), *_same_days(batch))
        )
        found |= set(db.session.scalars(statement))
    return found


def _has_certificate(batch: Batch, person_id: int | None, now: datetime, zone: str) -> bool:
    """A valid certificate of the program that outlasts the first day of this batch."""
    if person_id is None:
        return False
    return any(
        held.program_id == batch.program_id
        and held.state == "valid"
        and (held.expires is None or held.expires >= batch.starts_on)
        for held in ports().held_certificates(person_id, local_date(now, zone))
    )


def _nomination_id(batch: Batch, person_id: int | None) -> int | None:
    if person_id is None:
        return None
    statement = sa.select(Nomination.id).where(
        Nomination.person_id == person_id,
        Nomination.program_id == batch.program_id,
        Nomination.state.in_((NominationState.PROPOSED, NominationState.CONSENTED, NominationState.PLACED)),
    )
    return db.session.scalar(statement)


def first_class(batch_id: int) -> datetime | None:
    """When the first class begins; None while there are no sessions."""
    return db.session.scalar(
        sa.select(sa.func.min(ClassSession.starts_at)).where(ClassSession.batch_id == batch_id)
    )


def next_choices(batch: Batch, now: datetime, limit: int = 3) -> list[BatchRow]:
    """Other batches of the same program with a seat, soonest first."""
    return nearest_batches(now=now, program_id=batch.program_id, but=[batch.id], with_seats=True, limit=limit)
