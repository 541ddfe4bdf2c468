"""What outside records are called. The two kinds are never blurred: a center issues the first for a finished
training, an LSP the second after an assessment."""

from __future__ import annotations

from portal.core.words import lazy_gettext as _l

EXTERNAL_KINDS = {
    "training": _l("Sertifikat pelatihan"),
    "competency": _l("Sertifikat kompetensi"),
}
EXTERNAL_STATES = {
    "unverified": _l("Belum diperiksa"),
    "verified": _l("Sudah diperiksa"),
    "rejected": _l("Ditolak"),
}
