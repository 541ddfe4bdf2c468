"""What must hold of an uploaded workbook before a parser touches it.

The parser builds one dense block from the first to the last filled cell of a sheet: a file of 5 KB with
a value in XFD1048576 asks for half a terabyte and ends the whole process. So the outline is measured here
first, in a stream, with the number of entries, the real unpacked size and the absence of a DOCTYPE.
"""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from xml.parsers import expat

from portal.core.errors import DomainError
from portal.core.formatting import number as figure
from portal.core.words import gettext as _

MAX_ENTRIES = 500
MAX_UNPACKED = 160 * 1024 * 1024
# Cells in the block from A1 to the last filled cell of one sheet; the parser holds about 32 bytes for each.
MAX_AREA = 1_000_000
# Characters of all cells together. A text stored once may be shown in every cell, and the parser makes
# a copy for each: 5 KB of file were 2 GB of memory.
MAX_TEXT_IN_ALL = 64 * 1024 * 1024
OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_CHUNK = 1 << 16
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError, OSError, KeyError)


class SheetError(DomainError):
    """A file that cannot be read as a table; `message` is a sentence for the person."""


def not_a_spreadsheet() -> SheetError:
    """The refusal for any other kind of file."""
    return SheetError(
        "not_a_spreadsheet",
        _("Berkas ini bukan lembar kerja yang dikenal. Gunakan .xlsx, .xls, .ods, atau .csv."),
        field="file",
    )


def damaged() -> SheetError:
    """The refusal for a spreadsheet that is broken inside."""
    return SheetError(
        "damaged", _("Berkas rusak dan tidak dapat dibuka. Simpan ulang, lalu unggah lagi."), field="file"
    )


def encrypted() -> SheetError:
    """The refusal for a spreadsheet behind a password."""
    return SheetError(
        "encrypted", _("Berkas dikunci kata sandi. Hapus kata sandinya, lalu unggah lagi."), field="file"
    )


def too_many_rows(limit: int) -> SheetError:
    """The refusal for a table longer than `limit` rows."""
    return SheetError(
        "too_many_rows",
        _(
            "Lembar terlalu panjang: paling banyak %(limit)s baris. Bagi menjadi beberapa berkas.",
            limit=figure(limit),
        ),
        field="file",
    )


def _too_wide() -> SheetError:
    return SheetError(
        "too_wide", _("Ada isian yang terlalu jauh dari tabel. Hapus kolom yang tidak dipakai."), field="file"
    )


def _too_big_inside() -> SheetError:
    return SheetError("too_many_entries", _("Isi berkas terlalu besar setelah dibuka."), field="file")


class _Outline:
    """The far corner of the filled cells of one sheet (rows and columns counted from 1)."""

    def __init__(self, max_rows: int, max_area: int) -> None:
        self.rows = self.columns = 0
        self.max_rows, self.max_area = max_rows, max_area

    def add(self, row: int, column: int) -> None:
        self.rows = max(self.rows, row)
        self.columns = max(self.columns, column)
        if self.rows * self.columns > self.max_area:
            raise too_many_rows(self.max_rows) if self.rows > self.max_rows else _too_wide()


def _column_number(letters: str) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - 64
    return number


class _Shared:
    """The texts that an .xlsx stores once, by their length, and how often cells show each."""

    def __init__(self) -> None:
        self.lengths: list[int] = []
        self.shown: Counter[int] = Counter()

    def check(self) -> None:
        """Raises SheetError when the cells together show too much text."""
        known = len(self.lengths)
        total = sum(times * self.lengths[at] for at, times in self.shown.items() if at < known)
        if total > MAX_TEXT_IN_ALL:
            raise _too_big_inside()


