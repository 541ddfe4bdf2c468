"""Long tables row by row: the same files as `spreadsheets.read_book`, never in memory as a whole.

The same guards stand before the parser; only the number of rows and of cells that a caller allows is larger.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetTypeEnum

from portal.core.sheet_guard import (
    OLE_MAGIC,
    SheetError,
    check_archive,
    check_old_workbook,
    damaged,
    encrypted,
    too_many_rows,
)
from portal.core.spreadsheets import MAX_SHEETS, Cell, open_csv
from portal.core.words import gettext as _


@dataclass(frozen=True)
class StreamedSheet:
    """One table. `rows` gives (row number from 1, cells) once, blank rows left out; a blank cell is ""."""

    name: str
    rows: Iterator[tuple[int, list[Cell]]]


def stream_sheets(
    content: bytes, *, max_bytes: int, max_rows: int, max_columns: int = 40
) -> Iterator[StreamedSheet]:
    """The sheets of a file one after the other; read the rows of one before asking for the next.

    Raises SheetError as `read_book` does; a sheet of more than `max_rows` rows is refused, not left out.
    """
    if len(content) > max_bytes:
        limit = max_bytes // (1024 * 1024)
        message = _("Berkas terlalu besar: paling besar %(limit)s MB.", limit=limit)
        raise SheetError("too_large", message, field="file")
    if not content.strip(b"\x00 \t\r\n"):
        raise SheetError("empty_file", _("Berkas kosong: tidak ada baris yang terisi."), field="file")
    area = max_rows * max_columns
    if content.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        check_archive(content, max_rows=max_rows, max_area=area)
    elif content.startswith(OLE_MAGIC):
        check_old_workbook(content, max_rows=max_rows, max_area=area)
    else:
        yield StreamedSheet("csv", _numbered(open_csv(content), max_rows))
        return
    yield from _workbook(content, max_rows)


def _workbook(content: bytes, max_rows: int) -> Iterator[StreamedSheet]:
    try:
        with CalamineWorkbook.from_filelike(io.BytesIO(content)) as book:
            for meta in book.sheets_metadata[:MAX_SHEETS]:
                if meta.typ != SheetTypeEnum.WorkSheet:
                    continue
                sheet = book.get_sheet_by_name(meta.name)
                if sheet.end is not None:
                    yield StreamedSheet(meta.name, _numbered(sheet.iter_rows(), max_rows))
    except PasswordError as error:
        raise encrypted() from error
    except (CalamineError, ValueError, OverflowError) as error:
        raise damaged() from error


def _numbered(rows: Iterator[Any], max_rows: int) -> Iterator[tuple[int, list[Cell]]]:
    for number, row in enumerate(rows, 1):
        if not any(cell != "" for cell in row):
            continue
        if number > max_rows:
            raise too_many_rows(max_rows)
        yield number, [*row]


__all__ = ["StreamedSheet", "stream_sheets"]
