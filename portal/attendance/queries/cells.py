"""What a tap reads: one statement with the cell, its session, whose cooperative it is and the counter, which
also holds the batch and the session against signing and against writers of the whole sheet."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from portal.attendance.models import AttendanceMark
from portal.attendance.queries.columns import SEATED_STATES
from portal.attendance.queries.sheet import (
    HEAD_COLUMNS,
    ROW_WIDTH,
    ROWS,
    SheetHead,
    SheetRow,
    instructs,
    reach,
)
from portal.attendance.rules import CLEARED
from portal.batches.models import Batch, ClassSession
from portal.catalog.models import Program
from portal.centers.models import TrainingCenter
from portal.cooperatives.models import PostTerm
from portal.core import audit
from portal.core.db import db
from portal.core.errors import NotFound
from portal.core.permissions import Actor
from portal.enrollment.models import Enrollment


@dataclass(frozen=True)
class Cell:
    """One person of one session. is_own_cooperative: the actor holds a post there today. done, total: marked
    and seated people of the session before any change."""

    head: SheetHead
    row: SheetRow
    is_own_cooperative: bool
    done: int
    total: int


_IS_OWN = sa.exists(
    sa.select(sa.literal(1)).where(
        PostTerm.person_id == sa.bindparam("person", type_=sa.BigInteger),
        PostTerm.cooperative_id == Enrollment.cooperative_id,
        PostTerm.starts_on <= sa.bindparam("today", type_=sa.Date),
        sa.or_(PostTerm.ends_on.is_(None), PostTerm.ends_on >= sa.bindparam("today", type_=sa.Date)),
    )
)
_seats = sa.orm.aliased(Enrollment)
_marks = sa.orm.aliased(AttendanceMark)
_TOTAL = (
    sa.select(sa.func.count())
    .select_from(_seats)
    .where(_seats.batch_id == ClassSession.batch_id, _seats.state.in_(SEATED_STATES))
    .scalar_subquery()
)
_DONE = (
    sa.select(sa.func.count())
    .select_from(_marks)
    .join(_seats, _seats.id == _marks.enrollment_id)
    .where(
        _marks.session_id == ClassSession.id,
        _marks.mark != CLEARED,
        _seats.batch_id == ClassSession.batch_id,
        _seats.state.in_(SEATED_STATES),
    )
    .scalar_subquery()
)
_CELL = (
    ROWS.add_columns(*HEAD_COLUMNS, _IS_OWN, _DONE, _TOTAL)
    .order_by(None)
    .join(Batch, Batch.id == ClassSession.batch_id)
    .join(Program, Program.id == Batch.program_id)
    .join(TrainingCenter, TrainingCenter.id == Batch.center_id)
    .where(Enrollment.id == sa.bindparam("enrollment"))
)


def _held(statement: Any) -> dict[str, Any]:
    """The statement by engine. PostgreSQL shares the batch and the session (in this order, as signing locks
    them): taps do not wait for one another, signing and whole sheets do; and the state of the batch is read
    as it is after the wait. SQLite has one writer anyway, so the end of the audit chain comes along."""
    return {
        "postgresql": statement.with_for_update(read=True, of=[Batch, ClassSession]),
        "sqlite": statement.add_columns(*audit.head_columns()),
    }


_BY_ENGINE = _held(_CELL.where(instructs(Batch.id)))


def take_cell(actor: Actor, session_id: int, enrollment_id: int, now: datetime) -> Cell:
    """One person of a session that the actor teaches, for a change in this transaction. Raises NotFound for a
    foreign session and for somebody who holds no seat in it."""
    params = {
        "session": session_id,
        "enrollment": enrollment_id,
        "person": actor.person_id,
        "today": now.date(),
        **reach(actor),
    }
    connection = db.session.connection()
    found = connection.execute(_BY_ENGINE[connection.dialect.name], params).first()
    if found is None:
        raise NotFound()
    cells = list(found)
    if connection.dialect.name == "sqlite":
        audit.note_head(*cells[-2:])
        del cells[-2:]
    row, head, (is_own, done, total) = cells[:ROW_WIDTH], cells[ROW_WIDTH:-3], cells[-3:]
    return Cell(SheetHead(*head), SheetRow(*row), bool(is_own), done, total)
