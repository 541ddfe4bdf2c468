"""Hours: of a batch, for the signing of results, and of one person."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from portal.attendance.models import AttendanceMark
from portal.attendance.queries.columns import MARK, MISSED, SEATED
from portal.attendance.rules import CLEARED, Attendance, SessionMark, tally
from portal.batches.models import Batch, ClassSession
from portal.catalog.models import Curriculum
from portal.centers.models import TrainingCenter
from portal.core.db import db, is_writing
from portal.core.ports import AttendanceReport
from portal.enrollment.models import Enrollment

_BATCH_CELLS = (
    sa.select(
        Enrollment.id.label("enrollment_id"),
        ClassSession.id.label("session_id"),
        ClassSession.position,
        ClassSession.hours,
        MARK,
        MISSED,
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
_OF_BATCH = _BATCH_CELLS.where(Enrollment.batch_id == sa.bindparam("batch"), SEATED)


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
        MARK,
        MISSED,
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
