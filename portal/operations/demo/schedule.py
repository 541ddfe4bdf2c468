"""Days, rooms and staff for the batches of the demo without a clash, as plans that the service takes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from portal.batches.rules import next_teaching_day
from portal.batches.services import BatchPlan, SessionPlan
from portal.catalog.models import Program
from portal.catalog.queries import current_curriculum, units_of
from portal.centers.queries import holidays_between
from portal.core.clock import at, local_date
from portal.operations.demo.cast import House
from portal.operations.demo.plan import OVER, Act, Spec

HOURS_A_DAY = 8
#: How many days a batch of the demo may move when a holiday pushed others into its way.
MOST_SHIFT = 40
LINK = "https://kelas.example/balai"


@dataclass
class Course:
    """A program with what scheduling reads of it."""

    id: int
    code: str
    hours: int
    kinds: Sequence[str]
    posts: Sequence[str]
    topics: list[str]
    second_assessor: bool


def read_program(program: Program) -> Course:
    """The hours and unit titles of the program's current curriculum."""
    curriculum = current_curriculum(program.id)
    topics = [unit.title for unit in units_of(curriculum.id)]
    return Course(
        program.id, program.code, curriculum.hours, program.kinds, program.posts, topics,
        curriculum.second_assessor,
    )  # fmt: skip


@dataclass
class Calendar:
    """Which days each room and person of the centers is taken already."""

    taken: dict[str, set[date]] = field(default_factory=dict)

    def find(self, resources: Iterable[str], days: Sequence[date]) -> str | None:
        """The first of the resources that is free on all days."""
        return next((name for name in resources if not self.taken.get(name, set()) & set(days)), None)

    def take(self, names: Iterable[str], days: Sequence[date]) -> None:
        """From now on these are not free on these days."""
        for name in names:
            self.taken.setdefault(name, set()).update(days)


def class_days(spec: Spec, count: int, center_id: int, today: date, shift: int = 0) -> list[date]:
    """The days of a batch. A running one meets today whatever the weekday; others skip Sundays, and move
    `shift` days farther from today."""
    away = -shift if spec.act in OVER else shift
    first = today + timedelta(days=spec.day + away)
    holidays = holidays_between(center_id, first - timedelta(days=30), first + timedelta(days=60))
    if spec.act == Act.RUNNING:
        ahead = (first + timedelta(days=place) for place in range(count + 30))
        return [day for day in ahead if day not in holidays][:count]
    while True:
        days = _teaching_days(first, count, holidays)
        if spec.act not in OVER or days[-1] < today:
            return days
        first -= timedelta(days=1)


def _teaching_days(first: date, count: int, holidays: Collection[date]) -> list[date]:
    days: list[date] = []
    for _place in range(count):
        days.append(next_teaching_day(first, holidays))
        first = days[-1] + timedelta(days=1)
    return days


@dataclass(frozen=True)
class Slot:
    """What a batch was given: its plan, and the staff who act in it."""

    plan: BatchPlan
    instructor_id: int
    assessor_ids: tuple[int, ...]


def make_slot(
    spec: Spec, program: Course, house: House, calendar: Calendar, *, quota: int, today: date, now: datetime
) -> Slot:
    """A plan that clashes with none made before. Raises LookupError when the center is full for weeks."""
    days, online, room, instructor, assessors = _find_place(spec, program, house, calendar, today)
    sessions = [
        SessionPlan(
            day=day,
            start="08:00",
            end="15:30",
            hours=min(HOURS_A_DAY, program.hours - place * HOURS_A_DAY),
            mode="online" if place < online else "in_person",
            room_id=None if place < online else room,
            link=LINK if place < online else "",
            topic=program.topics[min(place * len(program.topics) // len(days), len(program.topics) - 1)],
            instructor_ids=(instructor,),
            assessor_ids=assessors,
        )
        for place, day in enumerate(days)
    ]
    pilots = spec.act == Act.OPEN and not spec.series and quota >= 16
    opens, closes = _window(spec, days[0], house.center.zone, now)
    plan = BatchPlan(
        program_id=program.id,
        center_id=house.center.id,
        opens_at=opens,
        closes_at=closes,
        quota=quota,
        reserve_seats=2,
        sessions=sessions,
        kinds=tuple(program.kinds),
        posts=tuple(program.posts),
        regions=(house.cast.regency,) if spec.center in ("sintang", "pati", "jayapura") else (),
        pilot_seats=2 if pilots else 0,
        pilot_until=now + timedelta(days=2) if pilots else None,
        series=spec.series,
    )
    return Slot(plan, instructor, assessors)


def _find_place(
    spec: Spec, program: Course, house: House, calendar: Calendar, today: date
) -> tuple[list[date], int, int | None, int, tuple[int, ...]]:
    """(days, how many of them are online, room, instructor, assessors), from now on taken; two assessors
    where the program asks for a second."""
    pool = [*house.venues, *house.rooms] if spec.mode == "offsite" else house.rooms
    count = -(-program.hours // HOURS_A_DAY)
    online = count if spec.mode == "online" else 2 if spec.mode == "mixed" else 0
    for shift in range(MOST_SHIFT):
        days = class_days(spec, count, house.center.id, today, shift)
        room = calendar.find([f"room:{number}" for number in pool], days[online:]) if days[online:] else ""
        instructor = calendar.find([f"staff:{number}" for number in house.instructors], days)
        judges = [f"staff:{number}" for number in house.assessors]
        found = [calendar.find(judges, days)]
        if program.second_assessor:
            found.append(calendar.find([judge for judge in judges if judge != found[0]], days))
        assessors = [judge for judge in found if judge is not None]
        if room is None or instructor is None or len(assessors) < len(found):
            continue
        calendar.take([instructor, *assessors], days)
        calendar.take([room], days[online:])
        numbers = tuple(int(judge[6:]) for judge in assessors)
        return days, online, int(room[5:]) if room else None, int(instructor[6:]), numbers
    raise LookupError(f"{spec.program} finds no place in {spec.center}")


def _window(spec: Spec, first: date, zone: str, now: datetime) -> tuple[datetime, datetime]:
    begins = at(first, 8, 0, zone)
    closes = at(first - timedelta(days=3), 16, 0, zone)
    if spec.act in (Act.NOT_OPEN, Act.DRAFT):
        return at(local_date(now, zone) + timedelta(days=10), 8, 0, zone), closes
    if spec.act == Act.CLOSED:
        closes = min(closes, now - timedelta(hours=6))
    return min(begins - timedelta(days=45), now - timedelta(days=22)), closes
