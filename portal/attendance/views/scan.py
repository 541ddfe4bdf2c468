"""Participant cards before the instructor's camera, or typed: one outcome, large, for each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import request, url_for

from portal.attendance import forms, queries, services
from portal.attendance.labels import mark_label
from portal.attendance.queries import SheetHead
from portal.attendance.views.blueprint import blueprint
from portal.core import clock, htmx
from portal.core.db import transaction
from portal.core.errors import DomainError
from portal.core.formatting import clock_time
from portal.core.forms import row_number
from portal.core.permissions import Permission, current_actor, requires
from portal.core.words import gettext as _


@dataclass(frozen=True)
class Outcome:
    """What a scan came to: a kind of colour, an icon, a word, a sentence and what else there is to say."""

    kind: str
    icon: str
    word: str
    sentence: str
    small: str = ""


@blueprint.get("/instruktur/presensi/<int:session_id>/pindai")
@requires(Permission.ATTENDANCE_RECORD)
def scan(session_id: int) -> Any:
    """The camera, the typed code, and the outcome of the scan that led here."""
    head = queries.get_sheet(current_actor(), session_id)
    return _page(head, forms.CardForm(), _said_by_address(head))


@blueprint.post("/instruktur/presensi/<int:session_id>/pindai")
@requires(Permission.ATTENDANCE_RECORD)
def scan_card(session_id: int) -> Any:
    """One card. Without JavaScript back to the page with its outcome; with htmx the outcome alone."""
    actor, form = current_actor(), forms.CardForm.parse()
    head = queries.get_sheet(actor, session_id)
    if not form.validate():
        empty = Outcome("err", "circle-question-mark", _("BELUM ADA KODE"), str(form.code.errors[0]))
        return _page(head, form, empty, 422)
    try:
        with transaction():
            found = services.scan_card(
                session_id=session_id, text=form.code.data, actor=actor, now=clock.now()
            )
    except DomainError as error:
        if error.status == 404:
            raise
        return _page(head, form, _refused(error), error.status)
    if htmx.is_fragment():
        return _page(head, form, _said(head, found))
    again = None if found.is_new else 1
    here = url_for("attendance.scan", session_id=session_id, baru=found.enrollment_id, lagi=again)
    return htmx.redirect(here)


def _page(head: SheetHead, form: forms.CardForm, outcome: Outcome | None, status: int = 200) -> Any:
    done, total = queries.sheet_progress(head.session_id)
    return htmx.render(
        "attendance/scan.html", "attendance/_scanned.html" if outcome else None, status, head=head,
        form=form, outcome=outcome, done=done, total=total, latest=queries.latest_scans(head.session_id),
        closed=services.closed_reason(head, clock.now()), back=_sheet(head),
        url=url_for("attendance.scan", session_id=head.session_id),
    )  # fmt: skip


def _sheet(head: SheetHead) -> str:
    return url_for("attendance.sheet", session_id=head.session_id)


def _said(head: SheetHead, found: services.Scanned) -> Outcome:
    """Hadir or Terlambat for the first scan; "Sudah tercatat" for another, and where a mark of the instructor
    stands, what it is."""
    at = clock_time(found.at, head.zone)
    if not found.is_new:
        small = _("Tercatat: %(mark)s", mark=mark_label(found.mark))
        return Outcome("info", "info", _("SUDAH TERCATAT"), found.name, f"{at}. {small}")
    if found.mark == "late":
        lost = _("%(num)s menit", num=found.minutes)
        return Outcome("warn", "clock", _("TERLAMBAT"), found.name, f"{at}, {lost}")
    if found.mark != "present":
        small = _("Catatan yang ada tetap: %(mark)s", mark=mark_label(found.mark))
        return Outcome("info", "info", _("KARTU DIPINDAI"), found.name, f"{at}. {small}")
    return Outcome("ok", "circle-check", _("HADIR"), found.name, at)


def _refused(error: DomainError) -> Outcome:
    words = {
        "card_elsewhere": ("err", "ban", _("BUKAN KELAS INI")),
        "no_seat": ("warn", "circle-pause", _("BELUM PUNYA KURSI")),
        "card_unknown": ("err", "circle-x", _("KARTU TIDAK DIKENAL")),
        "card_shape": ("err", "circle-question-mark", _("BUKAN KARTU PESERTA")),
    }
    found = words.get(error.code, ("err", "lock", _("TIDAK DICATAT")))
    return Outcome(*found, error.message)


def _said_by_address(head: SheetHead) -> Outcome | None:
    """The outcome that a form sent without JavaScript led to."""
    number = request.args.get("baru", None, type=row_number)
    one = next((s for s in queries.latest_scans(head.session_id) if s.enrollment_id == number), None)
    if one is None:
        return None
    _head, row = queries.get_cell(current_actor(), head.session_id, one.enrollment_id)
    is_new = "lagi" not in request.args
    return _said(head, services.Scanned(row.enrollment_id, row.name, is_new, one.at, row.mark, row.minutes))
