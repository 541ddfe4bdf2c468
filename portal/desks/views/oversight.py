"""Those who watch and accompany: regulators, facilitators, partners. Aggregates only."""

from __future__ import annotations

from typing import Any

from flask import request, url_for

from portal.accounts.queries import today
from portal.cooperatives.labels import kind_label
from portal.core import clock, htmx
from portal.core.permissions import Permission, current_actor, requires
from portal.desks.queries import platform
from portal.desks.views.blueprint import blueprint
from portal.oversight import queries
from portal.oversight.forms import read_ask
from portal.oversight.pages.coverage import coverage_page
from portal.oversight.pages.frame import frame, waiting
from portal.oversight.pages.reading import coverage_day, find_reading


@blueprint.get("/pemantauan")
@requires(Permission.OVERSIGHT_READ)
def oversight() -> Any:
    """Coverage of a region in the actor's scope: table, map, denominators."""
    day = coverage_day(clock.now())
    ask = read_ask(request.args, day)
    reading = find_reading(ask, current_actor().scope(Permission.OVERSIGHT_READ), day)
    page = coverage_page(reading, _link) if reading else {"crumbs": [], **waiting(ask, day)}
    return htmx.render(
        "desks/oversight.html",
        "oversight/_coverage.html" if reading else "oversight/_waiting.html",
        422 if ask.wrong else 200,
        **frame("cakupan", ask, reading),
        **page,
    )


def _link(**query: Any) -> str:
    return url_for("desks.oversight", **query)


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
