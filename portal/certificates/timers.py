"""When certificates act by themselves."""

from __future__ import annotations

from datetime import datetime

from portal.certificates.services.log import cover_log
from portal.core.db import transaction
from portal.core.permissions import SYSTEM
from portal.core.timers import timer


@timer("certificates.checkpoint", minutes=60)
def cover(now: datetime) -> int | None:
    """Sign a checkpoint where the newest does not cover the log; the size covered, or None."""
    with transaction() as session:
        return cover_log(session, actor=SYSTEM, now=now)
