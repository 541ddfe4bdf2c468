"""Reads of attendance: the sheet of a session, a batch at a glance, one person's record."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from portal.accounts.models import User
from portal.attendance.models import AttendanceChange, AttendanceMark
from portal.attendance.rules import CLEARED, Attendance, SessionMark, tally
from portal.batches.models import Batch, ClassSession, SessionStaff
from portal.catalog.models import Curriculum, Program
from portal.centers.models import Staff, TrainingCenter
from portal.cooperatives.models import Cooperative
from portal.core.db import db, is_writing
from portal.core.errors import NotFound
from portal.core.permissions import Actor, Permission
from portal.core.ports import AttendanceReport
from portal.enrollment.models import SEAT_STATES, Enrollment
from portal.people.models import Person

_SEATED = Enrollment.state.in_(sorted(SEAT_STATES))
_MARK = sa.func.coalesce(AttendanceMark.mark, "").label("mark")
_MISSED = sa.func.coalesce(AttendanceMark.hours_missed, 0).label("hours_missed")
_VERSION = sa.func.coalesce(AttendanceMark.version, 0).label("version")


@dataclass(frozen=True)
class SheetHead:
    """A session with what its page says about it. `starts_at` and `ends_at` are aware; `zone` is IANA."""

    session_id: int
    batch_id: int
    position: int
    starts_at: datetime
    ends_at: datetime
    hours: int
    topic: str
    batch_state: str
    batch_number: int
    program: str
    center_id: int
    zone: str


@dataclass(frozen=True)
class SheetRow:
    """One person of the roll with the mark of one session; `version` 0 and `mark` "" when there is none."""

    enrollment_id: int
    person_id: int
    name: str
    cooperative_id: int | None
    cooperative_name: str
    mark: str
    hours_missed: int
    version: int
    evidence: str
    recorded_by: int | None
    recorded_at: datetime | None

    @property
    def is_open(self) -> bool:
        """True while nobody has marked it."""
        return self.mark in ("", CLEARED)


def _instructs(batch_id: Any) -> Any:
    """SQL: the account :user teaches in a session of the batch (or :all, for commands)."""
    other = sa.orm.aliased(ClassSession)
    link = (
        sa.select(sa.literal(1))
        .select_from(SessionStaff)
        .join(Staff, Staff.id == SessionStaff.staff_id)
        .join(other, other.id == SessionStaff.session_id)
        .where(
            other.batch_id == batch_id,
            SessionStaff.role == "instructor",
            Staff.user_id == sa.bindparam("user", type_=sa.BigInteger),
            Staff.is_active,
        )
    )
    return sa.or_(sa.bindparam("all", type_=sa.Boolean), sa.exists(link))


_HEAD_COLUMNS = (
    ClassSession.id,
    ClassSession.batch_id,
    ClassSession.position,
    ClassSession.starts_at,
    ClassSession.ends_at,
    ClassSession.hours,
    ClassSession.topic,
    Batch.state,
    Batch.number,
    Program.short_name,
    TrainingCenter.id,
    TrainingCenter.zone,
)
_HEAD = (
    sa.select(*_HEAD_COLUMNS)
    .join(Batch, Batch.id == ClassSession.batch_id)
    .join(Program, Program.id == Batch.program_id)
    .join(TrainingCenter, TrainingCenter.id == Batch.center_id)
    .where(ClassSession.id == sa.bindparam("session"), _instructs(Batch.id))
)
_ROWS = (
    sa.select(
        Enrollment.id.label("enrollment_id"),
        Enrollment.person_id,
        Person.name,
        Enrollment.cooperative_id,
        sa.func.coalesce(Cooperative.name, Enrollment.stated_cooperative).label("cooperative_name"),
        _MARK,
        _MISSED,
        _VERSION,
        sa.func.coalesce(AttendanceMark.evidence, "").label("evidence"),
        AttendanceMark.recorded_by,
        AttendanceMark.recorded_at,
    )
    .join(Person, Person.id == Enrollment.person_id)
    .join(ClassSession, ClassSession.batch_id == Enrollment.batch_id)
    .outerjoin(Cooperative, Cooperative.id == Enrollment.cooperative_id)
    .outerjoin(
        AttendanceMark,
        sa.and_(AttendanceMark.enrollment_id == Enrollment.id, AttendanceMark.session_id == ClassSession.id),
    )
    .where(ClassSession.id == sa.bindparam("session"), _SEATED)
    .order_by(Person.name, Enrollment.id)
)
# One person's cell and its session in one go: this is what every tap reads.
_CELL = (
    _ROWS.add_columns(*_HEAD_COLUMNS)
    .join(Batch, Batch.id == ClassSession.batch_id)
    .join(Program, Program.id == Batch.program_id)
    .join(TrainingCenter, TrainingCenter.id == Batch.center_id)
    .where(Enrollment.id == sa.bindparam("enrollment"), _instructs(Batch.id))
)
_ROW_WIDTH = len(_ROWS.selected_columns)
_PROGRESS = (
    sa.select(
        sa.func.count(),
        sa.func.count(AttendanceMark.enrollment_id).filter(AttendanceMark.mark != CLEARED),
    )
    .select_from(Enrollment)
    .join(ClassSession, ClassSession.batch_id == Enrollment.batch_id)
    .outerjoin(
        AttendanceMark,
        sa.and_(AttendanceMark.enrollment_id == Enrollment.id, AttendanceMark.session_id == ClassSession.id),
    )
    .where(ClassSession.id == sa.bindparam("session"), _SEATED)
)


def reach(actor: Actor) -> dict[str, Any]:
    """The parameters that narrow a read to what the actor teaches."""
    return {"user": actor.user_id, "all": actor.scope(Permission.ATTENDANCE_RECORD).everything}


def get_sheet(actor: Actor, session_id: int) -> SheetHead:
    """The session, if the actor teaches in its batch. Raises NotFound for a foreign or missing one."""
    row = db.session.execute(_HEAD, {"session": session_id, **reach(actor)}).first()
    if row is None:
        raise NotFound()
    return SheetHead(*list(row))


def sheet_rows(session_id: int) -> list[SheetRow]:
    """The roll of a session with its marks, by name. The caller has checked the session with `get_sheet`."""
    return [SheetRow(*row) for row in db.session.execute(_ROWS, {"session": session_id})]


def get_cell(actor: Actor, session_id: int, enrollment_id: int) -> tuple[SheetHead, SheetRow]:
    """One person of a session that the actor teaches, in one statement. Raises NotFound for a foreign session
    and for somebody who holds no seat in it."""
    found = db.session.execute(
        _CELL, {"session": session_id, "enrollment": enrollment_id, **reach(actor)}
    ).first()
    if found is None:
        raise NotFound()
    cells = list(found)
    return SheetHead(*cells[_ROW_WIDTH:]), SheetRow(*cells[:_ROW_WIDTH])


def sheet_progress(session_id: int) -> tuple[int, int]:
    """(people marked, people on the roll) of a session."""
    total, done = db.session.execute(_PROGRESS, {"session": session_id}).one()
    return done, total


def user_name(user_id: int | None) -> str:
    """The name of the account that recorded something; empty for a command."""
    if user_id is None:
        return ""
    return db.session.execute(sa.select(User.name).where(User.id == user_id)).scalar() or ""


@dataclass(frozen=True)
class Change:
    """One replaced value of a cell, newest first in lists."""

    old_mark: str
    new_mark: str
    old_missed: int
    new_missed: int
    by: str
    at: datetime


def changes_of(session_id: int, enrollment_id: int) -> list[Change]:
    """What was changed in one cell, the newest first."""
    statement = (
        sa.select(
            AttendanceChange.old_mark,
            AttendanceChange.new_mark,
            AttendanceChange.old_missed,
            AttendanceChange.new_missed,
            sa.func.coalesce(User.name, ""),
            AttendanceChange.changed_at,
        )
        .outerjoin(User, User.id == AttendanceChange.changed_by)
        .where(AttendanceChange.session_id == session_id, AttendanceChange.enrollment_id == enrollment_id)
        .order_by(AttendanceChange.id.desc())
    )
    return [Change(*row) for row in db.session.execute(statement)]


_BATCH_CELLS = (
    sa.select(
        Enrollment.id.label("enrollment_id"),
        ClassSession.id.label("session_id"),
        ClassSession.position,
        ClassSession.hours,
        _MARK,
        _MISSED,
        Curriculum.excused_counts,
    )
    .select_from(Enrollment)
    .join(Batch, Batch.id == Enrollment.batch_id)
    .join(Curriculum, Curriculum.id == Batch.curriculum_id)
    .outerjoin(ClassSession, ClassSession.batch_id == Batch.id)
    .outerjoin(
        AttendanceMark,
        sa.and_(AttendanceMark.enrollment_id == Enrollment.id, AttendanceMark.session_id == ClassSession.id),
    )
    .order_by(Enrollment.id, ClassSession.position)
)
_OF_BATCH = _BATCH_CELLS.where(Enrollment.batch_id == sa.bindparam("batch"), _SEATED)


def _tallies(rows: Iterable[Any]) -> dict[int, Attendance]:
    cells: dict[int, list[SessionMark]] = defaultdict(list)
    counts = False
    for enrollment_id, session_id, _position, hours, mark, missed, excused_counts in rows:
        counts = excused_counts
        cells[enrollment_id] += [SessionMark(hours, mark, missed)] if session_id is not None else []
    return {enrollment_id: tally(marks, counts) for enrollment_id, marks in cells.items()}


def attendance_of_batch(batch_id: int) -> dict[int, Attendance]:
    """enrollment id -> Attendance of everybody who holds a seat in the batch; one statement."""
    return _tallies(db.session.execute(_OF_BATCH, {"batch": batch_id}))


def report_of_batch(batch_id: int) -> dict[int, AttendanceReport]:
    """What the signing of results needs to know, by enrollment id. Inside a transaction on PostgreSQL the
    sessions are locked first, so that no mark changes until it ends."""
    if is_writing() and db.session.get_bind().dialect.name == "postgresql":
        of_batch = (
            sa.select(ClassSession.id).where(ClassSession.batch_id == batch_id).order_by(ClassSession.id)
        )
        db.session.execute(of_batch.with_for_update(key_share=True)).all()
    minimum = sa.select(Curriculum.min_attendance_pct).join(Batch, Batch.curriculum_id == Curriculum.id)
    min_pct = db.session.execute(minimum.where(Batch.id == batch_id)).scalar_one()
    rows = db.session.execute(_OF_BATCH, {"batch": batch_id}).all()
    blank: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for row in rows:
        if row.session_id is not None and row.mark in ("", CLEARED):
            blank[row.enrollment_id].append((row.session_id, row.position))
    return {
        enrollment_id: AttendanceReport(found.reaches(min_pct), found.came > 0, tuple(blank[enrollment_id]))
        for enrollment_id, found in _tallies(rows).items()
    }


@dataclass(frozen=True)
class PersonSession:
    """One session as the person sees it; `mark` "" while nobody has marked it."""

    session_id: int
    position: int
    starts_at: datetime
    ends_at: datetime
    hours: int
    topic: str
    mark: str
    hours_missed: int


@dataclass(frozen=True)
class PersonAttendance:
    """One person's attendance in one batch, with the threshold and the zone of the place."""

    attendance: Attendance
    min_pct: int
    zone: str
    sessions: list[PersonSession]


