"""Words on screen for centers."""

from __future__ import annotations

from portal.core.words import lazy_gettext as _l

KIND_LABELS = {
    "uptp": _l("Balai pusat (UPTP)"),
    "uptd": _l("Balai daerah (UPTD)"),
    "community": _l("BLK komunitas"),
    "private": _l("Lembaga pelatihan swasta"),
}


def center_kind(kind: str) -> str:
    """The kind of center in the language of the page."""
    return str(KIND_LABELS.get(kind, kind))


ISLANDS = (
    ("12", _l("Sumatra")),
    ("3", _l("Jawa")),
    ("5", _l("Bali dan Nusa Tenggara")),
    ("6", _l("Kalimantan")),
    ("7", _l("Sulawesi")),
    ("8", _l("Maluku")),
    ("9", _l("Papua")),
)


def island(province_code: str) -> str:
    """The island group of a province code ("33"), by its first digit."""
    return next((str(label) for digits, label in ISLANDS if province_code[:1] in digits), "")


def island_order(province_code: str) -> int:
    """The place of a province's island group in lists, west to east."""
    return next(
        (n for n, (digits, _label) in enumerate(ISLANDS) if province_code[:1] in digits), len(ISLANDS)
    )
