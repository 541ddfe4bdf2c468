"""Patterns that fill in a schedule, and what makes a schedule impossible in itself."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from portal.batches import messages
from portal.batches.rules.days import next_teaching_day
from portal.batches.rules.hours import is_on_quarter, parse_clock
from portal.core.blockers import Blocker

MAX_SESSIONS = 60


@dataclass(frozen=True)
class Pattern:
    """A usual way to hold a class: days, from when to when, hours a day, how many days online first."""

    key: str
    days: int
    start: str
    end: str
    hours: int
    online_days: int = 0


PATTERNS = (
    Pattern("3x8", 3, "08:00", "15:30", 8),
    Pattern("2x8", 2, "08:00", "15:30", 8),
    Pattern("5x8", 5, "08:00", "15:30", 8),
    Pattern("2o4", 6, "08:00", "15:30", 8, online_days=2),
    Pattern("1x8", 1, "08:00", "15:30", 8),
    Pattern("4x4", 4, "13:00", "16:30", 4),
)


def pattern(key: str) -> Pattern | None:
    """The pattern of a key, or None."""
    return next((entry for entry in PATTERNS if entry.key == key), None)


def pattern_days(chosen: Pattern, starts_on: date, holidays: Collection[date]) -> list[date]:
    """The teaching days of a pattern from `starts_on` on, without Sundays and holidays."""
    found: list[date] = []
    day = starts_on
    while len(found) < chosen.days:
        day = next_teaching_day(day, holidays)
        found.append(day)
        day = date.fromordinal(day.toordinal() + 1)
    return found


def session_blockers(
    sessions: Sequence[tuple[date, str, str, int, str, int | None]],
) -> list[tuple[int, Blocker]]:
    """(session index, why it cannot be): sessions as (day, start, end, hours, mode, room_id)."""
    found: list[tuple[int, Blocker]] = []
    spans: list[tuple[date, tuple[int, int], tuple[int, int], int]] = []
    if len(sessions) > MAX_SESSIONS:
        found.append((0, messages.too_many_sessions(MAX_SESSIONS)))
    for index, (day, start, end, hours, mode, room_id) in enumerate(sessions):
        try:
            begins, ends = parse_clock(start), parse_clock(end)
        except ValueError:
            found.append((index, messages.clock_invalid()))
            continue
        if not (is_on_quarter(begins[1]) and is_on_quarter(ends[1])):
            found.append((index, messages.not_on_quarter()))
        if ends <= begins:
            found.append((index, messages.ends_before_start()))
        elif not 0 < hours <= 16:
            found.append((index, messages.hours_range()))
        if mode != "online" and room_id is None:
            found.append((index, messages.room_missing()))
        for other_day, other_begins, other_ends, other in spans:
            if day == other_day and begins < other_ends and other_begins < ends:
                found.append((index, messages.sessions_overlap(index + 1, other + 1)))
        spans.append((day, begins, ends, index))
    return found
