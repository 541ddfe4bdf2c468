"""Hours, slots, teaching days, clashes and free hours."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.batches.rules import (
    Busy,
    Wanted,
    display_hours,
    find_clashes,
    find_free_slots,
    is_on_quarter,
    next_teaching_day,
    parse_clock,
    session_blockers,
    shift_days,
    slots_of,
)
from portal.batches.rules.clashes import Days
from portal.batches.rules.sessions import PATTERNS, pattern_days
from portal.core import clock

MONDAY = date(2026, 12, 7)
ZONE = "Asia/Jakarta"


def wanted(
    start: int, end: int, day: date = MONDAY, room: int | None = 1, staff: tuple[int, ...] = ()
) -> Wanted:
    """A session by hours of the day."""
    return Wanted(0, day, clock.at(day, start, 0, ZONE), clock.at(day, end, 0, ZONE), room, staff)


def busy(start: int, end: int, resource: str = "room:1", day: date = MONDAY) -> Busy:
    """Somebody else's hours."""
    return Busy(resource, 9, 13, "Pembukuan", clock.at(day, start, 0, ZONE), clock.at(day, end, 0, ZONE))


@pytest.mark.parametrize(
    ("text", "value"), [("08:00", (8, 0)), ("8.00", (8, 0)), (" 15.30 ", (15, 30)), ("23:59", (23, 59))]
)
def test_clock_times_as_people_write_them(text: str, value: tuple[int, int]) -> None:
    assert parse_clock(text) == value


@pytest.mark.parametrize("text", ["", "8", "24:00", "08:60", "8 pagi", "08:00:00", "٠٨:٠٠x"])
def test_other_texts_are_no_clock_times(text: str) -> None:
    with pytest.raises(ValueError):
        parse_clock(text)


@pytest.mark.parametrize(("minute", "fits"), [(0, True), (15, True), (45, True), (10, False), (59, False)])
def test_quarter_hours(minute: int, fits: bool) -> None:
    assert is_on_quarter(minute) is fits


def test_lesson_hours_are_whole() -> None:
    assert display_hours((8, 0), (15, 30)) == 10
    assert display_hours((8, 0), (8, 30)) == 0


def test_slots_leave_out_the_end() -> None:
    start = datetime(2026, 12, 7, 1, 0, tzinfo=UTC)
    assert len(slots_of(start, start + timedelta(hours=1))) == 4
    one, other = (
        slots_of(start, start + timedelta(hours=1)),
        slots_of(start + timedelta(hours=1), start + timedelta(hours=2)),
    )
    assert not set(one) & set(other)


@pytest.mark.parametrize(
    ("mine", "theirs", "clash"),
    [
        ((8, 11), (11, 14), False),
        ((11, 14), (8, 11), False),
        ((8, 12), (11, 14), True),
        ((9, 10), (8, 14), True),
        ((8, 14), (9, 10), True),
        ((8, 11), (8, 11), True),
    ],
)
def test_clash_by_hours(mine: tuple[int, int], theirs: tuple[int, int], clash: bool) -> None:
    found = find_clashes([wanted(*mine)], [busy(*theirs)], Days())
    assert [c.kind for c in found] == (["room"] if clash else [])


def test_clash_names_holiday_room_person_and_leave_in_this_order() -> None:
    days = Days({MONDAY: "Libur"}, {5: [(MONDAY, MONDAY, "cuti")]})
    found = find_clashes([wanted(8, 11, staff=(5,))], [busy(8, 9), busy(8, 9, "staff:5")], days)
    assert [c.kind for c in found] == ["holiday", "room", "instructor", "leave"]


