"""Reads of checking in: the session in its room, its checkpoints, one person's arrival, whose class it is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from portal.accounts.models import User
from portal.attendance.models import CheckIn, Checkpoint
from portal.attendance.queries.columns import SEATED
from portal.attendance.queries.sheet import HEAD_COLUMNS, ROW_WIDTH, ROWS, SheetHead, SheetRow
from portal.attendance.rules.checkpoints import OPENS, Part, parts_of
from portal.batches.models import Batch, ClassSession, SessionStaff
from portal.catalog.models import Program
from portal.centers.models import Room, Staff, TrainingCenter
from portal.core.db import db
from portal.enrollment.models import Enrollment


@dataclass(frozen=True)
class Hall:
    """A session in its room (0 and "" for an online one), as a projector and a phone speak of it."""

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
    zone: str
    room_id: int
    room: str


_HALL = (
    sa.select(
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
        TrainingCenter.zone,
        sa.func.coalesce(ClassSession.room_id, 0),
        sa.func.coalesce(Room.name, ""),
    )
    .join(Batch, Batch.id == ClassSession.batch_id)
    .join(Program, Program.id == Batch.program_id)
    .join(TrainingCenter, TrainingCenter.id == Batch.center_id)
    .outerjoin(Room, Room.id == ClassSession.room_id)
)
_ONE_HALL = _HALL.where(ClassSession.id == sa.bindparam("session"))
# Who shows a card is known by the card, everybody else by the account.
_WHO = sa.or_(
    Enrollment.card_token == sa.bindparam("card"),
    sa.and_(
        sa.bindparam("card", type_=sa.String) == "",
        Enrollment.person_id == sa.bindparam("person", type_=sa.BigInteger),
    ),
)
_OWN_HALLS = (
    _HALL.add_columns(Enrollment.person_id)
    .join(Enrollment, Enrollment.batch_id == Batch.id)
    .where(
        _WHO,
        SEATED,
        ClassSession.starts_at <= sa.bindparam("opens"),
        ClassSession.ends_at >= sa.bindparam("now"),
    )
    .order_by(ClassSession.starts_at, ClassSession.id)
)
_TEACHES = (
    sa.exists()
    .where(
        SessionStaff.session_id == ClassSession.id,
        SessionStaff.role == "instructor",
        Staff.id == SessionStaff.staff_id,
        Staff.is_active,
        User.id == Staff.user_id,
        User.person_id == Enrollment.person_id,
    )
    .correlate(ClassSession, Enrollment)
)
_AT_CHECKPOINT = (
    ROWS.order_by(None)
    .add_columns(*HEAD_COLUMNS, CheckIn.at, _TEACHES)
    .join(Batch, Batch.id == ClassSession.batch_id)
    .join(Program, Program.id == Batch.program_id)
    .join(TrainingCenter, TrainingCenter.id == Batch.center_id)
    .outerjoin(
        CheckIn,
        sa.and_(
            CheckIn.session_id == ClassSession.id,
            CheckIn.enrollment_id == Enrollment.id,
            CheckIn.position == sa.bindparam("position"),
        ),
    )
)
_ARRIVAL = _AT_CHECKPOINT.where(_WHO)
_ARRIVED = _AT_CHECKPOINT.where(Enrollment.id == sa.bindparam("enrollment"))
_PARTS = (
    sa.select(
        Checkpoint.session_id, Checkpoint.position, Checkpoint.starts_at, Checkpoint.hours, Checkpoint.label
    )
    .where(Checkpoint.session_id.in_(sa.bindparam("sessions", expanding=True)))
    .order_by(Checkpoint.session_id, Checkpoint.position)
)
_PARTS_OF_PERSON = (
    sa.select(Checkpoint.position, Checkpoint.starts_at, Checkpoint.hours, Checkpoint.label, CheckIn.at)
    .outerjoin(
        CheckIn,
        sa.and_(
            CheckIn.session_id == Checkpoint.session_id,
            CheckIn.position == Checkpoint.position,
            CheckIn.enrollment_id == sa.bindparam("enrollment"),
        ),
    )
    .where(Checkpoint.session_id == sa.bindparam("session"))
    .order_by(Checkpoint.position)
)
_CLASS_OF = (
    sa.select(Program.short_name, Batch.number, Enrollment.person_id)
    .join(Batch, Batch.id == Enrollment.batch_id)
    .join(Program, Program.id == Batch.program_id)
    .where(_WHO, SEATED, Batch.state == "published")
    .order_by(Batch.starts_on.desc(), Enrollment.id.desc())
    .limit(1)
)


@dataclass(frozen=True)
class ArrivalRow:
    """One person before a checkpoint: their cell, when they were seen there already, whether they teach
    here."""

    head: SheetHead
    row: SheetRow
    seen_at: datetime | None
    teaches: bool


def find_hall(session_id: int) -> Hall | None:
    """A session by its number, for whoever holds something that names it: a genuine token, a ticket."""
    found: Any = db.session.execute(_ONE_HALL, {"session": session_id}).first()
    return Hall(*found) if found else None


def parts_of_halls(halls: Iterable[Hall]) -> dict[int, list[Part]]:
    """session id -> its parts in force; one statement."""
    halls = list(halls)
    rows: dict[int, list[Part]] = defaultdict(list)
    wanted = {"sessions": [hall.session_id for hall in halls]}
    found: Any = db.session.execute(_PARTS, wanted) if halls else ()
    for session_id, *part in found:
        rows[session_id].append(Part(*part))
    return {
        hall.session_id: parts_of(hall.starts_at, hall.ends_at, hall.hours, rows[hall.session_id])
        for hall in halls
    }


def parts_of_hall(hall: Hall | SheetHead) -> list[Part]:
    """The parts in force of one session; one statement."""
    rows = [Part(*row[1:]) for row in db.session.execute(_PARTS, {"sessions": [hall.session_id]})]
    return parts_of(hall.starts_at, hall.ends_at, hall.hours, rows)


def find_arrival(session_id: int, position: int, person_id: int | None, card: str = "") -> ArrivalRow | None:
    """The cell of who stands before the checkpoint, by card where there is one (as stored), else by person;
    None for somebody without a seat in that class. One statement."""
    if not card and person_id is None:
        return None
    wanted = {"session": session_id, "position": position, "person": person_id, "card": card}
    return _arrival(db.session.execute(_ARRIVAL, wanted).first())


def find_arrived(session_id: int, enrollment_id: int, position: int) -> ArrivalRow | None:
    """What stands for somebody who has just checked in; the caller knows whose it is. One statement."""
    wanted = {"session": session_id, "position": position, "enrollment": enrollment_id}
    return _arrival(db.session.execute(_ARRIVED, wanted).first())


def _arrival(found: Any) -> ArrivalRow | None:
    if found is None:
        return None
    *cells, seen_at, teaches = found
    return ArrivalRow(SheetHead(*cells[ROW_WIDTH:]), SheetRow(*cells[:ROW_WIDTH]), seen_at, teaches)


def parts_of_person(head: SheetHead, enrollment_id: int) -> tuple[list[Part], dict[int, datetime]]:
    """(parts in force, position -> when the person was seen there). One statement; a session of one part
    names nobody, for its only check-in is what the caller asks about."""
    wanted = {"session": head.session_id, "enrollment": enrollment_id}
    rows = db.session.execute(_PARTS_OF_PERSON, wanted).all()
    parts = parts_of(head.starts_at, head.ends_at, head.hours, [Part(*row[:4]) for row in rows])
    return parts, {row.position: row.at for row in rows if row.at is not None}


def own_halls(person_id: int | None, card: str, now: datetime) -> list[tuple[Hall, int]]:
    """(session, person id) of classes that take check-ins now and in which that person has a seat."""
    if not card and person_id is None:
        return []
    wanted = {"person": person_id, "card": card, "now": now, "opens": now + OPENS}
    return [(Hall(*row[:-1]), row[-1]) for row in db.session.execute(_OWN_HALLS, wanted)]


def class_of(person_id: int | None, card: str) -> tuple[str, int, int] | None:
    """(program, number of the batch, person id) of the newest running class of somebody, or None."""
    if not card and person_id is None:
        return None
    found: Any = db.session.execute(_CLASS_OF, {"person": person_id, "card": card}).first()
    return tuple(found) if found else None
