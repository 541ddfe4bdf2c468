"""The sheet of one session: its head, its rows, one cell, and what was changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from portal.accounts.models import User
from portal.attendance.labels import reason_text
from portal.attendance.models import AttendanceChange, AttendanceMark
from portal.attendance.queries.columns import MARK, MISSED, SEATED, VERSION
from portal.attendance.rules import CLEARED
from portal.batches.models import Batch, ClassSession, SessionStaff
from portal.catalog.models import Program
from portal.centers.models import Staff, TrainingCenter
from portal.cooperatives.models import Cooperative
from portal.core.db import db
from portal.core.errors import NotFound
from portal.core.permissions import Actor, Permission
from portal.enrollment.models import Enrollment
from portal.people.models import Person


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
    minutes: int = 0
    remark: str = ""
    noted_at: datetime | None = None

    @property
    def is_open(self) -> bool:
        """True while nobody has marked it."""
        return self.mark in ("", CLEARED)


_OTHER = sa.orm.aliased(ClassSession)


def instructs(batch_id: Any) -> Any:
    """SQL: the account :user teaches in a session of the batch (or :all, for commands)."""
    link = (
        sa.select(sa.literal(1))
        .select_from(SessionStaff)
        .join(Staff, Staff.id == SessionStaff.staff_id)
        .join(_OTHER, _OTHER.id == SessionStaff.session_id)
        .where(
            _OTHER.batch_id == batch_id,
            SessionStaff.role == "instructor",
            Staff.user_id == sa.bindparam("user", type_=sa.BigInteger),
            Staff.is_active,
        )
    )
    return sa.or_(sa.bindparam("all", type_=sa.Boolean), sa.exists(link))


HEAD_COLUMNS = (
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
    sa.select(*HEAD_COLUMNS)
    .join(Batch, Batch.id == ClassSession.batch_id)
    .join(Program, Program.id == Batch.program_id)
    .join(TrainingCenter, TrainingCenter.id == Batch.center_id)
    .where(ClassSession.id == sa.bindparam("session"), instructs(Batch.id))
)
ROWS = (
    sa.select(
        Enrollment.id.label("enrollment_id"),
        Enrollment.person_id,
        Person.name,
        Enrollment.cooperative_id,
        sa.func.coalesce(Cooperative.name, Enrollment.stated_cooperative).label("cooperative_name"),
        MARK,
        MISSED,
        VERSION,
        sa.func.coalesce(AttendanceMark.evidence, "").label("evidence"),
        AttendanceMark.recorded_by,
        AttendanceMark.recorded_at,
        sa.func.coalesce(AttendanceMark.minutes, 0).label("minutes"),
        sa.func.coalesce(AttendanceMark.remark, "").label("remark"),
        AttendanceMark.noted_at,
    )
    .join(Person, Person.id == Enrollment.person_id)
    .join(ClassSession, ClassSession.batch_id == Enrollment.batch_id)
    .outerjoin(Cooperative, Cooperative.id == Enrollment.cooperative_id)
    .outerjoin(
        AttendanceMark,
        sa.and_(AttendanceMark.enrollment_id == Enrollment.id, AttendanceMark.session_id == ClassSession.id),
    )
    .where(ClassSession.id == sa.bindparam("session"), SEATED)
    .order_by(Person.name, Enrollment.id)
)
# One person's cell and its session in one go: this is what every tap reads.
_CELL = (
    ROWS.add_columns(*HEAD_COLUMNS)
    .join(Batch, Batch.id == ClassSession.batch_id)
    .join(Program, Program.id == Batch.program_id)
    .join(TrainingCenter, TrainingCenter.id == Batch.center_id)
    .where(Enrollment.id == sa.bindparam("enrollment"), instructs(Batch.id))
)
ROW_WIDTH = len(ROWS.selected_columns)
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
    .where(ClassSession.id == sa.bindparam("session"), SEATED)
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
    return [SheetRow(*row) for row in db.session.execute(ROWS, {"session": session_id})]


def get_cell(actor: Actor, session_id: int, enrollment_id: int) -> tuple[SheetHead, SheetRow]:
    """One person of a session that the actor teaches, in one statement. Raises NotFound for a foreign session
    and for somebody who holds no seat in it."""
    found = db.session.execute(
        _CELL, {"session": session_id, "enrollment": enrollment_id, **reach(actor)}
    ).first()
    if found is None:
        raise NotFound()
    cells = list(found)
    return SheetHead(*cells[ROW_WIDTH:]), SheetRow(*cells[:ROW_WIDTH])


def find_cell(session_id: int, enrollment_id: int) -> tuple[SheetHead, SheetRow] | None:
    """One person of any session, for a caller that checks the reach by itself; None without a seat."""
    params = {"session": session_id, "enrollment": enrollment_id, "user": None, "all": True}
    found = db.session.execute(_CELL, params).first()
    return (SheetHead(*found[ROW_WIDTH:]), SheetRow(*found[:ROW_WIDTH])) if found else None


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
    old_evidence: str = ""
    reason: str = ""


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
            AttendanceChange.old_evidence,
            AttendanceChange.reason,
        )
        .outerjoin(User, User.id == AttendanceChange.changed_by)
        .where(AttendanceChange.session_id == session_id, AttendanceChange.enrollment_id == enrollment_id)
        .order_by(AttendanceChange.id.desc())
    )
    return [Change(*row[:-1], reason_text(row[-1])) for row in db.session.execute(statement)]
