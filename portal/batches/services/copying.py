"""Copies: a batch to another date, a whole wave, parallel classes in other rooms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from portal.batches.models import Batch
from portal.batches.services.making import House, load_for_change, make_batch, plans_of, shifted
from portal.batches.services.plans import BatchPlan
from portal.core.db import db
from portal.core.errors import Conflict, DomainError, NotFound
from portal.core.permissions import Actor
from portal.core.words import gettext as _


@dataclass(frozen=True)
class ParallelClass:
    """One more class on the same days: its room, and who teaches and assesses in it."""

    room_id: int
    instructor_ids: Sequence[int] = ()
    assessor_ids: Sequence[int] = ()


def plan_of(batch: Batch, house: House) -> BatchPlan:
    """A loaded batch as the plan that would make it again."""
    return BatchPlan(
        program_id=batch.program_id,
        center_id=batch.center_id,
        starts_on=batch.starts_on,
        quota=batch.quota,
        reserve_seats=batch.reserve_seats,
        opens_at=batch.opens_at,
        closes_at=batch.closes_at,
        mode=batch.mode,
        sessions=plans_of(batch, house.center.zone),
        kinds=batch.kinds,
        posts=batch.posts,
        regions=batch.regions,
        pilot_seats=batch.pilot_seats,
        pilot_until=batch.pilot_until,
        series=batch.series,
        cooperative_cap=batch.cooperative_cap,
        post_quotas=batch.post_quotas,
        waitlist_pool=batch.waitlist_pool,
    )


def _moved(plan: BatchPlan, house: House, starts_on: date, series: str) -> BatchPlan:
    assert plan.starts_on is not None
    sessions = shifted(house.center, plan.sessions, starts_on)
    first = sessions[0].day if sessions else starts_on
    delta = first - plan.starts_on
    return replace(
        plan,
        starts_on=first,
        sessions=sessions,
        opens_at=plan.opens_at + delta,
        closes_at=plan.closes_at + delta,
        pilot_until=plan.pilot_until + delta if plan.pilot_until else None,
        series=series,
        # Who waits for these days did not ask for others: a copy starts a waitlist of its own.
        waitlist_pool="",
    )


def copy_batch(*, batch_id: int, starts_on: date, series: str = "", actor: Actor, now: datetime) -> Batch:
    """A draft like this batch from another day on: sessions shifted past holidays and Sundays, with today's
    curriculum, without people. Raises Conflict "schedule_clash" that lists every clash."""
    batch, house = load_for_change(batch_id, actor)
    plan = _moved(plan_of(batch, house), house, starts_on, series)
    return make_batch(house, plan, actor=actor, now=now, copied_from=batch.id)


def copy_series(
    *, series: str, center_id: int, starts_on: date, new_series: str = "", actor: Actor, now: datetime
) -> list[Batch]:
    """The whole wave again: its earliest batch from `starts_on` on, the others as many days after it.

    All or nothing: Conflict "schedule_clash" lists the clashes of every batch. Cancelled batches stay behind.
    """
    statement = (
        sa.select(Batch.id)
        .where(Batch.series == series, Batch.center_id == center_id, Batch.state != "cancelled")
        .order_by(Batch.starts_on, Batch.number)
    )
    ids = db.session().scalars(statement).all() if series else []
    if not ids:
        raise NotFound("series_not_found", _("Gelombang ini tidak ditemukan."))
    pairs = [load_for_change(number, actor) for number in ids]
    first = pairs[0][0].starts_on
    name = new_series.strip() or _("%(series)s, %(date)s", series=series[:40], date=starts_on.isoformat())
    made, refused = [], []
    for batch, house in pairs:
        plan = _moved(plan_of(batch, house), house, starts_on + (batch.starts_on - first), name)
        try:
            made.append(make_batch(house, plan, actor=actor, now=now, copied_from=batch.id))
        except Conflict as error:
            refused.append((batch, error))
    if refused:
        raise _all_refused(refused)
    return made


def _all_refused(refused: Sequence[tuple[Batch, Conflict]]) -> Conflict:
    clashes: list[dict[str, Any]] = []
    for batch, error in refused:
        for clash in error.details.get("clashes", []):
            text = _("Salinan Angkatan %(number)s: %(text)s", number=batch.number, text=clash["message"])
            clashes.append({**clash, "message": text})
    message = _(
        "%(num)d dari angkatan dalam gelombang ini bentrok. Tidak ada yang disalin.", num=len(refused)
    )
    return Conflict("schedule_clash", message, "starts_on", clashes=clashes, slots=[])


def copy_parallel(
    *, batch_id: int, classes: Sequence[ParallelClass], actor: Actor, now: datetime
) -> list[Batch]:
    """More classes on the same days and hours, each in another room with its own people; all of one series.

    A batch that had no series gets one. All or nothing.
    """
    if not classes:
        raise DomainError("classes_missing", _("Pilih paling sedikit satu ruang."), "rooms")
    batch, house = load_for_change(batch_id, actor)
    if not batch.series:
        batch.series = _(
            "Paralel %(day)s, Angkatan %(number)s", day=batch.starts_on.isoformat(), number=batch.number
        )
    plan = plan_of(batch, house)
    made = []
    for entry in classes:
        sessions = [
            replace(
                meeting,
                room_id=None if meeting.mode == "online" else entry.room_id,
                instructor_ids=tuple(entry.instructor_ids),
                assessor_ids=tuple(entry.assessor_ids),
            )
            for meeting in plan.sessions
        ]
        made.append(
            make_batch(house, replace(plan, sessions=sessions), actor=actor, now=now, copied_from=batch.id)
        )
    return made
