"""What the page of one batch shows, prepared."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from flask import url_for
from flask_babel import ngettext
from markupsafe import Markup

from portal.batches.cards import cards_of, seats_text
from portal.batches.labels_places import sharing
from portal.batches.links import find_url
from portal.batches.messages import listed
from portal.batches.models import Batch, ClassSession
from portal.batches.queries import nearest_batches
from portal.batches.rules import Phase, phase_of
from portal.batches.rules.phases import APPLY_PHASES
from portal.catalog.labels import local_name
from portal.cooperatives.labels import kind_label, post_label
from portal.core.formatting import clock_range, clock_time, date_range, long_date, zone_name
from portal.core.ports import ports
from portal.core.words import gettext as _
from portal.regions.queries import paths_of

#: Phases whose page offers other batches instead of a form.
_ELSEWHERE = frozenset(Phase) - APPLY_PHASES - {Phase.NOT_OPEN, Phase.DRAFT}


@dataclass(frozen=True)
class SessionLine:
    """A row of the schedule; `day` repeats as "" when a day has several sessions."""

    day: str
    time: str
    topic: str
    place: str
    hours: int


def batch_page(batch: Batch, now: datetime) -> dict[str, Any]:
    """The context of `batches/show.html` for a whole batch."""
    zone = batch.center.zone
    phase = phase_of(batch, now, zone)
    waiting = ports().waitlist_sizes([batch.id]).get(batch.id, 0) if phase is Phase.WAITLIST else 0
    paths = paths_of([batch.center.region_code, *batch.regions])
    others = (
        nearest_batches(
            now=now,
            program_id=batch.program_id,
            province=batch.center.region_code[:2],
            but=[batch.id],
            limit=3,
        )
        if phase in _ELSEWHERE
        else []
    )
    return {
        "batch": batch,
        "phase": phase,
        "title": local_name(batch.program),
        "summary": local_name(batch.program, "summary"),
        "facts": facts_of(batch, paths.get(batch.center.region_code, [])),
        "lines": schedule_of(batch),
        "has_places": len({meeting_place(meeting) for meeting in batch.sessions}) > 1,
        "schedule_title": _schedule_title(batch),
        "zone": zone_name(zone),
        "who": [*who_may_join(batch, paths), *sharing(batch, now)],
        "pilot": _pilot_note(batch, now),
        "steps": _steps(batch),
        "seats_text": seats_text(batch, phase, waiting, zone),
        "window": _window(batch, phase, zone),
        "apply_url": find_url("enrollment.identity", batch_id=batch.id) if phase in APPLY_PHASES else None,
        "nominate_url": find_url("enrollment.nominate_to", batch_id=batch.id)
        if phase in APPLY_PHASES
        else None,
        "notice": _notice(batch, phase),
        "others": cards_of(others, now),
        "program_url": url_for("catalog.program", slug=batch.program.slug),
        "center_url": url_for("centers.show", slug=batch.center.slug),
        "calendar_url": url_for("batches.calendar", batch_id=batch.id),
    }


def facts_of(batch: Batch, path: list[str]) -> list[tuple[Any, ...]]:
    """(term, value, small) of dates, place, length, instructors and result."""
    hours = sum(meeting.hours for meeting in batch.sessions) or batch.curriculum.hours
    rows: list[tuple[Any, ...]] = [
        (_("Tanggal"), date_range(batch.starts_on, batch.ends_on), _daily_time(batch)),
        (_("Tempat"), *_place(batch, path)),
        (_("Lama belajar"), _("%(num)d jam pelajaran (JP)", num=hours), _("1 JP = 45 menit")),
    ]
    for role, label in (("instructor", _("Instruktur")), ("assessor", _("Asesor"))):
        names = staff_names(batch, role)
        if names:
            rows.append((label, listed(names, _("dan"))))
    rows.append((_("Hasil"), _("Sertifikat pelatihan"), _("Bukan sertifikat kompetensi BNSP")))
    return rows


def staff_names(batch: Batch, role: str) -> list[str]:
    """Names of the people of a role over all sessions, in order of appearance."""
    names = [link.staff.name for meeting in batch.sessions for link in meeting.staff if link.role == role]
    return list(dict.fromkeys(names))


def _daily_time(batch: Batch) -> str:
    zone = batch.center.zone
    spans = {clock_range(meeting.starts_at, meeting.ends_at, zone) for meeting in batch.sessions}
    days = {meeting.starts_at.astimezone(ZoneInfo(zone)).date() for meeting in batch.sessions}
    if len(spans) == 1 and len(days) == len(batch.sessions):
        time = spans.pop()
        return _("%(time)s setiap hari", time=time) if len(days) > 1 else time
    return _("Jam tiap hari ada di jadwal.") if spans else ""


def _place(batch: Batch, path: list[str]) -> tuple[Any, Any]:
    """The place and, small, its address with the way there."""
    rooms = list(dict.fromkeys(m.room.name for m in batch.sessions if m.room is not None))
    province = path[0] if path else ""
    if not rooms and batch.sessions:
        return _("Daring"), _("Diselenggarakan %(center)s", center=batch.center.name)
    outside = [m.room for m in batch.sessions if m.room is not None and m.room.is_offsite]
    address = outside[0].address if outside else batch.center.address
    where = ", ".join(part for part in (address, batch.center.city, province) if part)
    small = Markup("%s") % where
    if address:
        way = "https://www.openstreetmap.org/search?" + urlencode({"query": where})
        small += Markup('. <a href="%s" rel="noreferrer">%s</a>') % (way, _("Lihat petunjuk jalan"))
    online = any(m.room is None for m in batch.sessions)
    names = [batch.center.short_name, *rooms[:2], *([_("dan daring")] if online else [])]
    return ", ".join(names[:-1]) + (" " if online else ", ") + names[-1] if len(names) > 1 else names[
        0
    ], small


def schedule_of(batch: Batch) -> list[SessionLine]:
    """The sessions as rows."""
    zone = batch.center.zone
    lines = []
    for meeting in batch.sessions:
        day = meeting.starts_at.astimezone(ZoneInfo(zone)).date()
        lines.append(
            SessionLine(
                day="\u00a0".join(long_date(day).rsplit(" ", 2)[:2]),
                time=bare_range(meeting, zone),
                topic=meeting.topic or _("Sesuai kurikulum"),
                place=meeting_place(meeting),
                hours=meeting.hours,
            )
        )
    return lines


def meeting_place(meeting: ClassSession) -> str:
    """The room, or that it is online."""
    return meeting.room.name if meeting.room is not None else _("Daring")


def bare_range(meeting: ClassSession, zone: str) -> str:
    """ "08.00–15.30", for a column whose head names the zone."""
    text = clock_range(meeting.starts_at, meeting.ends_at, zone)
    return text.removeprefix("pukul ").rsplit(" ", 1)[0]


def _schedule_title(batch: Batch) -> str:
    place = ZoneInfo(batch.center.zone)
    days = len({meeting.starts_at.astimezone(place).date() for meeting in batch.sessions})
    return ngettext("Jadwal %(num)d hari", "Jadwal %(num)d hari", days)


def who_may_join(batch: Batch, paths: dict[str, list[str]]) -> list[str]:
    """Sentences about who is meant."""
    found = []
    posts = listed([post_label(post).lower() for post in batch.posts])
    kinds = listed([kind_label(kind) for kind in batch.kinds])
    if batch.posts and batch.kinds:
        found.append(_("Untuk %(posts)s dari %(kinds)s.", posts=posts, kinds=kinds))
    elif batch.posts:
        found.append(_("Untuk %(posts)s koperasi jenis apa pun.", posts=posts))
    elif batch.kinds:
        found.append(_("Untuk siapa pun dari %(kinds)s.", kinds=kinds))
    else:
        found.append(_("Untuk pengurus, pengawas, pengelola, dan anggota koperasi jenis apa pun."))
    if batch.regions:
        names = [paths[code][-1] for code in batch.regions if paths.get(code)]
        found.append(_("Untuk koperasi dari %(names)s.", names=listed(names, _("dan"))))
    found.append(
        _("Diusulkan koperasi atau didampingi pendamping. Anda boleh mendaftar dulu, usulan menyusul.")
    )
    found.append(_("Tidak ada batas usia dan tidak perlu menganggur."))
    return found


def _pilot_note(batch: Batch, now: datetime) -> str:
    if not batch.pilot_seats or (batch.pilot_until is not None and now >= batch.pilot_until):
        return ""
    values: dict[str, Any] = {"kept": batch.pilot_seats, "quota": batch.quota}
    if batch.pilot_until is None:
        return _("%(kept)d dari %(quota)d kursi dijaga untuk koperasi percontohan.", **values)
    day: date = batch.pilot_until.astimezone(ZoneInfo(batch.center.zone)).date()
    return _(
        "%(kept)d dari %(quota)d kursi dijaga untuk koperasi percontohan sampai %(day)s.",
        day=long_date(day),
        **values,
    )


def _steps(batch: Batch) -> list[tuple[str, str, str]]:
    least = batch.curriculum.min_attendance_pct
    return [
        ("next", _("Seleksi berkas"), _("Balai memeriksa paling lama 2 hari kerja.")),
        (
            "next",
            _("Daftar ulang"),
            _(
                "Anda menerima tawaran kursi lewat WhatsApp atau telepon, lalu menjawab dalam 48 jam setelah"
                " tersambung."
            ),
        ),
        (
            "next",
            _("Pelatihan dan uji"),
            _("Hadir paling sedikit %(pct)d persen dan kompeten di semua unit wajib.", pct=least),
        ),
        ("next", _("Sertifikat"), _("Terbit setelah kepala balai menyetujui hasilnya.")),
    ]


def _window(batch: Batch, phase: Phase, zone: str) -> list[tuple[Any, ...]]:
    place = ZoneInfo(zone)
    if phase is Phase.NOT_OPEN:
        when, term = batch.opens_at, _("Dibuka")
    elif phase in APPLY_PHASES or phase is Phase.CLOSED:
        when, term = batch.closes_at, _("Ditutup")
    else:
        return []
    row = (term, long_date(when.astimezone(place).date()), clock_time(when, zone))
    needs = (_("Yang disiapkan"), _("KTP dan SK pengurus"), _("Foto dari ponsel sudah cukup"))
    return [row, needs] if phase is not Phase.CLOSED else [row]


def _notice(batch: Batch, phase: Phase) -> tuple[str, str, str] | None:
    """(kind, title, text) of what stands in the way, for the top of the page."""
    reason = batch.state_reason
    notices = {
        Phase.POSTPONED: (
            "warn",
            _("Angkatan ini ditunda"),
            reason or _("Jadwal baru menyusul. Yang sudah mendaftar akan dihubungi."),
        ),
        Phase.CANCELLED: (
            "err",
            _("Angkatan ini dibatalkan"),
            reason or _("Pilih angkatan lain di bawah ini."),
        ),
        Phase.CLOSED: (
            "info",
            _("Pendaftaran sudah ditutup"),
            _("Angkatan berikutnya dari program yang sama ada di bawah ini."),
        ),
        Phase.WAITLIST: (
            "info",
            _("Semua kursi terisi"),
            _("Anda dapat masuk daftar tunggu. Bila ada yang mundur, kursinya ditawarkan menurut urutan."),
        ),
    }
    return notices.get(phase)
