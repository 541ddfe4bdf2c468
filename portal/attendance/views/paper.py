"""Printed sheets of a session: printing one, finding it again by its number, taking it over signed."""

from __future__ import annotations

from typing import Any

from flask import Response, make_response, request, url_for

from portal.attendance import forms, papers, queries, services
from portal.attendance.labels import CELLS, evidence_word, mark_label
from portal.attendance.queries import PrintedSheet, SheetHead
from portal.attendance.views.blueprint import blueprint
from portal.core import clock, htmx
from portal.core.db import transaction
from portal.core.errors import DomainError, NotFound
from portal.core.forms import TokenForm
from portal.core.idempotency import claim
from portal.core.permissions import Permission, current_actor, requires
from portal.core.words import gettext as _


@blueprint.get("/instruktur/presensi/<int:session_id>/kertas")
@requires(Permission.ATTENDANCE_RECORD)
def paper(session_id: int) -> Any:
    """Print a sheet, or find one by its number (`?code=`)."""
    actor = current_actor()
    head = queries.get_sheet(actor, session_id)
    if "code" not in request.args:
        return _index(head, forms.FindSheetForm())
    form = forms.FindSheetForm(request.args)
    if form.validate():
        try:
            queries.get_printed(actor, session_id, form.plain)
            return htmx.redirect(url_for("attendance.paper_sheet", session_id=session_id, code=form.plain))
        except NotFound:
            form.code.errors = [_("Tidak ada lembar dengan kode ini untuk pertemuan ini.")]
    return _index(head, form, 422)


@blueprint.post("/instruktur/presensi/<int:session_id>/kertas")
@requires(Permission.ATTENDANCE_RECORD)
def paper_print(session_id: int) -> Any:
    """A new sheet, then its PDF."""
    actor, now = current_actor(), clock.now()
    try:
        with transaction():
            op = claim(TokenForm.parse().op.data, actor=actor, now=now)
            if op.is_new:
                sheet = services.print_sheet(session_id=session_id, actor=actor, now=now)
                op.finish(url_for("attendance.paper_pdf", session_id=session_id, code=sheet.code))
    except DomainError as error:
        if error.status in (403, 404):
            raise
        form = forms.FindSheetForm()
        form.form_errors.append(error.message)
        return _index(queries.get_sheet(actor, session_id), form, error.status)
    return htmx.redirect(op.outcome)


@blueprint.get("/instruktur/presensi/<int:session_id>/kertas/<code>/daftar.pdf")
@requires(Permission.ATTENDANCE_RECORD)
def paper_pdf(session_id: int, code: str) -> Any:
    """The sheet to print: the same people each time."""
    head, sheet = queries.get_printed(current_actor(), session_id, code)
    body = papers.sheet_pdf(
        head, sheet, queries.printed_rows(sheet), address=papers.sheet_address(sheet), now=clock.now()
    )
    response: Response = make_response(body)
    response.headers["Content-Type"] = "application/pdf"
    response.headers["Content-Disposition"] = f'inline; filename="daftar-hadir-{sheet.code}.pdf"'
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.get("/instruktur/presensi/<int:session_id>/kertas/<code>")
@requires(Permission.ATTENDANCE_RECORD)
def paper_sheet(session_id: int, code: str) -> Any:
    """The people of a printed sheet, to be marked as the paper says."""
    head, sheet = queries.get_printed(current_actor(), session_id, code)
    return _sheet(head, sheet, {}, {}, None)


@blueprint.post("/instruktur/presensi/<int:session_id>/kertas/<code>")
@requires(Permission.ATTENDANCE_RECORD)
def paper_reconcile(session_id: int, code: str) -> Any:
    """Take the sheet over, all or nothing; where it differs from what is stored, one side is chosen."""
    actor, (marks, versions), sides = current_actor(), forms.whole_sheet(), forms.chosen_sides()
    try:
        with transaction():
            services.reconcile_sheet(
                session_id=session_id, code=code, marks=marks, expected=versions, chosen=sides,
                actor=actor, now=clock.now(),
            )  # fmt: skip
    except DomainError as error:
        if error.status in (403, 404):
            raise
        head, sheet = queries.get_printed(actor, session_id, code)
        return _sheet(head, sheet, marks, sides, error, error.status)
    return htmx.redirect(url_for("attendance.paper_sheet", session_id=session_id, code=code))


def _index(head: SheetHead, form: forms.FindSheetForm, status: int = 200) -> Any:
    closed = services.closed_reason(head, clock.now())
    return htmx.render(
        "attendance/paper.html", None, status, head=head, form=form, token_form=TokenForm(),
        sheets=queries.sheets_of(head.session_id), grouped=papers.grouped,
        closed=closed, may_print=closed is None or closed.code == "session_not_begun",
        back=url_for("attendance.sheet", session_id=head.session_id),
        url=url_for("attendance.paper", session_id=head.session_id),
    )  # fmt: skip


def _sheet(
    head: SheetHead, sheet: PrintedSheet, marks: dict[int, str], sides: dict[int, str],
    problem: DomainError | None, status: int = 200,
) -> Any:  # fmt: skip
    rows = queries.printed_rows(sheet)
    return htmx.render(
        "attendance/paper_sheet.html", None, status, head=head, sheet=sheet, rows=rows, marks=marks,
        sides=sides, problem=problem, conflicts=problem.details.get("enrollments", ()) if problem else (),
        gone=len(sheet.people) - len(rows), own=services.own_rows(rows, current_actor(), clock.now()),
        cells=CELLS, mark_label=mark_label, evidence_word=evidence_word, grouped=papers.grouped,
        closed=services.closed_reason(head, clock.now()),
        back=url_for("attendance.paper", session_id=head.session_id),
        url=url_for("attendance.paper_sheet", session_id=head.session_id, code=sheet.code),
    )  # fmt: skip
