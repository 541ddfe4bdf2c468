"""Coverage as files, for the region and the filters of the page."""

from __future__ import annotations

from typing import Any

from flask import Response, request, stream_with_context

from portal.core import clock
from portal.core.errors import NotFound
from portal.core.permissions import Permission, current_actor, requires
from portal.oversight.exports import coverage_csv, coverage_xlsx
from portal.oversight.forms import read_ask
from portal.oversight.pages.reading import coverage_day, find_reading
from portal.oversight.views.blueprint import blueprint

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@blueprint.get("/pemantauan/unduh.<kind>")
@requires(Permission.OVERSIGHT_READ)
def export(kind: str) -> Any:
    """The table of the page with every level below it, as .csv (in pieces) or .xlsx."""
    day = coverage_day(clock.now())
    ask = read_ask(request.args, day)
    reading = find_reading(ask, current_actor().scope(Permission.OVERSIGHT_READ), day)
    if reading is None or kind not in ("csv", "xlsx") or ask.wrong:
        raise NotFound()
    if kind == "csv":
        body: Any = stream_with_context(coverage_csv(reading))
        response = Response(body, mimetype="text/csv; charset=utf-8")
    else:
        response = Response(coverage_xlsx(reading), mimetype=XLSX)
    name = f"cakupan-{reading.code or 'indonesia'}-{reading.edition.on:%Y-%m-%d}.{kind}"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Cache-Control"] = "no-store"
    return response
