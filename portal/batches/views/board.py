"""The month of a center: rooms by days."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from flask import request

from portal.batches.desk_pages import board_page
from portal.batches.views import blueprint
from portal.centers.queries import choose_center
from portal.core import clock, htmx
from portal.core.permissions import Permission, current_actor, requires


def _month(text: str | None, today: date) -> date:
    """The first day of "2026-12"; anything else is the present month."""
    found = re.fullmatch(r"(20\d\d)-(0[1-9]|1[0-2])", text or "", re.A)
    return date(int(found[1]), int(found[2]), 1) if found else today.replace(day=1)


@blueprint.get("/balai/jadwal")
@requires(Permission.BATCH_VIEW)
def board() -> Any:
    """Every room of a month, with clashes, leave and holidays."""
    actor = current_actor()
    center, centers = choose_center(actor, Permission.BATCH_VIEW, request.args.get("blk"))
    today = clock.local_date(clock.now(), center.zone)
    first = _month(request.args.get("bulan"), today)
    page = board_page(center, centers, first, today, actor)
    return htmx.render("batches/board.html", "batches/_board.html", **page)
