"""An empty list of outside records to fill in: the columns that the reader knows."""

from __future__ import annotations

from portal.core.spreadsheets import write_xlsx

COLUMNS = (
    *("Nama", "NIK", "Jabatan", "Koperasi", "Desa/Kelurahan", "Kecamatan"),
    *("Jenis", "Judul", "Skema", "Penerbit", "Nomor sertifikat", "Tanggal terbit", "Berlaku sampai"),
    *("Sumber", "Kode program"),
)


def sample() -> bytes:
    """The .xlsx; it has no example rows, so that none is sent back by mistake."""
    return write_xlsx(list(COLUMNS), [], sheet_name="Catatan luar")
