"""Use cases of centers: reference data, rooms, staff, leave, holidays. All run inside `transaction()`."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from portal.centers import queries
from portal.centers import reference as files
from portal.centers.models import Holiday, Leave, Room, Staff, TrainingCenter
from portal.core import audit
from portal.core.db import db
from portal.core.errors import Conflict, DomainError, NotFound
from portal.core.permissions import Actor, Permission
from portal.core.words import gettext as _
from portal.regions.models import Region

_CENTER_FIELDS = ("code", "kind", "name", "short_name", "city", "region_code", "zone", "source_status")


def load_centers(*, actor: Actor, now: datetime, examples: bool = True) -> dict[str, int]:
    """Add the centers (by slug) and national holidays (by day and name) of the reference files.

    What an administrator entered since (address, phone, head) stays. Centers whose region is not in the
    register are left out. Returns how many were added.
    """
    session = db.session()
    regions = set(session.scalars(sa.select(Region.code).where(sa.func.length(Region.code) == 5)))
    known = {center.slug: center for center in session.scalars(sa.select(TrainingCenter))}
    added = {"centers": 0, "holidays": 0}
    for ref in files.load_centers(examples=examples):
        if ref.region_code not in regions:
            continue
        values = {name: getattr(ref, name) for name in _CENTER_FIELDS}
        center = known.get(ref.slug)
        if center is None:
            session.add(TrainingCenter(slug=ref.slug, address=ref.address or "", **values))
            added["centers"] += 1
            continue
        for name, value in values.items():
            if getattr(center, name) != value:
                setattr(center, name, value)
    national = sa.select(Holiday.day, Holiday.name).where(Holiday.center_id.is_(None))
    stated = {(row.day, row.name) for row in session.execute(national)}
    for holiday in files.load_holidays():
        if (holiday.day, holiday.name) not in stated:
            session.add(Holiday(day=holiday.day, name=holiday.name))
            added["holidays"] += 1
    if any(added.values()):
        audit.record("centers.loaded", "center", "all", actor=actor, now=now, **dict[str, Any](added))
    session.flush()
    return added


def _clean(text: str, field: str, missing: str, longest: int) -> str:
    text = " ".join((text or "").split())
    if not text:
        raise DomainError(f"{field}_missing", missing, field)
    if len(text) > longest:
        raise DomainError(f"{field}_too_long", _("Paling panjang %(most)d huruf.", most=longest), field)
    return text


def _refuse_same_name(model: type[Room] | type[Staff], center_id: int, name: str, but: int | None) -> None:
    statement = sa.select(model.id).where(
        model.center_id == center_id, sa.func.lower(model.name) == name.lower()
    )
    found = db.session().scalars(statement).first()
    if found is not None and found != but:
        raise DomainError("name_taken", _("Nama ini sudah dipakai di balai ini."), "name")


def add_room(
    *,
    center_id: int,
    name: str,
    capacity: int = 20,
    is_offsite: bool = False,
    address: str = "",
    actor: Actor,
    now: datetime,
) -> Room:
    """A room of the center or an off-site venue. Raises DomainError for a name that is taken, NotFound for a
    foreign center."""
    queries.require_center(actor, Permission.CENTER_EDIT, center_id)
    name = _room_name(name, capacity, is_offsite, address)
    _refuse_same_name(Room, center_id, name, None)
    room = Room(
        center_id=center_id, name=name, capacity=capacity, is_offsite=is_offsite, address=address.strip()
    )
    db.session().add(room)
    db.session().flush()
    audit.record("room.added", "room", room.id, actor=actor, now=now, scope=f"center:{center_id}", name=name)
    return room


def edit_room(
    *,
    room_id: int,
    name: str,
    capacity: int,
    is_offsite: bool,
    address: str,
    is_active: bool,
    actor: Actor,
    now: datetime,
) -> Room:
    """Change a room. An inactive one keeps its bookings but cannot be chosen any more."""
    room = queries.get_room(actor, room_id)
    name = _room_name(name, capacity, is_offsite, address)
    _refuse_same_name(Room, room.center_id, name, room.id)
    room.name, room.capacity, room.is_offsite = name, capacity, is_offsite
    room.address, room.is_active = address.strip(), is_active
    audit.record(
        "room.changed", "room", room.id, actor=actor, now=now, scope=f"center:{room.center_id}",
        name=name, capacity=capacity, is_active=is_active,
    )  # fmt: skip
    return room


def _room_name(name: str, capacity: int, is_offsite: bool, address: str) -> str:
    name = _clean(name, "name", _("Tulis nama ruang."), 80)
    if not 0 < capacity <= 1000:
        raise DomainError("capacity_range", _("Kapasitas 1 sampai 1.000 orang."), "capacity")
    if is_offsite and not address.strip():
        raise DomainError(
            "address_missing", _("Tempat di luar balai perlu alamat, supaya peserta menemukannya."), "address"
        )
    if len(address) > 200:
        raise DomainError("address_too_long", _("Paling panjang %(most)d huruf.", most=200), "address")
    return name


def add_staff(
    *,
    center_id: int,
    name: str,
    user_id: int | None = None,
    can_instruct: bool = True,
    can_assess: bool = False,
    actor: Actor,
    now: datetime,
) -> Staff:
    """Somebody who teaches or assesses at the center."""
    queries.require_center(actor, Permission.CENTER_EDIT, center_id)
    name = _staff_name(name, can_instruct, can_assess)
    _refuse_same_name(Staff, center_id, name, None)
    staff = Staff(
        center_id=center_id, name=name, user_id=user_id, can_instruct=can_instruct, can_assess=can_assess
    )
    db.session().add(staff)
    db.session().flush()
    audit.record(
        "staff.added", "staff", staff.id, actor=actor, now=now, scope=f"center:{center_id}", user_id=user_id
    )
    return staff


def edit_staff(
    *,
    staff_id: int,
    name: str,
    user_id: int | None,
    can_instruct: bool,
    can_assess: bool,
    is_active: bool,
    actor: Actor,
    now: datetime,
) -> Staff:
    """Change somebody's name, tasks or account."""
    staff = queries.get_staff(actor, staff_id)
    name = _staff_name(name, can_instruct, can_assess)
    _refuse_same_name(Staff, staff.center_id, name, staff.id)
    staff.name, staff.user_id, staff.is_active = name, user_id, is_active
    staff.can_instruct, staff.can_assess = can_instruct, can_assess
    audit.record(
        "staff.changed", "staff", staff.id, actor=actor, now=now, scope=f"center:{staff.center_id}",
        user_id=user_id, can_instruct=can_instruct, can_assess=can_assess, is_active=is_active,
    )  # fmt: skip
    return staff


