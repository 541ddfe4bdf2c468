"""A class that meets today, with an account for everybody in it, beside the marks of earlier classes.

The class has PEOPLE seats, more than any room holds, so that one form of a thousand people can be measured.
Times are set when a case opens the database (`today`), since a kept one may be hours old.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import sqlalchemy as sa
from flask import Flask
from itsdangerous import URLSafeTimedSerializer

from bench import house as houses
from bench.databases import Say
from portal.accounts.models import RoleGrant, User, UserSession
from portal.attendance.models import AttendanceMark
from portal.batches.models import Batch, ClassSession, SessionStaff
from portal.catalog.models import CompetencyUnit
from portal.centers.models import Room, Staff
from portal.core.crypto import token_hash
from portal.core.db import db, transaction
from portal.core.permissions import Role
from portal.enrollment.models import Enrollment
from portal.operations.setup import migrate

PEOPLE = 1000
SESSIONS = 3
UNITS = 2
INSTRUCTOR = 900_001
OPEN, PAST = 2, 1
CHUNK = 5000
SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin", "Accept": "text/html"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
#: What marks a request of htmx.
HTMX = {"HX-Request": "true"}


@dataclass(frozen=True)
class Visitor:
    """A signed-in browser: its cookie and a token for its forms."""

    cookie: str
    csrf: str

    def post(self, path: str, fields: dict[str, Any], **headers: str) -> dict[str, Any]:
        """A form as bench.load sends it."""
        sent = FORM | SAME_ORIGIN | {"Cookie": self.cookie} | headers
        return {"path": path, "body": urlencode(fields | {"csrf_token": self.csrf}), "headers": sent}


def fill(app: Flask, rows: int, say: Say) -> None:
    """Migrate an empty database and fill it: the class, its accounts, and `rows` marks of the past."""
    migrate(app)
    house = houses.build_house()
    with transaction() as session:
        _class(session, house)
    with db.engine.connect() as connection:
        _marks(connection, house, rows, say)
        for table in ("person", "enrollment", "class_session", "user_account", "user_session", "role_grant"):
            if connection.dialect.name == "postgresql":
                last = f"(select max(id) from {table})"  # noqa: S608  a name of ours
                connection.execute(sa.text(f"select setval(pg_get_serial_sequence('{table}', 'id'), {last})"))
        connection.commit()
    db.engine.dispose()


def _class(session: Any, house: houses.House) -> None:
    """The class of today (batch OPEN) with its people, accounts and units."""
    made = houses.NOW - timedelta(days=60)
    past = session.get(Batch, house.batch_id)
    session.add(
        Batch(
            id=OPEN, slug="kelas-hari-ini", number=2, year=2026, program_id=house.program_id,
            curriculum_id=past.curriculum_id, center_id=house.center_id, state="published", quota=PEOPLE,
            seats_taken=PEOPLE, opens_at=made, closes_at=made + timedelta(days=30),
            starts_on=date(2026, 10, 12), ends_on=date(2026, 10, 14), created_at=made,
        )
    )  # fmt: skip
    for position in range(1, UNITS + 1):
        session.add(
            CompetencyUnit(
                id=position, curriculum_id=past.curriculum_id, position=position, hours=8,
                title=f"Menyusun buku kas {position}",
            )
        )  # fmt: skip
    session.add(Room(id=1, center_id=house.center_id, name="Aula", capacity=PEOPLE))
    session.add(User(id=INSTRUCTOR, login="instruktur", name="Ratna Puspita", created_at=made))
    session.flush()
    session.add(Staff(id=1, center_id=house.center_id, name="Ratna Puspita", user_id=INSTRUCTOR))
    session.add(
        RoleGrant(
            user_id=INSTRUCTOR, role=Role.INSTRUCTOR.value, scope_kind="self", starts_on=date(2026, 1, 1)
        )
    )
    session.flush()
    for batch_id, first in ((PAST, 0), (OPEN, SESSIONS)):
        for position in range(1, SESSIONS + 1):
            starts = houses.NOW.replace(hour=1, minute=0) + timedelta(days=position)
            session.add(
                ClassSession(
                    id=first + position, batch_id=batch_id, position=position, starts_at=starts,
                    ends_at=starts + timedelta(hours=6), hours=8, room_id=1,
                )
            )  # fmt: skip
    session.flush()
    for number in range(1, 2 * SESSIONS + 1):
        session.add(SessionStaff(session_id=number, staff_id=1, role="instructor"))
    _people(session, made)


def _people(session: Any, made: datetime) -> None:
    """PEOPLE trainees with accounts, seated in the class of today; enrollment ids follow the house's."""
    ids = range(1, PEOPLE + 1)
    session.execute(
        sa.insert(User),
        [
            {
                "id": n,
                "login": f"peserta{n}",
                "name": houses.person_name(n),
                "person_id": n,
                "created_at": made,
            }
            for n in ids
        ],
    )
    session.execute(
        sa.insert(RoleGrant),
        [
            {"user_id": n, "role": Role.TRAINEE.value, "scope_kind": "self", "starts_on": date(2026, 1, 1)}
            for n in ids
        ],
    )
    session.execute(
        sa.insert(Enrollment),
        [
            {"id": seat(n), "reference": f"K{n:06d}", "person_id": n, "batch_id": OPEN, "post": "treasurer",
             "state": "confirmed", "queued_at": made, "applied_at": made, "confirmed_at": made,
             "card_token": f"K{n:015d}"}
            for n in ids
        ],
    )  # fmt: skip


