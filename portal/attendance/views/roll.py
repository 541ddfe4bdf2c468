"""The roll of a session for its instructor, and a batch at a glance for its center."""

from __future__ import annotations

from typing import Any

from flask import request, url_for

from portal.attendance import forms, queries, services
from portal.attendance.labels import (
    CELLS,
    KINDS,
    LETTERS,
    evidence_line,
    evidence_word,
    mark_label,
    reach_line,
)
from portal.attendance.queries import SheetHead, SheetRow
from portal.attendance.views.blueprint import blueprint
from portal.core import clock, htmx
from portal.core.db import transaction
from portal.core.errors import DomainError
from portal.core.permissions import Permission, current_actor, requires
from portal.core.words import gettext as _


@blueprint.get("/instruktur/presensi/<int:session_id>")
@requires(Permission.ATTENDANCE_RECORD)
def sheet(session_id: int) -> Any:
    """The roll: five buttons a person, one tap saves."""
    return _sheet(session_id)


@blueprint.post("/instruktur/presensi/<int:session_id>")
@requires(Permission.ATTENDANCE_RECORD)
def record(session_id: int) -> Any:
    """One tap. Without JavaScript back to the same row; with htmx that row's buttons and the counter."""
    actor, now = current_actor(), clock.now()
    enrollment_id, mark, version = forms.tapped()
    try:
        with transaction():
            found = services.record_attendance(
                session_id=session_id, enrollment_id=enrollment_id, mark=mark, hours_missed=None,
                expected_version=version, actor=actor, now=now,
            )  # fmt: skip
    except DomainError as error:
        return _refused_tap(error, session_id, enrollment_id, mark)
    if not htmx.is_fragment():
        return htmx.redirect(_back(session_id, enrollment_id))
    return _cell(session_id, found)


@blueprint.post("/instruktur/presensi/<int:session_id>/lainnya")
@requires(Permission.ATTENDANCE_RECORD)
def mark_rest(session_id: int) -> Any:
    """Everybody without a mark is present."""
    with transaction():
        services.mark_rest(session_id=session_id, mark="present", actor=current_actor(), now=clock.now())
    return _roll(session_id)


@blueprint.post("/instruktur/presensi/<int:session_id>/urungkan")
@requires(Permission.ATTENDANCE_RECORD)
def undo_rest(session_id: int) -> Any:
    """Take the last "everybody else is present" back."""
    with transaction():
        services.undo_rest(session_id=session_id, actor=current_actor(), now=clock.now())
    return _roll(session_id)


@blueprint.get("/instruktur/presensi/<int:session_id>/sekaligus")
@requires(Permission.ATTENDANCE_RECORD)
def bulk(session_id: int) -> Any:
    """The whole roll as one form."""
    head = queries.get_sheet(current_actor(), session_id)
    return htmx.render(
        "attendance/bulk.html", **_context(head, queries.sheet_rows(session_id)), chosen={}, problem=None
    )


@blueprint.post("/instruktur/presensi/<int:session_id>/sekaligus")
@requires(Permission.ATTENDANCE_RECORD)
def record_bulk(session_id: int) -> Any:
    """Save the whole roll, all or nothing."""
    actor, (marks, versions) = current_actor(), forms.whole_sheet()
    try:
        with transaction():
            services.record_many(
                session_id=session_id, marks=marks, expected=versions, reason=forms.typed_reason(),
                actor=actor, now=clock.now(),
            )  # fmt: skip
    except DomainError as error:
        if error.status == 404:
            raise
        head = queries.get_sheet(actor, session_id)
        context = _context(head, queries.sheet_rows(session_id))
        return htmx.render(
            "attendance/bulk.html", status=error.status, chosen=marks, problem=error, **context
        )
    return htmx.redirect(url_for("attendance.sheet", session_id=session_id))


