"""Making and changing a batch."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import selectinload

from portal.batches.models import Batch, ClassSession
from portal.batches.rules import shift_days
from portal.batches.services import schedule
from portal.batches.services.plans import BatchPlan, SessionPlan, check_plan, mode_of, slug_of, wanted_of
from portal.catalog.queries import current_curriculum, program_by_id
from portal.centers.models import Room, Staff, TrainingCenter
from portal.centers.queries import center_by_id, holidays_between, require_center, rooms_of, staff_of
from portal.core import audit
from portal.core.db import db
from portal.core.errors import Conflict, DomainError, NotFound
from portal.core.permissions import Actor, Permission
from portal.core.ports import ports
from portal.core.words import gettext as _


class House:
    """A center with its rooms and staff, its row held so that its schedule changes one batch at a time."""

    def __init__(self, center_id: int) -> None:
        self.center: TrainingCenter = center_by_id(center_id, lock=True)
        self.rooms: dict[int, Room] = {room.id: room for room in rooms_of(center_id, active_only=False)}
        self.staff: dict[int, Staff] = {
            person.id: person for person in staff_of(center_id, active_only=False)
        }


def load_for_change(batch_id: int, actor: Actor) -> tuple[Batch, House]:
    """A batch of the actor's centers with its sessions and staff, held for writing. Raises NotFound."""
    batch = db.session().get(Batch, batch_id)
    if batch is None or not may_edit(actor, batch.center_id):
        raise missing_batch()
    house = House(batch.center_id)
    statement = (
        sa.select(Batch)
        .options(selectinload(Batch.sessions).selectinload(ClassSession.staff))
        .where(Batch.id == batch_id)
        .execution_options(populate_existing=True)
    )
    return db.session().scalars(statement.with_for_update(of=Batch)).one(), house


def may_edit(actor: Actor, center_id: int) -> bool:
    """True when the actor administers batches of this center."""
    return actor.may(Permission.BATCH_EDIT) and actor.scope(Permission.BATCH_EDIT).covers_center(center_id)


def missing_batch() -> NotFound:
    """The one answer for a batch that is missing or foreign."""
    return NotFound("batch_not_found", _("Angkatan ini tidak ditemukan."))


def create_batch(*, plan: BatchPlan, actor: Actor, now: datetime) -> Batch:
    """A new draft that freezes the program's current curriculum and holds its rooms and people.

    Raises DomainError (a field of the plan), Conflict "schedule_clash", NotFound for a foreign center.
    """
    require_center(actor, Permission.BATCH_EDIT, plan.center_id)
    return make_batch(House(plan.center_id), plan, actor=actor, now=now)


def make_batch(house: House, plan: BatchPlan, *, actor: Actor, now: datetime, **about: Any) -> Batch:
    """`create_batch` in a center that is loaded already; `about` goes into the audit event."""
    session = db.session()
    plan = check_plan(plan, house.center, house.rooms, house.staff)
    program = program_by_id(plan.program_id)
    wanted = wanted_of(plan.sessions, house.center.zone)
    schedule.refuse_clashes(house.center, wanted, rooms=house.rooms, staff=house.staff, now=now)
    starts_on, ends_on = _days(plan)
    batch = Batch(
        program_id=program.id,
        curriculum_id=current_curriculum(program.id).id,
        center_id=house.center.id,
        state="draft",
        year=starts_on.year,
        number=_next_number(house.center.id, program.id, starts_on.year),
        slug=slug_of(program, house.center, starts_on),
        seats_taken=0,
        version=1,
        created_at=now,
        starts_on=starts_on,
        ends_on=ends_on,
        **_values(plan),
    )
    session.add(batch)
    session.flush()
    rows = schedule.write_sessions(batch, plan.sessions, wanted)
    _book(house, rows, wanted, now)
    audit.record(
        "batch.created", "batch", batch.id, actor=actor, now=now, scope=f"center:{house.center.id}",
        number=batch.number, year=batch.year, program=program.code, curriculum=batch.curriculum_id,
        starts_on=starts_on.isoformat(), **about,
    )  # fmt: skip
    return batch


def _book(house: House, rows: Collection[ClassSession], wanted: Collection[Any], now: datetime,
          but: Collection[int] = ()) -> None:  # fmt: skip
    pairs = zip((row.id for row in rows), wanted, strict=True)
    schedule.book(house.center, pairs, rooms=house.rooms, staff=house.staff, but=but, now=now)


def _values(plan: BatchPlan) -> dict[str, Any]:
    return {
        "mode": mode_of(plan.sessions, plan.mode),
        "quota": plan.quota,
        "reserve_seats": plan.reserve_seats,
        "opens_at": plan.opens_at,
        "closes_at": plan.closes_at,
        "pilot_seats": plan.pilot_seats,
        "pilot_until": plan.pilot_until,
        "kinds": list(plan.kinds),
        "posts": list(plan.posts),
        "regions": list(plan.regions),
        "series": plan.series.strip()[:60],
        "cooperative_cap": plan.cooperative_cap,
        "post_quotas": dict(plan.post_quotas),
        "waitlist_pool": " ".join(plan.waitlist_pool.split())[:60],
    }


