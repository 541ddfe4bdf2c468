"""The dated reports: read by those who watch, made by those who keep the figures."""

from __future__ import annotations

from typing import Any

from flask import Response, flash, request, url_for

from portal.core import clock, htmx
from portal.core.db import transaction
from portal.core.errors import DomainError
from portal.core.forms import TokenForm
from portal.core.idempotency import claim
from portal.core.paging import page_number
from portal.core.permissions import Permission, current_actor, requires
from portal.core.words import gettext as _
from portal.oversight.pages.frame import tabs
from portal.oversight.papers import report_pdf
from portal.oversight.queries import reports as reads
from portal.oversight.rules.targets import share
from portal.oversight.services import count_file, make_report
from portal.oversight.views.blueprint import blueprint

READ = (Permission.OVERSIGHT_READ, Permission.COVERAGE_EDIT)


@blueprint.get("/pemantauan/laporan")
@requires(*READ)
def reports() -> Any:
    """All reports, the newest first."""
    return _list(TokenForm())


def _list(form: TokenForm, status: int = 200) -> Any:
    actor, page = current_actor(), reads.list_reports(page_number(request.args.get("hal")))
    rows = [
        {
            "report": one,
            "totals": one.facts["totals"],
            "percent": share(one.facts["totals"]["certified"] or 0, one.facts["totals"]["goal"]),
        }
        for one in page.items
    ]
    return htmx.render(
        "oversight/reports.html",
        None,
        status,
        rows=rows,
        pages=page,
        form=form,
        tabs=tabs("laporan") if actor.may(Permission.OVERSIGHT_READ) else [],
        may_make=actor.may(Permission.COVERAGE_EDIT),
    )


@blueprint.post("/pemantauan/laporan")
@requires(Permission.COVERAGE_EDIT)
def report_make() -> Any:
    """Write the report of today."""
    form, actor, now = TokenForm.parse(), current_actor(), clock.now()
    try:
        with transaction():
            op = claim(form.op.data, actor=actor, now=now)
            if op.is_new:
                make_report(actor=actor, now=now)
                op.finish(url_for("oversight.reports"))
    except DomainError as error:
        form.add_error(error)
        return _list(form, error.status)
    flash(_("Laporan hari ini sudah dibuat."), "ok")
    return htmx.redirect(op.outcome)


@blueprint.get("/pemantauan/laporan/<int:report_id>.pdf")
@requires(*READ)
def report_file(report_id: int) -> Any:
    """One report as a PDF: the same bytes each time."""
    with transaction():
        count_file(actor=current_actor(), now=clock.now())
    report = reads.get_report(report_id)
    response = Response(report_pdf(report), mimetype="application/pdf")
    name = f"laporan-cakupan-{report.on:%Y-%m-%d}.pdf"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Cache-Control"] = "no-store"
    return response
