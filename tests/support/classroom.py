"""A class as rows in the database: center, program with units, batch with sessions, people with seats."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

from portal.accounts.models import RoleGrant, User
from portal.batches.models import Batch, ClassSession, SessionStaff
from portal.catalog.models import CompetencyUnit, Criterion, Curriculum, Element, Program
from portal.centers.models import Staff, TrainingCenter
from portal.cooperatives.models import Cooperative, PostTerm
from portal.core.db import db, transaction
from portal.core.permissions import Grant, GrantedActor, Role
from portal.enrollment.models import Enrollment
from portal.people.models import Person

START = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)
_serial = count(1)


@dataclass
class Classroom:
    """Ids of what `build` made; `actor(...)` is the instructor unless said otherwise."""

    center_id: int
    batch_id: int
    curriculum_id: int
    sessions: list[int]
    enrollments: list[int]
    people: list[int]
    cooperatives: list[int]
    units: list[int]
    criteria: list[int]
    instructor: User
    assessor: User
    admin: User
    extra: dict[str, Any] = field(default_factory=dict)

    def actor(self, person_id: int | None = None) -> GrantedActor:
        """The instructor as an Actor, optionally known as a person."""
        user = self.instructor
        return GrantedActor(user.id, person_id, user.name, (Grant(Role.INSTRUCTOR, "self", ""),))

    def assessor_actor(self, person_id: int | None = None) -> GrantedActor:
        """The assessor as an Actor."""
        return GrantedActor(
            self.assessor.id, person_id, self.assessor.name, (Grant(Role.ASSESSOR, "self", ""),)
        )


def _add(row: Any) -> Any:
    db.session.add(row)
    db.session.flush()
    return row


def account(
    name: str, role: Role, scope_kind: str = "self", scope_id: str = "", person_id: int | None = None
) -> User:
    """A User with one role."""
    number = next(_serial)
    user = _add(
        User(login=f"orang{number}", name=name, person_id=person_id, created_at=START - timedelta(days=90))
    )
    _add(
        RoleGrant(
            user_id=user.id,
            role=role.value,
            scope_kind=scope_kind,
            scope_id=scope_id,
            starts_on=date(2026, 1, 1),
        )
    )
    return user


def build(
    people: int = 4,
    sessions: int = 3,
    hours: int = 8,
    units: int = 3,
    state: str = "published",
    start: datetime = START,
    excused_counts: bool = False,
    separate_assessor: bool = False,
    min_pct: int = 80,
    like: Classroom | None = None,
    enrolled: str = "confirmed",
) -> Classroom:
    """One class, committed. Sessions are on successive days from `start`, 08.00 at the place (WIB).

    like: an earlier class, whose center, program and staff this one shares. enrolled: the people's state.
    """
    number = next(_serial)
    made = start - timedelta(days=60)
    with transaction():
        room = _like(like) if like else _house(number)
        if like is None:
            _program(room, number, made, units, hours * sessions or 1, {
                "min_attendance_pct": min_pct, "excused_counts": excused_counts,
                "separate_assessor": separate_assessor,
            })  # fmt: skip
        batch = _add(
            Batch(
                slug="pembukuan", number=13 + number if like else 13, year=2026,
                program_id=room.extra["program_id"], curriculum_id=room.curriculum_id,
                center_id=room.center_id, state=state, quota=max(16, people), seats_taken=people,
                opens_at=made,
                closes_at=start - timedelta(days=2), starts_on=start.date(),
                ends_on=(start + timedelta(days=max(sessions - 1, 0))).date(), created_at=made,
            )
        )  # fmt: skip
        room.batch_id = batch.id
        for position in range(1, sessions + 1):
            begins = start + timedelta(days=position - 1)
            session = _add(
                ClassSession(
                    batch_id=batch.id, position=position, starts_at=begins,
                    ends_at=begins + timedelta(hours=6), hours=hours, mode="online", link="https://kelas.example/13",
                )
            )  # fmt: skip
            _add(SessionStaff(session_id=session.id, staff_id=room.extra["teacher_id"], role="instructor"))
            _add(SessionStaff(session_id=session.id, staff_id=room.extra["judge_id"], role="assessor"))
            room.sessions.append(session.id)
        for index in range(people):
            _seat(room, number, index, made, enrolled)
    return room


def _house(number: int) -> Classroom:
    """A center with its admin, an instructor and an assessor."""
    center = _add(
        TrainingCenter(
            slug=f"balai-{number}", code=f"B{number}", kind="uptp", name=f"BPVP Contoh {number}",
            short_name=f"BPVP {number}", city="Sintang", region_code="61.05", zone="Asia/Pontianak",
        )
    )  # fmt: skip
    instructor = account("Ratna Puspita", Role.INSTRUCTOR)
    assessor = account("Andi Asesor", Role.ASSESSOR)
    admin = account("Wulan Admin", Role.CENTER_ADMIN, "center", str(center.id))
    teacher = _add(Staff(center_id=center.id, name="Ratna Puspita", user_id=instructor.id))
    judge = _add(Staff(center_id=center.id, name="Andi Asesor", user_id=assessor.id, can_assess=True))
    extra = {"teacher_id": teacher.id, "judge_id": judge.id}
    return Classroom(center.id, 0, 0, [], [], [], [], [], [], instructor, assessor, admin, extra)


def _like(other: Classroom) -> Classroom:
    return replace(
        other, batch_id=0, sessions=[], enrollments=[], people=[], cooperatives=[],
        units=list(other.units), criteria=list(other.criteria), extra=dict(other.extra),
    )  # fmt: skip


def _program(
    room: Classroom, number: int, made: datetime, units: int, hours: int, rules: dict[str, Any]
) -> None:
    """A program with one curriculum; each unit has two elements of one criterion."""
    program = _add(
        Program(
            slug=f"program-{number}", code=f"P{number}", name="Pembukuan harian koperasi",
            short_name="Pembukuan harian", track="board", vocation="Koperasi", created_at=made,
        )
    )  # fmt: skip
    curriculum = _add(
        Curriculum(program_id=program.id, version=1, hours=hours, published_on=date(2026, 1, 1), **rules)
    )
    room.extra["program_id"], room.curriculum_id = program.id, curriculum.id
    for position in range(1, units + 1):
        unit = _add(
            CompetencyUnit(
                curriculum_id=curriculum.id, position=position, title=f"Menyusun buku kas {position}", hours=8
            )
        )
        room.units.append(unit.id)
        for step in (1, 2):
            element = _add(Element(unit_id=unit.id, position=step, title=f"Langkah {step}"))
            text = f"Bukti transaksi {step} dicatat berurutan"
            room.criteria.append(_add(Criterion(element_id=element.id, position=1, text=text)).id)


def _seat(room: Classroom, number: int, index: int, made: datetime, state: str) -> None:
    """One more person with a cooperative and a place in the class."""
    person = _add(Person(name=f"Peserta {index + 1:03d}", created_at=made, updated_at=made))
    cooperative = _add(
        Cooperative(
            kind="village", name=f"KDMP Desa {index + 1}", match_key=f"k{number}-{index}",
            region_code="61.05", created_at=made,
        )
    )  # fmt: skip
    enrollment = _add(
        Enrollment(
            reference=f"R{number}{index:04d}", person_id=person.id, batch_id=room.batch_id,
            cooperative_id=cooperative.id, post="chair", state=state, queued_at=made,
            applied_at=made, confirmed_at=made if state == "confirmed" else None,
            card_token=f"t{number}-{index}",
        )
    )  # fmt: skip
    room.people.append(person.id)
    room.cooperatives.append(cooperative.id)
    room.enrollments.append(enrollment.id)


def hold_post(person_id: int, cooperative_id: int) -> None:
    """Make somebody a chair of a cooperative."""
    with transaction():
        _add(
            PostTerm(
                cooperative_id=cooperative_id, person_id=person_id, post="chair", starts_on=date(2026, 1, 1)
            )
        )


def newcomer(name: str = "Budi Rekan") -> int:
    """A person who is on no roll."""
    with transaction():
        made = START - timedelta(days=60)
        person = _add(Person(name=name, created_at=made, updated_at=made))
    return int(person.id)


def colleague(room: Classroom, name: str = "Sari Rekan") -> GrantedActor:
    """A second instructor of the same class."""
    with transaction():
        user = account(name, Role.INSTRUCTOR)
        staff = _add(Staff(center_id=room.center_id, name=name, user_id=user.id))
        for session_id in room.sessions:
            _add(SessionStaff(session_id=session_id, staff_id=staff.id, role="instructor"))
    return GrantedActor(user.id, None, name, (Grant(Role.INSTRUCTOR, "self", ""),))
