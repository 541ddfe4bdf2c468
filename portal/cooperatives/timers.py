"""When cooperatives acts by itself."""

from __future__ import annotations

from datetime import datetime

from portal.cooperatives.services.voices import keep_to_terms
from portal.core.db import transaction
from portal.core.permissions import SYSTEM
from portal.core.timers import timer


@timer("cooperatives.voices", minutes=360)
def end_with_terms(now: datetime) -> int:
    """Let no chair speak longer than the term lasts, whoever changed it; how many roles changed.

    The day itself needs no timer: a role ends by its date on the next request.
    """
    with transaction():
        return keep_to_terms(actor=SYSTEM, now=now)
