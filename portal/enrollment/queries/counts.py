"""How many people hold, ask or wait in a batch, and what room that leaves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa

from portal.batches.models import Batch
from portal.core.db import db
from portal.enrollment import rules
from portal.enrollment.models import SEAT_STATES, Enrollment, State


@dataclass(frozen=True)
class SeatCounts:
    """People of a batch by what they hold. `pilot` counts seats and applications of pilot cooperatives."""

    applied: int = 0
    waiting: int = 0
    reserves: int = 0
    held: int = 0
    pilot: int = 0


@dataclass(frozen=True)
class Holding:
    """Who waits (how many) and who holds a place of a batch."""

    waiting: int = 0
    held: rules.Holdings = field(default_factory=rules.Holdings)


_COUNTS = (
    sa.select(Enrollment.state, Enrollment.priority, sa.func.count())
    .where(Enrollment.batch_id == sa.bindparam("batch_id"))
    .group_by(Enrollment.state, Enrollment.priority)
)
_HOLDINGS = (
    sa.select(
        Enrollment.batch_id,
        Enrollment.state,
        Enrollment.priority,
        Enrollment.post,
        Enrollment.cooperative_id,
        sa.func.count(),
    )
    .where(
        Enrollment.batch_id.in_(sa.bindparam("batch_ids", expanding=True)),
        Enrollment.state.in_(sorted(rules.PLACE_STATES | {State.WAITLISTED})),
    )
    .group_by(
        Enrollment.batch_id,
        Enrollment.state,
        Enrollment.priority,
        Enrollment.post,
        Enrollment.cooperative_id,
    )
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


def holdings(batch_ids: Sequence[int]) -> dict[int, Holding]:
    """Who holds and who waits, for each of these batches. One statement."""
    waiting: Counter[int] = Counter()
    applied: Counter[int] = Counter()
    pilots: Counter[int] = Counter()
    posts: dict[int, Counter[str]] = {number: Counter() for number in batch_ids}
    cooperatives: dict[int, Counter[int]] = {number: Counter() for number in batch_ids}
    for row in db.session.execute(_HOLDINGS, {"batch_ids": list(batch_ids)}):
        batch_id, state, priority, post, cooperative_id, count = row
        if state == State.WAITLISTED:
            waiting[batch_id] += count
            continue
        applied[batch_id] += count if state == State.APPLIED else 0
        pilots[batch_id] += count if priority == 0 else 0
        posts[batch_id][post] += count
        if cooperative_id is not None:
            cooperatives[batch_id][cooperative_id] += count
    return {
        number: Holding(
            waiting[number],
            rules.Holdings(applied[number], pilots[number], posts[number], cooperatives[number]),
        )
        for number in batch_ids
    }


def holding_of(batch_id: int) -> Holding:
    """`holdings` of one batch."""
    return holdings([batch_id])[batch_id]


def room_for(batch: Batch, holding: Holding, now: datetime, *, with_screening: bool = True) -> rules.Room:
    """The room of a batch with these holdings (rules.room_of). Seats are kept until `pilot_until`; without
    it until the registration closes."""
    return rules.room_of(
        quota=batch.quota,
        seats_taken=batch.seats_taken,
        held=holding.held,
        pilot_seats=batch.pilot_seats,
        post_quotas=batch.post_quotas,
        kept_until=batch.pilot_until or batch.closes_at,
        cooperative_cap=batch.cooperative_cap,
        now=now,
        with_screening=with_screening,
    )
