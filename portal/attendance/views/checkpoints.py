"""Checkpoints of a session, who did not come back, and devices that checked in several people."""

from __future__ import annotations

from typing import Any

from flask import url_for

from portal.attendance import forms, queries
from portal.attendance.forms import PartsForm
from portal.attendance.queries import SheetHead
from portal.attendance.rules import checkpoints
from portal.attendance.services import checkpoints as services
from portal.attendance.services import closed_reason, devices, own_rows
from portal.attendance.services.checkpoints import PartsWrong
from portal.attendance.views.blueprint import blueprint
from portal.core import clock, htmx
from portal.core.db import transaction
from portal.core.errors import DomainError
from portal.core.permissions import Permission, current_actor, requires


@blueprint.get("/instruktur/presensi/<int:session_id>/titik")
@requires(Permission.ATTENDANCE_RECORD)
def checkpoint_list(session_id: int) -> Any:
    """The times at which people are counted."""
    head = queries.get_sheet(current_actor(), session_id)
    return _parts_page(head, PartsForm(head, queries.parts_of_hall(head)))


@blueprint.post("/instruktur/presensi/<int:session_id>/titik")
@requires(Permission.ATTENDANCE_RECORD)
def checkpoint_save(session_id: int) -> Any:
    """Save them all at once."""
    actor, now = current_actor(), clock.now()
    head = queries.get_sheet(actor, session_id)
    form = PartsForm(head)
    parts = form.parts()
    if parts is None:
        return _parts_page(head, form, 422)
    try:
        with transaction():
            services.set_checkpoints(session_id=session_id, parts=parts, actor=actor, now=now)
    except PartsWrong as error:
        form.refuse(error.blockers)
        return _parts_page(head, form, error.status)
    return htmx.redirect(url_for("attendance.projector", session_id=session_id))


@blueprint.get("/instruktur/presensi/<int:session_id>/belum-kembali")
@requires(Permission.ATTENDANCE_RECORD)
def not_back(session_id: int) -> Any:
    """Who was here and has not come back."""
    return _not_back_page(queries.get_sheet(current_actor(), session_id))


@blueprint.post("/instruktur/presensi/<int:session_id>/belum-kembali")
@requires(Permission.ATTENDANCE_RECORD)
def record_left_early(session_id: int) -> Any:
    """The ticked ones left early."""
    actor = current_actor()
    head, picked = queries.get_sheet(actor, session_id), forms.picked_people()
    try:
        with transaction():
            services.record_left_early(session_id=session_id, expected=picked, actor=actor, now=clock.now())
    except DomainError as error:
        if error.status in (403, 404):
            raise
        return _not_back_page(head, error.status, error, set(picked))
    return htmx.redirect(url_for("attendance.projector", session_id=session_id))


@blueprint.get("/instruktur/presensi/<int:session_id>/perangkat")
@requires(Permission.ATTENDANCE_RECORD)
def device_list(session_id: int) -> Any:
    """Devices that checked in several people."""
    return _devices_page(queries.get_sheet(current_actor(), session_id))


@blueprint.post("/instruktur/presensi/<int:session_id>/perangkat")
@requires(Permission.ATTENDANCE_RECORD)
def device_review(session_id: int) -> Any:
    """Looked at, with a note."""
    actor, form = current_actor(), forms.ReviewForm.parse()
    head = queries.get_sheet(actor, session_id)
    try:
        with transaction():
            devices.review_device(
                session_id=session_id, device=form.device.data or "", people=form.people.data or 0,
                note=form.note.data or "", actor=actor, now=clock.now(),
            )  # fmt: skip
    except DomainError as error:
        if error.status == 404:
            raise
        form.add_error(error)
        return _devices_page(head, form, error.status)
    return htmx.redirect(url_for("attendance.device_list", session_id=session_id))


def _parts_page(head: SheetHead, form: PartsForm, status: int = 200) -> Any:
    closed = closed_reason(head, max(clock.now(), head.starts_at))
    return htmx.render(
        "attendance/checkpoints.html", status=status, head=head, form=form, closed=closed, **_ways(head)
    )


def _not_back_page(
    head: SheetHead, status: int = 200, problem: DomainError | None = None, picked: Any = frozenset()
) -> Any:
    rows, now = queries.sheet_rows(head.session_id), clock.now()
    seen, parts = queries.check_ins(head.session_id), queries.parts_of_hall(head)
    part = checkpoints.open_part(parts, now)
    gone = queries.live(rows, seen, part.position).gone
    last = {one.enrollment_id: one for one in sorted(seen, key=lambda one: one.position)}
    return htmx.render(
        "attendance/checkpoints_back.html", status=status, head=head, gone=gone, part=part, last=last,
        own=own_rows(gone, current_actor(), now), problem=problem, picked=picked,
        closed=closed_reason(head, now), **_ways(head),
    )  # fmt: skip


def _devices_page(head: SheetHead, form: Any = None, status: int = 200) -> Any:
    return htmx.render(
        "attendance/devices.html", status=status, head=head, form=form or forms.ReviewForm(),
        devices=queries.devices_of(head.session_id), **_ways(head),
    )  # fmt: skip


def _ways(head: SheetHead) -> dict[str, str]:
    return {
        "roll_url": url_for("attendance.sheet", session_id=head.session_id),
        "projector_url": url_for("attendance.projector", session_id=head.session_id),
    }
