"""Coverage as files, for the region and the filters of the page."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask import Response, request

from portal.accounts.queries import today
from portal.core import clock
from portal.core.db import transaction
from portal.core.errors import NotFound
from portal.core.permissions import Permission, current_actor, requires
from portal.oversight.exports import coverage_csv, coverage_xlsx
from portal.oversight.forms import read_ask
from portal.oversight.pages.reading import Reading, find_reading
from portal.oversight.services import count_file
from portal.oversight.views.blueprint import blueprint

CSV = "text/csv; charset=utf-8"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@blueprint.get("/pemantauan/unduh.<kind>")
@requires(Permission.OVERSIGHT_READ)
def export(kind: str) -> Any:
    """The table of the page with every level below it, as .csv (in pieces) or .xlsx."""
    with transaction():
        count_file(actor=current_actor(), now=clock.now())
    day = today(clock.now())
    ask = read_ask(request.args, day)
    reading = find_reading(ask, current_actor().scope(Permission.OVERSIGHT_READ), day)
    if reading is None or kind not in ("csv", "xlsx") or ask.wrong:
        raise NotFound()
    pieces = coverage_csv(reading) if kind == "csv" else [coverage_xlsx(reading)]
    return sent_file(pieces, file_name(reading, kind), CSV if kind == "csv" else XLSX, "no-store")


def file_name(reading: Reading, kind: str) -> str:
    """Such as cakupan-61.05-2026-11-22.csv."""
    return f"cakupan-{reading.code or 'indonesia'}-{reading.edition.on:%Y-%m-%d}.{kind}"


def sent_file(pieces: Iterable[bytes], name: str, mimetype: str, cache: str) -> Any:
    """A download, sent in pieces. They are all made first: what fails, fails before the first byte leaves,
    and a slow reader keeps no connection to the database. The whole country is under a megabyte."""
    response = Response(list(pieces), mimetype=mimetype)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Cache-Control"] = cache
    return response
