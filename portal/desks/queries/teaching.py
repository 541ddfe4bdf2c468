"""The desk of instructors and assessors: their own meetings and the batches that wait for verdicts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from portal.assessment.models import AssessmentSheet
from portal.batches.models import Batch, ClassSession, SessionStaff
from portal.catalog.models import Program
from portal.centers.models import Room, Staff, TrainingCenter
from portal.core.clock import local_date
from portal.core.db import db


@dataclass(frozen=True)
class TeachingSession:
    """A meeting that somebody teaches or assesses. `day` is its date at the center."""

    id: int
    batch_id: int
    program: str
    number: int
    topic: str
    starts_at: datetime
    ends_at: datetime
    mode: str
    room: str
    center: str
    zone: str
    people: int

    @property
    def day(self) -> date:
        """The day at the center."""
        return local_date(self.starts_at, self.zone)

    def is_today(self, now: datetime) -> bool:
        """True when it is held today, by the center's calendar."""
        return self.day == local_date(now, self.zone)


@dataclass(frozen=True)
class WaitingBatch:
    """A batch whose classes are over and whose sheet is not signed."""

    id: int
    program: str
    number: int
    starts_on: date
    ends_on: date
    center: str
    people: int


def coming_sessions(user_id: int, now: datetime, limit: int = 40) -> list[TeachingSession]:
    """The person's own meetings from today's first on. One statement."""
    mine = (
        sa.select(SessionStaff.session_id)
        .join(Staff, Staff.id == SessionStaff.staff_id)
        .where(Staff.user_id == user_id, Staff.is_active)
    )
    statement: Any = (
        sa.select(
            ClassSession.id,
            ClassSession.batch_id,
            Program.name,
            Batch.number,
            ClassSession.topic,
            ClassSession.starts_at,
            ClassSession.ends_at,
            ClassSession.mode,
            sa.func.coalesce(Room.name, ""),
            TrainingCenter.short_name,
            TrainingCenter.zone,
            Batch.seats_taken,
        )
        .join(Batch, Batch.id == ClassSession.batch_id)
        .join(Program, Program.id == Batch.program_id)
        .join(TrainingCenter, TrainingCenter.id == Batch.center_id)
        .outerjoin(Room, Room.id == ClassSession.room_id)
        .where(
            ClassSession.id.in_(mine),
            Batch.state.in_(("published", "finalized")),
            ClassSession.ends_at >= now - timedelta(hours=24),
        )
        .order_by(ClassSession.starts_at, ClassSession.id)
        .limit(limit)
    )
    found = [TeachingSession(*row) for row in db.session.execute(statement)]
    return [s for s in found if s.day >= local_date(now, s.zone)]


def waiting_batches(user_id: int, today: date) -> list[WaitingBatch]:
    """The person's batches that are over and not signed, the longest waiting first. One statement."""
    mine = (
        sa.select(ClassSession.batch_id)
        .join(SessionStaff, SessionStaff.session_id == ClassSession.id)
        .join(Staff, Staff.id == SessionStaff.staff_id)
        .where(Staff.user_id == user_id, Staff.is_active)
    )
    statement: Any = (
        sa.select(
            Batch.id,
            Program.name,
            Batch.number,
            Batch.starts_on,
            Batch.ends_on,
            TrainingCenter.short_name,
            Batch.seats_taken,
        )
        .join(Program, Program.id == Batch.program_id)
        .join(TrainingCenter, TrainingCenter.id == Batch.center_id)
        .outerjoin(AssessmentSheet, AssessmentSheet.batch_id == Batch.id)
        .where(
            Batch.id.in_(mine),
            Batch.state == "published",
            Batch.ends_on < today,
            AssessmentSheet.batch_id.is_(None),
        )
        .order_by(Batch.ends_on, Batch.id)
        .limit(20)
    )
    return [WaitingBatch(*row) for row in db.session.execute(statement)]