@blueprint.get("/instruktur/presensi/<int:session_id>/<int:enrollment_id>")
@requires(Permission.ATTENDANCE_RECORD)
def hours(session_id: int, enrollment_id: int) -> Any:
    """One person: the mark and how it was proven, hours, remark, what was changed, and undo."""
    head, row = queries.get_cell(current_actor(), session_id, enrollment_id)
    wanted = forms.wanted_mark()
    kept = (None, None) if wanted not in (None, row.mark) else (row.hours_missed or None, row.minutes or None)
    form = forms.HoursForm(
        mark=wanted or row.mark, hours_missed=kept[0], minutes=kept[1], remark=row.remark, version=row.version
    )
    return _hours(head, row, form)


@blueprint.post("/instruktur/presensi/<int:session_id>/<int:enrollment_id>")
@requires(Permission.ATTENDANCE_RECORD)
def record_hours(session_id: int, enrollment_id: int) -> Any:
    """Any mark with its hours, a remark, and the reason of a late change."""
    actor, form, now = current_actor(), forms.HoursForm.parse(), clock.now()
    head, row = queries.get_cell(actor, session_id, enrollment_id)
    if form.validate():
        missed, minutes = form.lost(head.hours)
        try:
            with transaction():
                found = services.record_attendance(
                    session_id=session_id, enrollment_id=enrollment_id, mark=form.mark.data,
                    hours_missed=missed, minutes=minutes, remark=form.remark.data or "",
                    reason=form.reason.data or "", expected_version=form.version.data, actor=actor, now=now,
                )  # fmt: skip
            return _after_hours(session_id, found)
        except DomainError as error:
            if error.status in (403, 404):
                raise
            form.add_error(error)
            head, row = queries.get_cell(actor, session_id, enrollment_id)
    form.version.data = row.version
    return _hours(head, row, form, 422)


@blueprint.post("/instruktur/presensi/<int:session_id>/<int:enrollment_id>/urungkan")
@requires(Permission.ATTENDANCE_RECORD)
def undo_mark(session_id: int, enrollment_id: int) -> Any:
    """Give one person the mark from before the last change."""
    with transaction():
        found = services.undo_mark(
            session_id=session_id, enrollment_id=enrollment_id, expected_version=forms.seen_version(),
            actor=current_actor(), now=clock.now(),
        )  # fmt: skip
    return _after_hours(session_id, found)


@blueprint.get("/balai/angkatan/<int:batch_id>/presensi")
@requires(Permission.BATCH_VIEW)
def overview(batch_id: int) -> Any:
    """People x sessions, read-only."""
    found = queries.get_overview(current_actor(), batch_id)
    return htmx.render(
        "attendance/overview.html", batch=found, letters=LETTERS, kinds=KINDS, mark_label=mark_label,
        evidence_word=evidence_word, reach_line=reach_line,
        may_correct=found.state == "finalized" and current_actor().may(Permission.RESULT_CORRECT),
    )  # fmt: skip


def _context(head: SheetHead, rows: list[SheetRow]) -> dict[str, Any]:
    """What the roll's templates need."""
    actor, now = current_actor(), clock.now()
    url = url_for("attendance.sheet", session_id=head.session_id)
    own = services.own_rows(rows, actor, now)
    return {
        "head": head,
        "rows": rows,
        "cells": CELLS,
        "url": url,
        "own": own,
        "closed": services.closed_reason(head, now),
        "done": sum(not row.is_open for row in rows),
        "total": len(rows),
        "restable": sum(row.is_open and row.enrollment_id not in own for row in rows),
        "undoable": len(services.rest_of(rows, actor, now)),
        "is_late": clock.local_date(now, head.zone) > clock.local_date(head.starts_at, head.zone),
        "only_open": "belum" in request.args,
        "mark_label": mark_label,
    }


def _sheet(session_id: int, status: int = 200, **more: Any) -> Any:
    head = queries.get_sheet(current_actor(), session_id)
    context = _context(head, queries.sheet_rows(session_id))
    return htmx.render(
        "attendance/sheet.html",
        status=status,
        **{"refused": None, "ask": None, **context, **more},
        devices=queries.devices_of(session_id),
    )