def _days(plan: BatchPlan) -> tuple[date, date]:
    if plan.sessions:
        return plan.sessions[0].day, plan.sessions[-1].day
    assert plan.starts_on is not None
    return plan.starts_on, plan.starts_on


def _next_number(center_id: int, program_id: int, year: int) -> int:
    statement = sa.select(sa.func.coalesce(sa.func.max(Batch.number), 0)).where(
        Batch.center_id == center_id, Batch.program_id == program_id, Batch.year == year
    )
    return int(db.session().scalar(statement) or 0) + 1


def update_batch(
    *, batch_id: int, plan: BatchPlan, expected_version: int | None = None, actor: Actor, now: datetime
) -> Batch:
    """Change a batch. Days and times of one that people hold seats in stay: moving them is a postponement;
    once it has begun the lesson hours stay too. The program, and with it the frozen curriculum, may change
    only in a draft."""
    batch, house = load_for_change(batch_id, actor)
    if expected_version is not None and expected_version != batch.version:
        raise Conflict(
            "batch_changed", _("Angkatan ini baru saja diubah orang lain. Muat ulang, lalu ubah lagi.")
        )
    if batch.state not in ("draft", "published", "postponed"):
        raise Conflict("batch_closed", _("Angkatan ini sudah tidak dapat diubah."))
    plan = check_plan(plan, house.center, house.rooms, house.staff)
    if plan.quota < batch.seats_taken:
        message = _("Sudah ada %(num)d orang yang memegang kursi.", num=batch.seats_taken)
        raise DomainError("quota_below_seats", message, "quota")
    if batch.seats_taken and _times(plan.sessions) != _times(plans_of(batch, house.center.zone)):
        message = _(
            "Sudah ada %(num)d peserta. Untuk mengubah hari atau jam, pakai Tunda, agar mereka memilih.",
            num=batch.seats_taken,
        )
        raise DomainError("times_held", message, "sessions", index=0)
    if batch.seats_taken and begun(batch, now) and _hours(plan.sessions) != _hours(batch.sessions):
        message = _("Angkatan ini sudah berjalan, jadi jam pelajarannya tetap: kehadiran dihitung dengannya.")
        raise DomainError("hours_held", message, "sessions", index=0)
    if plan.program_id != batch.program_id:
        _change_program(batch, plan, house)
    before = places(batch.id)
    _reschedule(batch, house, plan.sessions, now)
    batch.starts_on, batch.ends_on = _days(plan)
    for name, value in _values(plan).items():
        setattr(batch, name, value)
    batch.slug = slug_of(program_by_id(batch.program_id), house.center, batch.starts_on)
    batch.version += 1
    audit.record(
        "batch.changed", "batch", batch.id, actor=actor, now=now, scope=f"center:{batch.center_id}",
        version=batch.version, starts_on=batch.starts_on.isoformat(), quota=batch.quota,
    )  # fmt: skip
    db.session().flush()
    tell_if_moved(batch, before, now)
    return batch


Place = tuple[datetime, str, int | None, str]


def places(batch_id: int) -> list[Place]:
    """When, where and how each session of a batch is held: what people must know to come."""
    found = ClassSession
    statement = sa.select(found.starts_at, found.mode, found.room_id, found.link)
    rows = db.session().execute(statement.where(found.batch_id == batch_id).order_by(found.position))
    return [(starts_at, mode, room_id, link) for starts_at, mode, room_id, link in rows]


def tell_if_moved(batch: Batch, before: list[Place], now: datetime) -> None:
    """Tell the people of an announced batch when where or how it is held differs from `before`."""
    if batch.state == "published" and batch.seats_taken and places(batch.id) != before:
        ports().batch_changed(batch_id=batch.id, now=now)


def _change_program(batch: Batch, plan: BatchPlan, house: House) -> None:
    if batch.state != "draft":
        message = _("Program angkatan yang sudah diumumkan tidak dapat diganti. Salin ke angkatan baru.")
        raise DomainError("program_fixed", message, "program_id")
    batch.program_id = program_by_id(plan.program_id).id
    batch.curriculum_id = current_curriculum(plan.program_id).id
    batch.number = _next_number(house.center.id, plan.program_id, batch.year)


def _times(sessions: Collection[SessionPlan]) -> list[tuple[date, str, str]]:
    return [(entry.day, entry.start.replace(".", ":"), entry.end.replace(".", ":")) for entry in sessions]


def _hours(sessions: Iterable[Any]) -> list[int]:
    return [entry.hours for entry in sessions]


