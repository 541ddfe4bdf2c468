"""Clocks of a class without signal. Pure: no database, no clock.

A device's clock may be wrong by years. Only differences of its own times are used, so that how wrong it is
does not matter.
"""

from __future__ import annotations

from datetime import datetime, timedelta

LEAST = timedelta(hours=24)


def good_until(end_of_next_day: datetime, now: datetime) -> datetime:
    """Until when a pack may be used: the end of the day after the class, and at least a day from now."""
    return max(end_of_next_day, now + LEAST)


def noted_at(*, client_now: int, client_time: int, day_start: datetime, now: datetime) -> datetime:
    """When something was noted, by the server's clock.

    client_now, client_time: milliseconds of the device's clock, as it sent and as it noted. The answer lies
    between the start of the class's day and now.
    """
    most = max(now - day_start, timedelta(0)) // timedelta(milliseconds=1)
    ago = min(max(client_now - client_time, 0), most)
    return now - timedelta(milliseconds=ago)
