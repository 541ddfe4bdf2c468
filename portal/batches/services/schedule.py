"""The schedule in the database: what is busy, clashes named, sessions written, quarter hours booked."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import NoReturn
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.batches import messages
from portal.batches.models import Batch, Booking, ClassSession, SessionStaff
from portal.batches.rules import Busy, Clash, FreeSlot, Wanted, find_clashes, find_free_slots
from portal.batches.rules.clashes import OFFER_DAYS, OFFERS, Days
from portal.batches.services.plans import SessionPlan
from portal.catalog.models import Program
from portal.centers.models import Room, Staff, TrainingCenter
from portal.centers.queries import holidays_between, leaves_between
from portal.core.db import db, insert_many
from portal.core.errors import Conflict
from portal.core.words import gettext as _

SLOTS_A_DAY = 96


def refuse_clashes(
    center: TrainingCenter,
    wanted: Sequence[Wanted],
    *,
    rooms: dict[int, Room],
    staff: dict[int, Staff],
    but: Collection[int] = (),
    now: datetime,
) -> None:
    """Raise Conflict "schedule_clash" when anything the sessions need is taken, on leave or on a holiday.

    but: batch ids whose own bookings do not count. details: clashes [{kind, index, message}] and slots
    [{index, day, start, end, room_id, text}], up to three ways out of the first clash.
    """
    clashes = clashes_of(center, wanted, but=but)
    if clashes:
        _refuse(center, clashes, wanted, rooms, staff, but, now)


def clashes_of(center: TrainingCenter, wanted: Sequence[Wanted], *, but: Collection[int] = ()) -> list[Clash]:
    """All clashes of the sessions with the schedule that stands. Three statements."""
    if not wanted:
        return []
    first, last = min(w.day for w in wanted), max(w.day for w in wanted)
    people = {number for w in wanted for number in w.staff}
    days = Days(holidays_between(center.id, first, last), leaves_between(people, first, last))
    resources = {name for w in wanted for name in w.resources}
    slots = [w.slots for w in wanted]
    busy = list_busy(resources, min(s.start for s in slots), max(s.stop for s in slots), but)
    return find_clashes(wanted, busy, days)


def list_busy(
    resources: Collection[str], first_slot: int, end_slot: int, but: Collection[int] = ()
) -> list[Busy]:
    """Sessions that hold one of the resources in a span of quarter hours, the end excluded. One statement."""
    if not resources:
        return []
    held = (
        sa.select(Booking.resource, Booking.session_id)
        .where(Booking.resource.in_(resources), Booking.slot >= first_slot, Booking.slot < end_slot)
        .distinct()
        .subquery()
    )
    statement = (
        sa.select(
            held.c.resource,
            held.c.session_id,
            Batch.number,
            Program.short_name,
            ClassSession.starts_at,
            ClassSession.ends_at,
        )
        .join(ClassSession, ClassSession.id == held.c.session_id)
        .join(Batch, Batch.id == ClassSession.batch_id)
        .join(Program, Program.id == Batch.program_id)
        .order_by(ClassSession.starts_at, held.c.resource)
    )
    if but:
        statement = statement.where(Batch.id.not_in(but))
    return [Busy(*row) for row in db.session().execute(statement)]


def _refuse(
    center: TrainingCenter,
    clashes: Sequence[Clash],
    wanted: Sequence[Wanted],
    rooms: dict[int, Room],
    staff: dict[int, Staff],
    but: Collection[int],
    now: datetime,
) -> NoReturn:
    zone = center.zone
    named = [
        {
            "kind": c.kind,
            "index": c.wanted.index,
            "message": messages.clash_sentence(c, _name(c, rooms, staff), zone),
        }
        for c in clashes
    ]
    slots = [
        {
            "index": slot.index,
            "day": slot.day,
            "start": slot.starts_at.astimezone(ZoneInfo(zone)).strftime("%H:%M"),
            "end": slot.ends_at.astimezone(ZoneInfo(zone)).strftime("%H:%M"),
            "room_id": slot.room_id,
            "text": _slot_text(slot, clashes[0], rooms, zone),
        }
        for slot in _offers(center, clashes[0], wanted, rooms, but, now)
    ]
    message = str(named[0]["message"])
    if len(named) > 1:
        message = _("%(first)s Masih ada %(more)d bentrok lain.", first=message, more=len(named) - 1)
    raise Conflict(
        "schedule_clash", message, "sessions", index=clashes[0].wanted.index, clashes=named, slots=slots
    )


def _slot_text(slot: FreeSlot, clash: Clash, rooms: dict[int, Room], zone: str) -> str:
    room = rooms.get(slot.room_id or 0)
    return messages.slot_sentence(slot.day, slot.starts_at, slot.ends_at, zone, room.name if room else "")


def _name(clash: Clash, rooms: dict[int, Room], staff: dict[int, Staff]) -> str:
    kind, _sep, number = clash.resource.partition(":")
    if not number:
        return ""
    found: Room | Staff | None = rooms.get(int(number)) if kind == "room" else staff.get(int(number))
    return found.name if found else clash.resource


def _offers(
    center: TrainingCenter,
    clash: Clash,
    wanted: Sequence[Wanted],
    rooms: dict[int, Room],
    but: Collection[int],
    now: datetime,
) -> list[FreeSlot]:
    first = clash.wanted.day
    last = first + timedelta(days=OFFER_DAYS + 1)
    days = Days(holidays_between(center.id, first, last), leaves_between(clash.wanted.staff, first, last))
    start = clash.wanted.slots.start
    choice = [room.id for room in rooms.values() if room.is_active]
    names = [f"staff:{number}" for number in clash.wanted.staff] + [f"room:{number}" for number in choice]
    taken: dict[str, set[int]] = {}
    for busy in list_busy(names, start - SLOTS_A_DAY, start + SLOTS_A_DAY * (OFFER_DAYS + 1), but):
        taken.setdefault(busy.resource, set()).update(
            Wanted(0, first, busy.starts_at, busy.ends_at, None).slots
        )
    return find_free_slots(
        clash, taken=taken, rooms=choice, days=days, zone=center.zone, not_before=now, others=wanted
    )[:OFFERS]


def write_sessions(
    batch: Batch, sessions: Sequence[SessionPlan], wanted: Sequence[Wanted], kept: Sequence[ClassSession] = ()
) -> list[ClassSession]:
    """Write the sessions of a batch in order, reusing the rows of `kept` so that marks on them stay; rows
    left over are deleted. Staff links are replaced."""
    session = db.session()
    rows = list(kept)[: len(sessions)]
    for extra in list(kept)[len(sessions) :]:
        session.delete(extra)
    session.flush()
    for position, (entry, span) in enumerate(zip(sessions, wanted, strict=True), start=1):
        if len(rows) < position:
            rows.append(ClassSession(batch_id=batch.id))
            session.add(rows[-1])
        row = rows[position - 1]
        row.position, row.hours, row.mode, row.room_id = position, entry.hours, entry.mode, entry.room_id
        row.starts_at, row.ends_at = span.starts_at, span.ends_at
        row.link, row.topic = entry.link, entry.topic
    session.flush()
    if kept:
        session.execute(sa.delete(SessionStaff).where(SessionStaff.session_id.in_([row.id for row in rows])))
    links = [
        {"session_id": row.id, "staff_id": number, "role": role}
        for row, entry in zip(rows, sessions, strict=True)
        for role, ids in (("instructor", entry.instructor_ids), ("assessor", entry.assessor_ids))
        for number in dict.fromkeys(ids)
    ]
    insert_many(session, SessionStaff.__table__, links)
    return rows


def book(
    center: TrainingCenter,
    rows: Iterable[tuple[int, Wanted]],
    *,
    rooms: dict[int, Room],
    staff: dict[int, Staff],
    but: Collection[int] = (),
    now: datetime,
) -> None:
    """Hold the quarter hours of (session id, session): the primary key refuses what somebody else took
    between the check and now, with the same Conflict."""
    session = db.session()
    pairs = list(rows)
    bookings = [
        {"resource": name, "slot": slot, "session_id": number}
        for number, span in pairs
        for name in span.resources
        for slot in span.slots
    ]
    try:
        with session.begin_nested():
            insert_many(session, Booking.__table__, bookings)
    except IntegrityError as error:
        refuse_clashes(center, [span for _n, span in pairs], rooms=rooms, staff=staff, but=but, now=now)
        message = _("Ruang atau petugas baru saja dipakai angkatan lain pada jam itu. Periksa jadwal lagi.")
        raise Conflict("schedule_clash", message, "sessions", clashes=[], slots=[]) from error


def release(session: Session, batch_id: int) -> None:
    """Give back all quarter hours of a batch."""
    own = sa.select(ClassSession.id).where(ClassSession.batch_id == batch_id)
    session.execute(sa.delete(Booking).where(Booking.session_id.in_(own)))
