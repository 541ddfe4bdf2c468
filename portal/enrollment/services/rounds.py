"""What comes round by itself: reminders of classes, offers about to end, offers whose time is over.

Each bears being called again: the keys of the messages and the states of the enrollments make it once.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa

from portal.batches.models import Batch
from portal.centers.models import TrainingCenter
from portal.core.clock import local_date
from portal.core.db import db, transaction
from portal.core.errors import Conflict
from portal.core.permissions import SYSTEM, Actor
from portal.core.timers import timer
from portal.enrollment import notices, notices_batch, rules
from portal.enrollment.models import Enrollment, State
from portal.enrollment.services.cases import lock_batch, zone_of
from portal.enrollment.services.overdue import expire_overdue
from portal.enrollment.services.seats import promote_next

CHUNK = 200


@timer("enrollment.reminders", minutes=30)
def remind(now: datetime) -> int:
    """Tell those with a certain seat that their class begins in three days, and in one."""
    days = [local_date(now, "UTC") + timedelta(days=n) for n in range(rules.REMINDER_DAYS[0] + 2)]
    statement = (
        sa.select(Batch.id, Batch.starts_on, TrainingCenter.zone)
        .join(TrainingCenter, TrainingCenter.id == Batch.center_id)
        .where(Batch.state == "published", Batch.starts_on.in_(days), Batch.seats_taken > 0)
        .order_by(Batch.id)
    )
    told = 0
    for batch_id, starts_on, zone in db.session.execute(statement).all():
        left = rules.reminder_due(starts_on, now, zone)
        if left is not None:
            with transaction():
                people = _people(batch_id, State.CONFIRMED)
                told += notices_batch.reminders(people, days=left, now=now)
    return told


@timer("enrollment.offers_ending", minutes=15)
def warn(now: datetime) -> int:
    """Tell those whose offer ends within the next hours; once for each deadline."""
    told, last = 0, 0
    while True:
        with transaction():
            found = _ending_offers(last, now)
            due = [e for e in found if rules.is_ending(e.contact_at, e.offer_until, now)]
            told += notices.ending(due, now=now)
        if len(found) < CHUNK:
            return told
        last = found[-1].id


def _ending_offers(after: int, now: datetime) -> list[Enrollment]:
    statement = (
        sa.select(Enrollment)
        .join(Batch, Batch.id == Enrollment.batch_id)
        .where(
            Enrollment.id > after,
            Enrollment.state == State.OFFERED,
            Enrollment.offer_until > now,
            Enrollment.offer_until <= now + timedelta(hours=rules.ENDING_HOURS),
            Batch.state == "published",
        )
        .order_by(Enrollment.id)
        .limit(CHUNK)
    )
    return list(db.session.scalars(statement))


@timer("enrollment.offers_over", minutes=5)
def end_offers(now: datetime) -> int:
    """End the offers whose time is over and give the seats to the next in line; how many ended."""
    statement = (
        sa.select(Enrollment.batch_id)
        .where(Enrollment.state == State.OFFERED, Enrollment.offer_until <= now)
        .distinct()
        .order_by(Enrollment.batch_id)
    )
    ended = 0
    for batch_id in list(db.session.scalars(statement)):
        with transaction():
            ended += pass_on(batch_id=batch_id, actor=SYSTEM, now=now)
    return ended


def pass_on(*, batch_id: int, actor: Actor, now: datetime) -> int:
    """End the overdue offers of one batch; each free seat goes to the next who waits, while the batch has not
    begun. Returns how many offers ended."""
    batch = lock_batch(batch_id)
    ended = expire_overdue(batch, actor=actor, now=now)
    if not rules.may_pass_on(batch.state, batch.starts_on, now, zone_of(batch)):
        return ended
    for _seat in range(ended):
        try:
            promote_next(batch_id=batch_id, actor=actor, now=now)
        except Conflict:  # nobody waits: the seat stays free for whoever applies
            break
    return ended


def tell_changed(*, batch_id: int, now: datetime) -> int:
    """Where or how a batch is held changed: tell everybody with a seat."""
    return notices_batch.changed(_people(batch_id, State.OFFERED, State.CONFIRMED), now=now)


def _people(batch_id: int, *states: State) -> list[Enrollment]:
    statement = sa.select(Enrollment).where(Enrollment.batch_id == batch_id, Enrollment.state.in_(states))
    return list(db.session.scalars(statement.order_by(Enrollment.id)))
