"""People who came without a seat: of a session for its instructor, of a batch for its center, and who they
may be."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from portal.accounts.models import User
from portal.attendance.models import WalkIn
from portal.attendance.queries.columns import SEATED_STATES
from portal.batches.models import Batch, ClassSession
from portal.catalog.models import Program
from portal.centers.models import TrainingCenter
from portal.cooperatives.models import Cooperative
from portal.core.db import db
from portal.core.errors import NotFound
from portal.core.permissions import Actor, Permission
from portal.enrollment.models import Enrollment, State
from portal.people.models import Person

#: Who may be admitted: those who wait for a seat, and those who have one under another spelling.
WAITING = (State.RESERVE, State.WAITLISTED, State.APPLIED)


@dataclass(frozen=True)
class WalkInRow:
    """One person who came without a seat. state: open, admitted or refused; `admitted` names the enrollment's
    person."""

    id: int
    session_id: int
    position: int
    starts_at: datetime
    name: str
    cooperative: str
    note: str
    state: str
    reason: str
    recorded_by: str
    recorded_at: datetime
    handled_by: str
    handled_at: datetime | None
    admitted: str

    @property
    def is_open(self) -> bool:
        """True while the center has not decided."""
        return self.state == "open"


@dataclass(frozen=True)
class GuestBatch:
    """The batch of the center's page of walk-ins."""

    id: int
    program: str
    number: int
    state: str
    zone: str
    quota: int
    seats_taken: int


@dataclass(frozen=True)
class Candidate:
    """An enrollment of the batch that a walk-in may be; has_seat: a name written differently."""

    enrollment_id: int
    name: str
    cooperative_name: str
    state: str

    @property
    def has_seat(self) -> bool:
        """True when nothing but the mark is missing."""
        return self.state in SEATED_STATES


_writer, _handler = sa.orm.aliased(User), sa.orm.aliased(User)
_ROWS: Any = (
    sa.select(
        WalkIn.id,
        WalkIn.session_id,
        ClassSession.position,
        ClassSession.starts_at,
        WalkIn.name,
        WalkIn.cooperative,
        WalkIn.note,
        WalkIn.state,
        WalkIn.reason,
        sa.func.coalesce(_writer.name, ""),
        WalkIn.recorded_at,
        sa.func.coalesce(_handler.name, ""),
        WalkIn.handled_at,
        sa.func.coalesce(Person.name, ""),
    )
    .join(ClassSession, ClassSession.id == WalkIn.session_id)
    .outerjoin(_writer, _writer.id == WalkIn.recorded_by)
    .outerjoin(_handler, _handler.id == WalkIn.handled_by)
    .outerjoin(Enrollment, Enrollment.id == WalkIn.enrollment_id)
    .outerjoin(Person, Person.id == Enrollment.person_id)
    .order_by(sa.case((WalkIn.state == "open", 0), else_=1), WalkIn.id)
)


def walk_ins_of_session(session_id: int) -> list[WalkInRow]:
    """Those of one session, the open ones first. The caller has checked the session."""
    return [WalkInRow(*row) for row in db.session.execute(_ROWS.where(WalkIn.session_id == session_id))]


def walk_ins_of_batch(batch_id: int) -> list[WalkInRow]:
    """Those of all sessions of a batch, the open ones first. The caller has checked the batch."""
    return [WalkInRow(*row) for row in db.session.execute(_ROWS.where(ClassSession.batch_id == batch_id))]


def open_walk_ins(batch_id: int) -> int:
    """How many of a batch wait for the center."""
    statement = (
        sa.select(sa.func.count())
        .select_from(WalkIn)
        .join(ClassSession, ClassSession.id == WalkIn.session_id)
        .where(ClassSession.batch_id == batch_id, WalkIn.state == "open")
    )
    return db.session.scalar(statement) or 0


def get_guest_batch(actor: Actor, batch_id: int) -> GuestBatch:
    """The batch, if the actor handles walk-ins of its center. Raises NotFound."""
    row = db.session.execute(
        sa.select(
            Batch.id,
            Program.short_name,
            Batch.number,
            Batch.state,
            TrainingCenter.zone,
            Batch.quota,
            Batch.seats_taken,
            Batch.center_id,
        )
        .join(Program, Program.id == Batch.program_id)
        .join(TrainingCenter, TrainingCenter.id == Batch.center_id)
        .where(Batch.id == batch_id)
    ).first()
    if row is None or not actor.scope(Permission.WALKIN_HANDLE).covers_center(row.center_id):
        raise NotFound()
    return GuestBatch(*row[:7])


def walk_in_place(actor: Actor, walk_in_id: int) -> tuple[int, int, int]:
    """(batch, session, center) of a walk-in of the actor's center. Raises NotFound."""
    row = db.session.execute(
        sa.select(ClassSession.batch_id, WalkIn.session_id, Batch.center_id)
        .select_from(WalkIn)
        .join(ClassSession, ClassSession.id == WalkIn.session_id)
        .join(Batch, Batch.id == ClassSession.batch_id)
        .where(WalkIn.id == walk_in_id)
    ).first()
    if row is None or not actor.scope(Permission.WALKIN_HANDLE).covers_center(row.center_id):
        raise NotFound()
    return row.batch_id, row.session_id, row.center_id


def walk_in_candidates(batch_id: int) -> list[Candidate]:
    """Enrollments of the batch that wait for a seat, then those that have one; by name."""
    has_seat = sa.case((Enrollment.state.in_(SEATED_STATES), 1), else_=0)
    statement = (
        sa.select(
            Enrollment.id,
            Person.name,
            sa.func.coalesce(Cooperative.name, Enrollment.stated_cooperative),
            Enrollment.state,
        )
        .join(Person, Person.id == Enrollment.person_id)
        .outerjoin(Cooperative, Cooperative.id == Enrollment.cooperative_id)
        .where(Enrollment.batch_id == batch_id, Enrollment.state.in_([*WAITING, *SEATED_STATES]))
        .order_by(has_seat, Person.name, Enrollment.id)
    )
    return [Candidate(*row) for row in db.session.execute(statement)]
