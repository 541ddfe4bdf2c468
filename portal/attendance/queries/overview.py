"""A batch at a glance, for its center: people x sessions."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa

from portal.attendance.models import AttendanceMark, WalkIn
from portal.attendance.queries.columns import SEATED
from portal.attendance.rules import CLEARED, Attendance, SessionMark, tally
from portal.batches.models import Batch, ClassSession
from portal.catalog.models import Curriculum, Program
from portal.centers.models import TrainingCenter
from portal.cooperatives.models import Cooperative
from portal.core.db import db
from portal.core.errors import NotFound
from portal.core.permissions import Actor, Permission
from portal.enrollment.models import Enrollment
from portal.people.models import Person


@dataclass(frozen=True)
class OverviewSession:
    """A column of the overview."""

    session_id: int
    position: int
    starts_at: datetime
    hours: int


@dataclass(frozen=True)
class OverviewPerson:
    """A row of the overview: (mark, hours missed) per session, in the order of the columns."""

    enrollment_id: int
    name: str
    cooperative_name: str
    marks: list[tuple[str, int]]
    attendance: Attendance


@dataclass(frozen=True)
class Overview:
    """A batch at a glance, for its center. evidence: how its marks came about, the most frequent first;
    guests: people without a seat who wait for the center."""

    id: int
    program: str
    number: int
    state: str
    zone: str
    min_pct: int
    sessions: list[OverviewSession]
    people: list[OverviewPerson]
    evidence: list[tuple[str, int]] = field(default_factory=list)
    guests: int = 0


_GUESTS = (
    sa.select(sa.func.count())
    .select_from(WalkIn)
    .join(ClassSession, ClassSession.id == WalkIn.session_id)
    .where(ClassSession.batch_id == Batch.id, WalkIn.state == "open")
    .correlate(Batch)
    .scalar_subquery()
    .label("guests")
)


def get_overview(actor: Actor, batch_id: int) -> Overview:
    """People x sessions of a batch of the actor's center: four statements. Raises NotFound."""
    head = db.session.execute(
        sa.select(
            Batch.id,
            Program.short_name,
            Batch.number,
            Batch.state,
            TrainingCenter.zone,
            Curriculum.min_attendance_pct,
            Batch.center_id,
            Curriculum.excused_counts,
            _GUESTS,
        )
        .join(Program, Program.id == Batch.program_id)
        .join(Curriculum, Curriculum.id == Batch.curriculum_id)
        .join(TrainingCenter, TrainingCenter.id == Batch.center_id)
        .where(Batch.id == batch_id)
    ).first()
    if head is None or not actor.scope(Permission.BATCH_VIEW).covers_center(head.center_id):
        raise NotFound()
    sessions = [OverviewSession(*row) for row in db.session.execute(
        sa.select(ClassSession.id, ClassSession.position, ClassSession.starts_at, ClassSession.hours)
        .where(ClassSession.batch_id == batch_id)
        .order_by(ClassSession.starts_at)
    )]  # fmt: skip
    stored = db.session.execute(
        sa.select(
            AttendanceMark.enrollment_id,
            AttendanceMark.session_id,
            AttendanceMark.mark,
            AttendanceMark.hours_missed,
            AttendanceMark.evidence,
        )
        .join(ClassSession, ClassSession.id == AttendanceMark.session_id)
        .where(ClassSession.batch_id == batch_id, AttendanceMark.mark != CLEARED)
    ).all()
    marks = {(row.enrollment_id, row.session_id): (row.mark, row.hours_missed) for row in stored}
    seated = db.session.execute(
        sa.select(
            Enrollment.id, Person.name, sa.func.coalesce(Cooperative.name, Enrollment.stated_cooperative)
        )
        .join(Person, Person.id == Enrollment.person_id)
        .outerjoin(Cooperative, Cooperative.id == Enrollment.cooperative_id)
        .where(Enrollment.batch_id == batch_id, SEATED)
        .order_by(Person.name, Enrollment.id)
    )
    people = []
    for enrollment_id, name, cooperative_name in seated:
        cells = [marks.get((enrollment_id, session.session_id), ("", 0)) for session in sessions]
        hours = [SessionMark(s.hours, *cell) for s, cell in zip(sessions, cells, strict=True)]
        people.append(
            OverviewPerson(enrollment_id, name, cooperative_name, cells, tally(hours, head.excused_counts))
        )
    seats = {person.enrollment_id for person in people}
    evidence = Counter(row.evidence for row in stored if row.enrollment_id in seats)
    return Overview(
        id=head.id, program=head.short_name, number=head.number, state=head.state, zone=head.zone,
        min_pct=head.min_attendance_pct, sessions=sessions, people=people, evidence=evidence.most_common(),
        guests=head.guests,
    )  # fmt: skip
