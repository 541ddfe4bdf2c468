"""Sentences about nominations, worded for the one who proposes others."""

from __future__ import annotations

from typing import Any

from portal.core.blockers import Blocker
from portal.core.words import gettext as _
from portal.core.words import lazy_gettext as _l

NOMINATION_LABELS = {
    "proposed": _l("Menunggu jawaban"),
    "consented": _l("Bersedia"),
    "placed": _l("Mendapat tempat"),
    "declined": _l("Tidak bersedia"),
    "withdrawn": _l("Ditarik"),
    "rejected": _l("Tidak diterima"),
    "replaced": _l("Diganti"),
}
NOMINATION_TAGS = {
    "proposed": ("warn", "hourglass"),
    "consented": ("ok", "circle-check"),
    "placed": ("ok", "armchair"),
    "declined": ("mute", "circle-x"),
    "withdrawn": ("mute", "log-out"),
    "rejected": ("err", "ban"),
    "replaced": ("mute", "repeat"),
}


def nomination_tag(state: str) -> tuple[str, str, str]:
    """(kind, icon, words) for `ui.tag`."""
    kind, icon = NOMINATION_TAGS.get(state, ("mute", "info"))
    return kind, icon, str(NOMINATION_LABELS.get(state, state))


def mark_words(mark: Any) -> list[tuple[str, str, str]]:
    """Tags for somebody proposed by name (queries.nominations.Mark), as a center sees them."""
    if mark is None:
        return []
    found = [("info", "users", _("Diusulkan koperasi"))]
    if mark.state == "proposed":
        found.append(("warn", "hourglass", _("Belum menyatakan bersedia")))
    if mark.is_unverified:
        found.append(("warn", "circle-alert", _("Pengusul menunggu verifikasi")))
    return found


def illegal_move(old: str, new: str) -> str:
    """A state that cannot follow."""
    return _(
        "Usulan yang berstatus “%(old)s” tidak dapat menjadi “%(new)s”.",
        old=NOMINATION_LABELS[old],
        new=NOMINATION_LABELS[new],
    )


def deadline_over() -> str:
    """Too late to change who goes."""
    return _("Pendaftaran angkatan ini sudah ditutup, jadi usulan tidak dapat diubah lagi. Hubungi balai.")


def gone() -> Blocker:
    """A person whose data was erased."""
    return Blocker(
        "person_gone", _("Data orang ini sudah dihapus atas permintaannya."), _("Pilih orang lain.")
    )


def refuses() -> Blocker:
    """The person took a consent back; which one is theirs to say."""
    return Blocker(
        "help_refused",
        _("Orang ini tidak mengizinkan koperasi mendaftarkannya."),
        _("Ia dapat mendaftar sendiri atau lewat balai."),
    )


def open_already() -> Blocker:
    """An open nomination for the program."""
    return Blocker(
        "nominated_already",
        _("Orang ini sudah diusulkan untuk program ini."),
        _("Lihat keadaannya di daftar usulan."),
    )


def has_certificate() -> Blocker:
    """Nothing new to earn."""
    return Blocker(
        "has_certificate",
        _("Orang ini sudah memegang sertifikat program ini yang masih berlaku."),
        _("Pilih program lain untuknya, atau usulkan orang lain."),
    )


def already_here() -> Blocker:
    """In this batch already."""
    return Blocker(
        "already_enrolled", _("Orang ini sudah terdaftar di angkatan ini."), _("Tidak perlu diusulkan lagi.")
    )


def was_rejected() -> Blocker:
    """The center said no before."""
    return Blocker(
        "was_rejected",
        _("Balai belum dapat menerima orang ini di angkatan ini."),
        _("Hubungi balai, atau pilih angkatan lain."),
    )


def overlapping(label: str) -> Blocker:
    """Another batch on the same days."""
    return Blocker(
        "overlapping",
        _("Orang ini sudah terdaftar di pelatihan lain pada hari yang sama: %(label)s.", label=label),
        _("Pilih angkatan dengan tanggal lain untuknya."),
    )


def post_not_meant(message: str) -> Blocker:
    """The post is not one of those the class is for."""
    return Blocker("post_not_meant", message, _("Usulkan pemegang jabatan itu, atau pilih program lain."))


def nobody() -> Blocker:
    """Nobody was chosen."""
    return Blocker("nobody_chosen", _("Pilih atau tulis paling sedikit satu orang."))


def nobody_fits() -> Blocker:
    """Nothing to send."""
    return Blocker(
        "nobody_fits",
        _("Tidak seorang pun dari mereka dapat diusulkan."),
        _("Pilih orang atau angkatan lain."),
    )


def not_all_fit(count: int) -> Blocker:
    """One who cannot go stops a group that goes as a whole."""
    return Blocker(
        "not_all_fit",
        _("%(count)d orang tidak dapat diusulkan, jadi tidak ada yang dikirim.", count=count),
        _("Ganti orangnya, atau pilih “Sebanyak yang muat”."),
    )


def too_few_seats(count: int) -> Blocker:
    """A group that goes as a whole finds too few seats."""
    return Blocker(
        "too_few_seats",
        _("Kursi yang tersisa tidak cukup untuk %(count)d orang, jadi tidak ada yang dikirim.", count=count),
        _("Pilih “Sebanyak yang muat”, tetap bersama di daftar tunggu, atau angkatan lain."),
    )


def over_cap(cap: int) -> Blocker:
    """A group that goes as a whole is larger than what one cooperative may have."""
    return Blocker(
        "over_cap",
        _(
            "Paling banyak %(cap)d orang dari satu koperasi di angkatan ini, jadi tidak ada yang dikirim.",
            cap=cap,
        ),
        _("Kurangi orangnya, atau pilih “Sebanyak yang muat”."),
    )


def not_consented(name: str) -> str:
    """The center cannot offer a seat yet."""
    return _("%(name)s belum menyetujui usulannya, jadi kursi belum dapat ditawarkan.", name=name)
