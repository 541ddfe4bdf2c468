"""Made-up content for the living style page (/gaya, development only): every component in every state."""

from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

from werkzeug.datastructures import MultiDict
from wtforms import (
    BooleanField,
    FileField,
    RadioField,
    SelectChoice,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)

from portal.core import clock, drawing
from portal.core.forms import BaseForm, DateField

# token, name on the page, light value, the ground it is measured on
_COLOURS = (
    ("ink", "Tinta", "#14201f", "#f6f8f7"),
    ("muted", "Redup", "#51605e", "#ffffff"),
    ("edge", "Tepi isian", "#6b7a78", "#ffffff"),
    ("primary", "Laut", "#0b5e5a", "#ffffff"),
    ("deep", "Laut dalam", "#083f3d", "#ffffff"),
    ("link", "Tautan", "#0a5c7a", "#ffffff"),
    ("terra", "Bata", "#a4452a", "#ffffff"),
    ("ok", "Berhasil", "#17663a", "#e4f4ea"),
    ("warn", "Perhatian", "#7a4a00", "#fff3d6"),
    ("err", "Salah", "#9f1d16", "#fdecea"),
    ("info", "Keterangan", "#1d4f91", "#e8f0fa"),
    ("gold", "Padi, di bawah tinta", "#f2b33d", "#14201f"),
    ("tint", "Buih, di bawah laut", "#e3f1ef", "#0b5e5a"),
    ("paper", "Kertas, di bawah tinta", "#f6f8f7", "#14201f"),
)
_PHASES = (
    "draft", "not_open", "open", "nearly_full", "waitlist", "closed", "running", "grading", "finished",
    "postponed", "cancelled",
)  # fmt: skip
_VERDICTS = (
    ("valid", "Sertifikat pelatihan ini asli dan masih berlaku."),
    ("revoked", "Sertifikat ini pernah terbit, tetapi dicabut pada Kamis, 3 September 2026."),
    ("suspended", "Sedang ditinjau sejak Senin, 2 November 2026."),
    ("replaced", "Sertifikat ini diganti. Lihat penggantinya."),
    ("expired", "Masa berlakunya habis pada Rabu, 30 September 2026."),
    ("not_found", "Kode ini belum pernah kami terbitkan."),
    ("typo", "Satu huruf atau angka tampaknya keliru. Periksa huruf ke-7."),
    ("signature_mismatch", "Isi QR ini tidak sama dengan yang ditandatangani."),
    ("signature_match", "Tanda tangan cocok. Pencabutan belum diperiksa karena tidak ada sinyal."),
)


class _SampleForm(BaseForm):
    name = StringField("Nama lengkap", description="Seperti tertulis di KTP.")
    nik = StringField("NIK", description="16 angka, spasi boleh.")
    post = SelectField(
        "Jabatan", choices=[SelectChoice("treasurer", "Bendahara"), SelectChoice("chair", "Ketua")]
    )
    born = DateField("Tanggal lahir", description="Misalnya 27 Maret 1985.")
    since = DateField("Mulai menjabat")
    mode = RadioField(
        "Cara belajar", choices=[SelectChoice("hall", "Tatap muka"), SelectChoice("online", "Daring")]
    )
    needs = SelectMultipleField(
        "Yang dibutuhkan",
        choices=[SelectChoice("ramp", "Jalan kursi roda"), SelectChoice("sign", "Juru bahasa isyarat")],
    )
    reason = TextAreaField("Alasan")
    agree = BooleanField("Saya setuju data ini dipakai untuk pelatihan.")
    file = FileField("Daftar usulan", description="Excel atau CSV, paling besar 5 MB.")


def sample_context() -> dict[str, Any]:
    """Everything that gaya/index.html shows. Names and figures are made up."""
    typed = MultiDict(
        {"name": "Sri Wahyuningsih", "nik": "33180 75602 89000", "post": "treasurer", "mode": "hall",
         "needs": "ramp",
         "born-day": "27", "born-month": "3", "born-year": "1985",
         "since-day": "31", "since-month": "2", "since-year": "2026"}
    )  # fmt: skip
    form = _SampleForm(typed)
    form.nik.errors = ["NIK ini 15 angka. Tambahkan satu angka."]
    form.since.errors = ["Tanggal ini tidak ada. Tulis hari, bulan, dan tahun."]
    now = clock.now()
    return {
        "form": form,
        "colours": [
            (token, name, value, _contrast(value, ground)) for token, name, value, ground in _COLOURS
        ],
        "spaces": (4, 8, 12, 16, 24, 32, 48, 64),
        "icons": drawing.icon_names(),
        "phases": _PHASES,
        "verdicts": _VERDICTS,
        "batches": _batches(),
        "days": _days(),
        "rooms": _rooms(),
        "until": now + timedelta(hours=31, minutes=20),
        "roll_options": (
            ("present", "Hadir", "H", "ok"),
            ("late", "Terlambat", "T", "warn"),
            ("excused", "Izin", "I", "info"),
            ("sick", "Sakit", "S", "info"),
            ("absent", "Tanpa keterangan", "A", "err"),
        ),
    }


def _batches() -> list[SimpleNamespace]:
    return [
        SimpleNamespace(
            href="#kursi", first_day=date(2026, 12, 7), title="Pembukuan dan laporan keuangan koperasi",
            place="BBPVP Makassar, Kota Makassar", length="3 hari, 24 JP, tatap muka", note=None,
            phase="nearly_full", taken=14, quota=16, reserve=2, seats_text="2 kursi tersisa dari 16",
        ),
        SimpleNamespace(
            href="#kursi", first_day=date(2026, 12, 14), title="Digitalisasi usaha koperasi",
            place="BPVP Kendari, Kota Kendari", length="3 hari, 24 JP",
            note="Koperasi percontohan didahulukan",
            phase="cancelled", taken=0, quota=16, reserve=2, seats_text="Dibatalkan Jumat, 20 November 2026",
        ),
    ]  # fmt: skip


def _days() -> list[dict[str, Any]]:
    first = date(2026, 12, 1)
    days = [first + timedelta(days=offset) for offset in range(31)]
    return [
        {"label": day.day, "weekday": "SSRKJSM"[day.weekday()], "off": day.weekday() > 4 or day.day == 25,
         "today": day.day == 3}
        for day in days
    ]  # fmt: skip


def _rooms() -> list[dict[str, Any]]:
    def free(first: int, last: int) -> list[dict[str, Any]]:
        days = _days()
        return [{"off": days[day - 1]["off"]} for day in range(first, last + 1)]

    booked = {"kind": "info", "span": 3, "href": "#kalender"}
    return [
        {"name": "Ruang Padi 1", "note": "20 kursi", "cells": [
            *free(1, 6), {**booked, "title": "Pengurus 14", "text": "16 dari 16", "when": "7–9 Desember",
                          "kind": "ok"},
            *free(10, 13), {**booked, "title": "Pembukuan 3", "text": "9 dari 16", "when": "14–16 Desember"},
            *free(17, 31)]},
        {"name": "Ruang Padi 2", "note": "24 kursi", "cells": [
            *free(1, 1), {**booked, "span": 2, "title": "Pengawas 2", "text": "bentrok",
                          "when": "2–3 Desember", "kind": "err"},
            *free(4, 31)]},
        {"name": "Aula Juwana", "note": "di luar balai", "cells": free(1, 31)},
    ]  # fmt: skip


def _contrast(one: str, other: str) -> float:
    """WCAG contrast of two #rrggbb colours."""

    def luminance(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        red, green, blue = (c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    bright, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)
