"""The gate before the pages of staff: a session without a second factor is led to where it gets one.

What staff may do is withheld from such a session (`identity`), so every page behind it refuses already; the
gate only turns the refusal into the way on. It costs a statement only for somebody who is led away.
"""

from __future__ import annotations

from typing import Any

from flask import Flask, request, url_for

from portal.accounts import identity
from portal.accounts.queries.factor import has_factor
from portal.core import edge, htmx
from portal.core.permissions import GrantedActor, current_actor

HOME = "desks.home"


def way_on(user_id: int, target: str) -> str:
    """Where somebody who lacks a second factor in this session goes: the second step, or setting one up."""
    endpoint = "accounts.second_step" if has_factor(user_id) else "accounts.factor_setup"
    return url_for(endpoint, lanjut=target or None)


def _is_withheld(view: Any) -> bool:
    """True when the page would open with the grants that wait for a factor, and does not without them."""
    access: Any = getattr(view, "access", "public")
    if access == "public" or (access == "signed_in" and request.endpoint != HOME):
        return False
    actor, here = current_actor(), identity.current_session()
    if here is None or not here.withheld:
        return False
    if access == "signed_in":
        return True
    whole = GrantedActor(actor.user_id, actor.person_id, actor.name, here.withheld)
    return any(whole.may(p) for p in access) and not any(actor.may(p) for p in access)


def _lead_on() -> Any:
    if not _is_withheld(edge.view_access()):
        return None
    here = identity.current_session()
    user_id = here.actor.user_id if here else None
    assert user_id is not None
    target = htmx.current_path() if request.method == "GET" else ""
    return htmx.redirect(way_on(user_id, target))


def install(app: Flask) -> None:
    """Stand before every request, after the checks of the edge."""
    app.before_request(_lead_on)