class _SheetXml:
    """Follows the cells of one worksheet of an .xlsx and the shared texts; other parts pass through."""

    def __init__(self, outline: _Outline, shared: _Shared) -> None:
        self.outline = outline
        self.row = self.column = 0
        self.shared = shared
        self.is_shared = False
        self.place: list[str] | None = None

    def start(self, name: str, attributes: dict[str, str]) -> None:
        local = name.rpartition(":")[2]
        if local == "row":
            self.row = int(attributes["r"]) if "r" in attributes else self.row + 1
            self.column = 0
        elif local == "c":
            reference = attributes.get("r", "")
            letters = reference.rstrip("0123456789")
            if reference:
                if not (letters.isascii() and letters.isalpha() and len(letters) <= 3):
                    raise damaged()
                self.row, self.column = int(reference[len(letters) :]), _column_number(letters)
            else:
                self.column += 1
            self.is_shared = attributes.get("t") == "s"
        elif local in ("v", "is") and self.row:
            self.outline.add(self.row, max(self.column, 1))
            self.place = [] if self.is_shared else None
        elif local == "si":
            self.shared.lengths.append(0)

    def text(self, data: str) -> None:
        if self.place is not None:
            self.place.append(data)
        elif not self.row and self.shared.lengths:
            self.shared.lengths[-1] += len(data)

    def end(self, name: str) -> None:
        if self.place is not None and name.rpartition(":")[2] == "v":
            number = "".join(self.place).strip()
            if number.isascii() and number.isdigit() and len(number) < 10:
                self.shared.shown[int(number)] += 1
            self.place = None


class _ContentXml:
    """Follows the cells of an .ods, where one row or cell may stand for a million."""

    def __init__(self, outline: _Outline) -> None:
        self.outline = outline
        self.row = self.column = self.row_repeat = self.repeat = self.total = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        local = name.rpartition(":")[2]
        if local == "table":
            self.outline = _Outline(self.outline.max_rows, self.outline.max_area)
            self.row = self.row_repeat = 0
        elif local == "table-row":
            self.row += self.row_repeat
            self.row_repeat = int(attributes.get("table:number-rows-repeated", "1"))
            self.column = self.repeat = 0
        elif local in ("table-cell", "covered-table-cell"):
            self.column += self.repeat
            self.repeat = int(attributes.get("table:number-columns-repeated", "1"))
            self.text(attributes.get("office:string-value", ""))
            if "office:value-type" in attributes:
                self._filled()
        elif local == "p" and self.repeat:
            self._filled()

    def text(self, data: str) -> None:
        if data.strip():
            self.total += len(data) * max(self.repeat, 1) * max(self.row_repeat, 1)
        if self.total > MAX_TEXT_IN_ALL:
            raise _too_big_inside()

    def end(self, name: str) -> None:
        if name.rpartition(":")[2] == "table-row":
            self.column, self.repeat = self.column + self.repeat, 0

    def _filled(self) -> None:
        self.outline.add(self.row + self.row_repeat, self.column + self.repeat)


def _follow(stream: Iterator[bytes], follower: _SheetXml | _ContentXml) -> None:
    parser = expat.ParserCreate()

    def refuse(*_given: object) -> None:
        raise SheetError(
            "doctype", _("Berkas memuat deklarasi yang tidak diizinkan (DOCTYPE)."), field="file"
        )

    parser.StartDoctypeDeclHandler = refuse
    parser.StartElementHandler = follower.start
    parser.EndElementHandler = follower.end
    parser.CharacterDataHandler = follower.text
    parser.buffer_text = True
    try:
        for chunk in stream:
            parser.Parse(chunk, False)
        parser.Parse(b"", True)
    except (expat.ExpatError, ValueError, UnicodeError) as error:
        raise damaged() from error