def begun(batch: Batch, now: datetime) -> bool:
    """True once the first session has started; a batch without sessions never begins."""
    return any(row.starts_at <= now for row in batch.sessions)


def refuse_begun(batch: Batch, now: datetime) -> None:
    """A batch in which people have sat cannot be put off: marks belong to its days. Raises Conflict
    `batch_begun`."""
    if batch.seats_taken and begun(batch, now):
        raise Conflict("batch_begun", _("Angkatan ini sudah berjalan, jadi tidak dapat ditunda lagi."))


def _reschedule(batch: Batch, house: House, sessions: Any, now: datetime) -> None:
    wanted = wanted_of(sessions, house.center.zone)
    schedule.refuse_clashes(
        house.center, wanted, rooms=house.rooms, staff=house.staff, but=[batch.id], now=now
    )
    schedule.release(db.session(), batch.id)
    rows = schedule.write_sessions(batch, sessions, wanted, kept=batch.sessions)
    _book(house, rows, wanted, now, but=[batch.id])
    db.session().expire(batch, ["sessions"])


def plans_of(batch: Batch, zone: str) -> list[SessionPlan]:
    """The sessions of a loaded batch as plans, in wall-clock time of its center."""
    place = ZoneInfo(zone)
    found = []
    for row in batch.sessions:
        begins, ends = row.starts_at.astimezone(place), row.ends_at.astimezone(place)
        found.append(
            SessionPlan(
                day=begins.date(),
                start=begins.strftime("%H:%M"),
                end=ends.strftime("%H:%M"),
                hours=row.hours,
                mode=row.mode,
                room_id=row.room_id,
                link=row.link,
                topic=row.topic,
                instructor_ids=tuple(link.staff_id for link in row.staff if link.role == "instructor"),
                assessor_ids=tuple(link.staff_id for link in row.staff if link.role == "assessor"),
            )
        )
    return found


def shifted(center: TrainingCenter, sessions: Collection[SessionPlan], starts_on: date) -> list[SessionPlan]:
    """The sessions from another day on, past holidays and Sundays. Raises DomainError without a free day."""
    days = sorted({entry.day for entry in sessions})
    if not days:
        return []
    last = max(days[-1], starts_on + (days[-1] - days[0]) + timedelta(days=400))
    holidays = holidays_between(center.id, min(days[0], starts_on), last)
    try:
        moved = shift_days(days, starts_on, set(holidays))
    except ValueError as error:
        raise DomainError(
            "no_teaching_day", _("Tidak ada hari belajar dalam setahun."), "starts_on"
        ) from error
    return [replace(entry, day=moved[entry.day]) for entry in sessions]


def move_batch(
    *,
    batch_id: int,
    starts_on: date,
    opens_at: datetime | None = None,
    closes_at: datetime | None = None,
    actor: Actor,
    now: datetime,
) -> Batch:
    """Move all sessions so that the first lies on `starts_on` (past holidays and Sundays) and book them.

    The window closes as many days later or earlier; it opens when it did if it has opened already. A
    postponed batch is published again. Raises Conflict "schedule_clash" with nothing changed. Telling
    the people is the caller's part (enrollment.postpone_batch).
    """
    batch, house = load_for_change(batch_id, actor)
    if batch.state not in ("draft", "published", "postponed"):
        raise Conflict("batch_closed", _("Angkatan ini sudah tidak dapat dipindah."))
    if batch.state == "published":
        refuse_begun(batch, now)
    if starts_on < now.astimezone(ZoneInfo(house.center.zone)).date():
        raise DomainError("starts_past", _("Tanggal baru sudah lewat."), "starts_on")
    before = batch.starts_on
    sessions = shifted(house.center, plans_of(batch, house.center.zone), starts_on)
    _reschedule(batch, house, sessions, now)
    batch.starts_on = sessions[0].day if sessions else starts_on
    batch.ends_on = sessions[-1].day if sessions else starts_on
    delta = batch.starts_on - before
    batch.closes_at = closes_at or batch.closes_at + delta
    batch.opens_at = opens_at or (batch.opens_at + delta if batch.opens_at > now else batch.opens_at)
    if batch.closes_at <= batch.opens_at:
        raise DomainError("window_order", _("Pendaftaran harus ditutup sesudah dibuka."), "closes_at")
    if batch.pilot_until is not None:
        batch.pilot_until += delta
    batch.slug = slug_of(program_by_id(batch.program_id), house.center, batch.starts_on)
    if batch.state == "postponed":
        batch.state, batch.state_reason = "published", ""
    batch.version += 1
    audit.record(
        "batch.moved", "batch", batch.id, actor=actor, now=now, scope=f"center:{batch.center_id}",
        before=before.isoformat(), starts_on=batch.starts_on.isoformat(),
    )  # fmt: skip
    db.session().flush()
    return batch
