"""Cooperatives for their chairs and companions."""

from __future__ import annotations

from typing import Any

from flask import request, url_for

from portal.cooperatives.labels import kind_label, post_label
from portal.cooperatives.queries import list_own_cooperatives
from portal.core import clock, htmx
from portal.core.paging import page_number
from portal.core.permissions import Permission, current_actor, requires
from portal.desks.links import link
from portal.desks.queries.cooperative import cooperative_page
from portal.desks.views.blueprint import blueprint
from portal.enrollment.labels import state_tag


@blueprint.get("/koperasi")
@requires(Permission.COOPERATIVE_VIEW)
def cooperatives() -> Any:
    """The cooperatives of the actor; a single one opens at once."""
    number = page_number(request.args.get("hal"))
    page = list_own_cooperatives(current_actor(), number)
    if number == 1 and len(page.items) == 1 and not page.has_next:
        return htmx.redirect(url_for("desks.cooperative", cooperative_id=page.items[0].id))
    return htmx.render("desks/cooperatives.html", listing=page, kind_label=kind_label)


@blueprint.get("/koperasi/<int:cooperative_id>")
@requires(Permission.COOPERATIVE_VIEW)
def cooperative(cooperative_id: int) -> Any:
    """Posts, terms, and how far each post is trained."""
    actor, now = current_actor(), clock.now()
    return htmx.render(
        "desks/cooperative.html",
        hall_page=cooperative_page(actor, cooperative_id, now),
        now=now,
        kind_label=kind_label,
        post_label=post_label,
        state_tag=state_tag,
        nominate_url=link("enrollment.nominate", cooperative_id=cooperative_id)
        if actor.may(Permission.NOMINATE)
        else None,
        verify_url=lambda code: link("verification.show", code=code),
    )