def check_archive(content: bytes, *, max_rows: int, max_area: int = MAX_AREA) -> str:
    """Walk a zip container once; returns "xlsx" or "ods". Raises SheetError before anything is expanded."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
        entries = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, EOFError) as error:
        raise damaged() from error
    names = {entry.filename for entry in entries}
    if "xl/workbook.xml" in names:
        kind = "xlsx"
    elif "content.xml" in names and "mimetype" in names:
        kind = "ods"
    else:
        raise not_a_spreadsheet()
    if len(entries) > MAX_ENTRIES or sum(entry.file_size for entry in entries) > MAX_UNPACKED:
        raise _too_big_inside()
    if len(names) != len(entries):
        raise damaged()
    if any(entry.flag_bits & 0x1 for entry in entries):
        raise encrypted()
    try:
        if kind == "ods":
            if b"opendocument.spreadsheet" not in archive.read("mimetype"):
                raise not_a_spreadsheet()
            manifest = "META-INF/manifest.xml"
            if manifest in names and b"encryption-data" in archive.read(manifest):
                raise encrypted()
        shared = _Shared()
        for entry in entries:
            _check_entry(archive, entry, kind, _Outline(max_rows, max_area), shared)
        shared.check()
    except _BROKEN as error:
        raise damaged() from error
    return kind


def _check_entry(
    archive: zipfile.ZipFile, entry: zipfile.ZipInfo, kind: str, outline: _Outline, shared: _Shared
) -> None:
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise damaged()

    def chunks() -> Iterator[bytes]:
        # zipfile stops at the declared size and then compares the checksum, so a false size is an error.
        with archive.open(entry) as stream:
            while chunk := stream.read(_CHUNK):
                yield chunk

    if entry.filename.lower().endswith((".xml", ".rels", ".vml")):
        _follow(chunks(), _ContentXml(outline) if kind == "ods" else _SheetXml(outline, shared))
    else:
        for _ in chunks():
            pass


_FREE = 0xFFFFFFFA  # sector numbers from here on are markers, not sectors
_CELL_RECORDS = frozenset({0x0006, 0x0203, 0x0204, 0x0205, 0x00BD, 0x00D6, 0x00FD, 0x027E})


def check_old_workbook(content: bytes, *, max_rows: int, max_area: int = MAX_AREA) -> None:
    """Walk the records of an .xls (BIFF in an OLE container) for its outline. Raises SheetError."""
    if "EncryptedPackage".encode("utf-16-le") in content:
        raise encrypted()
    try:
        stream = _workbook_stream(content)
    except (struct.error, IndexError, ValueError) as error:
        raise damaged() from error
    if stream is None:
        raise not_a_spreadsheet()
    outline = _Outline(max_rows, max_area)
    position = 0
    while position + 4 <= len(stream):
        kind, length = struct.unpack_from("<HH", stream, position)
        body = position + 4
        if kind == 0x002F:
            raise encrypted()
        if kind == 0x0809:
            outline = _Outline(max_rows, max_area)
        elif kind in _CELL_RECORDS and length >= 4 and body + 4 <= len(stream):
            row, column = struct.unpack_from("<HH", stream, body)
            if kind == 0x00BD and length >= 6 and body + length <= len(stream):
                column = struct.unpack_from("<H", stream, body + length - 2)[0]
            outline.add(row + 1, column + 1)
        position = body + length


def _workbook_stream(content: bytes) -> bytes | None:
    """The "Workbook" (or "Book") stream of an OLE compound file, or None."""
    shift, mini_shift = struct.unpack_from("<HH", content, 30)
    if shift not in (9, 12) or mini_shift != 6:
        raise ValueError("sector size")
    size = 1 << shift
    (directory_start,) = struct.unpack_from("<I", content, 48)
    mini_cutoff, mini_fat_start = struct.unpack_from("<II", content, 56)
    (difat_start,) = struct.unpack_from("<I", content, 68)

    def sector(number: int) -> bytes:
        start = (number + 1) * size
        if start >= len(content):
            raise ValueError("sector outside the file")
        return content[start : start + size].ljust(size, b"\0")

    def numbers(data: bytes) -> list[int]:
        return list(struct.unpack(f"<{len(data) // 4}I", data))

    difat = numbers(content[76:512].ljust(436, b"\xff"))
    seen: set[int] = set()
    while difat_start < _FREE and difat_start not in seen:
        seen.add(difat_start)
        block = numbers(sector(difat_start))
        difat += block[:-1]
        difat_start = block[-1]
    fat: list[int] = []
    for number in dict.fromkeys(difat):
        if number < _FREE:
            fat += numbers(sector(number))

    def chain(start: int, table: list[int]) -> Iterator[int]:
        visited: set[int] = set()
        while start < _FREE and start not in visited:
            visited.add(start)
            yield start
            start = table[start]

    def whole(start: int) -> bytes:
        return b"".join(sector(number) for number in chain(start, fat))

    directory = whole(directory_start)
    found: dict[str, tuple[int, int]] = {}
    for offset in range(0, len(directory) - 127, 128):
        length = struct.unpack_from("<H", directory, offset + 64)[0]
        name = directory[offset : offset + max(0, min(length, 64) - 2)].decode("utf-16-le", "replace")
        found.setdefault(name.casefold(), struct.unpack_from("<II", directory, offset + 116))
    entry = found.get("workbook") or found.get("book")
    if entry is None:
        return None
    start, length = entry
    if length >= mini_cutoff:
        return whole(start)[:length]
    ministream = whole(found["root entry"][0]) if "root entry" in found else b""
    mini_fat = numbers(whole(mini_fat_start)) if mini_fat_start < _FREE else []
    return b"".join(ministream[n << 6 : (n + 1) << 6] for n in chain(start, mini_fat))[:length]
