"""When assessment acts by itself: written tests are closed at their deadline."""

from __future__ import annotations

from datetime import datetime

from portal.assessment.services.closing import close_due
from portal.core.db import transaction
from portal.core.timers import timer

CHUNK = 50


@timer("assessment.closing", minutes=1)
def close_tests(now: datetime) -> int:
    """Close and score every test whose deadline and grace are over, some in a transaction; how many."""
    total = 0
    while True:
        with transaction():
            closed = close_due(now=now, limit=CHUNK)
        total += closed
        if closed < CHUNK:
            return total
