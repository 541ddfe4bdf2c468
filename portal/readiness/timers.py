"""When readiness acts by itself."""

from __future__ import annotations

from datetime import datetime

from portal.core.timers import timer
from portal.readiness.jobs import recount_inclusion, refresh_all


@timer("readiness.refresh", minutes=1)
def refresh(now: datetime) -> int:
    """Bring the standings and the cells above them up to date; how many cooperatives were looked at."""
    return refresh_all(now)


@timer("readiness.inclusion", minutes=360)
def count_inclusion(now: datetime) -> int:
    """Count anew, four times a day, what people said about disability and help; how many regions."""
    return recount_inclusion(now)
