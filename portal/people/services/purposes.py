"""What people are asked to agree to: purposes with their texts and versions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from portal.core.words import lazy_gettext as _l


@dataclass(frozen=True)
class Purpose:
    """What a consent is for. `version` grows with the text: an old answer does not cover a new text."""

    code: str
    version: int
    title: Any
    text: Any
    is_required: bool = False


CONSENT_TRAINING = "training"
CONSENT_CONTACT = "contact"
CONSENT_COOPERATIVE = "cooperative"
CONSENT_INCLUSION = "inclusion"
CONSENT_PURPOSES: dict[str, Purpose] = {
    purpose.code: purpose
    for purpose in (
        Purpose(
            CONSENT_TRAINING,
            1,
            _l("Pendaftaran dan penyelenggaraan pelatihan"),
            _l(
                "Nama, NIK, tanggal lahir, alamat desa, dan jabatan Anda dipakai untuk mendaftarkan Anda, "
                "mencatat kehadiran dan hasil, serta menerbitkan sertifikat pelatihan. NIK disimpan "
                "terenkripsi dan tidak pernah tampil di halaman umum."
            ),
            True,
        ),
        Purpose(
            CONSENT_CONTACT,
            1,
            _l("Dihubungi lewat telepon dan WhatsApp"),
            _l(
                "Balai pelatihan boleh menelepon atau mengirim pesan WhatsApp ke nomor Anda tentang kursi, "
                "jadwal, dan perubahan pelatihan. Nomor Anda tidak dibagikan kepada peserta lain."
            ),
        ),
        Purpose(
            CONSENT_COOPERATIVE,
            1,
            _l("Dibantu ketua atau pendamping koperasi"),
            _l(
                "Ketua atau pendamping koperasi Anda boleh mengusulkan dan mendaftarkan Anda, serta mencetak "
                "kartu dan surat Anda. Mereka melihat keadaan pendaftaran, tidak pernah nilai Anda."
            ),
        ),
        Purpose(
            CONSENT_INCLUSION,
            1,
            _l("Bantuan di kelas dan hitungan inklusi"),
            _l(
                "Jawaban Anda tentang disabilitas dan bantuan yang diperlukan disimpan tersegel. Balai hanya "
                "melihat bantuan apa yang harus disiapkan untuk satu kelas, tanpa nama; selebihnya hanya "
                "dihitung sebagai angka gabungan. Mencabut persetujuan ini menghapus jawaban Anda."
            ),
        ),
    )
}
CONSENT_METHODS = frozenset({"screen", "paper", "spoken", "roster"})
