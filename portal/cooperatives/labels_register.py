"""Words of register files: what columns are called, and why a row cannot come in."""

from __future__ import annotations

from portal.core.words import lazy_gettext as _l

#: The titles of an export, which an import reads again, in the order of `FIELDS`.
COLUMN_TITLES = {
    "name": "Nama koperasi",
    "kind": "Jenis koperasi",
    "province": "Provinsi",
    "regency": "Kabupaten/Kota",
    "district": "Kecamatan",
    "village": "Desa/Kelurahan",
    "code": "Kode desa",
    "number": "Nomor Induk Koperasi",
    "simkopdes": "ID SIMKOPDES",
    "pilot": "Percontohan",
    "legal_number": "Nomor badan hukum",
    "legal_on": "Tanggal badan hukum",
    "villages": "Desa lain yang dilayani",
    "groups": "Kelompok pihak",
}
REASONS = {
    "name_missing": _l("Nama koperasi kosong."),
    "name_too_long": _l("Nama koperasi lebih panjang dari 160 huruf."),
    "kind_unknown": _l("Jenis koperasi ini tidak dikenal."),
    "village_missing": _l("Desa atau kelurahan belum diisi."),
    "unknown_code": _l("Kode desa ini tidak ada di daftar wilayah."),
    "unknown_province": _l("Provinsi ini tidak dikenal."),
    "unknown_regency": _l("Kabupaten atau kota ini tidak dikenal di provinsi itu."),
    "unknown_district": _l("Kecamatan ini tidak dikenal di kabupaten atau kota itu."),
    "unknown_village": _l("Desa atau kelurahan ini tidak dikenal di kecamatan itu."),
    "ambiguous_village": _l(
        "Nama desa ini ada di beberapa tempat. Isi kecamatan, kabupaten, atau kode desa."
    ),
    "other_region": _l("Koperasi ini di luar wilayah akun Anda."),
    "number_invalid": _l("Nomor Induk Koperasi tidak terbaca. Simpan kolomnya sebagai teks."),
    "simkopdes_invalid": _l("ID SIMKOPDES tidak terbaca. Simpan kolomnya sebagai teks."),
    "pilot_unknown": _l("Percontohan diisi ya atau tidak."),
    "legal_date": _l("Tanggal badan hukum tidak terbaca."),
    "legal_future": _l("Tanggal badan hukum belum tiba."),
    "unknown_further_village": _l("Ada desa lain yang tidak dikenal di kabupaten itu."),
    "village_twice": _l("Satu desa disebut dua kali."),
    "group_twice": _l("Satu kelompok pihak disebut dua kali."),
    "groups_wrong_kind": _l("Kelompok pihak hanya untuk koperasi multipihak."),
    "duplicate_in_file": _l("Koperasi ini sudah ada di baris lain berkas ini."),
    "number_taken": _l("Nomor Induk Koperasi ini sudah dipakai koperasi lain."),
    "simkopdes_taken": _l("ID SIMKOPDES ini sudah dipakai koperasi lain."),
    "kind_by_founding": _l("Koperasi ini belum berdiri. Jenisnya berubah lewat halaman pendirian."),
    "kind_founded": _l("Koperasi ini sudah berdiri."),
    "name_taken": _l("Nama dan desa ini sudah dipakai koperasi lain."),
}
GROUP_ROLE_LABELS = {
    "worker": _l("Pekerja"),
    "service_user": _l("Pengguna jasa"),
    "platform_provider": _l("Penyedia platform"),
    "other": _l("Pihak lain"),
}


def reason_text(reason: str) -> str:
    """Why a row cannot come in, in the language of the page."""
    return str(REASONS.get(reason, reason))


def role_label(role: str) -> str:
    """The role of a member group in the language of the page."""
    return str(GROUP_ROLE_LABELS.get(role, role))
