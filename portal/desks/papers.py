"""The copy of one's own data on paper."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from portal.core.formatting import current_locale, moment
from portal.core.typesetting import compile_pdf
from portal.core.words import gettext as _
from portal.desks.data_words import Section


def data_pdf(name: str, parts: Sequence[Section], *, now: datetime) -> bytes:
    """A4 pages in the language of the request. Not for inside a transaction."""
    sheet = {
        "title": _("Data saya"),
        "name": name,
        "lang": current_locale(),
        "lead": _(
            "Semua yang portal ini simpan tentang Anda pada waktu di kaki halaman. NIK hanya empat angka "
            "terakhir; kata sandi dan kode tidak ikut, karena portal pun tidak dapat membacanya."
        ),
        "printed": _("Dibuat %(when)s", when=moment(now)),
        "page": _("Halaman"),
        "nothing": _("Tidak ada."),
        "sections": [
            {
                "title": part.title,
                "blocks": [{"title": block.title, "items": block.items} for block in part.blocks],
            }
            for part in parts
        ],
    }
    return compile_pdf("data_saya.typ", sheet, at=now, is_lenient=True)
