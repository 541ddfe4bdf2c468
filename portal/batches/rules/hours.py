"""Clock times on quarter hours, slots of 15 minutes, lesson hours."""

from __future__ import annotations

import re
from datetime import datetime

SLOT_SECONDS = 900
_CLOCK = re.compile(r"\s*(\d{1,2})\s*[.:]\s*(\d{2})\s*")


def parse_clock(text: str) -> tuple[int, int]:
    """ "08:00" or "8.00" as (hour, minute). Raises ValueError for anything else."""
    found = _CLOCK.fullmatch(text or "")
    if not found:
        raise ValueError("not a clock time")
    hour, minute = int(found[1]), int(found[2])
    if hour > 23 or minute > 59:
        raise ValueError("not a clock time")
    return hour, minute


def format_clock(hour: int, minute: int) -> str:
    """(8, 0) as "08:00"."""
    return f"{hour:02d}:{minute:02d}"


def is_on_quarter(minute: int) -> bool:
    """True at :00, :15, :30 and :45."""
    return minute % 15 == 0


def display_hours(start: tuple[int, int], end: tuple[int, int]) -> int:
    """Lesson hours of 45 minutes that fit in a span of wall-clock time, breaks included: a suggestion."""
    minutes = (end[0] * 60 + end[1]) - (start[0] * 60 + start[1])
    return max(minutes // 45, 0)


def slots_of(starts_at: datetime, ends_at: datetime) -> range:
    """The quarter hours (unix seconds // 900) that a span of aware moments occupies, its end excluded."""
    return range(int(starts_at.timestamp()) // SLOT_SECONDS, -(-int(ends_at.timestamp()) // SLOT_SECONDS))
