"""A class that begins now, trainees who check in, and what is stored of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from portal.attendance import queries
from portal.attendance.models import AttendanceMark
from portal.attendance.rules.checkpoints import Part
from portal.attendance.services import checkin, screen
from portal.attendance.services import checkpoints as parts_service
from portal.core.audit import AuditEvent
from portal.core.db import db, transaction
from portal.core.permissions import Grant, GrantedActor, Role
from portal.enrollment.models import Enrollment
from tests.support import classroom
from tests.support.classroom import Classroom
from tests.support.page import Page, View

START = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)  # `now` of the tests: 09.00 WIB
DEVICE = "d" * 32
CARD = "7K2M9QXR4TB9A0C1"


def trainee(room: Classroom, person: int = 0) -> GrantedActor:
    return GrantedActor(900 + person, room.people[person], "Peserta", (Grant(Role.TRAINEE, "self", ""),))


def arrive(room: Classroom, now: datetime, person: int = 0, **more: Any) -> checkin.CheckedIn:
    wanted: dict[str, Any] = {
        "session_id": room.sessions[0], "position": 1, "evidence": "qr", "at": now, "device": DEVICE,
        "actor": trainee(room, person), "now": now, **more,
    }  # fmt: skip
    with transaction():
        return checkin.check_in(**wanted)


def give_card(room: Classroom, person: int = 0, card: str = CARD) -> str:
    with transaction() as session:
        session.execute(
            sa.update(Enrollment).where(Enrollment.id == room.enrollments[person]).values(card_token=card)
        )
    return card


def two_parts(room: Classroom, now: datetime = START) -> list[Part]:
    parts = [Part(1, START, 4), Part(2, START + timedelta(hours=4), 4, "Setelah makan siang")]
    with transaction():
        return parts_service.set_checkpoints(
            session_id=room.sessions[0], parts=parts, actor=room.actor(), now=now
        )


def stored(room: Classroom, person: int = 0, session: int = 0) -> tuple[Any, ...] | None:
    row = db.session.execute(
        sa.select(
            AttendanceMark.mark, AttendanceMark.minutes, AttendanceMark.hours_missed,
            AttendanceMark.evidence, AttendanceMark.version,
        ).where(
            AttendanceMark.session_id == room.sessions[session],
            AttendanceMark.enrollment_id == room.enrollments[person],
        )
    ).first()  # fmt: skip
    return tuple(row) if row else None


def count(table: Any) -> int:
    db.session.rollback()
    return db.session.scalar(sa.select(sa.func.count()).select_from(table)) or 0


def events(action: str) -> int:
    return db.session.scalar(
        sa.select(sa.func.count()).select_from(AuditEvent).where(AuditEvent.action == action)
    ) or 0  # fmt: skip


def shown(room: Classroom, now: datetime, session: int = 0) -> screen.Screen:
    hall = queries.find_hall(room.sessions[session])
    assert hall is not None
    return screen.screen(hall, queries.parts_of_hall(hall), now)


def class_with_accounts() -> Classroom:
    """Four people, a class that begins now: `extra["users"]` are accounts of the first two, CARD the third's
    card."""
    made = classroom.build(start=START)
    with transaction():
        made.extra["users"] = [
            classroom.account(f"Peserta {n}", Role.TRAINEE, person_id=made.people[n]) for n in (0, 1)
        ]
    give_card(made, 2)
    return made


def mark_of(room: Classroom, person: int = 0) -> tuple[Any, ...] | None:
    """(mark, minutes, evidence) as committed."""
    db.session.rollback()
    found = stored(room, person)
    return (found[0], found[1], found[3]) if found else None


def scan_page(visitor: Page, room: Classroom, now: datetime, status: int = 200) -> View:
    """What the visitor sees after scanning the projector."""
    return visitor.get(f"/hadir/{shown(room, now).token}", status)
