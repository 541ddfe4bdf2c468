"""How often files and figures of past days may be asked for: they cost the portal more than a page."""

from __future__ import annotations

from datetime import datetime, timedelta

from portal.accounts.rules import Limit, network_of
from portal.accounts.services.throttle import count_try
from portal.core.permissions import Actor

#: Files of one account; of one address, where nobody signs in.
FILES = Limit("coverage.files", 40, timedelta(minutes=10))
PUBLIC_FILES = Limit("coverage.public", 60, timedelta(minutes=10))
#: Days that are worked out anew: every one reads the whole registry.
DAYS = Limit("coverage.days", 12, timedelta(hours=1))
ALL_DAYS = Limit("coverage.all_days", 60, timedelta(hours=1))


def count_file(*, actor: Actor, now: datetime) -> None:
    """Count a file of figures, in a transaction of its own, before it is made. Raises TooMany."""
    count_try(FILES, str(actor.user_id), now=now)


def count_public_file(*, address: str | None, now: datetime) -> None:
    """Count a file that somebody without an account takes. Raises TooMany."""
    count_try(PUBLIC_FILES, network_of(address), now=now)


def count_day(*, actor: Actor, now: datetime) -> None:
    """Count a past day that has to be worked out. Raises TooMany."""
    count_try(DAYS, str(actor.user_id), now=now)
    count_try(ALL_DAYS, "", now=now)
