"""From the bytes of a register file to compressed blocks of its rows, in one pass and little memory."""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from portal.cooperatives.rules.register_header import SEARCHED_ROWS, read_header
from portal.core.sheet_guard import SheetError
from portal.core.sheet_stream import StreamedSheet, stream_sheets
from portal.core.words import gettext as _

#: What a register file may be: the whole country (82,780 cooperatives) with room, and its cells.
MAX_BYTES, MAX_ROWS, MAX_COLUMNS = 48 * 1024 * 1024, 120_000, 30
BLOCK = 1000
_DAY = "\x00d"


@dataclass
class ReadFile:
    """A register that was read. columns: field -> column from 0; titles: the header as written."""

    file_hash: str
    file_name: str
    titles: list[str]
    columns: dict[str, int]
    blocks: list[bytes] = field(default_factory=list)
    rows: int = 0


def read_register_file(content: bytes, file_name: str = "") -> ReadFile:
    """Find the header by its words and pack the rows below it. Touches no database.

    Raises SheetError as `stream_sheets` does, `no_header` when no sheet has a name and a place column, and
    `no_rows` when nothing stands below the header.
    """
    for sheet in stream_sheets(content, max_bytes=MAX_BYTES, max_rows=MAX_ROWS, max_columns=MAX_COLUMNS):
        found = _header(sheet)
        if found is None:
            continue
        titles, columns = found
        read = ReadFile(hashlib.sha256(content).hexdigest(), file_name[-120:], titles, columns)
        for block in _blocks(sheet):
            read.rows += len(block)
            read.blocks.append(zlib.compress(json.dumps(block, ensure_ascii=False).encode(), 3))
        if not read.rows:
            raise SheetError("no_rows", _("Tidak ada baris di bawah judul kolom."), field="file")
        return read
    message = _("Judul kolom tidak ditemukan. Berkas memerlukan kolom nama koperasi dan desa atau kode desa.")
    raise SheetError("no_header", message, field="file")


def _header(sheet: StreamedSheet) -> tuple[list[str], dict[str, int]] | None:
    for number, cells in sheet.rows:
        columns = read_header(cells)
        if columns is not None:
            return [str(cell) for cell in cells[:MAX_COLUMNS]], columns
        if number >= SEARCHED_ROWS:
            break
    return None


def _blocks(sheet: StreamedSheet) -> Iterator[list[tuple[int, list[Any]]]]:
    block: list[tuple[int, list[Any]]] = []
    for number, cells in sheet.rows:
        block.append((number, [_packed(cell) for cell in cells[:MAX_COLUMNS]]))
        if len(block) == BLOCK:
            yield block
            block = []
    if block:
        yield block


def _packed(cell: Any) -> Any:
    """A cell as JSON can hold it; days are marked, and no text can carry the mark."""
    if isinstance(cell, str):
        return cell.replace("\x00", "")
    if isinstance(cell, datetime):
        return _DAY + cell.date().isoformat()
    if isinstance(cell, date):
        return _DAY + cell.isoformat()
    return str(cell) if isinstance(cell, time | timedelta) else cell


def unpacked(content: bytes) -> list[tuple[int, list[Any]]]:
    """The rows of a block: (row number, cells)."""
    return [
        (number, [_cell(cell) for cell in cells]) for number, cells in json.loads(zlib.decompress(content))
    ]


def _cell(cell: Any) -> Any:
    return date.fromisoformat(cell[2:]) if isinstance(cell, str) and cell.startswith(_DAY) else cell