def _roll(session_id: int) -> Any:
    """After a change of many: the roll with its counter for htmx, else back to the page."""
    if not htmx.is_fragment():
        return htmx.redirect(url_for("attendance.sheet", session_id=session_id))
    head = queries.get_sheet(current_actor(), session_id)
    context = _context(head, queries.sheet_rows(session_id))
    return htmx.render(
        "attendance/sheet.html", "attendance/_roll.html", oob=True, refused=None, ask=None, **context
    )


def _back(session_id: int, enrollment_id: int) -> str:
    """The roll again, at the same row."""
    only_open = "1" if "belum" in request.args else None
    return url_for("attendance.sheet", session_id=session_id, _anchor=f"r{enrollment_id}", belum=only_open)


def _cell(
    session_id: int, row: Any, status: int = 200, said: str = "", trigger: Any = None, **more: Any
) -> Any:
    """One row's buttons and the counter. `row` has enrollment_id, mark, hours_missed and version; where it
    also has the counter, nothing more is read."""
    done, total = getattr(row, "done", None), getattr(row, "total", None)
    if done is None:
        done, total = queries.sheet_progress(session_id)
    return htmx.render(
        "attendance/_cell.html", "attendance/_cell.html", status, trigger=trigger, row=row, cells=CELLS,
        said=said, oob=True, done=done, total=total, mark_label=mark_label, own={}, closed=None, **more,
    )  # fmt: skip


def _refused_tap(error: DomainError, session_id: int, enrollment_id: int, mark: str) -> Any:
    """What stands now, with the reason, in the row (htmx) or on the whole page. A late change leads on to the
    person's page, which asks why."""
    if error.status in (403, 404):
        raise error
    ask = None
    if error.code == "reason_needed":
        ask = url_for(
            "attendance.hours", session_id=session_id, enrollment_id=enrollment_id, pilih=mark or None
        )
    if not htmx.is_fragment():
        return _sheet(session_id, error.status, refused=(enrollment_id, error.message), ask=ask)
    _head, row = queries.get_cell(current_actor(), session_id, enrollment_id)
    return _cell(session_id, row, error.status, error.message, ask=ask)


def _hours(head: SheetHead, row: SheetRow, form: Any, status: int = 200) -> Any:
    now, closed = clock.now(), services.closed_reason(head, clock.now())
    whole = queries.attendance_of_person(row.enrollment_id)
    by = queries.user_name(row.recorded_by)
    answer = htmx.render(
        "attendance/hours.html", "attendance/_hours.html", status, head=head, row=row, form=form,
        changes=queries.changes_of(head.session_id, row.enrollment_id), closed=closed,
        proof=evidence_line(
            evidence=row.evidence, by=by, at=row.recorded_at, noted_at=row.noted_at, zone=head.zone,
            day=clock.local_date(head.starts_at, head.zone),
        ),
        whole=whole, reach=reach_line(whole.attendance, whole.min_pct) if whole else None,
        needs_reason=services.needs_reason(head, row, now), evidence_word=evidence_word,
        correction=queries.find_open_correction(head.session_id, row.enrollment_id) if closed else None,
        is_final=head.batch_state == "finalized",
        url=url_for("attendance.hours", session_id=head.session_id, enrollment_id=row.enrollment_id),
        back=_back(head.session_id, row.enrollment_id), mark_label=mark_label,
    )  # fmt: skip
    if status != 200 and htmx.is_fragment():
        answer.headers["HX-Retarget"] = "#hours"
    return answer


def _after_hours(session_id: int, found: Any) -> Any:
    """Close the dialog over the roll and swap the row; without JavaScript back to the row."""
    if not htmx.is_fragment():
        return htmx.redirect(_back(session_id, found.enrollment_id))
    return _cell(session_id, found, trigger={"closeDialog": True, "announce": _("Tersimpan")})
