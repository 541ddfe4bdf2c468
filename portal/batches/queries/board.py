"""The month of a center: what stands in which room on which day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import sqlalchemy as sa

from portal.batches.models import Batch, ClassSession, SessionStaff
from portal.catalog.models import Program
from portal.centers.models import Staff
from portal.core import clock
from portal.core.db import db


@dataclass(frozen=True)
class BoardSession:
    """A session on the board; `staff` are (staff id, name)."""

    session_id: int
    batch_id: int
    number: int
    state: str
    program: str
    code: str
    quota: int
    seats_taken: int
    room_id: int | None
    starts_at: datetime
    ends_at: datetime
    staff: tuple[tuple[int, str], ...] = ()


def board_sessions(center_id: int, first: date, last: date, zone: str) -> list[BoardSession]:
    """Sessions of a center from one day to another, both included, in order; cancelled batches are left out.
    Two statements."""
    statement = (
        sa.select(
            ClassSession.id,
            Batch.id,
            Batch.number,
            Batch.state,
            Program.short_name,
            Program.code,
            Batch.quota,
            Batch.seats_taken,
            ClassSession.room_id,
            ClassSession.starts_at,
            ClassSession.ends_at,
        )
        .join(Batch, Batch.id == ClassSession.batch_id)
        .join(Program, Program.id == Batch.program_id)
        .where(
            Batch.center_id == center_id,
            Batch.state != "cancelled",
            ClassSession.starts_at >= clock.at(first, 0, 0, zone),
            ClassSession.starts_at < clock.at(last + timedelta(days=1), 0, 0, zone),
        )
        .order_by(ClassSession.starts_at, ClassSession.id)
    )
    rows = db.session().execute(statement).all()
    people: dict[int, list[tuple[int, str]]] = {}
    if rows:
        names = (
            sa.select(SessionStaff.session_id, Staff.id, Staff.name)
            .join(Staff, Staff.id == SessionStaff.staff_id)
            .where(SessionStaff.session_id.in_([row[0] for row in rows]))
            .order_by(Staff.name)
        )
        for session_id, staff_id, name in db.session().execute(names):
            if (staff_id, name) not in people.setdefault(session_id, []):
                people[session_id].append((staff_id, name))
    return [BoardSession(*row, staff=tuple(people.get(row[0], ()))) for row in rows]
