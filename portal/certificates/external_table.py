"""From a spreadsheet to rows of outside records: the header by its words, cells as text and as days."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from portal.core.sheet_guard import SheetError
from portal.core.spreadsheets import Book, Cell, Sheet, read_book
from portal.core.words import gettext as _
from portal.enrollment.services.roster_rows import (
    Header,
    RawRow,
    RosterTable,
    classify,
    parse_date,
    text_of,
)

#: The columns of a record; those of the person are the roster's.
RECORD_FIELDS = (
    *("kind", "title", "scheme", "issuer", "cert_number", "issued", "expires", "source", "program"),
)
PERSON_FIELDS = ("name", "nik", "post", "cooperative", "village", "district", "birth", "sex", "phone")
_NEEDED = {"name", "title", "issued"}
_SEARCHED_ROWS = 100
_LEARNED = {"pelatihan", "diklat", "bimtek", "training", "kursus", "kompetensi", "okupasi", "klaster"}
_PAPER = {"sertifikat", "sertipikat", "sttpl", "sttp", "piagam", "ijazah", "blanko"}
_DAY = {"tanggal", "tgl", "tg", "terbit", "diterbitkan", "penerbitan"}
_END = {"berlaku", "kedaluwarsa", "kadaluarsa", "kedaluarsa", "berakhir", "expired"}
_PERSON = {"peserta", "pemegang", "pengurus", "orang", "lengkap"}
_NUMBER = {"no", "nomor", "nomer", "registrasi", "reg", "seri"}


def field_of(text: str) -> str | None:
    """The field that a header cell names, or None."""
    if not text or len(text) > 90:
        return None
    have = set(re.findall(r"[^\W_]+", text.casefold()))
    if have & _PERSON or have & {"kelamin", "lahir", "koperasi", "nik", "jabatan"}:
        return classify(text)
    if have & {"kode"}:
        return "program" if "program" in have else None
    if have & _END:
        return "expires"
    if have & _DAY and not have & {"mulai", "selesai", "pelaksanaan"}:
        return "issued"
    if have & _NUMBER and have & (_PAPER | {"registrasi", "reg"}):
        return "cert_number"
    if have & {"skema", "scheme"}:
        return "scheme"
    if "sumber" in have:
        return "source"
    if have & {"jenis", "tipe"}:
        return "kind"
    if have & {"penerbit", "lsp", "penyelenggara", "lembaga"}:
        return "issuer"
    if have & {"judul", "title"} or have & _LEARNED or ("nama" in have and have & _PAPER):
        return "title"
    return classify(text)


@dataclass(frozen=True)
class ExternalTable:
    """The sheet that was read: rows as RawRow with cells by field, `table` for the roster's own checks."""

    sheet: Sheet
    header: int
    columns: dict[str, int]
    rows: tuple[RawRow, ...] = field(repr=False)

    def as_roster(self, rows: Sequence[RawRow]) -> RosterTable:
        """Some of the rows as the roster reads them."""
        columns: dict[str, tuple[int, ...]] = {
            name: (at,) for name, at in self.columns.items() if name in PERSON_FIELDS
        }
        return RosterTable(self.sheet, Header(self.header, self.header, columns), (), tuple(rows))


def read_table(content: bytes) -> ExternalTable:
    """The records in a file's bytes. Raises SheetError, also with the codes no_header and no_records."""
    return find_table(read_book(content))


def find_table(book: Book) -> ExternalTable:
    """The first visible sheet with a header and rows. Raises SheetError."""
    found = [table for sheet in book.sheets if (table := _table_of(sheet)) is not None]
    if not found:
        message = _(
            "Baris judul kolom tidak ditemukan. Perlu kolom Nama, Jenis, Judul, Penerbit, Nomor sertifikat, "
            "dan Tanggal terbit."
        )
        raise SheetError("no_header", message, field="file")
    best = max(found, key=lambda table: (bool(table.rows), not table.sheet.is_hidden, len(table.rows)))
    if not best.rows:
        raise SheetError("no_records", _("Tidak ada baris di bawah judul kolom."), field="file")
    return best


def _table_of(sheet: Sheet) -> ExternalTable | None:
    for number, row in enumerate(sheet.rows[:_SEARCHED_ROWS]):
        columns: dict[str, int] = {}
        for at, cell in enumerate(row):
            name = field_of(text_of(cell)) if isinstance(cell, str) else None
            if name and name not in columns:
                columns[name] = at
        if set(columns) >= _NEEDED:
            rows = tuple(_rows(sheet, number, columns))
            return ExternalTable(sheet, number + 1, columns, rows)
    return None


def _rows(sheet: Sheet, header: int, columns: dict[str, int]) -> list[RawRow]:
    """The rows below the header with a name or a NIK and something about a paper; a footer has not both."""
    found = []
    for number, row in enumerate(sheet.rows[header + 1 :], header + 2):
        cells = {name: row[at] if at < len(row) else "" for name, at in columns.items()}
        has_person = any(text_of(cells.get(name, "")) for name in ("name", "nik"))
        told = sum(1 for name in RECORD_FIELDS if text_of(cells.get(name, "")))
        if has_person and told:
            found.append(RawRow(number, cells, (cells["phone"],) if "phone" in cells else ()))
    return found


def day_of(cell: Cell, today: date) -> date | None:
    """A day of a paper: like the roster's, but two digits of a year mean this century."""
    found = parse_date(cell, today)
    if found is not None and found.year < 1950 and isinstance(cell, str) and str(found.year) not in cell:
        try:
            return found.replace(year=found.year + 100)
        except ValueError:  # 29 February
            return None
    return found
