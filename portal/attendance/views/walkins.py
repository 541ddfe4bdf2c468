"""People who came without a seat: noted by the instructor, decided by the center."""

from __future__ import annotations

from typing import Any

from flask import url_for

from portal.attendance import forms, queries, services
from portal.attendance.queries import GuestBatch, SheetHead
from portal.attendance.views.blueprint import blueprint
from portal.core import clock, htmx
from portal.core.db import transaction
from portal.core.errors import DomainError
from portal.core.forms import TokenForm
from portal.core.idempotency import claim
from portal.core.permissions import Permission, current_actor, requires
from portal.enrollment.labels import STATE_LABELS


@blueprint.get("/instruktur/presensi/<int:session_id>/tamu")
@requires(Permission.ATTENDANCE_RECORD)
def walk_ins(session_id: int) -> Any:
    """Those of the session, and the form to note one."""
    return _page(queries.get_sheet(current_actor(), session_id), forms.WalkInForm())


@blueprint.post("/instruktur/presensi/<int:session_id>/tamu")
@requires(Permission.ATTENDANCE_RECORD)
def walk_in_post(session_id: int) -> Any:
    """Note somebody."""
    actor, now, form = current_actor(), clock.now(), forms.WalkInForm.parse()
    if form.validate():
        try:
            with transaction():
                op = claim(form.op.data, actor=actor, now=now)
                if op.is_new:
                    services.note_walk_in(
                        session_id=session_id, name=form.name.data, cooperative=form.cooperative.data or "",
                        note=form.note.data or "", actor=actor, now=now,
                    )  # fmt: skip
                    op.finish(url_for("attendance.walk_ins", session_id=session_id))
            return htmx.redirect(op.outcome)
        except DomainError as error:
            if error.status in (403, 404):
                raise
            form.add_error(error)
    return _page(queries.get_sheet(actor, session_id), form, 422)


@blueprint.get("/balai/angkatan/<int:batch_id>/tamu")
@requires(Permission.WALKIN_HANDLE)
def guests(batch_id: int) -> Any:
    """Those of a batch, with what the center can do for each."""
    return _guests(queries.get_guest_batch(current_actor(), batch_id))


@blueprint.post("/balai/tamu/<int:walk_in_id>/terima")
@requires(Permission.WALKIN_HANDLE)
def guest_admit(walk_in_id: int) -> Any:
    """Give a seat and the mark from then."""
    actor, form, status = current_actor(), forms.AdmitForm.parse(), 422
    batch_id, _session, _center = queries.walk_in_place(actor, walk_in_id)
    form.enrollment.choices = _choices(queries.walk_in_candidates(batch_id))
    if form.validate():
        try:
            with transaction():
                services.admit_walk_in(
                    walk_in_id=walk_in_id, enrollment_id=form.enrollment.data, actor=actor, now=clock.now()
                )
            return htmx.redirect(url_for("attendance.guests", batch_id=batch_id))
        except DomainError as error:
            if error.status == 404:
                raise
            form.add_error(error)
            status = error.status
    return _guests(queries.get_guest_batch(actor, batch_id), {walk_in_id: form}, {}, status)


@blueprint.post("/balai/tamu/<int:walk_in_id>/tolak")
@requires(Permission.WALKIN_HANDLE)
def guest_refuse(walk_in_id: int) -> Any:
    """Say no, with a reason."""
    actor, form, status = current_actor(), forms.RefuseForm.parse(), 422
    batch_id, _session, _center = queries.walk_in_place(actor, walk_in_id)
    if form.validate():
        try:
            with transaction():
                services.refuse_walk_in(
                    walk_in_id=walk_in_id, reason=form.reason.data or "", actor=actor, now=clock.now()
                )
            return htmx.redirect(url_for("attendance.guests", batch_id=batch_id))
        except DomainError as error:
            if error.status == 404:
                raise
            form.add_error(error)
            status = error.status
    return _guests(queries.get_guest_batch(actor, batch_id), {}, {walk_in_id: form}, status)


def _page(head: SheetHead, form: forms.WalkInForm, status: int = 200) -> Any:
    return htmx.render(
        "attendance/walk_ins.html", None, status, head=head, form=form,
        rows=queries.walk_ins_of_session(head.session_id), closed=services.closed_reason(head, clock.now()),
        back=url_for("attendance.sheet", session_id=head.session_id),
        url=url_for("attendance.walk_ins", session_id=head.session_id),
    )  # fmt: skip


def _choices(people: list[queries.Candidate]) -> list[tuple[int, str]]:
    return [
        (one.enrollment_id, f"{one.name}, {one.cooperative_name or '–'} ({STATE_LABELS[one.state]})")
        for one in people
    ]


def _guests(
    batch: GuestBatch,
    admitting: dict[int, forms.AdmitForm] | None = None,
    refusing: dict[int, forms.RefuseForm] | None = None,
    status: int = 200,
) -> Any:
    """The center's page. Each open row has its two forms; the one that was sent keeps its values."""
    people = queries.walk_in_candidates(batch.id)
    rows = queries.walk_ins_of_batch(batch.id)
    failed = next(iter([*(admitting or {}).values(), *(refusing or {}).values()]), TokenForm())
    return htmx.render(
        "attendance/guests.html", None, status, batch=batch, rows=rows, people=people,
        choices=_choices(people), admitting=admitting or {}, refusing=refusing or {}, form=failed,
    )  # fmt: skip
