"""Words on screen for roles, places of roles, and devices."""

from __future__ import annotations

from collections.abc import Mapping

from portal.accounts.labels import device_label as device_label
from portal.core.words import gettext as _
from portal.core.words import lazy_gettext as _l

ROLE_LABELS = {
    "trainee": _l("Peserta"),
    "cooperative_chair": _l("Ketua koperasi"),
    "companion": _l("Pendamping"),
    "instructor": _l("Instruktur"),
    "assessor": _l("Asesor"),
    "center_admin": _l("Admin balai"),
    "center_head": _l("Kepala balai"),
    "regency_officer": _l("Petugas dinas kabupaten/kota"),
    "regulator": _l("Pemantau"),
    "facilitator": _l("Fasilitator dialog"),
    "partner": _l("Mitra"),
    "platform_admin": _l("Pengelola portal"),
}
ROLE_NOTES = {
    "cooperative_chair": _l(
        "Jabatan, pengusulan, dan keadaan pendaftaran di satu koperasi. Tidak melihat nilai."
    ),
    "companion": _l(
        "Mendampingi koperasi yang disebut: mengusulkan, mendaftarkan, mencetak atas persetujuan."
    ),
    "instructor": _l("Presensi dan nilai praktik di kelas yang diajarnya."),
    "assessor": _l("Menilai unit kompetensi di angkatan yang ditugaskan."),
    "center_admin": _l(
        "Angkatan, ruang, seleksi, impor, pemulihan akses, dan penyiapan sertifikat satu balai."
    ),
    "center_head": _l("Menyetujui penerbitan dan pencabutan sertifikat satu balai."),
    "regency_officer": _l("Mengimpor daftar usulan dan membaginya ke angkatan di satu kabupaten/kota."),
    "regulator": _l("Membaca angka gabungan di satu wilayah. Tidak mengubah apa pun."),
    "facilitator": _l("Dialog dan mediasi di satu wilayah."),
    "partner": _l("Satu organisasi mitra. Tidak pernah melihat data orang."),
    "platform_admin": _l("Peran, katalog, dan catatan audit. Tanpa data pribadi yang terbuka."),
}


def role_label(role: str) -> str:
    """A role in the language of the page."""
    return str(ROLE_LABELS.get(role, role))


def scope_label(kind: str, scope_id: str, names: Mapping[tuple[str, str], str]) -> str:
    """Where a role holds, in words."""
    if kind == "all" or (kind == "region" and not scope_id):
        return _("Seluruh Indonesia") if kind == "region" else _("Seluruh portal")
    if kind == "self":
        return _("Diri sendiri")
    if kind == "organization":
        return _("Organisasi mitra nomor %(id)s", id=scope_id)
    return names.get((kind, scope_id)) or _("Nomor %(id)s", id=scope_id)