_OF_PERSON = (
    sa.select(
        ClassSession.id,
        ClassSession.position,
        ClassSession.starts_at,
        ClassSession.ends_at,
        ClassSession.hours,
        ClassSession.topic,
        _MARK,
        _MISSED,
        Curriculum.excused_counts,
        Curriculum.min_attendance_pct,
        TrainingCenter.zone,
    )
    .select_from(Enrollment)
    .join(Batch, Batch.id == Enrollment.batch_id)
    .join(Curriculum, Curriculum.id == Batch.curriculum_id)
    .join(TrainingCenter, TrainingCenter.id == Batch.center_id)
    .join(ClassSession, ClassSession.batch_id == Batch.id)
    .outerjoin(
        AttendanceMark,
        sa.and_(AttendanceMark.enrollment_id == Enrollment.id, AttendanceMark.session_id == ClassSession.id),
    )
    .where(Enrollment.id == sa.bindparam("enrollment"))
    .order_by(ClassSession.starts_at)
)


def attendance_of_person(enrollment_id: int) -> PersonAttendance | None:
    """One person's sessions and hours; None when the batch has no sessions. The caller checks whose it is."""
    rows = db.session.execute(_OF_PERSON, {"enrollment": enrollment_id}).all()
    if not rows:
        return None
    *_rest, counts, min_pct, zone = rows[0]
    sessions = [
        PersonSession(*row[:6], "" if row.mark == CLEARED else row.mark, row.hours_missed) for row in rows
    ]
    marks = [SessionMark(s.hours, s.mark, s.hours_missed) for s in sessions]
    return PersonAttendance(tally(marks, counts), min_pct, zone, sessions)


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
    """A batch at a glance, for its center."""

    id: int
    program: str
    number: int
    state: str
    zone: str
    min_pct: int
    sessions: list[OverviewSession]
    people: list[OverviewPerson]


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
    marks = {
        (row.enrollment_id, row.session_id): ("" if row.mark == CLEARED else row.mark, row.hours_missed)
        for row in db.session.execute(
            sa.select(
                AttendanceMark.enrollment_id,
                AttendanceMark.session_id,
                AttendanceMark.mark,
                AttendanceMark.hours_missed,
            )
            .join(ClassSession, ClassSession.id == AttendanceMark.session_id)
            .where(ClassSession.batch_id == batch_id)
        )
    }
    seated = db.session.execute(
        sa.select(
            Enrollment.id, Person.name, sa.func.coalesce(Cooperative.name, Enrollment.stated_cooperative)
        )
        .join(Person, Person.id == Enrollment.person_id)
        .outerjoin(Cooperative, Cooperative.id == Enrollment.cooperative_id)
        .where(Enrollment.batch_id == batch_id, _SEATED)
        .order_by(Person.name, Enrollment.id)
    )
    people = []
    for enrollment_id, name, cooperative_name in seated:
        cells = [marks.get((enrollment_id, session.session_id), ("", 0)) for session in sessions]
        hours = [SessionMark(s.hours, *cell) for s, cell in zip(sessions, cells, strict=True)]
        people.append(
            OverviewPerson(enrollment_id, name, cooperative_name, cells, tally(hours, head.excused_counts))
        )
    return Overview(*head[:6], sessions, people)
