"""What the next page of one browser needs and no address may hold: a form half-way, a link that is shown.
Sealed, of one account, for a short while."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

from portal.accounts.services import one_time
from portal.core.crypto import CryptoError, cipher
from portal.core.permissions import Actor

_AAD = "enrollment.kept"
#: How long a form half-way is kept, and a link that is shown.
FORM_LIFE, LINK_LIFE = timedelta(hours=2), timedelta(minutes=10)


def keep(what: str, value: Any, *, life: timedelta, actor: Actor, now: datetime) -> str:
    """Keep plain JSON for the account; answers the handle for its browser."""
    sealed = cipher().encrypt(json.dumps([what, value]), _AAD)
    data = {"users": [actor.user_id], "sealed": sealed}
    return one_time.make("show", data=data, now=now, life=life)


def kept(what: str, handle: str, *, actor: Actor, now: datetime) -> Any:
    """What was kept under a handle, or None: unknown, over, another account's or another thing."""
    found = one_time.look("show", handle, now) if handle else None
    if found is None or found.get("users") != [actor.user_id] or "sealed" not in found:
        return None
    try:
        kind, value = json.loads(cipher().decrypt(found["sealed"], _AAD))
    except CryptoError:
        return None
    return value if kind == what else None
