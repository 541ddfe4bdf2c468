"""Words on screen for posts and kinds of cooperatives."""

from __future__ import annotations

from functools import lru_cache

from portal.core.words import language
from portal.core.words import lazy_gettext as _l

POST_LABELS = {
    "chair": _l("Ketua"),
    "vice_chair_business": _l("Wakil Ketua Bidang Usaha"),
    "vice_chair_membership": _l("Wakil Ketua Bidang Keanggotaan"),
    "secretary": _l("Sekretaris"),
    "treasurer": _l("Bendahara"),
    "supervisor_chair": _l("Ketua Pengawas"),
    "supervisor_member": _l("Anggota Pengawas"),
    "manager": _l("Pengelola"),
    "founder": _l("Calon pengurus"),
    "member": _l("Anggota"),
}
KIND_LABELS = {
    "village": _l("Koperasi Desa Merah Putih"),
    "urban_village": _l("Koperasi Kelurahan Merah Putih"),
    "multi_stakeholder": _l("Koperasi multipihak"),
    "worker": _l("Koperasi pekerja/buruh"),
    "union": _l("Koperasi serikat pekerja/buruh"),
    "driver_courier": _l("Koperasi pengemudi dan kurir"),
    "partnership": _l("Koperasi kemitraan"),
    "prospective": _l("Koperasi yang belum berdiri"),
    "other": _l("Koperasi lain"),
}

#: How somebody came to speak for a cooperative, and how far the office is with it.
CLAIM_METHODS = {
    "code": _l("Kode dari dinas"),
    "decree": _l("Surat keputusan"),
    "founding": _l("Pencatat pendirian"),
}
CLAIM_STATES = {
    "pending": _l("Menunggu verifikasi"),
    "verified": _l("Disahkan"),
    "rejected": _l("Ditolak"),
    "ended": _l("Berakhir"),
}


def post_label(post: str) -> str:
    """The post in the language of the page."""
    return _post_in(post, language())


@lru_cache(maxsize=64)
def _post_in(post: str, _lang: str) -> str:
    # A lazy text asks for the language anew each time, which a page of posts feels.
    return str(POST_LABELS.get(post, post))


def kind_label(kind: str) -> str:
    """The kind of cooperative in the language of the page."""
    return _kind_in(kind, language())


@lru_cache(maxsize=64)
def _kind_in(kind: str, _lang: str) -> str:
    return str(KIND_LABELS.get(kind, kind))
