"""Closing a report of a suspected forgery, with what came of it."""

from __future__ import annotations

from datetime import datetime

from portal.certificates.models import ForgeryReport
from portal.certificates.queries.reports import get_report
from portal.core import audit
from portal.core.db import db
from portal.core.errors import Conflict
from portal.core.permissions import Actor
from portal.core.words import gettext as _


def close_report(*, report_id: int, note: str, actor: Actor, now: datetime) -> ForgeryReport:
    """Close a report of the actor's with a note. Raises NotFound, Conflict `report_closed`."""
    report = get_report(actor, report_id).report
    db.session.refresh(report, with_for_update=True)
    if report.state != "open":
        raise Conflict("report_closed", _("Laporan ini sudah ditutup."))
    report.state, report.note = "closed", note
    report.handled_by, report.handled_at = actor.user_id, now
    scope = f"center:{report.center_id}" if report.center_id else ""
    audit.record("forgery.close", "forgery_report", report.id, actor=actor, now=now, scope=scope)
    return report
