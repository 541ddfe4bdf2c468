"""Corrections of signed attendance: the cell that one is about, those that wait, one of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from portal.accounts.models import User
from portal.attendance.models import AttendanceCorrection, AttendanceMark
from portal.attendance.queries.columns import MARK, MISSED, VERSION
from portal.attendance.queries.sheet import SheetHead, SheetRow, find_cell, get_cell
from portal.batches.models import Batch, ClassSession
from portal.catalog.models import Program
from portal.centers.models import TrainingCenter
from portal.core.db import db
from portal.core.errors import NotFound
from portal.core.permissions import Actor, Permission
from portal.enrollment.models import Enrollment
from portal.people.models import Person

LONGEST_LIST = 100


@dataclass(frozen=True)
class CorrectionRow:
    """One request with what its page says about it. now_mark, now_missed, now_version: what stands now."""

    id: int
    session_id: int
    enrollment_id: int
    old_version: int
    mark: str
    hours_missed: int
    reason: str
    state: str
    asked_by: int | None
    asker: str
    asker_person: int | None
    asked_at: datetime
    decision_note: str
    decider: str
    decided_at: datetime | None
    name: str
    position: int
    starts_at: datetime
    hours: int
    program: str
    batch_id: int
    number: int
    center_id: int
    zone: str
    now_mark: str
    now_missed: int
    now_version: int

    @property
    def is_open(self) -> bool:
        """True while nobody has decided."""
        return self.state == "open"


_asker, _decider = sa.orm.aliased(User), sa.orm.aliased(User)
_ROWS: Any = (
    sa.select(
        AttendanceCorrection.id,
        AttendanceCorrection.session_id,
        AttendanceCorrection.enrollment_id,
        AttendanceCorrection.old_version,
        AttendanceCorrection.mark.label("wanted"),
        AttendanceCorrection.hours_missed.label("wanted_missed"),
        AttendanceCorrection.reason,
        AttendanceCorrection.state,
        AttendanceCorrection.asked_by,
        sa.func.coalesce(_asker.name, ""),
        _asker.person_id,
        AttendanceCorrection.asked_at,
        AttendanceCorrection.decision_note,
        sa.func.coalesce(_decider.name, ""),
        AttendanceCorrection.decided_at,
        Person.name,
        ClassSession.position,
        ClassSession.starts_at,
        ClassSession.hours,
        Program.short_name,
        Batch.id,
        Batch.number,
        Batch.center_id,
        TrainingCenter.zone,
        MARK,
        MISSED,
        VERSION,
    )
    .join(Enrollment, Enrollment.id == AttendanceCorrection.enrollment_id)
    .join(Person, Person.id == Enrollment.person_id)
    .join(ClassSession, ClassSession.id == AttendanceCorrection.session_id)
    .join(Batch, Batch.id == ClassSession.batch_id)
    .join(Program, Program.id == Batch.program_id)
    .join(TrainingCenter, TrainingCenter.id == Batch.center_id)
    .outerjoin(_asker, _asker.id == AttendanceCorrection.asked_by)
    .outerjoin(_decider, _decider.id == AttendanceCorrection.decided_by)
    .outerjoin(
        AttendanceMark,
        sa.and_(
            AttendanceMark.session_id == AttendanceCorrection.session_id,
            AttendanceMark.enrollment_id == AttendanceCorrection.enrollment_id,
        ),
    )
)


def get_correctable(actor: Actor, session_id: int, enrollment_id: int) -> tuple[SheetHead, SheetRow]:
    """A cell whose correction the actor may ask for: an instructor of its batch, or who administers its
    center. Raises NotFound."""
    found = find_cell(session_id, enrollment_id)
    if found is not None and actor.scope(Permission.RESULT_CORRECT).covers_center(found[0].center_id):
        return found
    if not actor.may(Permission.ATTENDANCE_RECORD):
        raise NotFound()
    return get_cell(actor, session_id, enrollment_id)


def list_corrections(actor: Actor) -> list[CorrectionRow]:
    """Requests of the actor's centers, those that wait first, then the newest; at most a hundred. One
    statement."""
    statement = _ROWS.order_by(
        sa.case((AttendanceCorrection.state == "open", 0), else_=1), AttendanceCorrection.id.desc()
    ).limit(LONGEST_LIST)
    return [CorrectionRow(*row) for row in db.session.execute(statement.where(_within(actor)))]


def get_correction(actor: Actor, correction_id: int) -> CorrectionRow:
    """One request of the actor's centers. Raises NotFound."""
    statement = _ROWS.where(AttendanceCorrection.id == correction_id, _within(actor))
    row = db.session.execute(statement).first()
    if row is None:
        raise NotFound()
    return CorrectionRow(*row)


def find_open_correction(session_id: int, enrollment_id: int) -> AttendanceCorrection | None:
    """The request that waits for one mark, if there is one. The caller has checked the cell."""
    statement = sa.select(AttendanceCorrection).where(
        AttendanceCorrection.session_id == session_id,
        AttendanceCorrection.enrollment_id == enrollment_id,
        AttendanceCorrection.state == "open",
    )
    found: AttendanceCorrection | None = db.session.scalar(statement)
    return found


def _within(actor: Actor) -> Any:
    """SQL: the request is of a center where the actor decides them, or asks for them."""
    reach = [actor.scope(p) for p in (Permission.RESULT_APPROVE, Permission.RESULT_CORRECT)]
    if any(scope.everything for scope in reach):
        return sa.true()
    return Batch.center_id.in_(sorted(frozenset().union(*(scope.centers for scope in reach))))
