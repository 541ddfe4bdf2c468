"""Words on screen for centers."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

KIND_LABELS = {
    "uptp": _l("Balai pusat (UPTP)"),
    "uptd": _l("Balai daerah (UPTD)"),
    "community": _l("BLK komunitas"),
    "private": _l("Lembaga pelatihan swasta"),
}


def center_kind(kind: str) -> str:
    """The kind of center in the language of the page."""
    return str(KIND_LABELS.get(kind, kind))
