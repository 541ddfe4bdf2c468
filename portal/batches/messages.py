"""Sentences that batch rules and services say to people, in the language of the page."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from portal.cooperatives.labels import kind_label, post_label
from portal.core.blockers import Blocker
from portal.core.formatting import clock_range, long_date, weekday_name
from portal.core.words import gettext as _

if TYPE_CHECKING:
    from portal.batches.rules.clashes import Clash


def listed(words: Collection[str], last: str | None = None) -> str:
    """ "a", "a atau b", "a, b, atau c"."""
    word = last or _("atau")
    items = list(words)
    if len(items) < 3:
        return f" {word} ".join(items)
    return ", ".join(items[:-1]) + f", {word} {items[-1]}"


def day_text(day: date) -> str:
    """ "Senin 7 Desember 2026", for the middle of a sentence."""
    return f"{weekday_name(day)} {long_date(day, weekday=False)}"


# ---- who may join ----


def not_applying(phase: str) -> Blocker:
    """The window is not open, or the batch is past it."""
    texts = {
        "draft": _("Angkatan ini belum diumumkan."),
        "not_open": _("Pendaftaran angkatan ini belum dibuka."),
        "closed": _("Pendaftaran angkatan ini sudah ditutup."),
        "running": _("Pelatihan ini sudah berjalan."),
        "assessing": _("Pelatihan ini sudah berakhir."),
        "finished": _("Pelatihan ini sudah selesai."),
        "postponed": _("Angkatan ini ditunda. Pendaftaran dibuka lagi setelah jadwal baru diumumkan."),
        "cancelled": _("Angkatan ini dibatalkan."),
    }
    return Blocker(f"phase_{phase}", texts.get(phase, texts["closed"]), _("Pilih angkatan lain."))


def kind_not_meant(kind: str, kinds: Collection[str]) -> Blocker:
    """The cooperative is of another kind."""
    return Blocker(
        "kind_not_meant",
        _(
            "Angkatan ini untuk %(meant)s, bukan %(kind)s.",
            meant=listed([kind_label(item) for item in kinds]),
            kind=kind_label(kind),
        ),
        _("Cari program untuk jenis koperasi Anda."),
    )


def post_not_meant(post: str, posts: Collection[str]) -> Blocker:
    """The person holds another post."""
    return Blocker(
        "post_not_meant",
        _(
            "Angkatan ini untuk %(meant)s, bukan %(post)s.",
            meant=listed([post_label(item) for item in posts]),
            post=post_label(post),
        ),
        _("Cari program untuk jabatan Anda."),
    )


def region_not_meant() -> Blocker:
    """The cooperative lies elsewhere."""
    return Blocker(
        "region_not_meant",
        _("Angkatan ini untuk koperasi dari wilayah lain."),
        _("Cari angkatan di provinsi Anda."),
    )


# ---- sessions in themselves ----


def clock_invalid() -> Blocker:
    """A time that is not one."""
    return Blocker("clock_invalid", _("Jam ditulis seperti 08.00."))


def not_on_quarter() -> Blocker:
    """Minutes other than 00, 15, 30, 45."""
    return Blocker("not_on_quarter", _("Jam pada kelipatan 15 menit: 00, 15, 30, atau 45."))


def ends_before_start() -> Blocker:
    """Ends at or before its start."""
    return Blocker("ends_before_start", _("Jam selesai harus sesudah jam mulai."))


def hours_range() -> Blocker:
    """Lesson hours outside 1 to 16."""
    return Blocker("hours_range", _("Isi 1 sampai 16 jam pelajaran (JP)."))


def room_missing() -> Blocker:
    """In person without a room."""
    return Blocker("room_missing", _("Pilih ruang, atau ubah pertemuan ini menjadi daring."))


def sessions_overlap(one: int, other: int) -> Blocker:
    """Two sessions of the batch at once."""
    return Blocker(
        "sessions_overlap", _("Pertemuan %(one)d dan %(other)d berlangsung bersamaan.", one=one, other=other)
    )


def too_many_sessions(most: int) -> Blocker:
    """More than the schedule can hold."""
    return Blocker("too_many_sessions", _("Paling banyak %(most)d pertemuan dalam satu angkatan.", most=most))


# ---- clashes ----


def clash_sentence(clash: Clash, name: str, zone: str) -> str:
    """Names the thing and what holds it: "Ruang Padi 2 sudah dipakai Angkatan 13 (Pembukuan), Senin 7
    Desember 2026 pukul 08.00–11.00 WIB." `name` is the room's or the person's."""
    day = day_text(clash.wanted.day)
    if clash.kind == "holiday":
        return _("%(day)s hari libur: %(name)s.", day=day, name=clash.reason)
    if clash.kind == "leave":
        if clash.reason:
            return _("%(name)s cuti pada %(day)s (%(reason)s).", name=name, day=day, reason=clash.reason)
        return _("%(name)s cuti pada %(day)s.", name=name, day=day)
    assert clash.busy is not None
    values = {
        "name": name,
        "number": clash.busy.batch_number,
        "program": clash.busy.program,
        "day": day_text(local_day(clash.busy.starts_at, zone)),
        "time": clock_range(clash.busy.starts_at, clash.busy.ends_at, zone),
    }
    if clash.kind == "room":
        return _("%(name)s sudah dipakai Angkatan %(number)s (%(program)s), %(day)s %(time)s.", **values)
    return _("%(name)s sudah bertugas di Angkatan %(number)s (%(program)s), %(day)s %(time)s.", **values)


def slot_sentence(day: date, starts_at: datetime, ends_at: datetime, zone: str, room: str = "") -> str:
    """ "Selasa 8 Desember 2026 pukul 08.00–15.30 WIB, Ruang Padi 3"."""
    text = f"{day_text(day)} {clock_range(starts_at, ends_at, zone)}"
    return f"{text}, {room}" if room else text


def local_day(moment: datetime, zone: str) -> date:
    """The day at the center."""
    return moment.astimezone(ZoneInfo(zone)).date()
