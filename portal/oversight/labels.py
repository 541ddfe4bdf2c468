"""Words of coverage on screen, in files and in reports."""

from __future__ import annotations

from portal.core.words import gettext as _
from portal.core.words import lazy_gettext as _l
from portal.readiness.labels import STATUSES, SUBJECTS

__all__ = ["BELOW", "CLOSED", "LEVELS", "STATUSES", "SUBJECTS", "definitions"]

CLOSED = _l("ditutup")

#: What stands below a level: (one of them, heading of the table, how they are counted).
BELOW = {
    "country": (_l("Provinsi"), _l("Menurut provinsi"), _l("provinsi di bawah 15%")),
    "province": (
        _l("Kabupaten atau kota"),
        _l("Menurut kabupaten dan kota"),
        _l("kabupaten atau kota di bawah 15%"),
    ),
    "regency": (_l("Kecamatan"), _l("Menurut kecamatan"), _l("kecamatan di bawah 15%")),
    "several": (_l("Wilayah"), _l("Menurut wilayah"), _l("wilayah di bawah 15%")),
}
LEVELS = {
    "country": _l("negara"),
    "province": _l("provinsi"),
    "regency": _l("kabupaten atau kota"),
    "district": _l("kecamatan"),
}


def definitions() -> list[tuple[str, str]]:
    """(word, meaning): what is published with every table, file and report."""
    return [
        (
            _("Koperasi"),
            _("Koperasi yang tercatat di portal ini, menurut wilayah kode desa atau kelurahannya."),
        ),
        (
            _("Bersertifikat"),
            _(
                "Pemegang jabatan pada hari itu yang memegang sertifikat pelatihan terbitan portal ini"
                " yang masih berlaku. Orang dihitung sekali di tiap koperasinya."
            ),
        ),
        (
            _("Catatan luar"),
            _(
                "Pemegang jabatan tanpa sertifikat portal ini, tetapi dengan catatan pelatihan atau"
                " sertifikat kompetensi dari luar yang sudah diperiksa. Tidak ikut dalam cakupan."
            ),
        ),
        (
            _("Target"),
            _(
                "Orang yang harus bersertifikat: jumlah orang per koperasi kali jumlah koperasi, atau"
                " jumlah yang ditetapkan."
            ),
        ),
        (_("Cakupan"), _("Bersertifikat dibagi target.")),
        (
            _("Siap layanan"),
            _(
                "Koperasi yang orang dan berkasnya memenuhi syarat sedikitnya satu layanan, atau"
                " layanan yang dipilih."
            ),
        ),
        (
            _("ditutup"),
            _(
                "Jumlah orang 1 sampai 4, atau jumlah lain yang ikut ditutup agar yang kecil tidak dapat"
                " dihitung dari jumlahnya. Nol tetap ditulis."
            ),
        ),
    ]
