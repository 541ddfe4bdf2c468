"""Each batch of the demo, step by step through the services, from its first draft on."""

from __future__ import annotations

from datetime import datetime, timedelta

from portal.batches.services import create_batch, publish_batch
from portal.core.db import transaction
from portal.core.errors import Conflict
from portal.enrollment.models import State
from portal.enrollment.services.moves import cancel_batch, postpone_batch
from portal.enrollment.services.placing import Placement, place_people
from portal.operations.demo.batch import Batch
from portal.operations.demo.people import Member
from portal.operations.demo.plan import OVER, Act
from portal.operations.demo.screening import apply_for, plan_screening
from portal.operations.demo.teaching import plan_teaching


def plan_steps(batch: Batch) -> None:
    """Put the whole life of a batch, as far as it has happened, on the timeline."""
    spec, line, now = batch.spec, batch.timeline, batch.timeline.now
    made = min(batch.begins - timedelta(days=48), now - timedelta(days=24))
    line.at(made, lambda moment: _create(batch, moment))
    if spec.act == Act.DRAFT:
        return
    line.at(made + timedelta(days=1), lambda moment: _publish(batch, moment))
    if spec.act == Act.NOT_OPEN:
        return
    if spec.act == Act.OPEN:
        plan_screening(batch)
        return
    placed = min(batch.begins - timedelta(days=12), now - timedelta(days=6))
    line.at(placed, lambda moment: _place(batch, moment))
    if spec.act in (Act.WAITLIST, Act.CLOSED):
        line.at(
            min(placed + timedelta(days=1), now - timedelta(days=5)), lambda moment: _queue(batch, moment)
        )
    if spec.act in (Act.POSTPONED, Act.MOVED, Act.CANCELLED):
        line.at(now - timedelta(days=2), lambda moment: _change_plans(batch, moment))
    if spec.act in OVER or spec.act == Act.RUNNING:
        plan_teaching(batch)


def _create(batch: Batch, now: datetime) -> None:
    with transaction():
        batch.id = create_batch(plan=batch.slot.plan, actor=batch.house.admin, now=now).id


def _publish(batch: Batch, now: datetime) -> None:
    with transaction():
        publish_batch(batch_id=batch.id, actor=batch.house.admin, now=now)


def _placement(member: Member) -> Placement:
    return Placement(
        person_id=member.person_id,
        cooperative_id=member.cooperative_id,
        post=member.post,
        region_code=member.region_code,
        priority=0 if member.is_pilot else 1,
    )


def _seats(batch: Batch) -> int:
    """How many seats of a batch are held: a few stay free where that is the point."""
    quota = batch.slot.plan.quota
    if batch.spec.act == Act.FEW:
        return quota - max(1, quota // 6)
    return quota


def _place(batch: Batch, now: datetime) -> None:
    placements = [_placement(member) for member in batch.people[: _seats(batch)]]
    with transaction():
        batch.enrolled = place_people(
            batch_id=batch.id, placements=placements, state=State.CONFIRMED, actor=batch.house.admin, now=now
        )


def _queue(batch: Batch, now: datetime) -> None:
    """Two reserves and a waitlist behind a full class."""
    behind = list(batch.people[_seats(batch) :])
    with transaction():
        place_people(
            batch_id=batch.id, placements=[_placement(member) for member in behind[:2]], state=State.RESERVE,
            actor=batch.house.admin, now=now,
        )  # fmt: skip
    for place, member in enumerate(behind[2:]):
        apply_for(batch, member, now + timedelta(minutes=7 * place), waitlist=True)


def _change_plans(batch: Batch, now: datetime) -> None:
    admin, act = batch.house.admin, batch.spec.act
    if act == Act.MOVED:
        _move(batch, now)
        return
    with transaction():
        if act == Act.CANCELLED:
            cancel_batch(batch_id=batch.id, reason="Listrik gedung sedang diperbaiki.", actor=admin, now=now)
        else:
            reason = "Menunggu jalan desa dapat dilalui."
            postpone_batch(batch_id=batch.id, starts_on=None, reason=reason, actor=admin, now=now)


def _move(batch: Batch, now: datetime) -> None:
    """To the first day, six weeks on or later, on which its room and people are free."""
    first = batch.slot.plan.sessions[0].day
    for days in range(43, 90):
        try:
            with transaction():
                postpone_batch(
                    batch_id=batch.id,
                    starts_on=first + timedelta(days=days),
                    reason="Instruktur bertugas di tempat lain.",
                    actor=batch.house.admin,
                    now=now,
                )
            return
        except Conflict:
            continue
    raise LookupError("no free day for the batch that moves")
