"""What is due by itself: classes to remind of, offers about to end, offers whose time is over."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import sqlalchemy as sa

from portal.batches.models import Batch
from portal.centers.models import TrainingCenter
from portal.core.db import db
from portal.enrollment import rules
from portal.enrollment.models import Enrollment, State


def people_in(batch_id: int, *states: State) -> list[Enrollment]:
    """The enrollments of a batch in these states, by number."""
    statement = sa.select(Enrollment).where(Enrollment.batch_id == batch_id, Enrollment.state.in_(states))
    return list(db.session.scalars(statement.order_by(Enrollment.id)))


def classes_on(days: list[date]) -> list[tuple[int, date, str]]:
    """(batch id, first day, zone) of announced batches with people that begin on one of these days."""
    statement = (
        sa.select(Batch.id, Batch.starts_on, TrainingCenter.zone)
        .join(TrainingCenter, TrainingCenter.id == Batch.center_id)
        .where(Batch.state == "published", Batch.starts_on.in_(days), Batch.seats_taken > 0)
        .order_by(Batch.id)
    )
    return [(number, day, zone) for number, day, zone in db.session.execute(statement)]


def offers_ending(now: datetime) -> list[int]:
    """The enrollments of announced batches whose offer ends within the next hours."""
    statement = (
        sa.select(Enrollment.id)
        .join(Batch, Batch.id == Enrollment.batch_id)
        .where(
            Enrollment.state == State.OFFERED,
            Enrollment.offer_until > now,
            Enrollment.offer_until <= now + timedelta(hours=rules.ENDING_HOURS),
            Batch.state == "published",
        )
        .order_by(Enrollment.id)
    )
    return list(db.session.scalars(statement))


def batches_with_overdue(now: datetime) -> list[int]:
    """The batches that hold an offer whose time is over."""
    statement = (
        sa.select(Enrollment.batch_id)
        .where(Enrollment.state == State.OFFERED, Enrollment.offer_until <= now)
        .distinct()
        .order_by(Enrollment.batch_id)
    )
    return list(db.session.scalars(statement))
