"""The waitlist: its order, who is next for a freed seat, and what moving somebody by hand makes of it.

What is stored with an enrollment (`priority`) says who somebody is: of a pilot cooperative, nominated, or
neither. The class in the queue says what the batch makes of it: holders of a post that the batch still keeps
seats for go between the pilots and the nominated. Staff may give a class by hand.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from portal.enrollment.rules.places import Room, seat_together

#: Classes of the queue, the first goes first.
PILOT, POST, NOMINATED, OTHER = range(4)
#: Why somebody is passed over, beside what `places` says.
BUSY, UNPREPARED, NOT_MEANT, OUT_OF_REACH, KNOWN_HERE = "busy", "unprepared", "not_meant", "reach", "known"
UNANSWERED = "not_consented"
OWN_CASE, GROUP_HINDERED, GROUP_TOO_BIG = "own_case", "group_hindered", "group_too_big"
_STEP = timedelta(microseconds=1)


def priority_class(*, is_pilot: bool, is_nominated: bool = False) -> int:
    """What is stored: 0 for a pilot cooperative, 1 for somebody nominated, 2 for the others."""
    if is_pilot:
        return 0
    return 1 if is_nominated else 2


def queue_class(priority: int, post: str, open_posts: Collection[str], moved_class: int | None = None) -> int:
    """The class in the queue of a batch: PILOT, POST, NOMINATED or OTHER; one given by hand holds.

    priority: as stored; open_posts: posts for whose holders the batch still keeps a seat.
    """
    if moved_class is not None:
        return moved_class
    if priority == 0:
        return PILOT
    return POST if post in open_posts else priority + 1


class Queued(Protocol):
    """Somebody who waits. `priority`: the class in the queue."""

    @property
    def id(self) -> int: ...
    @property
    def priority(self) -> int: ...
    @property
    def queued_at(self) -> datetime: ...


@dataclass(frozen=True)
class Waiter:
    """Somebody in line for a seat of one batch. group_id: set only for people who wait to come together.
    hindrance: why they cannot come to this batch, or ""."""

    id: int
    person_id: int
    batch_id: int
    priority: int
    queued_at: datetime
    cooperative_id: int | None = None
    post: str = ""
    is_pilot: bool = False
    group_id: int | None = None
    is_reserve: bool = False
    hindrance: str = ""


def moved_to(entry: Waiter, priority: int, queued_at: datetime) -> Waiter:
    """The same person at another place of the queue."""
    return replace(entry, priority=priority, queued_at=queued_at)


@dataclass(frozen=True)
class Turn:
    """Whose turn it is: one person, a whole group, or nobody; and who was passed over, with the reason."""

    chosen: tuple[Waiter, ...]
    passed: dict[int, str]


def queue_key(entry: Queued) -> tuple[int, datetime, int]:
    """The order of the waitlist: class, then time, then the number as a last resort."""
    return entry.priority, entry.queued_at, entry.id


def line_key(entry: Waiter) -> tuple[bool, int, datetime, int]:
    """The order in which seats are given: the reserves first, then the waitlist."""
    return (not entry.is_reserve, *queue_key(entry))


def waitlist_rank(entries: Iterable[Queued], enrollment_id: int) -> int | None:
    """The place (from 1) of an enrollment among those who wait, or None."""
    for rank, entry in enumerate(sorted(entries, key=queue_key), 1):
        if entry.id == enrollment_id:
            return rank
    return None


def units(line: Iterable[Waiter]) -> list[tuple[Waiter, ...]]:
    """The line as it moves: single people, and whole groups where their first member stands. Somebody who
    waits in several batches of a pool stands once, where they come first."""
    ordered = sorted(line, key=line_key)
    groups: dict[int, list[Waiter]] = {}
    found: list[list[Waiter]] = []
    seen: set[int] = set()
    for entry in ordered:
        if entry.person_id in seen:
            continue
        seen.add(entry.person_id)
        if entry.group_id is None or entry.is_reserve:
            found.append([entry])
        elif entry.group_id in groups:
            groups[entry.group_id].append(entry)
        else:
            groups[entry.group_id] = [entry]
            found.append(groups[entry.group_id])
    return [tuple(unit) for unit in found]


def why_not(unit: Sequence[Waiter], room: Room) -> str:
    """ "" when everybody of a unit can have a seat of this room now, else the one reason."""
    hindrance = next((entry.hindrance for entry in unit if entry.hindrance), "")
    if hindrance:
        return hindrance if len(unit) == 1 else GROUP_HINDERED
    refusal = seat_together(room, unit)
    return refusal if len(unit) == 1 or not refusal else GROUP_TOO_BIG


def next_in_line(line: Iterable[Waiter], room: Room) -> Turn:
    """Who is offered a freed seat. A group is offered all its seats at once or none."""
    passed: dict[int, str] = {}
    for unit in units(line):
        reason = why_not(unit, room)
        if not reason:
            return Turn(unit, passed)
        passed |= {entry.id: reason for entry in unit}
    return Turn((), passed)


def reaches(
    *,
    same_center: bool,
    regions: Collection[str],
    center_region: str,
    region_code: str | None,
) -> bool:
    """Whether a batch that shares a waitlist is in somebody's reach: at the center they asked for, named for
    their region, or, when it names none, in their province. An unknown region reaches its own center only."""
    if same_center:
        return True
    if region_code is None:
        return False
    if regions:
        return any(region_code == code or region_code.startswith(f"{code}.") for code in regions)
    return region_code[:2] == center_region[:2]


@dataclass(frozen=True)
class Slot:
    """A new place in the queue: class and time of the one who moves, and the times of those who step back a
    microsecond so that no two share a moment (by id)."""

    priority: int
    queued_at: datetime
    shifted: dict[int, datetime]


def slot_before(line: Iterable[Queued], mover_id: int, before_id: int) -> Slot:
    """Where somebody stands who is moved right before another; everybody else keeps their order.

    Raises KeyError when `before_id` does not wait, ValueError when it is the mover.
    """
    if mover_id == before_id:
        raise ValueError("before oneself")
    ordered = sorted((entry for entry in line if entry.id != mover_id), key=queue_key)
    at = next((i for i, entry in enumerate(ordered) if entry.id == before_id), None)
    if at is None:
        raise KeyError(before_id)
    target = ordered[at]
    ahead = ordered[at - 1] if at and ordered[at - 1].priority == target.priority else None
    time = target.queued_at - _STEP
    if ahead is not None and ahead.queued_at >= time:
        time = ahead.queued_at + _STEP
    shifted: dict[int, datetime] = {}
    last = time
    for entry in ordered[at:]:
        if entry.priority != target.priority or entry.queued_at > last:
            break
        last += _STEP
        shifted[entry.id] = last
    return Slot(target.priority, time, shifted)
