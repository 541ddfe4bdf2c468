"""Teaching days: moving a class to other dates without landing on a Sunday or a holiday."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, timedelta

SUNDAY = 6
# A year without a teaching day means that the calendar is wrong, not that the class waits.
_HORIZON = 366


def next_teaching_day(day: date, holidays: Collection[date], *, sundays: bool = False) -> date:
    """`day` itself, or the first day after it that is no holiday and (unless `sundays`) no Sunday.
    Raises ValueError when there is none within a year."""
    for offset in range(_HORIZON):
        candidate = day + timedelta(days=offset)
        if candidate not in holidays and (sundays or candidate.weekday() != SUNDAY):
            return candidate
    raise ValueError("no teaching day within a year")


def shift_days(days: Sequence[date], starts_on: date, holidays: Collection[date]) -> dict[date, date]:
    """Each old day -> its new day, the first one on or after `starts_on`.

    Gaps between days are kept; a day that would land on a holiday or a Sunday moves on, and those after it
    stay behind it. Sundays are allowed when the class met on a Sunday before.
    """
    old = sorted(set(days))
    if not old:
        return {}
    sundays = any(day.weekday() == SUNDAY for day in old)
    moved: dict[date, date] = {}
    last: date | None = None
    for day in old:
        wished = starts_on + (day - old[0])
        if last is not None and wished <= last:
            wished = last + timedelta(days=1)
        last = moved[day] = next_teaching_day(wished, holidays, sundays=sundays)
    return moved
