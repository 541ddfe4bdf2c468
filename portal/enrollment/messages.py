"""Sentences and labels that enrollment says to people, in the language of the page."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from portal.cooperatives.labels import post_label
from portal.core.blockers import Blocker
from portal.core.formatting import moment
from portal.core.words import gettext as _
from portal.enrollment.labels import state_label


def illegal_move(old: str, new: str) -> str:
    """A state that cannot follow."""
    return _(
        "Pendaftaran yang berstatus “%(old)s” tidak dapat menjadi “%(new)s”.",
        old=state_label(old),
        new=state_label(new),
    )


def own_case() -> str:
    """Staff on their own enrollment."""
    return _("Anda tidak dapat mengurus pendaftaran Anda sendiri. Minta rekan Anda.")


def offer_over() -> str:
    """Too late to answer."""
    return _("Waktu menjawab tawaran ini sudah habis, jadi kursinya ditawarkan kepada orang lain.")


def batch_full() -> str:
    """No seat for this application."""
    return _("Semua kursi angkatan ini sudah terisi atau sedang diseleksi.")


def batch_closed() -> str:
    """A batch that is cancelled, or whose results are signed."""
    return _("Angkatan ini sudah tidak menerima peserta.")


def already_here() -> Blocker:
    """A second application for the same batch."""
    return Blocker(
        "already_enrolled",
        _("Anda sudah terdaftar di angkatan ini."),
        _("Lihat perkembangannya di Pelatihan saya."),
    )


def was_rejected() -> Blocker:
    """The center said no before."""
    return Blocker(
        "was_rejected",
        _("Balai belum dapat menerima Anda di angkatan ini."),
        _("Hubungi balai, atau pilih angkatan lain."),
    )


def overlapping(label: str) -> Blocker:
    """Another batch on the same days."""
    return Blocker(
        "overlapping",
        _("Anda sudah terdaftar di pelatihan lain pada hari yang sama: %(label)s.", label=label),
        _("Pilih tanggal lain, atau mundur dahulu dari pelatihan itu."),
    )


def has_certificate() -> Blocker:
    """Nothing new to earn."""
    return Blocker(
        "has_certificate",
        _("Anda sudah memegang sertifikat program ini yang masih berlaku."),
        _("Pilih program lain, atau ikut lagi setelah masa berlakunya habis."),
    )


def pilot_window(until: datetime | None, zone: str) -> Blocker:
    """The seats that are left are kept for pilot cooperatives."""
    if until is None:
        remedy = _("Anda dapat masuk daftar tunggu.")
    else:
        remedy = _("Masuk daftar tunggu sekarang, atau kembali sesudah %(when)s.", when=moment(until, zone))
    return Blocker("pilot_window", _("Kursi yang tersisa dijaga untuk koperasi percontohan."), remedy)


def post_window(posts: Collection[str], until: datetime | None, zone: str) -> Blocker:
    """The seats that are left are kept for holders of posts (and perhaps for pilot cooperatives)."""
    names = ", ".join(post_label(post).lower() for post in sorted(posts))
    return Blocker(
        "post_window",
        _("Kursi yang tersisa dijaga untuk %(posts)s.", posts=names),
        pilot_window(until, zone).remedy,
    )


def cooperative_full(cap: int) -> Blocker:
    """The cooperative has as many people in the batch as it may have."""
    return Blocker(
        "cooperative_full",
        _("Koperasi Anda sudah menempati %(cap)d tempat di angkatan ini, yaitu batasnya.", cap=cap),
        _("Masuk daftar tunggu sekarang, atau pilih angkatan lain."),
    )


def group_refused(code: str, size: int, left: int) -> str:
    """A whole group cannot be offered seats; `code` as rules.why_not gives it."""
    if code == "group_hindered" or code in (
        "busy",
        "unprepared",
        "not_consented",
        "known",
        "not_meant",
        "reach",
    ):
        return _(
            "Ada anggota rombongan yang belum dapat ditempatkan di angkatan ini. Alasannya ada di sebelah"
            " namanya."
        )
    return _(
        "Rombongan %(size)d orang tidak muat: %(left)d kursi kosong, dengan kursi yang dijaga dan batas"
        " per koperasi ikut dihitung.",
        size=size,
        left=left,
    )


def seat_kept() -> str:
    """The free seats are kept for others."""
    return _(
        "Kursi yang kosong dijaga untuk koperasi percontohan atau jabatan tertentu. Bila tidak lagi perlu"
        " dijaga, ubah dahulu kursi yang dijaga pada angkatan ini."
    )


def over_cap(cap: int, names: str) -> str:
    """Placing these people would put too many of one cooperative into a batch."""
    return _(
        "Paling banyak %(cap)d orang dari satu koperasi di angkatan ini. Batas itu terlampaui untuk"
        " %(names)s.",
        cap=cap,
        names=names,
    )


def consent_withdrawn() -> str:
    """Nobody is enrolled who took the consent to training back."""
    return _("Orang ini mencabut persetujuan pelatihan. Persetujuan baru diperlukan untuk mendaftar.")


def help_refused() -> str:
    """The person lets nobody of the cooperative help."""
    return _("Orang ini tidak mengizinkan koperasi membantunya. Ia mendaftar sendiri atau lewat balai.")


def whatsapp_text(*, name: str, program: str, dates: str, center: str, link: str) -> str:
    """The message a center sends about an offered seat. Always Indonesian, and no personal number in it."""
    return (
        f"Selamat siang, Bapak/Ibu {name}. Kami dari {center}. Ada kursi untuk Anda di pelatihan {program}, "
        f"{dates}. Apakah Anda bersedia ikut? Balas YA atau TIDAK, atau jawab di {link}. "
        "Kursi dijaga 48 jam sejak pesan ini Anda baca dan balas. Terima kasih."
    )
