"""From nomination to certificate, by region."""

from __future__ import annotations

from typing import Any

from flask import request, url_for

from portal.core import clock, htmx
from portal.core.permissions import Permission, current_actor, requires
from portal.core.words import gettext as _
from portal.oversight import queries
from portal.oversight.pages.frame import tabs
from portal.oversight.pages.funnel import funnel_page
from portal.oversight.views.blueprint import blueprint


@blueprint.get("/pemantauan/corong")
@requires(Permission.OVERSIGHT_READ)
def funnel() -> Any:
    """The funnel and the table of a region."""
    code = (request.args.get("wilayah") or "").strip()[:13] or None
    found = queries.coverage(current_actor(), code)
    steps = [(url_for("oversight.funnel", wilayah=step), name) for step, name in found.path]
    return htmx.render(
        "oversight/funnel.html",
        "oversight/_funnel.html",
        coverage=found,
        crumbs=[(url_for("oversight.funnel"), _("Wilayah saya")), *steps] if steps else [],
        tabs=tabs("corong", code),
        now=clock.now(),
        **funnel_page(found),
    )
