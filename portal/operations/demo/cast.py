"""The accounts of the demo: six training centers with their people, and accounts for every role."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from portal.accounts.models import RoleGrant, User
from portal.accounts.queries import actor_of, find_user
from portal.accounts.services import create_user, end_role, grant_role, protect
from portal.centers.models import TrainingCenter
from portal.centers.queries import get_center
from portal.centers.services import add_leave, add_room, add_staff
from portal.core.db import db, transaction
from portal.core.permissions import SYSTEM, Actor, GrantedActor, Role
from portal.operations.demo.names import PASSWORD

ADMIN_LOGIN, SECOND_ADMIN_LOGIN = "pengelola.portal", "pengelola.kedua"


@dataclass(frozen=True)
class CenterCast:
    """Who works where. `login` ends every sign-in name of the center; `regency` sends its trainees."""

    slug: str
    login: str
    regency: str
    head: str
    admin: str
    instructors: tuple[str, ...]
    assessors: tuple[str, ...]
    rooms: tuple[str, ...]
    venues: tuple[tuple[str, str], ...] = ()


CENTERS = (
    CenterCast(
        "bpvp-surakarta", "surakarta", "33.18", "Retno Palupi", "Wulan Ardiyani",
        ("Bagus Pradana", "Ratna Kencana", "Galih Wicaksana", "Nur Cahyani"),
        ("Laras Sekarwangi", "Dimas Purwadi"),
        ("Ruang Kelas 1", "Ruang Kelas 2", "Ruang Kelas 3", "Aula Parang"),
        (("Balai Desa Contoh Juwana", "Jalan Contoh 1, Juwana, Pati"),),
    ),
    CenterCast(
        "uptd-blk-sintang", "sintang", "61.05", "Yohanes Sengkuang", "Dayang Nuraini",
        ("Petrus Tapang", "Theresia Kasau", "Rusdi Hamdan"), ("Veronika Lunsa", "Andreas Limau"),
        ("Ruang Teori", "Bengkel Usaha", "Ruang Rapat"),
        (("Balai Desa Contoh Dedai", "Jalan Contoh 2, Dedai, Sintang"),
         ("Rumah Adat Contoh Kelam", "Jalan Contoh 3, Kelam Permai, Sintang")),
    ),
    CenterCast(
        "uptd-blk-pati", "pati", "33.18", "Sutrisno Raharjo", "Endang Setyowati",
        ("Teguh Kusuma", "Sri Puspitasari", "Eko Cahyono"), ("Tutik Rahayu", "Hari Basuki"),
        ("Ruang Teori 1", "Ruang Teori 2", "Ruang Komputer"),
        (("Pendopo Contoh Tayu", "Jalan Contoh 4, Tayu, Pati"),),
    ),
    CenterCast(
        "uptd-blk-jayapura", "jayapura", "91.03", "Yakomina Felle", "Demianus Suebu",
        ("Ruben Wally", "Naomi Ohee", "Septinus Tokoro"), ("Ester Yoku", "Silas Ondi"),
        ("Ruang Kelas Danau", "Ruang Kelas Cyclop"),
        (("Para-para Adat Contoh Waibu", "Jalan Contoh 5, Waibu, Jayapura"),),
    ),
    CenterCast(
        "bbpvp-semarang", "semarang", "33.18", "Widodo Kurniawan", "Puji Lestari",
        ("Anwar Nugroho", "Dewi Handayani"), ("Cahya Wibowo", "Indah Widyastuti"),
        ("Gedung A 101", "Gedung A 102"),
    ),
    CenterCast(
        "bpvp-samarinda", "samarinda", "61.05", "Norhayati Saputra", "Iskandar Usman",
        ("Hendra Sabang", "Salbiah Sulastri"), ("Kristina Panjau", "Kamarudin Yusuf"),
        ("Ruang Mahakam", "Ruang Karang Mumus"),
    ),
)  # fmt: skip


@dataclass
class House:
    """A center as the demo plays it: ids to plan with, actors to act as."""

    cast: CenterCast
    center: TrainingCenter
    admin: Actor
    head: Actor
    rooms: list[int] = field(default_factory=list)
    venues: list[int] = field(default_factory=list)
    instructors: dict[int, Actor] = field(default_factory=dict)
    assessors: dict[int, Actor] = field(default_factory=dict)


def hire(now: datetime, since: date) -> dict[str, House]:
    """The platform administrator, then each center with rooms, staff and accounts; by login ending."""
    hashed = protect(PASSWORD)  # once for all: forty hashes would be two seconds
    with transaction():
        user = create_user(login=ADMIN_LOGIN, name="Pengelola Portal", password=hashed, actor=SYSTEM, now=now)
        for grant in db.session.scalars(sa.select(RoleGrant).where(RoleGrant.user_id == user.id)):
            end_role(grant_id=grant.id, reason="akun pengelola", actor=SYSTEM, now=now)
        _grant(user, Role.PLATFORM_ADMIN, "all", "", since, SYSTEM, now)
    platform = actor_of(user.id, now)
    houses = {}
    for cast in CENTERS:
        with transaction():
            houses[cast.login] = _open_house(cast, hashed, platform, since, now)
    return houses


def _open_house(cast: CenterCast, hashed: Any, platform: Actor, since: date, now: datetime) -> House:
    center = get_center(cast.slug)

    def employ(title: str, number: int, name: str, role: Role) -> GrantedActor:
        login = f"{title}{number if number > 1 else ''}.{cast.login}"
        user = create_user(login=login, name=name, password=hashed, actor=platform, now=now)
        _grant(user, role, "center", center.id, since, platform, now)
        return actor_of(user.id, now)

    house = House(
        cast,
        center,
        employ("admin", 1, cast.admin, Role.CENTER_ADMIN),
        employ("kepala", 1, cast.head, Role.CENTER_HEAD),
    )
    for name in cast.rooms:
        room = add_room(center_id=center.id, name=name, capacity=24, actor=house.admin, now=now)
        house.rooms.append(room.id)
    for name, address in cast.venues:
        room = add_room(
            center_id=center.id,
            name=name,
            capacity=30,
            is_offsite=True,
            address=address,
            actor=house.admin,
            now=now,
        )
        house.venues.append(room.id)
    for number, name in enumerate(cast.instructors, 1):
        actor = employ("instruktur", number, name, Role.INSTRUCTOR)
        staff = add_staff(center_id=center.id, name=name, user_id=actor.user_id, actor=house.admin, now=now)
        house.instructors[staff.id] = actor
    for number, name in enumerate(cast.assessors, 1):
        actor = employ("asesor", number, name, Role.ASSESSOR)
        staff = add_staff(
            center_id=center.id, name=name, user_id=actor.user_id, can_instruct=False, can_assess=True,
            actor=house.admin, now=now,
        )  # fmt: skip
        house.assessors[staff.id] = actor
    return house


def take_leave(houses: dict[str, House], today: date, now: datetime) -> None:
    """One instructor of each center is away for three days some months from now."""
    with transaction():
        for house in houses.values():
            first = today + timedelta(days=150)
            add_leave(
                staff_id=next(iter(house.instructors)), starts_on=first, ends_on=first + timedelta(days=2),
                reason="Cuti tahunan", actor=house.admin, now=now,
            )  # fmt: skip


def appoint(
    login: str,
    name: str,
    grants: list[tuple[Role, str, Any]],
    *,
    person_id: int | None = None,
    since: date,
    now: datetime,
) -> GrantedActor:
    """One further account with its roles; inside a transaction."""
    platform_user = find_user(ADMIN_LOGIN)
    platform = actor_of(platform_user.id if platform_user else None, now)
    user = create_user(
        login=login, name=name, password=protect(PASSWORD), person_id=person_id, actor=platform, now=now
    )
    for role, kind, scope in grants:
        _grant(user, role, kind, scope, since, platform, now)
    return actor_of(user.id, now)


def _grant(user: User, role: Role, kind: str, scope: Any, since: date, actor: Actor, now: datetime) -> None:
    grant_role(
        user_id=user.id, role=role, scope_kind=kind, scope_id=scope, starts_on=since, reason="akun contoh",
        actor=actor, now=now,
    )  # fmt: skip
