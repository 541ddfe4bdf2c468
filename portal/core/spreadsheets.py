"""Tables in and out: .xlsx, .xls, .ods and .csv read by their content, not their name; .xlsx, .csv written.

A cell is what the file holds: text as str, numbers as int or float, dates as date or datetime; a blank is "".
Rows keep their place in the sheet: `sheet.rows[0]` is row 1, with leading blank rows and columns in it.
"""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import xlsxwriter
from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetTypeEnum, SheetVisibleEnum

from portal.core.sheet_guard import (
    OLE_MAGIC,
    SheetError,
    check_archive,
    check_old_workbook,
    damaged,
    encrypted,
    not_a_spreadsheet,
    too_many_rows,
)
from portal.core.words import gettext as _

Cell = str | int | float | bool | date | datetime | time | timedelta
MAX_BYTES = 12 * 1024 * 1024
MAX_ROWS = 20_000
MAX_SHEETS = 100
MAX_MERGED = 20_000
MAX_CSV_COLUMNS = 256
MAX_TEXT = 32_767
_DELIMITERS = ";,\t"
_DANGEROUS = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class Sheet:
    """One table. `merged` holds ((top, left), (bottom, right)), counted from 0."""

    name: str
    rows: list[list[Cell]]
    merged: tuple[tuple[tuple[int, int], tuple[int, int]], ...] = ()
    is_hidden: bool = False


@dataclass(frozen=True)
class Book:
    """A file that was read: its kind (xlsx, xls, ods, csv) and the sheets short enough to hold people."""

    kind: str
    sheets: tuple[Sheet, ...]


def read_book(content: bytes, *, max_bytes: int = MAX_BYTES, max_rows: int = MAX_ROWS) -> Book:
    """Read a table file of any known kind from its bytes.

    Raises SheetError with the code not_a_spreadsheet, empty_file, too_large, too_many_rows, too_wide,
    too_many_entries, doctype, encrypted or damaged. A longer sheet beside a usable one (a list of villages
    for a drop-down, say) is left out; only when every sheet is too long the file is refused.
    """
    if len(content) > max_bytes:
        limit = max_bytes // (1024 * 1024)
        sentence = _("Berkas terlalu besar: paling besar %(limit)s MB.", limit=limit)
        raise SheetError("too_large", sentence, field="file")
    if not content.strip(b"\x00 \t\r\n"):
        raise _empty()
    if content.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _read_workbook(content, check_archive(content, max_rows=max_rows), max_rows)
    if content.startswith(OLE_MAGIC):
        check_old_workbook(content, max_rows=max_rows)
        return _read_workbook(content, "xls", max_rows)
    return Book("csv", (Sheet("csv", _read_csv(content, max_rows)),))


def _empty() -> SheetError:
    return SheetError("empty_file", _("Berkas kosong: tidak ada baris yang terisi."), field="file")


def _read_workbook(content: bytes, kind: str, max_rows: int) -> Book:
    sheets: list[Sheet] = []
    is_too_long = False
    try:
        with CalamineWorkbook.from_filelike(io.BytesIO(content)) as book:
            for meta in book.sheets_metadata[:MAX_SHEETS]:
                if meta.typ != SheetTypeEnum.WorkSheet:
                    continue
                sheet = book.get_sheet_by_name(meta.name)
                if sheet.end is not None and sheet.end[0] >= max_rows:
                    is_too_long = True
                    continue
                rows = sheet.to_python(skip_empty_area=False) if sheet.end is not None else []
                for row in rows:
                    for column, cell in enumerate(row):
                        if isinstance(cell, str) and len(cell) > MAX_TEXT:
                            row[column] = cell[:MAX_TEXT]
                if any(cell != "" for row in rows for cell in row):
                    merged = tuple(sorted(sheet.merged_cell_ranges or ())[:MAX_MERGED])
                    hidden = meta.visible != SheetVisibleEnum.Visible
                    sheets.append(Sheet(meta.name, rows, merged, hidden))
    except PasswordError as error:
        raise encrypted() from error
    except (CalamineError, ValueError, OverflowError) as error:
        raise damaged() from error
    if not sheets:
        raise too_many_rows(max_rows) if is_too_long else _empty()
    return Book(kind, tuple(sheets))


_OTHER_TEXT = re.compile(r"\s*(<(!doctype|html|\?xml|svg)|%pdf-|\{\\rtf|%!ps)", re.IGNORECASE)


def _decode(content: bytes) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        try:
            return content.decode("utf-16")
        except UnicodeDecodeError as error:
            raise not_a_spreadsheet() from error
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")


def open_csv(content: bytes) -> Iterator[list[str]]:
    """The records of a .csv, one at a time: delimiter and encoding found out, columns and cells cut to size.

    Raises SheetError for what is no table or damaged.
    """
    text = _decode(content)
    controls = sum(1 for char in text[:4096] if char < " " and char not in "\t\r\n\x0b\x0c\x1a")
    if "\x00" in text or controls > 4 or _OTHER_TEXT.match(text[:200]):
        raise not_a_spreadsheet()
    named = re.match(r"sep=(.)\r?\n", text, re.IGNORECASE)
    if named:  # Excel's own first line: it names the delimiter and is not shown as a row
        text = text[named.end() :]
    delimiter = named[1] if named and named[1] in _DELIMITERS else _delimiter_of(text)
    csv.field_size_limit(4 * 1024 * 1024)
    return _records(text, delimiter)


