"""Corrections of signed attendance: asking for one, and the head of the center deciding it."""

from __future__ import annotations

from typing import Any

from flask import url_for

from portal.attendance import forms, queries, services
from portal.attendance.labels import mark_label
from portal.attendance.queries import SheetHead, SheetRow
from portal.attendance.views.blueprint import blueprint
from portal.core import clock, htmx
from portal.core.db import transaction
from portal.core.errors import DomainError
from portal.core.idempotency import claim
from portal.core.permissions import Permission, current_actor, requires
from portal.core.ports import ports
from portal.core.words import gettext as _

P = Permission


@blueprint.get("/instruktur/presensi/<int:session_id>/<int:enrollment_id>/koreksi")
@requires(P.RESULT_CORRECT)
def correction_ask(session_id: int, enrollment_id: int) -> Any:
    """What stands, and the form for another mark."""
    head, row = queries.get_correctable(current_actor(), session_id, enrollment_id)
    return _ask(head, row, forms.CorrectionForm())


@blueprint.post("/instruktur/presensi/<int:session_id>/<int:enrollment_id>/koreksi")
@requires(P.RESULT_CORRECT)
def correction_post(session_id: int, enrollment_id: int) -> Any:
    """Ask for another mark."""
    actor, now, form = current_actor(), clock.now(), forms.CorrectionForm.parse()
    head, row = queries.get_correctable(actor, session_id, enrollment_id)
    status = 422
    if form.validate():
        try:
            with transaction():
                op = claim(form.op.data, actor=actor, now=now)
                if op.is_new:
                    services.ask_correction(
                        session_id=session_id, enrollment_id=enrollment_id, mark=form.mark.data,
                        hours_missed=form.missed, reason=form.reason.data, actor=actor, now=now,
                    )  # fmt: skip
                    op.finish(_here(head, row))
            return htmx.redirect(op.outcome)
        except DomainError as error:
            if error.status in (403, 404):
                raise
            form.add_error(error)
            status = error.status
    return _ask(head, row, form, status)


@blueprint.get("/balai/koreksi-kehadiran")
@requires(P.RESULT_APPROVE, P.RESULT_CORRECT)
def correction_list() -> Any:
    """Those of the center, the waiting ones first."""
    rows = queries.list_corrections(current_actor())
    return htmx.render("attendance/correction_list.html", rows=rows, mark_label=mark_label)


@blueprint.get("/balai/koreksi-kehadiran/<int:correction_id>")
@requires(P.RESULT_APPROVE, P.RESULT_CORRECT)
def correction_page(correction_id: int) -> Any:
    """One request: what stood, what is wanted, why."""
    return _decide(correction_id, forms.DecisionForm())


@blueprint.post("/balai/koreksi-kehadiran/<int:correction_id>")
@requires(P.RESULT_APPROVE)
def correction_decide(correction_id: int) -> Any:
    """Approve or refuse."""
    actor, now, form = current_actor(), clock.now(), forms.DecisionForm.parse()
    queries.get_correction(actor, correction_id)
    status = 422
    if not form.is_decided:
        form.form_errors.append(_("Pilih setujui atau tolak."))
    elif form.validate():
        try:
            with transaction():
                services.decide_correction(
                    correction_id=correction_id, approve=form.approves, note=form.note.data or "",
                    actor=actor, now=now,
                )  # fmt: skip
            return htmx.redirect(url_for("attendance.correction_page", correction_id=correction_id))
        except DomainError as error:
            if error.status == 404:
                raise
            form.add_error(error)
            status = error.status
    return _decide(correction_id, form, status)


def _here(head: SheetHead, row: SheetRow) -> str:
    return url_for("attendance.correction_ask", session_id=head.session_id, enrollment_id=row.enrollment_id)


def _ask(head: SheetHead, row: SheetRow, form: forms.CorrectionForm, status: int = 200) -> Any:
    actor = current_actor()
    teaches = actor.may(P.ATTENDANCE_RECORD)
    back = (
        url_for("attendance.sheet", session_id=head.session_id)
        if teaches
        else url_for("attendance.overview", batch_id=head.batch_id)
    )
    return htmx.render(
        "attendance/correction_ask.html", None, status, head=head, row=row, form=form, back=back,
        waiting=queries.find_open_correction(head.session_id, row.enrollment_id), url=_here(head, row),
        is_final=head.batch_state == "finalized", mark_label=mark_label,
    )  # fmt: skip


def _decide(correction_id: int, form: forms.DecisionForm, status: int = 200) -> Any:
    actor = current_actor()
    row = queries.get_correction(actor, correction_id)
    return htmx.render(
        "attendance/correction.html", None, status, row=row, form=form, mark_label=mark_label,
        changes=queries.changes_of(row.session_id, row.enrollment_id),
        certificate=ports().certificates_touched([row.enrollment_id]).get(row.enrollment_id),
        may_decide=actor.scope(P.RESULT_APPROVE).covers_center(row.center_id)
        and actor.user_id != row.asked_by,
        url=url_for("attendance.correction_page", correction_id=correction_id),
    )  # fmt: skip
