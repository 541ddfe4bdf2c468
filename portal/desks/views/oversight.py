"""Those who watch and accompany: regulators, facilitators, partners. Aggregates only."""

from __future__ import annotations

from typing import Any

from flask import request, url_for
from flask_babel import gettext as _

from portal.accounts.queries import today
from portal.cooperatives.labels import kind_label
from portal.core import clock, htmx
from portal.core.permissions import Permission, current_actor, requires
from portal.desks import rules
from portal.desks.queries import platform
from portal.desks.views.blueprint import blueprint
from portal.oversight import queries


@blueprint.get("/pemantauan")
@requires(Permission.OVERSIGHT_READ)
def oversight() -> Any:
    """From nomination to certificate: the funnel and the table of a region."""
    code = (request.args.get("wilayah") or "").strip()[:13] or None
    found = queries.coverage(current_actor(), code)
    columns = {step: [area.people[step] for area in found.areas] for step in queries.STEPS}
    hidden = {step: rules.suppressed(column) for step, column in columns.items()}
    totals = {step: rules.shown_total(column) for step, column in columns.items()}
    rows = [
        {
            "area": area,
            "people": {step: hidden[step][i] for step in queries.STEPS},
            "share": rules.share(hidden["certified"][i], hidden["nominated"][i]),
        }
        for i, area in enumerate(found.areas)
        if not area.is_empty
    ]
    return htmx.render(
        "desks/oversight.html",
        "desks/_oversight_table.html",
        coverage=found,
        crumbs=_crumbs(found),
        rows=rows,
        empty=[area for area in found.areas if area.is_empty],
        totals=totals,
        steps=queries.STEPS,
        widths={step: rules.share(totals[step], totals["nominated"]) for step in queries.STEPS},
        has_hidden=any(None in column for column in hidden.values()),
        now=clock.now(),
    )


def _crumbs(found: queries.Coverage) -> list[tuple[str, str]]:
    if not found.path:
        return []
    steps = [(url_for("desks.oversight", wilayah=code), name) for code, name in found.path]
    return [(url_for("desks.oversight"), _("Wilayah saya")), *steps]


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
