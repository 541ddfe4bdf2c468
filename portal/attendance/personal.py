"""What attendance holds of a person, for their own copy: marks with remark and evidence, what they were
before and why they changed, corrections, and check-ins with their evidence and time. By which phone is
nobody's business but the instructor's, and soon forgotten."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from portal.attendance.labels import reason_text
from portal.attendance.models import (
    AttendanceChange,
    AttendanceCorrection,
    AttendanceMark,
    CheckIn,
    WalkIn,
)
from portal.batches.models import Batch, ClassSession
from portal.catalog.models import Program
from portal.core.db import db
from portal.enrollment.models import Enrollment


def personal_data(person_id: int) -> list[dict[str, Any]]:
    """Every mark with its session, how often it was changed, what was asked for, and where the
    person was seen. Five statements."""
    statement = (
        sa.select(AttendanceMark, ClassSession, Program.name)
        .join(Enrollment, Enrollment.id == AttendanceMark.enrollment_id)
        .join(ClassSession, ClassSession.id == AttendanceMark.session_id)
        .join(Batch, Batch.id == ClassSession.batch_id)
        .join(Program, Program.id == Batch.program_id)
        .where(Enrollment.person_id == person_id)
        .order_by(ClassSession.starts_at, ClassSession.id)
    )
    changes, seen = _changes(person_id), _check_ins(person_id)
    asked, came = _corrections(person_id), _walk_ins(person_id)
    return [
        {
            "program": program,
            "session": session.position,
            "starts_at": session.starts_at.isoformat(),
            "mark": mark.mark,
            "hours_missed": mark.hours_missed,
            "minutes": mark.minutes or None,
            "evidence": mark.evidence,
            "remark": mark.remark or None,
            "recorded_at": mark.recorded_at.isoformat(),
            "noted_at": mark.noted_at.isoformat() if mark.noted_at else None,
            "changes": changes.get((mark.session_id, mark.enrollment_id), []),
            "check_ins": seen.get((mark.session_id, mark.enrollment_id), []),
            "corrections": asked.get((mark.session_id, mark.enrollment_id), []),
            "walk_ins": came.get((mark.session_id, mark.enrollment_id), []),
        }
        for mark, session, program in db.session.execute(statement)
    ]


def _changes(person_id: int) -> dict[tuple[int, int], list[dict[str, Any]]]:
    statement = (
        sa.select(AttendanceChange)
        .join(Enrollment, Enrollment.id == AttendanceChange.enrollment_id)
        .where(Enrollment.person_id == person_id)
        .order_by(AttendanceChange.id)
    )
    found: dict[tuple[int, int], list[dict[str, Any]]] = {}
    for row in db.session.scalars(statement):
        line = {
            "old": row.old_mark,
            "new": row.new_mark,
            "at": row.changed_at.isoformat(),
            "reason": reason_text(row.reason) or None,
        }
        found.setdefault((row.session_id, row.enrollment_id), []).append(line)
    return found


def _check_ins(person_id: int) -> dict[tuple[int, int], list[dict[str, Any]]]:
    statement = (
        sa.select(CheckIn)
        .join(Enrollment, Enrollment.id == CheckIn.enrollment_id)
        .where(Enrollment.person_id == person_id)
        .order_by(CheckIn.session_id, CheckIn.position)
    )
    found: dict[tuple[int, int], list[dict[str, Any]]] = {}
    for row in db.session.scalars(statement):
        line = {"checkpoint": row.position, "evidence": row.evidence, "at": row.at.isoformat()}
        found.setdefault((row.session_id, row.enrollment_id), []).append(line)
    return found


def _corrections(person_id: int) -> dict[tuple[int, int], list[dict[str, Any]]]:
    statement = (
        sa.select(AttendanceCorrection)
        .join(Enrollment, Enrollment.id == AttendanceCorrection.enrollment_id)
        .where(Enrollment.person_id == person_id)
        .order_by(AttendanceCorrection.id)
    )
    found: dict[tuple[int, int], list[dict[str, Any]]] = {}
    for row in db.session.scalars(statement):
        line = {
            "new": row.mark,
            "reason": row.reason,
            "state": row.state,
            "asked_at": row.asked_at.isoformat(),
            "decision_note": row.decision_note or None,
        }
        found.setdefault((row.session_id, row.enrollment_id), []).append(line)
    return found


def _walk_ins(person_id: int) -> dict[tuple[int, int], list[dict[str, Any]]]:
    """The notes of an instructor on somebody who came without a seat, once they are known to be this
    person."""
    statement = (
        sa.select(WalkIn, Enrollment.id)
        .join(Enrollment, Enrollment.id == WalkIn.enrollment_id)
        .where(Enrollment.person_id == person_id)
        .order_by(WalkIn.id)
    )
    found: dict[tuple[int, int], list[dict[str, Any]]] = {}
    for row, enrollment_id in db.session.execute(statement):
        line = {"name": row.name, "note": row.note or None, "at": row.recorded_at.isoformat()}
        found.setdefault((row.session_id, enrollment_id), []).append(line)
    return found
