"""The header row of a register of cooperatives, found by its words in any column order. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

#: What a column may hold, in the order of an export.
FIELDS = (
    "name", "kind", "province", "regency", "district", "village", "code", "number", "simkopdes", "pilot",
    "legal_number", "legal_on", "villages", "groups",
)  # fmt: skip
SEARCHED_ROWS = 60
_PLACES = {
    "province": {"provinsi", "propinsi", "prov", "province"},
    "regency": {"kabupaten", "kab", "kota", "regency"},
    "district": {"kecamatan", "kec", "distrik", "kapanewon", "kemantren", "district"},
    "village": {"desa", "kelurahan", "kel", "kampung", "gampong", "nagari", "kalurahan", "village"},
}
_NUMBER, _DATE = {"nomor", "no", "number", "nomer"}, {"tanggal", "tgl", "date"}
_LEGAL = {"badan", "hukum", "pengesahan", "ahu", "akta", "bh", "legal"}
_FURTHER = {"lain", "lainnya", "layanan", "dilayani", "tambahan", "further"}
_NOT_OURS = {
    "ketua", "hp", "telepon", "telp", "email", "alamat", "jumlah", "nama kepala", "kepala", "alasan",
    "keterangan", "catatan", "baris",
}  # fmt: skip


def classify(title: str) -> str | None:
    """The field that a header cell names, or None."""
    words = re.findall(r"[^\W_]+", title.casefold())
    have = set(words)
    if not have or len(title) > 90:
        return None
    if "simkopdes" in have:
        return "simkopdes"
    if have & {"percontohan", "pilot", "mockup"} or {"mock", "up"} <= have:
        return "pilot"
    if have & {"kelompok", "groups"}:
        return "groups"
    if have & _NOT_OURS:
        return None
    if have & _LEGAL:
        return "legal_on" if have & _DATE else "legal_number" if have & _NUMBER or "ahu" in have else None
    if have & {"induk", "nik"} or (have & _NUMBER and have & {"koperasi", "cooperative"}):
        return "number"
    places = [field for field, known in _PLACES.items() if have & known]
    if have & {"kode", "code"}:
        return "code" if "village" in places or have & {"wilayah", "kemendagri"} else None
    if have & {"jenis", "bentuk", "kind", "tipe"}:
        return "kind"
    if places and have & _FURTHER:
        return "villages"
    if have & {"koperasi", "kopdes", "cooperative", "kdmp", "kopdeskel"} or (
        have & {"nama", "name"} and not places
    ):
        return "name" if not have & _DATE else None
    return places[-1] if places else None


def read_header(cells: Sequence[object]) -> dict[str, int] | None:
    """{field: column from 0} when these cells are a header: a name, a place and nothing twice over."""
    found: dict[str, int] = {}
    for column, cell in enumerate(cells):
        field = classify(cell) if isinstance(cell, str) else None
        if field and field not in found:
            found[field] = column
    has_place = "code" in found or "village" in found or "district" in found
    return found if "name" in found and has_place else None
