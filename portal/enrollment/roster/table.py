"""From a file to the rows of people in it: which sheet, which header, which rows count.

What a row is (rows keep their number in the sheet, whatever they are):
- blank rows, the header again, and a row of column numbers ("1 2 3 ...") are skipped;
- a person: NIK-like digits and one more filled cell; or five filled cells; or two of which one is the name
  and none begins with a word of a footer ("Mengetahui", "NIP", "Jumlah"); or three without such a word; or a
  name or a NIK alone in a numbered line. "No" and "Ket." do not count as filled, so a numbered but empty
  line is no person;
- once a footer word has been seen, only the first two count as people: names under signatures are not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from portal.core.sheet_guard import SheetError
from portal.core.spreadsheets import Book, Cell, Sheet, read_book
from portal.core.words import gettext as _
from portal.enrollment.roster.cells import is_numeric, text_of
from portal.enrollment.roster.header import Header, classify, find_header, header_at

_COUNTED = ("cooperative", "village", "district", "name", "nik", "sex", "birth", "post", "phone")
_FOOTER = re.compile(
    r"\W*((mengetahui|menyetujui|disetujui|mengesahkan|disahkan|dibuat|yang membuat|yang mengusulkan|"
    r"hormat kami|kepala (dinas|bidang|desa|badan|seksi)|a\.?n\.?\s|plt|plh|ttd|tanda tangan|nip|jumlah|"
    r"total|sub\s*total|catatan|demikian|rekapitulasi|pembina|penata|camat|bupati|wali\s*kota|"
    r"sekretaris daerah)\b|"
    r"(keterangan|ket|nik)\s*:|\(\s*[.…_]{3,})",
    re.I,
)
_BANNER = re.compile(r"^\W*(?:[ivx]+|[a-z]|\d+)?\W*((?:kecamatan|kec|distrik)\b.*)$", re.I)
# A column counts as written in groups (once, then blank below) when this share of the rows leaves it blank.
_GROUPED_SHARE = 0.2


@dataclass(frozen=True)
class RawRow:
    """One person as the file has it: the row number and the cells by field ("phone" may have several)."""

    number: int
    cells: dict[str, Cell] = field(repr=False)
    phones: tuple[Cell, ...] = field(default=(), repr=False)

    def text(self, name: str) -> str:
        """A field as one line of text of at most 500 letters, "" when blank or missing."""
        return text_of(self.cells.get(name, ""))[:500]


@dataclass(frozen=True)
class RosterTable:
    """The table of a roster. `titles` are the texts above the header, for the regency's name."""

    sheet: Sheet
    header: Header
    titles: tuple[str, ...]
    rows: tuple[RawRow, ...]

    def has(self, name: str) -> bool:
        """Whether the file has a column for a field (districts may also stand in banner rows)."""
        return name in self.header.columns or any(name in row.cells for row in self.rows)


def read_roster(content: bytes) -> RosterTable:
    """The roster in a file's bytes. Raises SheetError, also with the codes no_header and no_people."""
    return find_roster(read_book(content))


def find_roster(book: Book) -> RosterTable:
    """The sheet with a header and the most people; visible sheets first. Raises SheetError."""
    tables = []
    for sheet in book.sheets:
        header = find_header(sheet)
        if header is not None:
            tables.append(_read_table(sheet, header))
    if not tables:
        raise SheetError(
            "no_header",
            _(
                "Baris judul kolom tidak ditemukan. "
                "Perlu kolom Nama, NIK, Jabatan, Desa/Kelurahan, Kecamatan."
            ),
            field="file",
        )
    best = max(tables, key=lambda t: (bool(t.rows), not t.sheet.is_hidden, len(t.rows)))
    if not best.rows:
        raise SheetError("no_people", _("Tidak ada baris peserta di bawah judul kolom."), field="file")
    return best


def _read_table(sheet: Sheet, header: Header) -> RosterTable:
    titles = tuple(text for row in sheet.rows[: header.first - 1] for cell in row if (text := text_of(cell)))
    rows = list(_people(sheet, header, titles))
    rows = _fill_merged(sheet, header, rows)
    return RosterTable(sheet, header, titles, tuple(_fill_groups(rows)))


def _key(row: Sequence[Cell]) -> tuple[str, ...]:
    return tuple(text_of(cell).casefold() for cell in row)


