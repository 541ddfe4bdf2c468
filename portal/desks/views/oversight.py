"""Those who accompany: facilitators and partners. Aggregates only."""

from __future__ import annotations

from typing import Any

from portal.accounts.queries import today
from portal.cooperatives.labels import kind_label
from portal.core import clock, htmx
from portal.core.permissions import Permission, current_actor, requires
from portal.desks.queries import platform
from portal.desks.views.blueprint import blueprint
from portal.oversight import queries


@blueprint.get("/fasilitator")
@requires(Permission.DIALOGUE_VIEW)
def facilitator() -> Any:
    """Cooperatives in the facilitator's region, by kind."""
    actor = current_actor()
    regions = sorted(actor.scope(Permission.DIALOGUE_VIEW).regions)
    return htmx.render(
        "desks/facilitator.html",
        kinds=queries.cooperatives_by_kind(actor, Permission.DIALOGUE_VIEW),
        places=queries.region_names(regions),
        is_country="" in regions,
        kind_label=kind_label,
        now=clock.now(),
    )


@blueprint.get("/mitra")
@requires(Permission.PARTNER_VIEW)
def partner() -> Any:
    """Totals of the public schedule."""
    now = clock.now()
    return htmx.render("desks/partner.html", totals=platform.public_totals(today(now)), now=now)
