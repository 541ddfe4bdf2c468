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

    Days that followed each other, or only a Sunday or a holiday apart, follow each other again; other gaps
    are kept (a class on every Monday stays weekly). A day that would land on a holiday or a Sunday moves
    on, and those after it stay behind it. Sundays are allowed when the class met on a Sunday before.
    `holidays` cover the old days and the new.
    """
    old = sorted(set(days))
    sundays = any(day.weekday() == SUNDAY for day in old)
    moved: dict[date, date] = {}
    for index, day in enumerate(old):
        wished = starts_on + (day - old[0])
        if index:
            after = moved[old[index - 1]] + timedelta(days=1)
            follows = next_teaching_day(old[index - 1] + timedelta(days=1), holidays, sundays=sundays) >= day
            wished = after if follows else max(wished, after)
        moved[day] = next_teaching_day(wished, holidays, sundays=sundays)
    return moved
