"""Small writers of table files in the formats that the product reads but never writes."""

from __future__ import annotations

import csv
import io
import struct
import zipfile
from collections.abc import Sequence
from datetime import date
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import xlsxwriter

Row = Sequence[Any]
Merge = tuple[int, int, int, int]


def xlsx(
    rows: Sequence[Row], *, name: str = "Lembar1", merges: Sequence[Merge] = (), before: Any = None
) -> bytes:
    """An .xlsx with text, numbers and date cells as they are; `merges` are (top, left, bottom, right) from 0.

    `before` is a list of rows for another sheet in front.
    """
    target = io.BytesIO()
    with xlsxwriter.Workbook(target, {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        day = book.add_format({"num_format": "dd/mm/yyyy"})
        sheets = ([("Petunjuk", before, ())] if before else []) + [(name, rows, merges)]
        for title, content, merged in sheets:
            sheet = book.add_worksheet(title)
            for top, left, bottom, right in merged:
                sheet.merge_range(top, left, bottom, right, "")
            for number, row in enumerate(content):
                for column, value in enumerate(row):
                    if isinstance(value, date):
                        sheet.write_datetime(number, column, value, day)
                    elif value not in ("", None):
                        sheet.write(number, column, value)
    return target.getvalue()


def csv_bytes(
    rows: Sequence[Row], *, delimiter: str = ",", encoding: str = "utf-8", end: str = "\r\n"
) -> bytes:
    """A .csv; dates as yyyy-mm-dd."""
    target = io.StringIO(newline="")
    csv.writer(target, delimiter=delimiter, lineterminator=end).writerows(rows)
    return target.getvalue().encode(encoding)


_NAMESPACES = " ".join(
    f'xmlns:{prefix}="urn:oasis:names:tc:opendocument:xmlns:{prefix}:1.0"'
    for prefix in ("office", "table", "text")
)


def ods_from_xml(content: str, *, manifest: str = "") -> bytes:
    """An .ods around the rows' XML."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(
            "mimetype", "application/vnd.oasis.opendocument.spreadsheet", compress_type=zipfile.ZIP_STORED
        )
        archive.writestr(
            "content.xml",
            f'<?xml version="1.0"?><office:document-content {_NAMESPACES} office:version="1.2">'
            f'<office:body><office:spreadsheet><table:table table:name="Data">{content}</table:table>'
            "</office:spreadsheet></office:body></office:document-content>",
        )
        archive.writestr(
            "META-INF/manifest.xml",
            '<?xml version="1.0"?><manifest:manifest '
            'xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
            '<manifest:file-entry manifest:full-path="/" '
            f'manifest:media-type="application/vnd.oasis.opendocument.spreadsheet"/>{manifest}</manifest:manifest>',
        )
    return target.getvalue()


def ods(rows: Sequence[Row]) -> bytes:
    """An .ods as LibreOffice writes it, with its long empty tail."""

    def cell(value: Any) -> str:
        if value in ("", None):
            return "<table:table-cell/>"
        if isinstance(value, date):
            shown = value.strftime("%d/%m/%y")
            return (
                f'<table:table-cell office:value-type="date" office:date-value="{value.isoformat()}">'
                f"<text:p>{shown}</text:p></table:table-cell>"
            )
        if isinstance(value, int | float):
            return (
                f'<table:table-cell office:value-type="float" office:value={quoteattr(str(value))}>'
                f"<text:p>{value}</text:p></table:table-cell>"
            )
        paragraphs = "".join(f"<text:p>{escape(line)}</text:p>" for line in str(value).split("\n"))
        return f'<table:table-cell office:value-type="string">{paragraphs}</table:table-cell>'

    body = "".join("<table:table-row>" + "".join(map(cell, row)) + "</table:table-row>" for row in rows)
    tail = '<table:table-row table:number-rows-repeated="1047000"><table:table-cell table:number-columns-repeated="1000"/></table:table-row>'  # noqa: E501
    return ods_from_xml(body + tail)


def _record(kind: int, body: bytes) -> bytes:
    return struct.pack("<HH", kind, len(body)) + body


def xls(rows: Sequence[Row]) -> bytes:
    """An .xls (BIFF8) of one sheet named Data."""
    cells = b""
    for number, row in enumerate(rows):
        for column, value in enumerate(row):
            if value in ("", None):
                continue
            place = struct.pack("<HH", number, column)
            if isinstance(value, date):
                serial = (value - date(1899, 12, 30)).days
                cells += _record(0x0203, place + struct.pack("<Hd", 1, serial))
            elif isinstance(value, int | float):
                cells += _record(0x0203, place + struct.pack("<Hd", 0, value))
            else:
                text = str(value)
                data = text.encode("utf-16-le")
                cells += _record(0x0204, place + struct.pack("<HHB", 0, len(data) // 2, 1) + data)
    return xls_from_records(cells)


def xls_from_records(cells: bytes) -> bytes:
    """An .xls around the records of the cells of its one sheet."""

    def formats() -> bytes:
        return b"".join(_record(0x00E0, struct.pack("<HH", 0, number) + b"\0" * 16) for number in (0, 14))

    begin = _record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0005, 0x0DBB, 0x07CC, 0, 6))
    sheet = (
        _record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0010, 0x0DBB, 0x07CC, 0, 6))
        + cells
        + _record(0x0A, b"")
    )
    codepage = _record(0x0042, struct.pack("<H", 1200))
    bound_length = 4 + 4 + 2 + 1 + 1 + len("Data")
    offset = len(begin) + len(codepage) + len(formats()) + bound_length + 4
    bound = _record(0x0085, struct.pack("<IHBB", offset, 0, len("Data"), 0) + b"Data")
    stream = begin + codepage + formats() + bound + _record(0x0A, b"") + sheet
    return ole(stream)


def ole(stream: bytes, *, name: str = "Workbook") -> bytes:
    """A compound file of version 3 with one stream of at least 4,096 bytes."""
    data = stream.ljust(max(4096, -(-len(stream) // 512) * 512), b"\0")
    count = len(data) // 512
    tables = 1
    while tables * 128 < tables + 1 + count:
        tables += 1
    end, free, special = 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFD
    fat = [special] * tables + [end] + [tables + 2 + n for n in range(count)]
    fat[-1] = end
    fat += [free] * (tables * 128 - len(fat))

    def entry(title: str, kind: int, child: int, start: int, size: int) -> bytes:
        raw = title.encode("utf-16-le")
        return (
            raw.ljust(64, b"\0")
            + struct.pack("<HBBIII", len(raw) + 2 if raw else 0, kind, 1, free, free, child)
            + b"\0" * 36
            + struct.pack("<III", start, size, 0)
        )

    directory = entry("Root Entry", 5, 1, end, 0) + entry(name, 2, free, tables + 1, len(data))
    directory += entry("", 0, free, 0, 0) * 2
    header = (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
        + b"\0" * 16
        + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6)
        + b"\0" * 6
        + struct.pack("<IIIIIIIII", 0, tables, tables, 0, 4096, end, 0, end, 0)
    )
    difat = list(range(tables)) + [free] * (109 - tables)
    header += struct.pack("<109I", *difat)
    return header + struct.pack(f"<{len(fat)}I", *fat) + directory + data
