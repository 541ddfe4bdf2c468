"""Words on screen for attendance marks."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from portal.attendance.rules import Attendance, reasons
from portal.core.clock import local_date
from portal.core.formatting import clock_time, moment
from portal.core.words import gettext as _
from portal.core.words import lazy_gettext as _l

# value, word, letter, kind of colour: the five buttons of the roll, the common one first.
CELLS = (
    ("present", _l("Hadir"), "H", "ok"),
    ("late", _l("Terlambat"), "T", "warn"),
    ("excused", _l("Izin"), "I", "info"),
    ("sick", _l("Sakit"), "S", "info"),
    ("absent", _l("Tanpa keterangan"), "A", "err"),
)
MARK_LABELS = {
    **{value: label for value, label, _letter, _kind in CELLS},
    "left_early": _l("Pulang lebih awal"),
    "cleared": _l("Belum dicatat"),
    "": _l("Belum dicatat"),
}
_EMPTY = ("", "cleared")
LETTERS = {
    **{value: letter for value, _label, letter, _kind in CELLS},
    **dict.fromkeys(_EMPTY, "–"),
    "left_early": "P",
}
KINDS = {
    **{value: kind for value, _label, _letter, kind in CELLS},
    **dict.fromkeys(_EMPTY, "mute"),
    "left_early": "warn",
}

# How a mark came about, as the beginning of a sentence.
EVIDENCE_WORDS = {
    "tap": _l("Ditandai instruktur"),
    "rest": _l("Ditandai bersama yang lain"),
    "sheet": _l("Diisi sekaligus"),
    "card": _l("Dipindai dari kartu"),
    "qr": _l("Memindai QR di layar"),
    "code": _l("Mengetik kode di layar"),
    "offline": _l("Dicatat tanpa sinyal"),
    "paper": _l("Dari daftar bertanda tangan"),
    "correction": _l("Koreksi yang disetujui"),
}
# What the person showed by their own phone.
SELF_SHOWN = ("qr", "code")


def evidence_word(evidence: str) -> str:
    """How a mark came about, in the language of the page."""
    return str(EVIDENCE_WORDS.get(evidence, evidence))


def evidence_line(
    *, evidence: str, by: str, at: datetime | None, noted_at: datetime | None, zone: str, day: date
) -> str:
    """How, when and by whom a mark came about, as one sentence; "" for an empty cell. day: the session's at
    the place, which is not said again."""
    if at is None:
        return ""

    def when(moment_: datetime) -> str:
        return clock_time(moment_, zone) if local_date(moment_, zone) == day else moment(moment_, zone)

    who = _("oleh peserta sendiri") if evidence in SELF_SHOWN else _("oleh %(name)s", name=by or _("sistem"))
    line = _("%(how)s, %(when)s, %(who)s.", how=evidence_word(evidence), when=when(noted_at or at), who=who)
    if noted_at is not None and abs(at - noted_at) > timedelta(minutes=5):
        line += " " + _("Masuk ke daftar %(when)s.", when=when(at))
    return line


def reach_line(attendance: Attendance, min_pct: int) -> tuple[str, str, str]:
    """(kind, icon, sentence): whether the threshold is reached, can still be, or is lost."""
    if attendance.reaches(min_pct):
        return "ok", "circle-check", _("Batas %(pct)s%% terpenuhi", pct=min_pct)
    if attendance.can_reach(min_pct):
        return "warn", "hourglass", _("Masih bisa mencapai %(pct)s%%", pct=min_pct)
    return "err", "circle-x", _("%(pct)s%% sudah tidak dapat tercapai", pct=min_pct)


def mark_label(mark: str) -> str:
    """The mark in the language of the page."""
    return str(MARK_LABELS.get(mark, mark))


def reason_text(reason: str) -> str:
    """A stored reason for a change in the language of the page; words of people as they were written."""
    code = reasons.paper_code(reason)
    if code is not None:
        return _("Dari lembar kertas %(code)s.", code=code)
    if reason == reasons.UNDONE:
        return _("Diurungkan.")
    return _("Dicatat tanpa sinyal pada hari pertemuan.") if reason == reasons.OFFLINE else reason