def _people(sheet: Sheet, header: Header, titles: Sequence[str]) -> Iterator[RawRow]:
    """The rows of people below the header, under whatever header is the last one above them."""
    header_keys = {_key(sheet.rows[n]) for n in range(header.first - 1, header.last)}
    banner = next((m[1] for text in reversed(titles) if (m := _BANNER.match(text[:80]))), "")
    footer_seen = False
    for index in range(header.last, len(sheet.rows)):
        row = sheet.rows[index]
        if not any(cell != "" for cell in row) or _key(row) in header_keys or _is_column_numbers(row):
            continue
        again = _other_header(sheet, index)
        if again is not None:
            header = again
            header_keys |= {_key(sheet.rows[n]) for n in range(again.first - 1, again.last)}
            continue
        raw = _raw_row(row, index + 1, header)
        texts = [text for cell in row if (text := text_of(cell))]
        verdict = _kind_of_row(raw, texts, footer_seen)
        if verdict == "person":
            if banner and "district" not in header.columns:
                raw.cells["district"] = banner
            yield raw
        elif verdict == "footer":
            footer_seen = True
        elif 1 <= len(texts) <= 2 and (match := _BANNER.match(texts[-1][:80])):
            banner = match[1]


def _other_header(sheet: Sheet, index: int) -> Header | None:
    """A header with its columns in another order further down, for a file glued together from several."""
    if (
        sum(1 for cell in sheet.rows[index] if isinstance(cell, str) and len(cell) < 40 and classify(cell))
        < 3
    ):
        return None
    return header_at(sheet, index)


def _is_column_numbers(row: Sequence[Cell]) -> bool:
    numbers = [re.fullmatch(r"\(?(\d{1,2})\)?\.?", text) for cell in row if (text := text_of(cell))]
    found = [int(match[1]) for match in numbers if match]
    return len(found) == len(numbers) >= 3 and found == list(range(found[0], found[0] + len(found)))


def _raw_row(row: Sequence[Cell], number: int, header: Header) -> RawRow:
    def at(column: int) -> Cell:
        return row[column] if column < len(row) else ""

    cells = {name: at(columns[0]) for name, columns in header.columns.items()}
    return RawRow(number, cells, tuple(at(column) for column in header.columns.get("phone", ())))


def _kind_of_row(raw: RawRow, texts: Sequence[str], footer_seen: bool) -> str:
    """person, footer or other; the rule is in the head of this module."""
    filled = sum(1 for name in _COUNTED if raw.text(name))
    name, nik = raw.text("name"), raw.text("nik")
    # "NIP. 1970..." under a signature has as many digits as a NIK.
    has_nik = is_numeric(raw.cells.get("nik", "")) or (
        len(re.sub(r"\D", "", nik)) >= 10 and not _FOOTER.match(nik[:80])
    )
    has_footer_word = any(_FOOTER.match(text[:80]) for text in texts)
    if has_footer_word and filled < 5 and (not has_nik or not name or _FOOTER.match(name[:80])):
        return "footer"
    if filled >= 5 or (has_nik and filled >= 2):
        return "person"
    if footer_seen:
        return "other"
    is_numbered = raw.text("number").strip(".").isdigit()
    if filled >= 3 or (name and (filled == 2 or is_numbered)) or (has_nik and is_numbered):
        return "person"
    return "other"


def _fill_merged(sheet: Sheet, header: Header, rows: list[RawRow]) -> list[RawRow]:
    """Give the rows of a vertically merged cell its value (.xlsx and .xls know what is merged)."""
    for name in ("cooperative", "village", "district", "regency"):
        place = header.column(name)
        if place is None:
            continue
        value_of: dict[int, Cell] = {}
        end = -1
        for (top, left), (bottom, right) in sheet.merged:
            if top > end and left <= place <= right and top < bottom < len(sheet.rows):
                value = sheet.rows[top][left] if left < len(sheet.rows[top]) else ""
                value_of.update(dict.fromkeys(range(top + 2, bottom + 2), value))
                end = bottom
        for raw in rows:
            if raw.cells.get(name, "") == "":
                raw.cells[name] = value_of.get(raw.number, "")
    return rows


def _fill_groups(rows: list[RawRow]) -> list[RawRow]:
    """Repeat a place that is written once above a group of rows.

    Only where the whole column is written that way: at least a fifth of the rows leave it blank and the first
    does not. A single blank cell in a full column is a mistake and stays one (unknown_district).
    """
    grouped = {
        name
        for name in ("cooperative", "village", "district")
        if rows
        and rows[0].text(name)
        and sum(1 for row in rows if not row.text(name)) >= max(2, _GROUPED_SHARE * len(rows))
    }
    above: dict[str, Cell] = {}
    for row in rows:
        own = {name for name in ("cooperative", "village", "district") if row.text(name)}
        if "district" in grouped and "district" not in own:
            row.cells["district"] = above.get("district", "")
        # A village goes on only while no other cooperative begins, and the other way round.
        if not own & {"cooperative", "village"}:
            for name in grouped & {"cooperative", "village"}:
                row.cells[name] = above.get(name, "")
        above.update({name: row.cells.get(name, "") for name in own})
    return rows
