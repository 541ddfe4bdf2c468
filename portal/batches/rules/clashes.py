"""Clashes by hours, and the free hours offered instead. A resource is `room:<id>` or `staff:<id>`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from portal.batches.rules.days import SUNDAY
from portal.batches.rules.hours import SLOT_SECONDS, slots_of

#: Hours of the day that an offered slot may use, wall clock of the center.
DAY_BEGINS, DAY_ENDS = 7, 21
OFFER_DAYS = 14
OFFERS = 3


@dataclass(frozen=True)
class Wanted:
    """A session on its way into the schedule. `day` is its day at the center; `staff` are staff ids."""

    index: int
    day: date
    starts_at: datetime
    ends_at: datetime
    room_id: int | None
    staff: tuple[int, ...] = ()

    @property
    def resources(self) -> tuple[str, ...]:
        """What the session holds while it lasts."""
        room = (f"room:{self.room_id}",) if self.room_id is not None else ()
        return room + tuple(f"staff:{number}" for number in dict.fromkeys(self.staff))

    @property
    def slots(self) -> range:
        """Its quarter hours."""
        return slots_of(self.starts_at, self.ends_at)


@dataclass(frozen=True)
class Busy:
    """Hours of a resource that another session holds."""

    resource: str
    session_id: int
    batch_number: int
    program: str
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True)
class Clash:
    """Two things that cannot both be. kind: room | instructor (any staff) | leave | holiday."""

    kind: str
    wanted: Wanted
    resource: str = ""
    busy: Busy | None = None
    reason: str = ""


@dataclass(frozen=True)
class FreeSlot:
    """Hours in which everything a session needs is free; another room when `room_id` differs."""

    index: int
    day: date
    starts_at: datetime
    ends_at: datetime
    room_id: int | None


@dataclass(frozen=True)
class Days:
    """Days that are not free: holidays (day -> name) and leave (staff id -> [(first, last, reason)])."""

    holidays: Mapping[date, str] = field(default_factory=dict)
    leaves: Mapping[int, Sequence[tuple[date, date, str]]] = field(default_factory=dict)

    def leave_of(self, staff_id: int, day: date) -> tuple[date, date, str] | None:
        """The leave that covers a day, both ends included."""
        for first, last, reason in self.leaves.get(staff_id, ()):
            if first <= day <= last:
                return first, last, reason
        return None


def find_clashes(wanted: Sequence[Wanted], busy: Iterable[Busy], days: Days) -> list[Clash]:
    """All clashes, in the order of the sessions; for each one a holiday first, then room, people, leave.

    Spans that only touch (11.00 and 11.00) do not clash.
    """
    held: dict[str, list[Busy]] = {}
    for entry in busy:
        held.setdefault(entry.resource, []).append(entry)
    found: list[Clash] = []
    for session in wanted:
        if session.day in days.holidays:
            found.append(Clash("holiday", session, reason=days.holidays[session.day]))
        for resource in session.resources:
            kind = "room" if resource.startswith("room:") else "instructor"
            for entry in held.get(resource, ()):
                if entry.starts_at < session.ends_at and session.starts_at < entry.ends_at:
                    found.append(Clash(kind, session, resource, entry))
                    break
        for number in dict.fromkeys(session.staff):
            leave = days.leave_of(number, session.day)
            if leave is not None:
                found.append(Clash("leave", session, f"staff:{number}", reason=leave[2]))
    return found


def find_free_slots(
    clash: Clash,
    *,
    taken: Mapping[str, set[int]],
    rooms: Sequence[int],
    days: Days,
    zone: str,
    not_before: datetime,
    others: Sequence[Wanted] = (),
) -> list[FreeSlot]:
    """Up to three ways out of a clash: another room at the same hours, other hours of the same day, then the
    same hours on the next days (two weeks, no Sundays or holidays).

    taken: resource -> busy quarter hours; rooms: room ids that may take its place; others: further sessions
    of the same batch, which the offer must not overlap.
    """
    wanted = clash.wanted
    blocked = {slot for other in others if other.index != wanted.index for slot in other.slots}
    found: list[FreeSlot] = []

    def offer(day: date, starts_at: datetime, room_id: int | None) -> None:
        ends_at = starts_at + (wanted.ends_at - wanted.starts_at)
        if starts_at < not_before or len(found) >= OFFERS:
            return
        if day in days.holidays or any(days.leave_of(number, day) for number in wanted.staff):
            return
        slots = slots_of(starts_at, ends_at)
        needed = [f"staff:{number}" for number in wanted.staff]
        if room_id is not None:
            needed.append(f"room:{room_id}")
        if blocked.intersection(slots) or any(taken.get(name, set()).intersection(slots) for name in needed):
            return
        slot = FreeSlot(wanted.index, day, starts_at, ends_at, room_id)
        if slot not in found:
            found.append(slot)

    if clash.kind == "room":
        for room_id in rooms:
            if room_id != wanted.room_id and len(found) < OFFERS - 1:
                offer(wanted.day, wanted.starts_at, room_id)
    if clash.kind in ("room", "instructor"):
        for starts_at in _hours_of_day(wanted, zone):
            offer(wanted.day, starts_at, wanted.room_id)
    for offset in range(1, OFFER_DAYS + 1):
        day = wanted.day + timedelta(days=offset)
        if day.weekday() != SUNDAY:
            offer(day, _moved(wanted.starts_at, offset, zone), wanted.room_id)
    return found


def _hours_of_day(wanted: Wanted, zone: str) -> list[datetime]:
    """Starts on that day, nearest to the wished one first, one an hour, within teaching hours."""
    place = ZoneInfo(zone)
    length = wanted.ends_at - wanted.starts_at
    first = datetime(wanted.day.year, wanted.day.month, wanted.day.day, DAY_BEGINS, tzinfo=place)
    last = first + timedelta(hours=DAY_ENDS - DAY_BEGINS) - length
    starts, moment = [], first
    while moment <= last:
        if moment != wanted.starts_at:
            starts.append(moment)
        moment += timedelta(seconds=2 * SLOT_SECONDS)
    return sorted(starts, key=lambda start: (abs(start - wanted.starts_at), start))


def _moved(moment: datetime, days: int, zone: str) -> datetime:
    return moment.astimezone(ZoneInfo(zone)) + timedelta(days=days)
