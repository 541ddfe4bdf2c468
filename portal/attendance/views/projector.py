"""The projector's page: QR and code that change, and who is here. It asks again every five seconds."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import current_app, request, url_for

from portal.attendance import queries
from portal.attendance.labels import KINDS, mark_label
from portal.attendance.queries import Hall
from portal.attendance.rules import checkpoints
from portal.attendance.services import screen
from portal.attendance.views.blueprint import blueprint
from portal.core import clock, htmx
from portal.core.clock import local_date
from portal.core.errors import NotFound
from portal.core.forms import row_number
from portal.core.permissions import Permission, current_actor, requires
from portal.core.words import gettext as _

LATEST = 6


@blueprint.get("/instruktur/presensi/<int:session_id>/layar")
@requires(Permission.ATTENDANCE_RECORD)
def projector(session_id: int) -> Any:
    """The page, and for htmx its live part, which says so when somebody came since it was drawn last."""
    head, now = queries.get_sheet(current_actor(), session_id), clock.now()
    hall = queries.find_hall(session_id)
    if hall is None:
        raise NotFound()
    context = _live(hall, now)
    live, seen = context["live"], request.args.get("sudah", None, type=row_number)
    news = _("%(n)s dari %(total)s hadir", n=len(live.here), total=live.total)
    trigger = {"announce": news} if seen is not None and seen != len(live.here) else None
    return htmx.render(
        "attendance/projector.html", "attendance/_live.html", trigger=trigger, head=head, hall=hall, **context
    )


def _live(hall: Hall, now: datetime) -> dict[str, Any]:
    """What the live part shows. Five statements, however many people."""
    parts = queries.parts_of_hall(hall)
    part = checkpoints.open_part(parts, now)
    blockers = checkpoints.arrival_blockers(
        batch_state=hall.batch_state, starts_at=hall.starts_at, ends_at=hall.ends_at, at=now, _=_
    )
    is_early = bool(blockers) and blockers[0].code == "too_early"
    is_today = local_date(hall.starts_at, hall.zone) == local_date(now, hall.zone)
    shown = None if blockers else screen.screen(hall, parts, now)
    rows = queries.sheet_rows(hall.session_id)
    return {
        "screen": shown,
        "address": _address(shown.token) if shown else "",
        "typed_at": url_for("attendance.code_page", _external=False),
        "host": _base_url().partition("//")[2],
        "blocker": blockers[0] if blockers else None,
        "polls": not blockers or (is_early and is_today),
        "live": queries.live(rows, queries.check_ins(hall.session_id), part.position),
        "latest": LATEST,
        "part": part,
        "parts": parts,
        "flags": sum(one.is_open for one in queries.devices_of(hall.session_id)),
        "url": url_for("attendance.projector", session_id=hall.session_id),
        "kinds": KINDS,
        "mark_label": mark_label,
    }


def _address(token: str) -> str:
    """What the QR says: capitals alone, which a QR packs densely; scheme and host have no case, and the
    route answers to capitals."""
    return f"{_base_url().upper()}/HADIR/{token}"


def _base_url() -> str:
    return str(current_app.extensions["portal_settings"].base_url).rstrip("/")
