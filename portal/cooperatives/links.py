"""What the pages of a cooperative share, which lie in several rooms: their tabs, known by name and shown
where they exist, and the end of the reader's own term."""

from __future__ import annotations

from datetime import date, timedelta

from flask import current_app, url_for

from portal.accounts.queries import AFTER_DAYS
from portal.core.permissions import Actor, Permission, current_actor, term_ended_on
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
        if endpoint in current_app.view_functions and any(_may(actor, one, cooperative_id) for one in needed)
    ]


def _may(actor: Actor, permission: Permission, cooperative_id: int) -> bool:
    """Whoever reads on after their term proposes for others of their cooperatives, not for this one."""
    is_over = term_ended_on(actor, cooperative_id) is not None and permission == P.NOMINATE
    return actor.may(permission) and not is_over


def term_over(cooperative_id: int, actor: Actor | None = None) -> tuple[date, date] | None:
    """(last day of the reader's term as chair, last day on which they still read this), or None."""
    ended = term_ended_on(actor or current_actor(), cooperative_id)
    return (ended, ended + timedelta(days=AFTER_DAYS)) if ended is not None else None
