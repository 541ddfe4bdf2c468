"""The clock of a breach: 3 x 24 hours from when it was found (UU PDP article 46), as a pure rule."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

LIMIT = timedelta(hours=72)


@dataclass(frozen=True)
class Clock:
    """How an entry stands. state: running, overdue (not all told and the time is over), in_time, late (all
    told, the last of them in time or after it). percent: the used part of the time, 0 to 100. left: what
    remains, negative when it is over; None once all were told."""

    state: str
    due_at: datetime
    percent: int
    left: timedelta | None


def clock_of(
    found_at: datetime, people_told_at: datetime | None, authority_told_at: datetime | None, now: datetime
) -> Clock:
    """The clock of an entry at a moment."""
    due = found_at + LIMIT
    told = max(people_told_at, authority_told_at) if people_told_at and authority_told_at else None
    used = (told or now) - found_at
    percent = min(100, max(0, int(100 * used / LIMIT)))
    if told is not None:
        return Clock("in_time" if told <= due else "late", due, percent, None)
    return Clock("running" if now <= due else "overdue", due, percent, due - now)
