"""Reads of centers, rooms, staff, leave and holidays."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa

from portal.accounts.models import User
from portal.centers.models import Holiday, Leave, Room, Staff, TrainingCenter
from portal.core.db import db
from portal.core.errors import NotFound
from portal.core.permissions import Actor, Permission
from portal.core.words import gettext as _
from portal.regions.models import Region

_STAFF_OF_USER = sa.select(Staff.id).where(Staff.user_id == sa.bindparam("user"))


@dataclass(frozen=True)
class CenterRow:
    """A center in the directory, with its province and the number of its own rooms and venues."""

    slug: str
    name: str
    short_name: str
    kind: str
    city: str
    province_code: str
    province: str
    rooms: int
    source_status: str


def _center_missing() -> NotFound:
    return NotFound("center_not_found", _("Balai pelatihan ini tidak ditemukan."))


def province_code() -> sa.ColumnElement[str]:
    """The two digits of the province in a center's region code, for queries of other rooms."""
    return sa.func.substr(TrainingCenter.region_code, 1, 2)


def list_centers(province: str = "") -> list[CenterRow]:
    """Active centers by province and name, of one province code if given. One statement."""
    rooms = (
        sa.select(Room.center_id, sa.func.count().label("rooms"))
        .where(Room.is_active)
        .group_by(Room.center_id)
        .subquery()
    )
    statement = (
        sa.select(
            TrainingCenter.slug,
            TrainingCenter.name,
            TrainingCenter.short_name,
            TrainingCenter.kind,
            TrainingCenter.city,
            Region.code,
            Region.name,
            sa.func.coalesce(rooms.c.rooms, 0),
            TrainingCenter.source_status,
        )
        .join(Region, Region.code == province_code())
        .outerjoin(rooms, rooms.c.center_id == TrainingCenter.id)
        .where(TrainingCenter.is_active)
        .order_by(Region.name, TrainingCenter.name)
    )
    if province:
        statement = statement.where(Region.code == province)
    return [CenterRow(*row) for row in db.session().execute(statement)]


def get_center(slug: str) -> TrainingCenter:
    """The active center of a slug. Raises NotFound."""
    statement = sa.select(TrainingCenter).where(TrainingCenter.slug == slug, TrainingCenter.is_active)
    center = db.session().scalars(statement).one_or_none()
    if center is None:
        raise _center_missing()
    return center


def center_by_id(center_id: int, *, lock: bool = False) -> TrainingCenter:
    """The center of an id; `lock` holds its row, so that schedules of one center change one at a time."""
    center = db.session().get(TrainingCenter, center_id, with_for_update=lock or None)
    if center is None:
        raise _center_missing()
    return center


def list_own_centers(actor: Actor, permission: Permission) -> Sequence[TrainingCenter]:
    """The active centers that a permission reaches, by name."""
    scope = actor.scope(permission)
    statement = sa.select(TrainingCenter).where(TrainingCenter.is_active).order_by(TrainingCenter.name)
    if not scope.everything:
        statement = statement.where(TrainingCenter.id.in_(scope.centers))
    return db.session().scalars(statement).all()


def choose_center(
    actor: Actor, permission: Permission, slug: str | None = None
) -> tuple[TrainingCenter, Sequence[TrainingCenter]]:
    """(the center worked on, all of the actor's): the one of the slug, else the first. Raises NotFound."""
    centers = list_own_centers(actor, permission)
    for center in centers:
        if not slug or center.slug == slug:
            return center, centers
    raise _center_missing()


def require_center(actor: Actor, permission: Permission, center_id: int) -> None:
    """Refuse a center outside the actor's scope as if it were missing. Raises NotFound."""
    if not (actor.may(permission) and actor.scope(permission).covers_center(center_id)):
        raise _center_missing()


def rooms_of(center_id: int, *, active_only: bool = True) -> Sequence[Room]:
    """Rooms, then off-site venues, by name."""
    statement = sa.select(Room).where(Room.center_id == center_id).order_by(Room.is_offsite, Room.name)
    return db.session().scalars(statement.where(Room.is_active) if active_only else statement).all()


def staff_of(center_id: int, *, active_only: bool = True) -> Sequence[Staff]:
    """Instructors and assessors by name."""
    statement = sa.select(Staff).where(Staff.center_id == center_id).order_by(Staff.name)
    return db.session().scalars(statement.where(Staff.is_active) if active_only else statement).all()


