"""What instructors and assessors read: batches in whose sessions they stand, and lesson hours."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import contains_eager, joinedload

from portal.batches.models import Batch, ClassSession, SessionStaff
from portal.batches.queries.loading import WHOLE, batch_missing
from portal.batches.queries.public import BatchRow, joined, rows_of
from portal.catalog.models import CompetencyUnit
from portal.centers.models import Staff
from portal.core.db import db
from portal.core.permissions import Actor

_OPEN = ("published", "finalized")


def _own_batches(user_id: int | None) -> sa.Select[Any]:
    return (
        sa.select(ClassSession.batch_id)
        .join(SessionStaff, SessionStaff.session_id == ClassSession.id)
        .join(Staff, Staff.id == SessionStaff.staff_id)
        .where(Staff.user_id == user_id, Staff.is_active)
    )


def get_batch_for_teaching(actor: Actor, batch_id: int) -> Batch:
    """A published or finalized batch in one of whose sessions the actor stands, whole. Raises NotFound."""
    statement = WHOLE.where(
        Batch.id == batch_id, Batch.state.in_(_OPEN), Batch.id.in_(_own_batches(actor.user_id))
    )
    batch = db.session().scalars(statement).unique().one_or_none() if actor.user_id else None
    if batch is None:
        raise batch_missing()
    return batch


def get_session_for_teaching(actor: Actor, session_id: int) -> ClassSession:
    """A session with its room and its batch (program, center) for people who stand in any session of that
    batch. Raises NotFound."""
    statement = (
        sa.select(ClassSession)
        .join(ClassSession.batch)
        .options(
            joinedload(ClassSession.room),
            contains_eager(ClassSession.batch).options(
                joinedload(Batch.program, innerjoin=True), joinedload(Batch.center, innerjoin=True)
            ),
        )
        .where(
            ClassSession.id == session_id,
            Batch.state.in_(_OPEN),
            Batch.id.in_(_own_batches(actor.user_id)),
        )
    )
    session = db.session().scalars(statement).one_or_none() if actor.user_id else None
    if session is None:
        raise batch_missing()
    return session


def batches_of_user(user_id: int, *, since: date | None = None) -> list[BatchRow]:
    """Published and finalized batches an account teaches or assesses in, by first day. Two statements."""
    statement = joined().where(Batch.id.in_(_own_batches(user_id)), Batch.state.in_(_OPEN))
    if since is not None:
        statement = statement.where(Batch.ends_on >= since)
    return rows_of(statement.order_by(Batch.starts_on, Batch.id))


def sessions_of_user(
    user_id: int, first: datetime, last: datetime
) -> Sequence[tuple[ClassSession, Batch, str]]:
    """(session, batch, "instructor" or "assessor") of an account that overlap a span of moments, in order;
    program, center and room are loaded. One statement."""
    statement = (
        sa.select(ClassSession, Batch, SessionStaff.role)
        .join(Batch, Batch.id == ClassSession.batch_id)
        .join(Batch.program)
        .join(Batch.center)
        .join(SessionStaff, SessionStaff.session_id == ClassSession.id)
        .join(Staff, Staff.id == SessionStaff.staff_id)
        .options(contains_eager(Batch.program), contains_eager(Batch.center), joinedload(ClassSession.room))
        .where(
            Staff.user_id == user_id,
            Staff.is_active,
            Batch.state.in_(_OPEN),
            ClassSession.ends_at > first,
            ClassSession.starts_at < last,
        )
        .order_by(ClassSession.starts_at, ClassSession.id)
    )
    return [(session, batch, role) for session, batch, role in db.session().execute(statement)]


def session_staff(batch_id: int, role: str) -> set[int]:
    """The accounts that stand as "instructor" or "assessor" in any session of a batch."""
    statement = (
        sa.select(Staff.user_id)
        .join(SessionStaff, SessionStaff.staff_id == Staff.id)
        .join(ClassSession, ClassSession.id == SessionStaff.session_id)
        .where(ClassSession.batch_id == batch_id, SessionStaff.role == role, Staff.user_id.is_not(None))
    )
    return {user_id for user_id in db.session().scalars(statement) if user_id is not None}


def total_hours(batch_id: int) -> int:
    """Lesson hours (JP) of all sessions."""
    statement = sa.select(sa.func.coalesce(sa.func.sum(ClassSession.hours), 0))
    return int(db.session().scalar(statement.where(ClassSession.batch_id == batch_id)) or 0)


def unit_hours(batch_id: int) -> dict[int, int]:
    """Unit id -> lesson hours in the curriculum that the batch froze."""
    statement = (
        sa.select(CompetencyUnit.id, CompetencyUnit.hours)
        .join(Batch, Batch.curriculum_id == CompetencyUnit.curriculum_id)
        .where(Batch.id == batch_id)
        .order_by(CompetencyUnit.position)
    )
    return {unit_id: hours for unit_id, hours in db.session().execute(statement)}  # noqa: C416
