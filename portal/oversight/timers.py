"""What oversight does by itself."""

from __future__ import annotations

from datetime import datetime

from portal.core.db import transaction
from portal.core.permissions import SYSTEM
from portal.core.timers import timer
from portal.oversight.services import make_monthly_report


@timer("oversight.report", minutes=1440)
def monthly_report(now: datetime) -> bool:
    """Write the report of a month on its first day that has figures; whether one was written."""
    with transaction():
        return make_monthly_report(actor=SYSTEM, now=now) is not None
