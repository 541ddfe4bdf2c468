"""The one clock. Services never read it: views and commands pass `now`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

_frozen: datetime | None = None


def now() -> datetime:
    """The present moment, timezone-aware UTC."""
    return _frozen or datetime.now(UTC)


@contextmanager
def freeze(moment: datetime) -> Iterator[None]:
    """Stop the clock at `moment` (aware) for tests and reproducible demo data."""
    global _frozen
    before, _frozen = _frozen, moment
    try:
        yield
    finally:
        _frozen = before


def local_date(moment: datetime, zone: str) -> date:
    """The calendar day of an aware moment in an IANA zone such as `Asia/Jakarta`."""
    return moment.astimezone(ZoneInfo(zone)).date()


def at(day: date, hour: int, minute: int, zone: str) -> datetime:
    """The UTC moment of a wall-clock time in an IANA zone."""
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=ZoneInfo(zone)).astimezone(UTC)