def staff_ids_of_user(user_id: int) -> set[int]:
    """The staff entries linked to an account."""
    return set(db.session().scalars(_STAFF_OF_USER, {"user": user_id}))


def logins_of(staff: Collection[Staff]) -> dict[int, str]:
    """Staff id -> login of the linked account."""
    wanted = {person.user_id: person.id for person in staff if person.user_id}
    rows = db.session().execute(sa.select(User.id, User.login).where(User.id.in_(wanted)))
    return {wanted[user_id]: login for user_id, login in rows}


def find_user_id(login: str) -> int | None:
    """The active account of a login name, or None."""
    statement = sa.select(User.id).where(User.login == login.strip().lower(), User.is_active)
    return db.session().scalars(statement).one_or_none()


def get_room(actor: Actor, room_id: int) -> Room:
    """A room of the actor's centers. Raises NotFound."""
    room = db.session().get(Room, room_id)
    if room is None or not actor.scope(Permission.CENTER_EDIT).covers_center(room.center_id):
        raise NotFound("room_not_found", _("Ruang ini tidak ditemukan."))
    return room


def get_staff(actor: Actor, staff_id: int) -> Staff:
    """Somebody of the actor's centers. Raises NotFound."""
    staff = db.session().get(Staff, staff_id)
    if staff is None or not actor.scope(Permission.CENTER_EDIT).covers_center(staff.center_id):
        raise NotFound("staff_not_found", _("Petugas ini tidak ditemukan."))
    return staff


def get_leave(actor: Actor, leave_id: int) -> tuple[Leave, Staff]:
    """A leave of somebody of the actor's centers. Raises NotFound."""
    leave = db.session().get(Leave, leave_id)
    staff = db.session().get(Staff, leave.staff_id) if leave else None
    scope = actor.scope(Permission.CENTER_EDIT)
    if leave is None or staff is None or not scope.covers_center(staff.center_id):
        raise NotFound("leave_not_found", _("Cuti ini tidak ditemukan."))
    return leave, staff


def get_holiday(actor: Actor, holiday_id: int) -> Holiday:
    """A center's own holiday; national ones are nobody's. Raises NotFound."""
    holiday = db.session().get(Holiday, holiday_id)
    scope = actor.scope(Permission.CENTER_EDIT)
    if holiday is None or holiday.center_id is None or not scope.covers_center(holiday.center_id):
        raise NotFound("holiday_not_found", _("Hari libur ini tidak ditemukan."))
    return holiday


def list_leaves(center_id: int, since: date) -> Sequence[tuple[Leave, Staff]]:
    """Leave of a center that has not ended before `since`, soonest first."""
    statement = (
        sa.select(Leave, Staff)
        .join(Staff, Staff.id == Leave.staff_id)
        .where(Staff.center_id == center_id, Leave.ends_on >= since)
        .order_by(Leave.starts_on, Staff.name)
    )
    return [(leave, staff) for leave, staff in db.session().execute(statement)]


def list_holidays(center_id: int, since: date) -> Sequence[Holiday]:
    """National and own holidays from `since` on."""
    statement = (
        sa.select(Holiday)
        .where(sa.or_(Holiday.center_id.is_(None), Holiday.center_id == center_id), Holiday.day >= since)
        .order_by(Holiday.day, Holiday.name)
    )
    return db.session().scalars(statement).all()


def holidays_between(center_id: int, first: date, last: date) -> dict[date, str]:
    """Day -> name of the national and own holidays, both ends included."""
    statement = sa.select(Holiday.day, Holiday.name).where(
        sa.or_(Holiday.center_id.is_(None), Holiday.center_id == center_id),
        Holiday.day.between(first, last),
    )
    return {row.day: row.name for row in db.session().execute(statement)}


def leaves_between(
    staff_ids: Collection[int], first: date, last: date
) -> dict[int, list[tuple[date, date, str]]]:
    """Staff id -> [(first day, last day, reason)] of the leaves that touch a span of days."""
    found: dict[int, list[tuple[date, date, str]]] = {}
    if not staff_ids:
        return found
    statement = sa.select(Leave.staff_id, Leave.starts_on, Leave.ends_on, Leave.reason).where(
        Leave.staff_id.in_(staff_ids), Leave.starts_on <= last, Leave.ends_on >= first
    )
    for staff_id, starts_on, ends_on, reason in db.session().execute(statement):
        found.setdefault(staff_id, []).append((starts_on, ends_on, reason))
    return found