def _staff_name(name: str, can_instruct: bool, can_assess: bool) -> str:
    name = _clean(name, "name", _("Tulis nama petugas."), 100)
    if not (can_instruct or can_assess):
        raise DomainError("task_missing", _("Pilih paling sedikit satu tugas."), "tasks")
    return name


def add_leave(
    *, staff_id: int, starts_on: date, ends_on: date, reason: str = "", actor: Actor, now: datetime
) -> Leave:
    """Days on which somebody is away, both ends included. Sessions that stand already stay; the schedule
    shows them as clashes until somebody else takes over."""
    staff = queries.get_staff(actor, staff_id)
    if ends_on < starts_on:
        raise DomainError("leave_order", _("Hari terakhir cuti lebih awal daripada hari pertama."), "ends_on")
    if (ends_on - starts_on).days > 366:
        raise DomainError("leave_too_long", _("Satu cuti paling lama satu tahun."), "ends_on")
    for first, last, _reason in queries.leaves_between([staff_id], starts_on, ends_on).get(staff_id, []):
        if first <= ends_on and starts_on <= last:
            raise Conflict("leave_twice", _("Cuti pada hari itu sudah tercatat."), "starts_on")
    leave = Leave(staff_id=staff_id, starts_on=starts_on, ends_on=ends_on, reason=reason.strip()[:120])
    db.session().add(leave)
    db.session().flush()
    audit.record(
        "leave.added", "staff", staff_id, actor=actor, now=now, scope=f"center:{staff.center_id}",
        starts_on=starts_on.isoformat(), ends_on=ends_on.isoformat(),
    )  # fmt: skip
    return leave


def remove_leave(*, leave_id: int, actor: Actor, now: datetime) -> None:
    """Take a leave back."""
    leave, staff = queries.get_leave(actor, leave_id)
    db.session().delete(leave)
    audit.record(
        "leave.removed", "staff", staff.id, actor=actor, now=now, scope=f"center:{staff.center_id}",
        starts_on=leave.starts_on.isoformat(), ends_on=leave.ends_on.isoformat(),
    )  # fmt: skip


def add_holiday(
    *, day: date, name: str, center_id: int | None = None, actor: Actor, now: datetime
) -> Holiday:
    """A day without classes at one center; without a center in the whole country (everybody's scope only)."""
    if center_id is None:
        if not actor.scope(Permission.CENTER_EDIT).everything:
            raise NotFound("center_not_found", _("Balai pelatihan ini tidak ditemukan."))
    else:
        queries.require_center(actor, Permission.CENTER_EDIT, center_id)
    name = _clean(name, "name", _("Tulis nama hari libur."), 120)
    same = sa.select(Holiday.id).where(
        Holiday.day == day, sa.or_(Holiday.center_id.is_(None), Holiday.center_id == center_id)
    )
    if db.session().scalars(same).first() is not None:
        raise Conflict("holiday_twice", _("Hari itu sudah tercatat sebagai hari libur."), "day")
    holiday = Holiday(day=day, name=name, center_id=center_id)
    db.session().add(holiday)
    db.session().flush()
    audit.record(
        "holiday.added", "holiday", holiday.id, actor=actor, now=now, scope=f"center:{center_id or 'all'}",
        day=day.isoformat(), name=name,
    )  # fmt: skip
    return holiday


def remove_holiday(*, holiday_id: int, actor: Actor, now: datetime) -> None:
    """Take a center's own holiday back."""
    holiday = queries.get_holiday(actor, holiday_id)
    db.session().delete(holiday)
    audit.record(
        "holiday.removed", "holiday", holiday_id, actor=actor, now=now, scope=f"center:{holiday.center_id}",
        day=holiday.day.isoformat(), name=holiday.name,
    )  # fmt: skip
