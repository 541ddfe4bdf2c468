"""How often cooperatives may be looked up by name: a name is sought in the whole registry."""

from __future__ import annotations

from datetime import datetime, timedelta

from portal.accounts.rules import Limit, network_of
from portal.accounts.services.throttle import count_try
from portal.core.permissions import Actor

#: Searches of one account, typed letter by letter; of one network, where a whole class may sit.
SEARCHES = Limit("cooperative.search", 120, timedelta(minutes=10))
NETWORK_SEARCHES = Limit("cooperative.search_all", 600, timedelta(minutes=10))


def count_search(*, address: str | None, actor: Actor, now: datetime) -> None:
    """Count a search, in a transaction of its own, before it is made. Raises TooMany."""
    count_try(SEARCHES, str(actor.user_id), now=now)
    count_try(NETWORK_SEARCHES, network_of(address), now=now)
