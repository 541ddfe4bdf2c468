"""How long an entry of the institution checklist counts: pure rules."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta


def last_day(done_on: date, valid_months: int | None) -> date | None:
    """The last day on which an entry counts, inclusive; None for good.

    Fifteen months from 31 March 2026 end on 30 June 2027, where the month is too short on its last day.
    """
    if valid_months is None:
        return None
    year, month = divmod(done_on.year * 12 + done_on.month - 1 + valid_months, 12)
    longest = monthrange(year, month + 1)[1]
    if done_on.day > longest:
        return date(year, month + 1, longest)
    return date(year, month + 1, done_on.day) - timedelta(days=1)


def applies(kinds: list[str], kind: str) -> bool:
    """Whether an item is asked of a kind of cooperative; no kinds means all."""
    return not kinds or kind in kinds
