"""A small center with rooms, people and programs, and plans for its batches."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from portal.accounts.models import RoleGrant, User
from portal.batches.services import BatchPlan, SessionPlan, create_batch, publish_batch
from portal.catalog.models import CompetencyUnit, Curriculum, Program
from portal.centers.models import Room, Staff, TrainingCenter
from portal.core import clock
from portal.core.db import db, transaction
from portal.core.permissions import Grant, GrantedActor, Role

NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
MONDAY = date(2026, 12, 7)
ZONE = "Asia/Jakarta"
_HOUSE = {"Padi 1": False, "Padi 2": False, "Padi 3": False, "Aula Juwana": True}


@dataclass
class House:
    """Ids of a center and what stands in it; `actor` is its administrator."""

    center_id: int
    slug: str
    program_id: int
    curriculum_id: int
    rooms: list[int]
    staff: list[int]
    admin: User
    zone: str = ZONE
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def actor(self) -> GrantedActor:
        """The center's administrator."""
        grants = (Grant(Role.CENTER_ADMIN, "center", str(self.center_id)),)
        return GrantedActor(self.admin.id, None, self.admin.name, grants)

    def session(self, day: date, start: str = "08:00", end: str = "15:30", room: int | None = 0,
                teachers: Any = (0,), assessors: Any = (), hours: int = 8,
                **more: Any) -> SessionPlan:  # fmt: skip
        """A session in room number `room` (None: online) with people by their number."""
        return SessionPlan(
            day=day,
            start=start,
            end=end,
            hours=hours,
            mode="online" if room is None else "in_person",
            room_id=None if room is None else self.rooms[room],
            instructor_ids=[self.staff[n] for n in teachers],
            assessor_ids=[self.staff[n] for n in assessors],
            **more,
        )

    def plan(self, first: date = MONDAY, days: int = 3, room: int | None = 0, teachers: Any = (0,),
             start: str = "08:00", end: str = "15:30", **more: Any) -> BatchPlan:  # fmt: skip
        """A batch on successive days."""
        sessions = [self.session(first + timedelta(days=n), start, end, room, teachers) for n in range(days)]
        values: dict[str, Any] = {
            "program_id": self.program_id,
            "center_id": self.center_id,
            "opens_at": NOW - timedelta(days=5),
            "closes_at": clock.at(first - timedelta(days=2), 16, 0, self.zone),
            "sessions": sessions,
        }
        return BatchPlan(**{**values, **more})

    def make(self, *args: Any, publish: bool = False, now: datetime = NOW, **more: Any) -> Any:
        """Create a batch in its own transaction; arguments as `plan`."""
        plan = args[0] if args and isinstance(args[0], BatchPlan) else self.plan(*args, **more)
        with transaction():
            batch = create_batch(plan=plan, actor=self.actor, now=now)
            if publish:
                publish_batch(batch_id=batch.id, actor=self.actor, now=now)
        return batch


def add(row: Any) -> Any:
    """Add a row and know its id."""
    db.session.add(row)
    db.session.flush()
    return row


def build_house(slug: str = "bpvp-surakarta", code: str = "BPVP-SKA", region: str = "33.72",
                zone: str = ZONE, program: str = "pembukuan",
                like: House | None = None) -> House:  # fmt: skip
    """A center with three rooms, one off-site venue, four people and one program, committed. like: a house
    whose program this center shares."""
    with transaction():
        center = add(
            TrainingCenter(
                slug=slug, code=code, kind="uptp", name=f"Balai Pelatihan {slug}", short_name=slug.upper(),
                city=f"Kota {slug.split('-')[-1].title()}", region_code=region, zone=zone,
                source_status="confirmed",
            )
        )  # fmt: skip
        rooms = [
            add(Room(center_id=center.id, name=f"Ruang {name}" if not away else name, is_offsite=away,
                     address="Jalan Juwana 4" if away else "", capacity=20)).id
            for name, away in _HOUSE.items()
        ]  # fmt: skip
        staff = [
            add(Staff(center_id=center.id, name=name, can_instruct=True, can_assess=assess)).id
            for name, assess in (("Ratna", True), ("Joko", False), ("Siti", True), ("Agus", False))
        ]
        admin = add(User(login=f"admin.{slug}", name="Ratih Admin", created_at=NOW))
        add(
            RoleGrant(
                user_id=admin.id, role="center_admin", scope_kind="center", scope_id=str(center.id),
                starts_on=date(2026, 1, 1),
            )
        )  # fmt: skip
        program_id, curriculum_id = (
            (like.program_id, like.curriculum_id) if like else add_program(program, program[:3].upper())
        )
    return House(center.id, slug, program_id, curriculum_id, rooms, staff, admin, zone)


def add_program(slug: str, code: str, name: str | None = None, hours: int = 24) -> tuple[int, int]:
    """(program id, curriculum id) of a program with three units, in the running transaction."""
    program = add(
        Program(
            slug=slug, code=code, name=name or f"Program {slug}", short_name=name or f"Program {slug}",
            track="bookkeeping", vocation="cooperative_finance", kinds=["village"],
            posts=["chair", "treasurer"],
            created_at=NOW,
        )
    )  # fmt: skip
    curriculum = add(Curriculum(program_id=program.id, version=1, hours=hours, published_on=date(2026, 1, 1)))
    for position in (1, 2, 3):
        add(
            CompetencyUnit(
                curriculum_id=curriculum.id, position=position, title=f"Unit {position}", hours=hours // 3
            )
        )
    return program.id, curriculum.id
