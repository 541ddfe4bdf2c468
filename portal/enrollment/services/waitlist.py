"""The waitlist at work: a freed seat goes to whoever is next, staff change the order and say why."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from portal.batches.models import Batch
from portal.core import audit
from portal.core.db import db
from portal.core.errors import Conflict, DomainError, NotFound
from portal.core.permissions import Actor
from portal.core.words import gettext as _
from portal.enrollment import messages, queries, rules
from portal.enrollment.models import Enrollment, QueueChange, State
from portal.enrollment.services import notices
from portal.enrollment.services.arriving import row_in
from portal.enrollment.services.cases import change_state, lock_batch, scope_of
from portal.enrollment.services.overdue import expire_overdue

LEAST_REASON = 5


def lock_pool(batch_id: int) -> Batch:
    """A batch with all that share its waitlist, locked in the order of their ids. Raises NotFound."""
    found = db.session.get(Batch, batch_id)
    if found is None:
        raise NotFound()
    locked = {number: lock_batch(number) for number in queries.pool_of(found)}
    return locked[batch_id]


def offer_next(*, batch_id: int, actor: Actor, now: datetime) -> list[Enrollment]:
    """Offer the free seat to the next in line (rules.next_in_line): the reserves first, then the waitlist of
    the whole pool; a group that waits together is offered all its seats at once. Who cannot come is passed
    over.

    Returns those who were offered a seat, in this batch. Raises Conflict `nobody_waits` or `batch_full`.
    """
    batch = lock_pool(batch_id)
    expire_overdue(batch, actor=actor, now=now)
    line = queries.line_of(batch, actor_person_id=actor.person_id, now=now)
    turn = line.turn()
    if not turn.chosen:
        raise _nobody(line)
    offered = [_offer(batch, number.id, actor, now) for number in turn.chosen]
    notices.offered(offered, now=now, is_next=True)
    return offered


def promote_next(*, batch_id: int, actor: Actor, now: datetime) -> Enrollment:
    """`offer_next`, answering the first of those who were offered a seat."""
    return offer_next(batch_id=batch_id, actor=actor, now=now)[0]


def _nobody(line: queries.Line) -> Conflict:
    if not line.waiters:
        return Conflict("nobody_waits", _("Tidak ada yang menunggu di angkatan ini."))
    if line.room.left <= 0:
        return Conflict("batch_full", _("Kursi terakhir baru saja terisi."))
    return Conflict(
        "nobody_waits",
        _("Tidak seorang pun yang menunggu dapat menempati kursi ini. Alasannya ada di daftar tunggu."),
    )


def _offer(batch: Batch, enrollment_id: int, actor: Actor, now: datetime) -> Enrollment:
    """A seat for one of the line; whoever waits in another batch of the pool comes over for it."""
    enrollment = db.session.get(Enrollment, enrollment_id, with_for_update=True, populate_existing=True)
    assert enrollment is not None
    facts: dict[str, Any] = {}
    if enrollment.batch_id != batch.id:
        facts["moved_from"] = enrollment.batch_id
        enrollment = _come_over(batch, enrollment, actor, now)
    change_state(
        batch, enrollment, State.OFFERED, action="seat.offered", actor=actor, now=now, promoted=True, **facts
    )
    return enrollment


def _come_over(batch: Batch, old: Enrollment, actor: Actor, now: datetime) -> Enrollment:
    home = db.session.get(Batch, old.batch_id)
    assert home is not None
    change_state(
        home,
        old,
        State.WITHDRAWN,
        action="enrollment.moved_away",
        actor=actor,
        now=now,
        reason=_("Kursi didapat di angkatan lain yang berbagi daftar tunggu."),
        target=batch.id,
    )
    return row_in(batch, old, State.WAITLISTED, queued_at=old.queued_at, actor=actor, now=now)


# ---- the order, changed by hand ----


def move_in_queue(
    *, enrollment_id: int, before_id: int | None, reason: str, actor: Actor, now: datetime
) -> list[Enrollment]:
    """Let somebody wait right before another; a group that stays together moves as a whole. The reason is
    kept for good (QueueChange).

    Returns those who moved. Raises NotFound, Forbidden `own_case`, DomainError `reason_missing`,
    `before_unknown` or `already_there`.
    """
    reason = _checked(reason)
    found = db.session.get(Enrollment, enrollment_id)
    if found is None:
        raise NotFound()
    batch = lock_pool(found.batch_id)
    line = queries.queue_of(batch, now)
    mover = next((one for one in line if one.id == enrollment_id), None)
    if mover is None:
        raise Conflict("not_waiting", _("Orang ini tidak lagi di daftar tunggu."))
    moving = [one for one in line if one.id == enrollment_id or _together(one, mover)]
    for one in moving:
        rules.check_not_self(actor.person_id, one.person_id)
    if before_id not in {one.id for one in line} - {one.id for one in moving}:
        raise DomainError("before_unknown", _("Pilih orang yang masih menunggu dari daftar."), "before")
    assert before_id is not None
    moved = _place_before(batch, line, moving, before_id, reason, actor, now)
    if not moved:
        raise DomainError("already_there", _("Urutannya sudah begitu."), "before")
    return moved


def _together(one: rules.Waiter, mover: rules.Waiter) -> bool:
    return mover.group_id is not None and one.group_id == mover.group_id


def raise_group(
    *, group_id: int, batch_id: int, reason: str, actor: Actor, now: datetime
) -> list[Enrollment]:
    """Offer seats to all who wait of a nomination group, out of turn and all at once; the change of order and
    its reason are kept.

    Raises NotFound, Forbidden `own_case`, DomainError `reason_missing`, Conflict `group_hindered` or
    `group_too_big` with nothing changed.
    """
    reason = _checked(reason)
    batch = lock_pool(batch_id)
    expire_overdue(batch, actor=actor, now=now)
    members = set(
        db.session.scalars(
            sa.select(Enrollment.id).where(
                Enrollment.batch_id == batch_id,
                Enrollment.group_id == group_id,
                Enrollment.state == State.WAITLISTED,
            )
        )
    )
    if not members:
        raise NotFound()
    line = queries.line_of(batch, actor_person_id=actor.person_id, now=now)
    group = sorted((one for one in line.waiters if one.id in members), key=rules.queue_key)
    for one in group:
        rules.check_not_self(actor.person_id, one.person_id)
    refusal = rules.why_not(group, line.room)
    if refusal:
        raise Conflict(refusal, messages.group_refused(refusal, len(group), line.room.left))
    waiting = sorted((one for one in line.waiters if not one.is_reserve), key=rules.queue_key)
    first = next((one.id for one in waiting if one.id not in members), None)
    if first is not None:
        _place_before(batch, waiting, group, first, reason, actor, now)
    offered = [_offer(batch, one.id, actor, now) for one in group]
    notices.offered(offered, now=now, is_next=True)
    return offered


def _checked(reason: str) -> str:
    reason = " ".join(reason.split())
    if len(reason) < LEAST_REASON:
        message = _("Tulis alasannya; alasan itu disimpan dan dapat diperiksa.")
        raise DomainError("reason_missing", message, "reason")
    return reason[:300]


def _place_before(
    batch: Batch,
    line: Sequence[rules.Waiter],
    moving: Sequence[rules.Waiter],
    before_id: int,
    reason: str,
    actor: Actor,
    now: datetime,
) -> list[Enrollment]:
    """Put these people, in their order, right before another; [] when they stand there already."""
    ids = [one.id for one in sorted(moving, key=rules.queue_key)]
    order = [one.id for one in sorted(line, key=rules.queue_key)]
    rest = [number for number in order if number not in ids]
    at = rest.index(before_id)
    if rest[:at] + ids + rest[at:] == order:
        return []
    places = {one.id: one for one in line}
    for number in ids:
        slot = rules.slot_before(places.values(), number, before_id)
        places[number] = rules.moved_to(places[number], slot.priority, slot.queued_at)
        for other, time in slot.shifted.items():
            places[other] = rules.moved_to(places[other], places[other].priority, time)
    before = {one.id: one for one in line}
    changed = [number for number in order if places[number] != before[number]]
    rows = {row.id: row for row in queries.enrollments_by_id(changed)}
    natural = queries.natural_classes(batch, [rows[number] for number in ids], now)
    for number in changed:
        rows[number].queued_at = places[number].queued_at
    for number in ids:
        row, old, new = rows[number], before[number], places[number]
        row.moved_class = new.priority if new.priority != natural[number] else None
        row.version += 1
        _keep(row, old, new, reason, actor, now)
        audit.record(
            "queue.moved", "enrollment", number, actor=actor, now=now, scope=scope_of(batch),
            batch_id=row.batch_id, old=order.index(number) + 1, new=(rest[:at] + ids).index(number) + 1,
        )  # fmt: skip
    db.session.flush()
    return [rows[number] for number in ids]


def _keep(
    row: Enrollment, old: rules.Waiter, new: rules.Waiter, reason: str, actor: Actor, now: datetime
) -> None:
    db.session.add(
        QueueChange(
            batch_id=row.batch_id,
            enrollment_id=row.id,
            old_priority=old.priority,
            new_priority=new.priority,
            old_queued_at=old.queued_at,
            new_queued_at=new.queued_at,
            reason=reason,
            moved_by=actor.user_id,
            moved_at=now,
        )
    )