def _records(text: str, delimiter: str) -> Iterator[list[str]]:
    try:
        for record in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
            yield [cell[:MAX_TEXT] for cell in record[:MAX_CSV_COLUMNS]]
    except csv.Error as error:
        raise damaged() from error


def _read_csv(content: bytes, max_rows: int) -> list[list[Cell]]:
    rows: list[list[Cell]] = []
    last = 0
    for record in open_csv(content):
        rows.append([*record])
        if any(cell.strip() for cell in record):
            last = len(rows)
        if last > max_rows:
            raise too_many_rows(max_rows)
    if not last:
        raise _empty()
    return rows[:last]


def _delimiter_of(text: str) -> str:
    """The delimiter under which most records share one width; titles and commas in names do not sway it."""
    best, best_score = ",", 0
    sample = text[:200_000]
    for delimiter in _DELIMITERS:
        widths: dict[int, int] = {}
        try:
            for number, record in enumerate(csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter)):
                widths[len(record)] = widths.get(len(record), 0) + 1
                if number >= 300:
                    break
        except csv.Error:
            continue
        score = max(((width - 1) * count for width, count in widths.items()), default=0)
        if score > best_score:
            best, best_score = delimiter, score
    return best


def neutral(value: str) -> str:
    """Text that no spreadsheet program will run: an apostrophe before = + - @ TAB CR at its start."""
    return "'" + value if value.startswith(_DANGEROUS) else value


def _clean(value: str) -> str:
    text = "".join(c for c in value if c in "\t\n\r" or c >= " ").encode("utf-8", "replace").decode("utf-8")
    return neutral(text)[:MAX_TEXT]


def write_xlsx(
    columns: Sequence[str],
    rows: Iterable[Sequence[Cell | None]],
    *,
    sheet_name: str = "Data",
    notes: tuple[str, Iterable[Sequence[str]]] | None = None,
) -> bytes:
    """An .xlsx of one sheet with a bold, frozen header row. Text (NIK, phones) stays text, not a formula.

    notes: the name and rows of a second sheet that explains the first.
    """
    target = io.BytesIO()
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_numbers": False,
        "strings_to_urls": False,
    }
    with xlsxwriter.Workbook(target, options) as book:
        sheet = book.add_worksheet(sheet_name[:31])
        header = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
        day = book.add_format({"num_format": "dd/mm/yyyy"})
        moment = book.add_format({"num_format": "dd/mm/yyyy hh:mm"})
        sheet.freeze_panes(1, 0)
        for column, title in enumerate(columns):
            sheet.set_column(column, column, max(10, min(40, len(title) + 4)))
            sheet.write_string(0, column, _clean(title), header)
        for number, row in enumerate(rows, 1):
            for column, value in enumerate(row):
                if value is None or value == "":
                    continue
                if isinstance(value, bool):
                    sheet.write_boolean(number, column, value)
                elif isinstance(value, int | float) and math.isfinite(value):
                    sheet.write_number(number, column, value)
                elif isinstance(value, datetime) and value.year >= 1900:
                    sheet.write_datetime(number, column, value.replace(tzinfo=None), moment)
                elif isinstance(value, date) and value.year >= 1900:
                    sheet.write_datetime(number, column, value, day)
                else:
                    sheet.write_string(number, column, _clean(str(value)))
        if notes is not None:
            second = book.add_worksheet(notes[0][:31])
            second.set_column(0, 0, 24)
            second.set_column(1, 1, 100, book.add_format({"text_wrap": True, "valign": "top"}))
            for number, line in enumerate(notes[1]):
                for column, text in enumerate(line):
                    second.write_string(number, column, _clean(text))
    return target.getvalue()


def csv_pieces(columns: Sequence[str], rows: Iterable[Sequence[Cell | None]]) -> Iterator[bytes]:
    """`write_csv` in pieces of about 64 KB, for tables that need not be in memory as a whole."""
    target = io.StringIO(newline="")
    target.write("\ufeff")
    writer = csv.writer(target, delimiter=";")
    writer.writerow([_clean(title) for title in columns])
    for row in rows:
        writer.writerow(
            ["" if value is None else _clean(value) if isinstance(value, str) else value for value in row]
        )
        if target.tell() > 65_536:
            yield target.getvalue().encode("utf-8", "replace")
            target.seek(0)
            target.truncate()
    yield target.getvalue().encode("utf-8", "replace")


def write_csv(
    columns: Sequence[str], rows: Iterable[Sequence[Cell | None]], *, delimiter: str = ";"
) -> bytes:
    """A .csv in UTF-8 with BOM (Excel opens it right), formula-neutral; dates as yyyy-mm-dd."""
    target = io.StringIO(newline="")
    writer = csv.writer(target, delimiter=delimiter)
    writer.writerow([_clean(title) for title in columns])
    for row in rows:
        writer.writerow(
            ["" if value is None else _clean(value) if isinstance(value, str) else value for value in row]
        )
    return target.getvalue().encode("utf-8-sig", "replace")


__all__ = ["Book", "Cell", "Sheet", "SheetError", "neutral", "read_book", "write_csv", "write_xlsx"]
