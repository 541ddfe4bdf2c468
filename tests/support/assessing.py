"""People and states around verdicts: a second assessor, somebody uninvolved, a signed class with one BK."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from portal.accounts.models import User
from portal.assessment import services
from portal.assessment.models import Verdict
from portal.assessment.services import VerdictEntry
from portal.attendance import services as attendance
from portal.batches.models import SessionStaff
from portal.catalog.models import Curriculum
from portal.centers.models import Staff
from portal.core.db import db, transaction
from portal.core.permissions import SYSTEM, Grant, GrantedActor, Role
from portal.enrollment.models import Enrollment
from tests.support import classroom
from tests.support.classroom import Classroom

K, BK = "competent", "not_yet_competent"


def person_actor(user: User, role: Role, scope: int | None = None) -> GrantedActor:
    """An account as an Actor of one role, in a center where the role has one."""
    grant = Grant(role, "center", str(scope)) if scope else Grant(role, "self", "")
    return GrantedActor(user.id, user.person_id, user.name, (grant,))


def assessor_of(
    room: Classroom, name: str, *, in_batch: bool = True, person_id: int | None = None
) -> tuple[User, int]:
    """One more assessor of the center, in the class or not: (account, staff id)."""
    with transaction():
        user = classroom.account(name, Role.ASSESSOR, person_id=person_id)
        staff = classroom._add(
            Staff(center_id=room.center_id, name=name, user_id=user.id, can_assess=True, can_instruct=False)
        )
        for session_id in room.sessions if in_batch else ():
            db.session.add(SessionStaff(session_id=session_id, staff_id=staff.id, role="assessor"))
    return user, staff.id


def with_second_assessor(room: Classroom) -> tuple[User, int]:
    """The program asks for two assessors; the second one of the class."""
    with transaction() as session:
        session.execute(
            sa.update(Curriculum).where(Curriculum.id == room.curriculum_id).values(second_assessor=True)
        )
    return assessor_of(room, "Sri Penilai Kedua")


def fill(room: Classroom, now: datetime, weak: dict[int, int] | None = None, actor: Any = None) -> None:
    """Everybody present; K everywhere but BK in `weak` (person index -> unit index)."""
    judge = actor or room.assessor_actor()
    bad = {(room.enrollments[p], room.units[u]) for p, u in (weak or {}).items()}
    with transaction():
        for session_id in room.sessions:
            attendance.record_many(
                session_id=session_id, marks=dict.fromkeys(room.enrollments, "present"), actor=SYSTEM, now=now
            )
        entries = [
            VerdictEntry(e, u, BK if (e, u) in bad else K, "Saldo kas belum cocok" if (e, u) in bad else "")
            for e in room.enrollments
            for u in room.units
        ]
        services.record_verdicts(batch_id=room.batch_id, entries=entries, actor=judge, now=now)


def sign(room: Classroom, now: datetime) -> None:
    """Sign the sheet."""
    with transaction():
        services.finalize_sheet(batch_id=room.batch_id, actor=room.assessor_actor(), now=now)


def head_of(room: Classroom) -> User:
    """The head of the class's center."""
    with transaction():
        return classroom.account("Hartono Kepala", Role.CENTER_HEAD, "center", str(room.center_id))


def trainee_of(room: Classroom, index: int = 0) -> User:
    """The account of one of the class."""
    with transaction():
        return classroom.account(f"Peserta {index + 1:03d}", Role.TRAINEE, person_id=room.people[index])


def verdict(room: Classroom, person: int = 0, unit: int = 0) -> Verdict:
    """The verdict in force, read anew."""
    db.session.rollback()
    db.session.expire_all()
    return db.session.scalars(
        sa.select(Verdict).where(
            Verdict.enrollment_id == room.enrollments[person],
            Verdict.unit_id == room.units[unit],
            Verdict.is_current,
        )
    ).one()


def state_of(room: Classroom, person: int = 0) -> str:
    """How the enrollment stands, read anew."""
    db.session.rollback()
    db.session.expire_all()
    return str(db.session.get_one(Enrollment, room.enrollments[person]).state)
