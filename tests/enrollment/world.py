"""A small world for tests of enrollment: a program, a center, batches, cooperatives, people, accounts."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from flask import Flask, has_app_context

from portal.accounts import services as accounts
from portal.batches.models import Batch, ClassSession
from portal.catalog.models import CompetencyUnit, Curriculum, Program
from portal.centers.models import Room, Staff, TrainingCenter
from portal.cooperatives.models import Cooperative
from portal.core import clock
from portal.core.db import db, transaction
from portal.core.permissions import SYSTEM, Grant, GrantedActor, Role
from portal.enrollment import services
from portal.enrollment.models import Enrollment, State
from portal.people import services as people

PASSWORD = "kuda-lumping-hijau-7"
VILLAGES = ("61.05.01.2001", "61.05.01.2002", "61.05.01.2003")


class World:
    """Makes rows in transactions of their own and hands out ids."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self._count = itertools.count(1)
        with self.write():
            program = self._add(
                Program(
                    slug="uji",
                    code="UJI",
                    name="Pengurus Koperasi, uji",
                    short_name="Pengurus, uji",
                    track="board",
                    vocation="Koperasi",
                    kinds=[],
                    posts=[],
                    sectors=[],
                    created_at=clock.now(),
                )
            )
            curriculum = self._add(
                Curriculum(program_id=program.id, version=1, hours=24, published_on=date(2026, 1, 1))
            )
            self._add(CompetencyUnit(curriculum_id=curriculum.id, position=1, title="Tata kelola", hours=24))
            self.program_id, self.curriculum_id = program.id, curriculum.id
        self.center_id = self.center("balai-uji")
        self.villages = self._villages()

    @contextlib.contextmanager
    def inside(self) -> Iterator[None]:
        """An application context, the running one where there is one."""
        if has_app_context():
            yield
        else:
            with self.app.app_context():
                yield

    @contextlib.contextmanager
    def write(self) -> Iterator[Any]:
        """A transaction."""
        with self.inside(), transaction() as session:
            yield session

    def _add(self, row: Any) -> Any:
        db.session.add(row)
        db.session.flush()
        return row

    def _villages(self) -> list[str]:
        from portal.regions.models import Region

        with self.inside():
            statement = (
                sa.select(Region.code)
                .where(sa.func.length(Region.code) == 13)
                .order_by(Region.code)
                .limit(40)
            )
            return list(db.session.scalars(statement))

    def center(self, slug: str) -> int:
        """Another training center, with one room."""
        with self.write():
            row = self._add(
                TrainingCenter(
                    slug=slug,
                    code=slug[-10:].upper(),
                    kind="uptp",
                    name=f"Balai {slug}",
                    short_name=slug[:24],
                    city="Sintang",
                    region_code="61.05",
                    zone="Asia/Pontianak",
                    phone="0565-21000",
                )
            )
            self._add(Room(center_id=row.id, name="Ruang Padi", capacity=40))
            return int(row.id)

    def batch(self, *, days: int = 15, length: int = 3, quota: int = 16, **values: Any) -> int:
        """A published batch that begins `days` after the fixed clock, open for applications."""
        now = clock.now()
        first = values.pop("starts_on", now.date() + timedelta(days=days))
        number = next(self._count)
        with self.write():
            center_id = values.pop("center_id", self.center_id)
            room = db.session.scalar(sa.select(Room.id).where(Room.center_id == center_id))
            row = self._add(
                Batch(
                    slug=f"uji-{number}",
                    number=number,
                    year=2026,
                    program_id=values.pop("program_id", self.program_id),
                    curriculum_id=self.curriculum_id,
                    center_id=center_id,
                    state=values.pop("state", "published"),
                    quota=quota,
                    opens_at=values.pop("opens_at", now - timedelta(days=5)),
                    closes_at=values.pop(
                        "closes_at", datetime.combine(first, datetime.min.time(), UTC) - timedelta(hours=12)
                    ),
                    starts_on=first,
                    ends_on=first + timedelta(days=length - 1),
                    kinds=values.pop("kinds", []),
                    posts=values.pop("posts", []),
                    regions=values.pop("regions", []),
                    created_at=now,
                    **values,
                )
            )
            for index in range(length):
                day = first + timedelta(days=index)
                self._add(
                    ClassSession(
                        batch_id=row.id,
                        position=index + 1,
                        starts_at=clock.at(day, 8, 0, "Asia/Pontianak"),
                        ends_at=clock.at(day, 15, 0, "Asia/Pontianak"),
                        hours=8,
                        mode="in_person" if room else "online",
                        room_id=room,
                        topic=f"Materi {index + 1}",
                    )
                )
            return int(row.id)

    def cooperative(
        self, *, kind: str = "village", is_pilot: bool = False, village: int = 0, name: str = ""
    ) -> int:
        """A registered cooperative."""
        number = next(self._count)
        with self.write():
            row = Cooperative(
                kind=kind,
                name=name or f"KDMP Uji {number}",
                match_key=f"uji|{number}",
                region_code=self.villages[village],
                is_pilot=is_pilot,
                sectors=[],
                created_at=clock.now(),
            )
            return int(self._add(row).id)

    def nik(self, birth: date = date(1985, 3, 12), female: bool = False) -> str:
        """A NIK that nobody has, for a birth date."""
        day = birth.day + (40 if female else 0)
        return f"610501{day:02d}{birth.month:02d}{birth.year % 100:02d}{next(self._count):04d}"

    def person(
        self,
        name: str = "",
        nik: str | None = None,
        birth: date = date(1985, 3, 12),
        phone: str | None = "+6281234567890",
    ) -> int:
        """A person on record."""
        with self.write():
            row, _new = people.save_person(
                name=name or f"Orang {_letters(next(self._count))}",
                nik=nik or self.nik(birth),
                birth_date=birth,
                sex="L",
                phone=phone,
                actor=SYSTEM,
                now=clock.now(),
            )
            return int(row.id)

    def people(self, count: int) -> list[int]:
        """So many people on record, in one transaction."""
        rows = [
            people.PersonRow(
                f"Orang {_letters(next(self._count))}", self.nik(), date(1985, 3, 12), "L", "+6281234567890"
            )
            for _ in range(count)
        ]
        with self.write():
            return [number for number, _new in people.save_people(rows=rows, actor=SYSTEM, now=clock.now())]

    def user(
        self, login: str, *, person_id: int | None = None, role: str | None = None, scope: Any = ""
    ) -> int:
        """An account, with a role in a scope when given."""
        with self.write():
            user = accounts.create_user(
                login=login,
                name=login.title(),
                password=accounts.HashedPassword("x"),
                person_id=person_id,
                actor=SYSTEM,
                now=clock.now(),
            )
            if role:
                kind = {"companion": "cooperative", "cooperative_chair": "cooperative"}.get(role, "center")
                accounts.grant_role(
                    user_id=user.id,
                    role=role,
                    scope_kind=kind,
                    scope_id=str(scope or self.center_id),
                    starts_on=date(2026, 1, 1),
                    actor=SYSTEM,
                    now=clock.now(),
                )
            return int(user.id)

    def admin(self, login: str = "admin.balai", center_id: int | None = None, **more: Any) -> int:
        """A center admin's account."""
        return self.user(login, role="center_admin", scope=center_id or self.center_id, **more)

    def instructor(self, login: str, batch_id: int) -> int:
        """An instructor's account standing in the sessions of a batch."""
        from portal.batches.models import SessionStaff

        user_id = self.user(login, role="instructor")
        with self.write():
            staff = self._add(Staff(center_id=self.center_id, name=login, user_id=user_id))
            for number in db.session.scalars(
                sa.select(ClassSession.id).where(ClassSession.batch_id == batch_id)
            ).all():
                self._add(SessionStaff(session_id=number, staff_id=staff.id, role="instructor"))
        return user_id

    def enroll(self, batch_id: int, person_id: int | None = None, **values: Any) -> Enrollment:
        """An application through the service."""
        person_id = person_id or self.person()
        return self.run(
            services.enroll_person,
            batch_id=batch_id,
            person_id=person_id,
            **{"cooperative_id": None, "post": "chair", **values},
        )

    def placed(
        self, batch_id: int, count: int = 1, state: State = State.CONFIRMED, priority: int = 1
    ) -> list[int]:
        """People placed straight into a state; returns enrollment ids."""
        ids = self.people(count)
        with self.write():
            rows = [services.Placement(person_id, None, "chair", priority=priority) for person_id in ids]
            found = services.place_people(
                batch_id=batch_id, placements=rows, state=state, actor=SYSTEM, now=clock.now()
            )
        return [found[person_id] for person_id in ids]

    def state(self, enrollment_id: int) -> str:
        """The state as stored now."""
        with self.inside():
            db.session.rollback()
            return str(db.session.scalar(sa.select(Enrollment.state).where(Enrollment.id == enrollment_id)))

    def row(self, enrollment_id: int) -> Any:
        """The stored columns of an enrollment now."""
        with self.inside():
            db.session.rollback()
            columns = Enrollment.__table__.columns
            return db.session.execute(sa.select(*columns).where(columns.id == enrollment_id)).one()

    def seats(self, batch_id: int) -> int:
        """Seats taken as stored now."""
        with self.inside():
            db.session.rollback()
            return int(db.session.scalar(sa.select(Batch.seats_taken).where(Batch.id == batch_id)))

    def run(self, service: Any, **values: Any) -> Any:
        """One use case in a transaction, by the system unless an actor is given."""
        values.setdefault("actor", SYSTEM)
        values.setdefault("now", clock.now())
        with self.write():
            return service(**values)


def admin_actor(center_id: int, person_id: int | None = None) -> GrantedActor:
    """A center admin as services see one."""
    return GrantedActor(9001, person_id, "Admin", (Grant(Role.CENTER_ADMIN, "center", str(center_id)),))


def self_actor(person_id: int) -> GrantedActor:
    """The person as services see them."""
    return GrantedActor(9002, person_id, "Sendiri", (Grant(Role.TRAINEE, "self", ""),))


def _letters(number: int) -> str:
    text = ""
    while number:
        number, rest = divmod(number, 26)
        text = chr(65 + rest) + text
    return text.title()
