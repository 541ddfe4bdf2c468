"""What the center's pages about batches show, prepared."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import url_for
from flask_babel import ngettext

from portal.batches import queries
from portal.batches.cards import length_of, seats_text
from portal.batches.labels_places import desk_facts
from portal.batches.messages import listed
from portal.batches.models import Batch, ClassSession
from portal.batches.month import build_month, holiday_lines, month_days
from portal.batches.pages import bare_range, facts_of, meeting_place, who_may_join
from portal.batches.rules import phase_of
from portal.catalog.queries import list_programs
from portal.centers.models import TrainingCenter
from portal.centers.queries import holidays_between, list_leaves, rooms_of
from portal.core.formatting import long_date, moment, month_year
from portal.core.permissions import Actor, Permission
from portal.core.words import gettext as _
from portal.regions.queries import paths_of


def when_options() -> list[tuple[str, str]]:
    """What the list can be narrowed to."""
    return [
        ("upcoming", _("Akan datang")),
        ("running", _("Sedang berjalan")),
        ("judging", _("Perlu dinilai")),
        ("draft", _("Draf")),
        ("over", _("Selesai dan dibatalkan")),
        ("all", _("Semua")),
    ]


def workspace_page(batch: Batch, actor: Actor, now: datetime) -> dict[str, Any]:
    """The context of `batches/workspace.html` for a whole batch."""
    zone = batch.center.zone
    phase = phase_of(batch, now, zone)
    paths = paths_of([batch.center.region_code, *batch.regions])
    planned = sum(meeting.hours for meeting in batch.sessions)
    may_edit = actor.may(Permission.BATCH_EDIT)
    facts = facts_of(batch, paths.get(batch.center.region_code, []))
    facts += [
        (_("Pendaftaran"), _window(batch, zone)),
        (
            _("Kurikulum"),
            _("Versi %(num)d", num=batch.curriculum.version),
            _("Dibekukan saat angkatan dibuat: %(num)d JP.", num=batch.curriculum.hours),
        ),
        (_("Gelombang"), batch.series),
        (_("Kursi percontohan"), _pilot(batch, zone)),
        *desk_facts(batch),
    ]
    return {
        "batch": batch,
        "phase": phase,
        "facts": facts,
        "who": who_may_join(batch, paths),
        "seats_text": seats_text(batch, phase, 0, zone),
        "lines": [_line(meeting, batch) for meeting in batch.sessions],
        "hours_planned": planned,
        "hours_short": max(batch.curriculum.hours - planned, 0) if batch.sessions else 0,
        "may_edit": may_edit,
        "actions": _actions(batch) if may_edit else [],
    }


def board_page(
    center: TrainingCenter, centers: Sequence[TrainingCenter], first: date, today: date, actor: Actor
) -> dict[str, Any]:
    """The context of `batches/board.html` for the month that begins on `first`."""
    last = month_days(first)[-1]
    own = own_center(center, centers)
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

    def neighbour(day: date) -> tuple[str, str]:
        return url_for("batches.board", bulan=f"{day:%Y-%m}", **own), month_year(day)

    return {
        "center": center,
        "centers": centers if own else [],
        "month": month,
        "month_name": month_year(first),
        "before": neighbour(first - timedelta(days=1)),
        "after": neighbour(last + timedelta(days=1)),
        "holidays": holiday_lines(holidays),
        "may_edit": actor.may(Permission.BATCH_EDIT),
    }


def own_center(center: TrainingCenter, centers: Sequence[TrainingCenter]) -> dict[str, Any]:
    """What addresses carry so that somebody with several centers stays in this one."""
    return {"blk": center.slug} if len(centers) > 1 else {}


def list_page(
    center: TrainingCenter,
    centers: Sequence[TrainingCenter],
    wanted: queries.CenterFilter,
    number: int,
    actor: Actor,
    now: datetime,
) -> dict[str, Any]:
    """The context of `batches/desk.html`."""
    found = queries.list_center_batches(center.id, wanted, number, now, center.zone)
    own = own_center(center, centers)
    params: dict[str, Any] = {
        "waktu": wanted.when,
        "program": wanted.program,
        "gelombang": wanted.series,
        "q": wanted.text,
        **own,
    }
    params = {name: value for name, value in params.items() if value}
    return {
        "center": center,
        "centers": centers if own else [],
        "own": own,
        "wanted": wanted,
        "when_options": when_options(),
        "programs": [(program.slug, program.short_name) for program in list_programs()],
        "series": queries.list_series(actor, center.id),
        "rows": [(row, phase_of(row, now, row.zone), length_of(row)) for row in found.items],
        "total": found.total or 0,
        "prefix": url_for("batches.workspace", batch_id=0).removesuffix("0"),
        "next_url": url_for("batches.manage", hal=number + 1, **params) if found.has_next else None,
        "previous_url": url_for("batches.manage", hal=number - 1, **params) if number > 1 else None,
        "first": (number - 1) * 20 + 1,
        "may_edit": actor.may(Permission.BATCH_EDIT),
    }


def _window(batch: Batch, zone: str) -> str:
    return _(
        "%(opens)s sampai %(closes)s",
        opens=moment(batch.opens_at, zone),
        closes=moment(batch.closes_at, zone),
    )


def _pilot(batch: Batch, zone: str) -> str:
    if not batch.pilot_seats:
        return ""
    if batch.pilot_until is None:
        return ngettext("%(num)d kursi", "%(num)d kursi", batch.pilot_seats)
    return _("%(num)d kursi sampai %(day)s", num=batch.pilot_seats, day=moment(batch.pilot_until, zone))


def _line(meeting: ClassSession, batch: Batch) -> dict[str, Any]:
    zone = batch.center.zone
    return {
        "day": "\u00a0".join(
            long_date(meeting.starts_at.astimezone(ZoneInfo(zone)).date()).rsplit(" ", 2)[:2]
        ),
        "time": bare_range(meeting, zone),
        "topic": meeting.topic or "–",
        "place": meeting_place(meeting),
        "link": meeting.link,
        "hours": meeting.hours,
        "people": people_of(meeting),
    }


def people_of(meeting: ClassSession) -> str:
    """ "Ratna dan Joko; asesor Siti"."""
    teachers = [link.staff.name for link in meeting.staff if link.role == "instructor"]
    assessors = [link.staff.name for link in meeting.staff if link.role == "assessor"]
    parts = [listed(teachers, _("dan"))] if teachers else []
    if assessors:
        parts.append(_("asesor %(names)s", names=listed(assessors, _("dan"))))
    return "; ".join(parts) or _("belum ditugaskan")


def _actions(batch: Batch) -> list[tuple[str, str, str]]:
    """(address, label, icon) of what an administrator may do in this state."""
    base = url_for("batches.workspace", batch_id=batch.id)
    found = []
    if batch.state in ("draft", "published", "postponed"):
        found.append((url_for("batches.edit", batch_id=batch.id), _("Ubah"), "pencil"))
    found.append((url_for("batches.copy", batch_id=batch.id), _("Salin ke tanggal lain"), "copy"))
    if batch.state in ("draft", "published"):
        found.append((url_for("batches.parallel", batch_id=batch.id), _("Kelas paralel"), "plus"))
    if batch.series:
        url = url_for("batches.copy_wave", gelombang=batch.series, blk=batch.center.slug)
        found.append((url, _("Salin seluruh gelombang"), "repeat"))
    if batch.state in ("published", "postponed"):
        found.append((base + "/tunda", _("Tunda atau pindahkan"), "calendar-clock"))
    if batch.state in ("draft", "published", "postponed"):
        found.append((base + "/batal", _("Batalkan"), "calendar-x"))
    return found
