"""The tabs of a cooperative, whose pages lie in several rooms: known by name, shown where they exist."""

from __future__ import annotations

from flask import current_app, url_for

from portal.core.permissions import Actor, Permission, current_actor
from portal.core.words import gettext as _

P = Permission


def cooperative_tabs(
    cooperative_id: int, current: str, kind: str = "", actor: Actor | None = None
) -> list[tuple[str, str, bool]]:
    """The tabs of a cooperative for `ui.tabs`: (href, label, is current).

    Keys: kesiapan, pengurus, usulan, kelembagaan, pendirian (only of one that is not founded yet). Tabs the
    actor may not open are left out.
    """
    actor = actor or current_actor()
    tabs = [
        ("kesiapan", "desks.cooperative", _("Kesiapan"), (P.COOPERATIVE_VIEW, P.REGISTRY_EDIT)),
        ("pengurus", "cooperatives.board", _("Pengurus"), (P.COOPERATIVE_VIEW, P.REGISTRY_EDIT)),
        ("usulan", "enrollment.nominations", _("Usulan"), (P.NOMINATE,)),
        ("kelembagaan", "cooperatives.institution", _("Kelembagaan"), (P.COOPERATIVE_VIEW, P.REGISTRY_EDIT)),
    ]
    if kind == "prospective":
        founding = (
            "pendirian",
            "cooperatives.founding",
            _("Pendirian"),
            (P.COOPERATIVE_VIEW, P.REGISTRY_EDIT),
        )
        tabs.insert(1, founding)
    return [
        (url_for(endpoint, cooperative_id=cooperative_id), label, key == current)
        for key, endpoint, label, needed in tabs
        if endpoint in current_app.view_functions and any(actor.may(one) for one in needed)
    ]