def test_free_slots_avoid_busy_holidays_sundays_past_and_own_sessions() -> None:
    session = wanted(8, 11, room=None, staff=(5,))
    clash = find_clashes([session], [busy(8, 11, "staff:5")], Days())[0]
    others = [Wanted(1, MONDAY, clock.at(MONDAY, 11, 0, ZONE), clock.at(MONDAY, 14, 0, ZONE), None)]
    found = find_free_slots(
        clash,
        taken={"staff:5": set(slots_of(session.starts_at, session.ends_at))},
        rooms=[],
        days=Days({MONDAY + timedelta(days=1): "Libur"}),
        zone=ZONE,
        not_before=clock.at(MONDAY, 0, 0, ZONE),
        others=others,
    )
    assert (found[0].day, found[0].starts_at.astimezone(UTC).hour + 7) == (MONDAY, 14)
    assert len(found) == 3
    assert all(slot.day.weekday() != 6 and slot.day != MONDAY + timedelta(days=1) for slot in found)


@pytest.mark.parametrize(
    ("old", "start", "holidays", "new"),
    [
        ([7, 8, 9], 14, [], [14, 15, 16]),
        ([7, 8, 9], 18, [], [18, 19, 21]),
        ([7, 8, 9], 23, [25], [23, 24, 26]),
        ([7, 8, 9], 25, [25], [26, 28, 29]),
        ([5, 7, 8], 9, [], [9, 10, 11]),
        ([7, 9, 11], 14, [], [14, 16, 18]),
        ([7, 14], 18, [], [18, 25]),
        ([5, 6], 12, [], [12, 13]),
    ],
)
def test_shift_days(old: list[int], start: int, holidays: list[int], new: list[int]) -> None:
    def day(number: int) -> date:
        return date(2026, 12, number)

    moved = shift_days([day(n) for n in old], day(start), [day(n) for n in holidays])
    assert [d.day for d in moved.values()] == new


@given(
    offsets=st.sets(st.integers(0, 40), min_size=1, max_size=12),
    start=st.dates(date(2026, 1, 1), date(2027, 12, 31)),
    holidays=st.sets(st.dates(date(2026, 1, 1), date(2028, 6, 30)), max_size=20),
)
def test_shifted_days_stay_in_order_and_off_holidays(
    offsets: set[int], start: date, holidays: set[date]
) -> None:
    old = [MONDAY + timedelta(days=n) for n in offsets]
    moved = shift_days(old, start, holidays)
    new = [moved[day] for day in sorted(old)]
    assert new == sorted(set(new))
    assert new[0] >= start
    assert not holidays & set(new)


def test_year_of_holidays_has_no_teaching_day() -> None:
    with pytest.raises(ValueError):
        next_teaching_day(MONDAY, {MONDAY + timedelta(days=n) for n in range(370)})


@pytest.mark.parametrize("entry", PATTERNS, ids=lambda entry: entry.key)
def test_patterns_hold_together(entry: object) -> None:
    days = pattern_days(entry, date(2026, 12, 24), {date(2026, 12, 25)})  # type: ignore[arg-type]
    assert len(days) == entry.days  # type: ignore[attr-defined]
    assert not {day for day in days if day.weekday() == 6 or day.day == 25}
    assert not session_blockers([(days[0], entry.start, entry.end, entry.hours, "online", None)])  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("sessions", "codes"),
    [
        ([(MONDAY, "08:00", "11:00", 4, "in_person", 1)], []),
        ([(MONDAY, "08:00", "11:00", 4, "in_person", None)], ["room_missing"]),
        ([(MONDAY, "08:00", "11:00", 4, "online", None)], []),
        ([(MONDAY, "11:00", "08:00", 4, "online", None)], ["ends_before_start"]),
        ([(MONDAY, "08:05", "11:00", 4, "online", None)], ["not_on_quarter"]),
        ([(MONDAY, "08:00", "11:00", 17, "online", None)], ["hours_range"]),
        (
            [(MONDAY, "08:00", "11:00", 4, "online", None), (MONDAY, "10:00", "12:00", 2, "online", None)],
            ["sessions_overlap"],
        ),
        ([(MONDAY, "08:00", "11:00", 4, "online", None), (MONDAY, "11:00", "12:00", 1, "online", None)], []),
    ],
)
def test_sessions_in_themselves(sessions: list, codes: list[str]) -> None:
    assert [blocker.code for _index, blocker in session_blockers(sessions)] == codes
