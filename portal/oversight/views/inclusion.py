"""Who is reached."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import request, url_for

from portal.accounts.queries import today
from portal.core import clock, htmx
from portal.core.permissions import Permission, current_actor, requires
from portal.core.words import gettext as _
from portal.oversight.forms import read_ask
from portal.oversight.pages.frame import frame
from portal.oversight.pages.inclusion import inclusion_page
from portal.oversight.pages.reading import find_reading
from portal.oversight.views.blueprint import blueprint


@blueprint.get("/pemantauan/inklusi")
@requires(Permission.OVERSIGHT_READ)
def inclusion() -> Any:
    """Women, disability and help, remote regions: for the country, a province or a regency."""
    day = today(clock.now())
    asked = read_ask(request.args, day)
    ask = replace(asked, kind="", post="", line="", on=None, order="nama", is_down=False, wrong="")
    scope = current_actor().scope(Permission.OVERSIGHT_READ)
    reading = find_reading(ask, scope, day, deepest="regency")
    steps = (
        [(url_for("oversight.inclusion", wilayah=code or None), name) for code, name in reading.path]
        if reading
        else []
    )
    crumbs = (
        steps
        if not reading or len(reading.roots) == 1
        else [(url_for("oversight.inclusion"), _("Wilayah saya")), *steps]
    )
    return htmx.render(
        "oversight/inclusion.html",
        crumbs=crumbs,
        **frame("inklusi", ask, reading),
        **(inclusion_page(reading) if reading else {}),
    )
