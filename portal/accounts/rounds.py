"""What accounts does by the clock."""

from __future__ import annotations

from datetime import datetime

from portal.accounts.services.recovery import expire_requests
from portal.core.db import transaction


def close_recoveries(now: datetime) -> None:
    """Close requests and codes of recovery in person that nobody used in their day."""
    with transaction():
        expire_requests(now=now)
