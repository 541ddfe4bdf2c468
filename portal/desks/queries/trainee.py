"""The desk of a person in training."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from portal.batches.models import Batch, ClassSession
from portal.catalog.models import Program
from portal.centers.models import Room, TrainingCenter
from portal.core.clock import local_date
from portal.core.db import db
from portal.enrollment.models import Enrollment, MoveChoice, Nomination, State

ACTIVE = frozenset({State.APPLIED, State.OFFERED, State.CONFIRMED, State.WAITLISTED, State.RESERVE})


@dataclass(frozen=True)
class OwnEnrollment:
    """An enrollment with its batch. `choice_pending`: the batch moved and waits for an answer."""

    id: int
    batch_id: int
    reference: str
    state: str
    contact_at: datetime | None
    offer_until: datetime | None
    program: str
    number: int
    starts_on: date
    ends_on: date
    batch_state: str
    center: str
    zone: str
    choice_pending: bool

    @property
    def is_active(self) -> bool:
        """True while something may still come of it."""
        return self.state in ACTIVE and self.batch_state in ("published", "postponed")


@dataclass(frozen=True)
class NextClass:
    """A coming meeting of a class that the person has a seat in."""

    batch_id: int
    program: str
    topic: str
    starts_at: datetime
    ends_at: datetime
    mode: str
    link: str
    room: str
    address: str
    center: str
    zone: str

    @property
    def day(self) -> date:
        """The day at the center."""
        return local_date(self.starts_at, self.zone)

    def is_today(self, now: datetime) -> bool:
        """True on its day at the center, as long as it lasts."""
        return local_date(now, self.zone) == self.day and now <= self.ends_at


def own_enrollments(person_id: int) -> list[OwnEnrollment]:
    """The newest 40 enrollments of a person. One statement."""
    pending = (
        sa.select(MoveChoice.id)
        .where(MoveChoice.enrollment_id == Enrollment.id, MoveChoice.choice == "pending")
        .exists()
    )
    statement: Any = (
        sa.select(
            Enrollment.id,
            Enrollment.batch_id,
            Enrollment.reference,
            Enrollment.state,
            Enrollment.contact_at,
            Enrollment.offer_until,
            Program.name,
            Batch.number,
            Batch.starts_on,
            Batch.ends_on,
            Batch.state.label("batch_state"),
            TrainingCenter.name.label("center"),
            TrainingCenter.zone,
            pending.label("choice_pending"),
        )
        .join(Batch, Batch.id == Enrollment.batch_id)
        .join(Program, Program.id == Batch.program_id)
        .join(TrainingCenter, TrainingCenter.id == Batch.center_id)
        .where(Enrollment.person_id == person_id)
        .order_by(Batch.starts_on.desc(), Enrollment.id.desc())
        .limit(40)
    )
    return [OwnEnrollment(*row) for row in db.session.execute(statement)]


def next_classes(person_id: int, now: datetime, limit: int = 3) -> list[NextClass]:
    """The coming meetings of batches in which the person has a confirmed seat. One statement."""
    statement: Any = (
        sa.select(
            ClassSession.batch_id,
            Program.name,
            ClassSession.topic,
            ClassSession.starts_at,
            ClassSession.ends_at,
            ClassSession.mode,
            ClassSession.link,
            sa.func.coalesce(Room.name, ""),
            sa.func.coalesce(Room.address, ""),
            TrainingCenter.name,
            TrainingCenter.zone,
        )
        .join(Batch, Batch.id == ClassSession.batch_id)
        .join(Program, Program.id == Batch.program_id)
        .join(TrainingCenter, TrainingCenter.id == Batch.center_id)
        .join(Enrollment, Enrollment.batch_id == Batch.id)
        .outerjoin(Room, Room.id == ClassSession.room_id)
        .where(
            Enrollment.person_id == person_id,
            Enrollment.state == State.CONFIRMED,
            Batch.state == "published",
            ClassSession.ends_at >= now,
        )
        .order_by(ClassSession.starts_at)
        .limit(limit)
    )
    return [NextClass(*row) for row in db.session.execute(statement)]


def open_nominations(person_id: int) -> list[Any]:
    """Programs for which the person was proposed and has no place yet: rows (name, state, id, asks); `asks`:
    proposed by name, and the answer is the person's."""
    asks = sa.and_(Nomination.group_id.is_not(None), Nomination.state == "proposed")
    statement: Any = (
        sa.select(Program.name, Nomination.state, Nomination.id, asks.label("asks"))
        .join(Program, Program.id == Nomination.program_id)
        .where(Nomination.person_id == person_id, Nomination.state.in_(("proposed", "consented")))
        .order_by(Nomination.id)
    )
    return list(db.session.execute(statement))
