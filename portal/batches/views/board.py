"""The month of a center: rooms by days."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

from flask import request, url_for

from portal.batches import queries
from portal.batches.month import build_month, holiday_lines, month_days
from portal.batches.views import blueprint
from portal.centers.queries import choose_center, holidays_between, list_leaves, rooms_of
from portal.core import clock, htmx
from portal.core.formatting import month_year
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
    last = month_days(first)[-1]
    own: dict[str, Any] = {"blk": center.slug} if len(centers) > 1 else {}
    holidays = holidays_between(center.id, first, last)
    month = build_month(
        first=first,
        today=today,
        zone=center.zone,
        sessions=queries.board_sessions(center.id, first, last, center.zone),
        rooms=rooms_of(center.id),
        holidays=holidays,
        leaves=[pair for pair in list_leaves(center.id, first) if pair[0].starts_on <= last],
        batch_prefix=url_for("batches.workspace", batch_id=0).removesuffix("0"),
        leave_url=url_for("centers.leaves", **own) if actor.may(Permission.CENTER_EDIT) else "#libur",
    )

    def month_url(day: date) -> str:
        return url_for("batches.board", bulan=f"{day:%Y-%m}", **own)

    before, after = (first - timedelta(days=1)).replace(day=1), last + timedelta(days=1)
    return htmx.render(
        "batches/board.html",
        "batches/_board.html",
        center=center,
        centers=centers if len(centers) > 1 else [],
        month=month,
        month_name=month_year(first),
        before=(month_url(before), month_year(before)),
        after=(month_url(after), month_year(after)),
        holidays=holiday_lines(holidays),
        may_edit=actor.may(Permission.BATCH_EDIT),
    )