def seat(person: int) -> int:
    """The enrollment id of a person in the class of today."""
    return houses.PEOPLE + person


def _marks(connection: sa.Connection, house: houses.House, rows: int, say: Say) -> None:
    """`rows` marks of sessions of the past batch, made for the purpose."""
    per_session = len(house.enrollments)
    made = houses.NOW - timedelta(days=30)
    sessions = -(-rows // per_session)
    first = 1000
    connection.execute(
        sa.insert(ClassSession),
        [
            {"id": first + n, "batch_id": PAST, "position": 10 + n, "starts_at": made, "hours": 8,
             "ends_at": made + timedelta(hours=6), "mode": "online", "link": "", "topic": ""}
            for n in range(sessions)
        ],
    )  # fmt: skip
    pairs = ((first + n, enrollment) for n in range(sessions) for enrollment in house.enrollments)
    chunk: list[dict[str, Any]] = []
    for number, (session_id, enrollment_id) in enumerate(pairs):
        if number >= rows:
            break
        chunk.append(
            {"session_id": session_id, "enrollment_id": enrollment_id, "mark": "present", "hours_missed": 0,
             "minutes": 0, "evidence": "tap", "remark": "", "version": 1, "recorded_by": INSTRUCTOR,
             "recorded_at": made}
        )  # fmt: skip
        if len(chunk) == CHUNK:
            connection.execute(sa.insert(AttendanceMark.__table__), chunk)
            connection.commit()
            chunk = []
            if number % 100_000 < CHUNK:
                say(f"filled {number:,} of {rows:,} marks")
    if chunk:
        connection.execute(sa.insert(AttendanceMark.__table__), chunk)
        connection.commit()


def today(now: datetime) -> None:
    """Let the class of today meet now: its first session began lately, the others hours before."""
    slot = datetime.fromtimestamp(int(now.timestamp()) // 900 * 900, UTC)
    with transaction() as session:
        for position in range(1, SESSIONS + 1):
            starts = slot - timedelta(hours=position - 1)
            hours = 6 if position == 1 else 1
            session.execute(
                sa.update(ClassSession)
                .where(ClassSession.id == SESSIONS + position)
                .values(starts_at=starts, ends_at=starts + timedelta(hours=hours))
            )
        session.execute(
            sa.update(Batch)
            .where(Batch.id == OPEN)
            .values(starts_on=slot.date() - timedelta(days=1), ends_on=slot.date() + timedelta(days=1))
        )


def visitors(app: Flask, users: list[int], now: datetime, factor: str = "password") -> list[Visitor]:
    """A signed-in browser for each account."""
    made = []
    signing: Any = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]
    forms = URLSafeTimedSerializer(str(app.secret_key), salt="wtf-csrf-token")
    rows = []
    for user in users:
        token, raw = secrets.token_urlsafe(32), secrets.token_hex(20)
        rows.append(
            {"token_hash": token_hash(token), "user_id": user, "created_at": now, "seen_at": now,
             "expires_at": now + timedelta(days=1), "agent": "bench", "factor": factor}
        )  # fmt: skip
        value = signing.dumps({"_user_id": token, "csrf_token": raw})
        made.append(Visitor(f"{app.config['SESSION_COOKIE_NAME']}={value}", str(forms.dumps(raw))))
    with transaction() as session:
        session.execute(sa.insert(UserSession), rows)
    return made
