"""What readiness means, for a chair who has never heard of it."""

from __future__ import annotations

from typing import Any

from flask import request

from portal.core import clock, htmx
from portal.core.clock import local_date
from portal.core.forms import row_number
from portal.core.permissions import current_actor, public
from portal.core.words import language
from portal.readiness import guide as guide_page
from portal.readiness.rules_coverage import ZONE
from portal.readiness.views.blueprint import blueprint


@blueprint.get("/kesiapan/panduan")
@public()
def guide() -> Any:
    """Pillars, states, what to do first, and what each service needs; with one's own cooperative if there is
    one."""
    wanted = request.args.get("koperasi", type=row_number)
    on = local_date(clock.now(), ZONE)
    return htmx.render(
        "readiness/guide.html", guide=guide_page.guide(current_actor(), wanted, on, language())
    )
