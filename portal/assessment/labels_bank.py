"""The question bank in words: kinds, states, what an import does."""

from __future__ import annotations

from portal.core.words import lazy_gettext as _l

KIND_LABELS = {
    "single": _l("Pilihan ganda"),
    "multiple": _l("Jawaban lebih dari satu"),
    "true_false": _l("Benar atau salah"),
    "matching": _l("Menjodohkan"),
    "number": _l("Isian angka"),
    "case": _l("Kasus"),
}
KIND_NOTES = {
    "single": _l("Satu jawaban benar dari beberapa pilihan."),
    "multiple": _l("Beberapa jawaban benar; yang salah mengurangi nilai."),
    "true_false": _l("Satu pernyataan, benar atau salah."),
    "matching": _l("Kiri dipasangkan dengan kanan, boleh ditambah pengecoh."),
    "number": _l("Satu angka dengan toleransi dan satuan."),
    "case": _l("Teks dan gambar, lalu beberapa pertanyaan."),
}
KIND_ICONS = {
    "single": "circle-check",
    "multiple": "list-checks",
    "true_false": "check",
    "matching": "repeat",
    "number": "sliders-horizontal",
    "case": "lightbulb",
}
STATE_TAGS = {
    "draft": ("warn", "pencil", _l("Konsep")),
    "active": ("ok", "circle-check", _l("Aktif")),
    "retired": ("mute", "ban", _l("Tidak dipakai")),
}
STATE_NAMES = {"active": _l("Aktif"), "draft": _l("Konsep"), "retired": _l("Tidak dipakai")}
OUTCOME_TAGS = {
    "new": ("ok", "plus", _l("Baru")),
    "changed": ("info", "pencil", _l("Berubah")),
    "same": ("mute", "check", _l("Sama")),
    "clash": ("err", "circle-alert", _l("Jenisnya lain")),
}
