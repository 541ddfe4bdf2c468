"""Words for outside records: what they are called, and why one may not come in."""

from __future__ import annotations

from portal.certificates.external_rules import LENGTHS
from portal.core.words import gettext as _


def sentence(reason: str, typed: str = "") -> str:
    """Why a record may not come in, in the language of the page."""
    if reason.endswith("_long"):
        return _("Paling banyak %(max)d karakter.", max=LENGTHS[reason.removesuffix("_long")])
    said = typed if len(typed) <= 40 else typed[:39].rstrip() + "…"
    return {
        "kind_missing": _("Jenis kosong: tulis Pelatihan atau Kompetensi."),
        "kind_unknown": _("Jenis “%(typed)s” tidak jelas: tulis Pelatihan atau Kompetensi.", typed=said),
        "title_missing": _("Judul pelatihan atau sertifikatnya kosong."),
        "issuer_missing": _("Penerbitnya kosong: tulis balai, lembaga, atau LSP yang menerbitkan."),
        "number_missing": _("Sertifikat kompetensi harus disertai nomor yang tertulis padanya."),
        "issued_missing": _("Tanggal terbitnya kosong."),
        "issued_date": _("Tanggal terbit “%(typed)s” tidak terbaca. Tulis seperti 17/05/2023.", typed=said),
        "issued_future": _("Tanggal terbitnya di masa depan."),
        "issued_early": _("Tahun terbitnya tidak mungkin."),
        "expires_date": _("Tanggal berlaku “%(typed)s” tidak terbaca. Tulis seperti 17/05/2026.", typed=said),
        "expires_before": _("Masa berlakunya berakhir sebelum tanggal terbit."),
        "program_unknown": _("Kode program “%(typed)s” tidak ada di katalog.", typed=said),
        "person_unknown": _(
            "Orang ini tidak dikenal di wilayah atau balai Anda. Isi NIK dan nama sesuai KTP, atau lengkapi "
            "jabatan, koperasi, desa, dan kecamatannya."
        ),
        "person_several": _("Ada beberapa orang dengan nama, jabatan, dan koperasi ini. Tambahkan NIK."),
        "name_differs": _("Namanya tidak cocok dengan NIK itu. Periksa keduanya."),
        "duplicate_in_file": _("Sertifikat yang sama sudah ada di baris %(row)s.", row=said),
    }[reason]
