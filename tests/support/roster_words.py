"""The words of examination rosters: reasons, names, posts and column titles as dinas write them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

REFUSALS = frozenset(
    "name_missing name_too_long name_invalid post_missing post_unknown nik_missing nik_not_text nik_digits "
    "nik_length nik_date nik_serial birth_date birth_future unknown_district unknown_village "
    "duplicate_in_file".split()
)

MONTHS = "Januari Februari Maret April Mei Juni Juli Agustus September Oktober November Desember".split()
FIRST = (
    "Siti Budi Yohanes Dewi Agus Theresia Zainal Muhammad Oktavianus Wayan Made Ketut Yuliana Asep".split()
)
LAST = (
    *("Siregar", "Saputra", "Nur'aini", "Ma’ruf", "Nugroho", "Wanggai", "Gunawan", "Simanjuntak"),
    *("Halim, S.E., M.M.", "Lubis, A.Md", "Anggraini, S.Pd", "Nur`aini", "D'Cruz-Putri", "bin/binti Saleh"),
    *("(Alm.) Harahap", "Éla"),
)
POSTS: dict[str, tuple[str, ...]] = {
    "chair": ("Ketua", "KETUA", "ketua "),
    "vice_chair_business": (
        *(
            "Wakil Ketua Bidang Usaha",
            "Wakil Ketua Bid. Usaha",
            "Waket Bid. Usaha",
            "WAKIL KETUA BIDANG USAHA",
        ),
        *("Wk. Ketua Bid. Usaha", "Waket Usaha"),
    ),
    "vice_chair_membership": (
        *("Wakil Ketua Bidang Keanggotaan", "Waket Keanggotaan", "Wk. Ketua Bidang Keanggotaan"),
        *("Waket Bid. Keanggotaan", "wakil ketua bid keanggotaan"),
    ),
    "secretary": ("Sekretaris", "SEKRETARIS", "Sekertaris", " sekretaris"),
    "treasurer": ("Bendahara", "BENDAHARA", "bendahara  "),
    "supervisor_chair": ("Ketua Pengawas", "KETUA PENGAWAS", "Ketua  Pengawas", "Ketua Dewan Pengawas"),
    "supervisor_member": ("Pengawas", "Anggota Pengawas", "anggota pengawas", "PENGAWAS"),
    "manager": ("Manajer", "Manager", "Pengelola", "MANAJER "),
}
# Column titles a dinas may write: the first is the Sintang file's.
TITLES: dict[str, tuple[str, ...]] = {
    "number": ("No", "NO.", "Nomor Urut", "No. Urut"),
    "cooperative": ("Nama Koperasi", "NAMA KOPERASI", "Koperasi", "Nama KDKMP"),
    "village": ("Desa/Kelurahan", "DESA / KELURAHAN", "Kelurahan/Desa", "Nama Desa/Kel."),
    "district": ("Kecamatan", "KECAMATAN", "Kec.", "Nama Kecamatan"),
    "name": ("Nama Lengkap", "NAMA LENGKAP", "Nama", "Nama Peserta"),
    "nik": ("N I K", "NIK", "No. KTP/NIK", "Nomor Induk Kependudukan (NIK)"),
    "sex": ("L/P", "JENIS KELAMIN", "JK", "Jenis Kelamin (L/P)"),
    "birth": ("Tgl. Lahir", "TANGGAL LAHIR", "Tgl Lahir", "Tanggal Lahir"),
    "post": ("Jabatan", "JABATAN", "Jabatan di Koperasi", "Posisi/Jabatan"),
    "phone": ("No. HP / WA", "NO. HP", "Nomor Telepon", "No. Handphone/WhatsApp"),
    "note": ("Ket.", "KETERANGAN", "Keterangan", "Ket"),
}
EXTRA: dict[str, tuple[str, Callable[[int], Any]]] = {
    "x_nip": ("NIP", lambda n: f"19650101199003{n:04d}"),
    "x_npwp": ("NPWP", lambda n: f"09.254.294.3-407.{n % 1000:03d}"),
    "x_email": ("Email", lambda n: f"orang{n}@contoh.id"),
    "x_address": ("Alamat", lambda n: f"Jl. Merdeka No. {n} RT 01/RW 02"),
    "x_age": ("Umur", lambda n: 20 + n % 40),
    "x_school": ("Pendidikan Terakhir", lambda n: ("SMA", "S1", "D3")[n % 3]),
    "x_coop_number": ("Nomor Induk Koperasi", lambda n: f"61050400{n:05d}"),
    "x_place": ("Tempat Lahir", lambda n: "Sintang"),
    "x_family": ("No. KK", lambda n: f"610501010108{n:04d}"),
    "x_regency": ("Kabupaten/Kota", lambda n: "-"),
    "x_mother": ("Nama Ibu Kandung", lambda n: "Maria"),
}
KDMP = ("Koperasi Desa Merah Putih", "KOPERASI DESA MERAH PUTIH", "Kop. Desa Merah Putih", "KDMP")
KKMP = ("Koperasi Kelurahan Merah Putih", "KOPERASI KELURAHAN MERAH PUTIH", "Kop. Kel. Merah Putih", "KKMP")
