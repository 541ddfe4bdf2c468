"""What strangers reported: a list, one report, closing it."""

from __future__ import annotations

from typing import Any

from flask import request, url_for

from portal.certificates.forms import ReportClosingForm
from portal.certificates.queries.reports import get_report, list_reports, open_reports
from portal.certificates.services.reports import close_report
from portal.certificates.views import blueprint
from portal.core import clock, htmx
from portal.core.db import transaction
from portal.core.errors import DomainError
from portal.core.idempotency import claim
from portal.core.paging import cut, page_number
from portal.core.permissions import Permission, current_actor, requires

SIZE = 20
READERS = (Permission.CERTIFICATE_VIEW, Permission.AUDIT_READ)


@blueprint.get("/balai/sertifikat/laporan")
@requires(*READERS)
def reports() -> Any:
    """Open reports, or with `?keadaan=ditutup` those that were dealt with."""
    actor, number = current_actor(), page_number(request.args.get("hal"))
    state = "closed" if request.args.get("keadaan") == "ditutup" else "open"
    rows = list_reports(actor, state=state, offset=(number - 1) * SIZE, limit=SIZE + 1)
    return htmx.render(
        "certificates/reports.html",
        found=cut(rows, number, SIZE),
        state=state,
        open_count=open_reports(actor),
    )


@blueprint.get("/balai/sertifikat/laporan/<int:report_id>")
@requires(*READERS)
def report_page(report_id: int) -> Any:
    """One report and, while it is open, the form that closes it."""
    return _report_page(report_id, ReportClosingForm())


def _report_page(report_id: int, form: ReportClosingForm, status: int = 200) -> Any:
    row = get_report(current_actor(), report_id)
    return htmx.render("certificates/report.html", row=row, form=form, status=status)


@blueprint.post("/balai/sertifikat/laporan/<int:report_id>")
@requires(*READERS)
def report_close(report_id: int) -> Any:
    """Close it with a note."""
    actor, now, form = current_actor(), clock.now(), ReportClosingForm.parse()
    get_report(actor, report_id)
    if not form.validate():
        return _report_page(report_id, form, 422)
    here = url_for("certificates.reports")
    try:
        with transaction():
            op = claim(form.op.data, actor=actor, now=now)
            if op.is_new:
                close_report(report_id=report_id, note=form.note.data.strip(), actor=actor, now=now)
                op.finish(here)
    except DomainError as error:
        form.add_error(error)
        return _report_page(report_id, form, error.status)
    return htmx.redirect(here)
