"""Words on screen for attendance marks."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

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


def mark_label(mark: str) -> str:
    """The mark in the language of the page."""
    return str(MARK_LABELS.get(mark, mark))
