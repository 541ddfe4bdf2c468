"""Words for what people may say about disability and help in class."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

ANSWER_LABELS = {"yes": _l("Ya"), "no": _l("Tidak"), "unsaid": _l("Tidak ingin menjawab")}
DISABILITY_LABELS = {
    "physical": _l("Gerak (fisik)"),
    "sight": _l("Penglihatan"),
    "hearing": _l("Pendengaran"),
    "speech": _l("Wicara"),
    "intellectual": _l("Intelektual"),
    "mental": _l("Mental"),
    "other": _l("Lainnya"),
}
NEED_LABELS = {
    "sign_interpreter": _l("Juru bahasa isyarat"),
    "step_free": _l("Jalan dan ruang tanpa anak tangga"),
    "large_print": _l("Bahan cetak huruf besar"),
    "read_aloud": _l("Bahan dan soal dibacakan"),
    "front_seat": _l("Duduk di depan"),
    "more_time": _l("Waktu lebih lama"),
    "companion": _l("Ditemani pendamping"),
    "accessible_toilet": _l("Toilet yang bisa dipakai kursi roda"),
}
