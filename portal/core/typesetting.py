"""Sheets of paper: typst sources and shipped fonts in, an archival and accessible PDF out.

PDF/A-3a and PDF/UA-1 together: text can be copied and read aloud, fonts are inside, and the same data
at the same time gives the same bytes. Sources live in templates/pdf, fonts in static/fonts/pdf.
"""

from __future__ import annotations

import json
import struct
import threading
import unicodedata
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import typst

STANDARDS: list[Any] = ["a-3a", "ua-1"]

#: In the order in which a character is looked up; every family has a regular and a bold file.
FAMILIES = ("PlusJakartaSans", "NotoSans")
WEIGHTS = ("Regular", "Bold")

_compilers = threading.local()


class TypesettingError(RuntimeError):
    """A sheet could not be set; the message is typst's own, for the log."""


def compile_pdf(template: str, data: Mapping[str, Any], *, at: datetime, is_lenient: bool = False) -> bytes:
    """Set `templates/pdf/<template>` with `data` (anything JSON holds) and return the PDF.

    The source reads the data with `json(bytes(sys.inputs.data))`. `at` is the aware time written into the
    file. Raises TypesettingError, among others when a character is in no shipped font: ask
    `missing_characters` where the text enters. A lenient sheet, such as a roll, prints "?" in its place.
    """
    if at.tzinfo is None:
        raise ValueError("the time of a document needs a zone")
    text = json.dumps(data, ensure_ascii=False)
    if is_lenient:
        text = unicodedata.normalize("NFC", text)
        text = text.translate(dict.fromkeys(map(ord, missing_characters(text)), "?"))
    inputs = {"data": text}
    try:
        pdf = _compiler(template).compile(
            format="pdf", sys_inputs=inputs, pdf_standards=STANDARDS, timestamp=int(at.timestamp())
        )
    except typst.TypstError as error:
        raise TypesettingError(str(error.diagnostic or error.message)) from error
    if not isinstance(pdf, bytes):
        raise TypesettingError("typst returned no document")
    return pdf


def missing_characters(text: str) -> str:
    """Return the characters of `text` that no shipped font can print, each once, in order; "" is good news.

    White space never counts; control and invisible formatting characters (direction marks, joiners) always
    do. The text is taken in NFC, as it will be printed.
    """
    found = dict.fromkeys(unicodedata.normalize("NFC", text))
    return "".join(one for one in found if not one.isspace() and not _is_printable(one))


def font_folder() -> Path:
    """Where the shipped TTF files are."""
    return _shipped("static") / "fonts" / "pdf"


def _is_printable(character: str) -> bool:
    # Some fonts map NUL and other invisible characters to an empty glyph: nothing anyone could read.
    return ord(character) in _printable() and unicodedata.category(character) not in ("Cc", "Cf")


def _shipped(name: str) -> Path:
    """A folder of the checkout, or of the installed package where there is no checkout."""
    package = Path(__file__).resolve().parents[1]
    installed = package / "_assets" / name
    return installed if installed.is_dir() else package.parent / name


def _compiler(template: str) -> typst.Compiler:
    """One compiler a thread and source: a shared one raises "Already borrowed"."""
    compilers: dict[str, typst.Compiler] | None = getattr(_compilers, "by_template", None)
    if compilers is None:
        compilers = _compilers.by_template = {}
    if template not in compilers:
        folder = _shipped("templates") / "pdf"
        compilers[template] = typst.Compiler(
            str(folder / template), root=str(folder), font_paths=_fonts(), ignore_system_fonts=True
        )
    return compilers[template]


@cache
def _fonts() -> typst.Fonts:
    return typst.Fonts(
        include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(font_folder())]
    )


@cache
def _printable() -> frozenset[int]:
    """Characters that some family has in every weight."""
    families = (
        frozenset.intersection(*(_characters(font_folder() / f"{family}-{weight}.ttf") for weight in WEIGHTS))
        for family in FAMILIES
    )
    return frozenset().union(*families)


def _characters(path: Path) -> frozenset[int]:
    """Read a font's character map: only format 4 and 12 tables, which is all that our fonts have."""
    font = path.read_bytes()
    cmap = _table(font, b"cmap")
    (count,) = struct.unpack_from(">2xH", font, cmap)
    found: set[int] = set()
    for record in range(count):
        (offset,) = struct.unpack_from(">4xI", font, cmap + 4 + record * 8)
        (kind,) = struct.unpack_from(">H", font, cmap + offset)
        if kind == 12:
            found.update(_characters_12(font, cmap + offset))
        elif kind == 4:
            found.update(_characters_4(font, cmap + offset))
    return frozenset(found)


def _table(font: bytes, tag: bytes) -> int:
    (count,) = struct.unpack_from(">4xH", font)
    for record in range(count):
        name, offset = struct.unpack_from(">4s4xI", font, 12 + record * 16)
        if name == tag:
            return int(offset)
    raise TypesettingError(f"a font without a {tag.decode()} table")


def _characters_12(font: bytes, at: int) -> Iterator[int]:
    (groups,) = struct.unpack_from(">12xI", font, at)
    for group in range(groups):
        first, last, _glyph = struct.unpack_from(">3I", font, at + 16 + group * 12)
        yield from range(first, last + 1)


def _characters_4(font: bytes, at: int) -> Iterator[int]:
    """Segments of characters; a segment's glyphs are its own numbers plus a shift, or stand in an array."""
    (twice,) = struct.unpack_from(">6xH", font, at)
    for step in range(0, twice, 2):
        (last,) = struct.unpack_from(">H", font, at + 14 + step)
        start_at = at + 16 + twice + step
        (first,) = struct.unpack_from(">H", font, start_at)
        (shift,) = struct.unpack_from(">H", font, start_at + twice)
        (offset,) = struct.unpack_from(">H", font, start_at + 2 * twice)
        for character in range(first, min(last, 0xFFFE) + 1):
            glyph = character
            if offset:
                place = start_at + 2 * twice + offset + 2 * (character - first)
                (glyph,) = struct.unpack_from(">H", font, place)
                if not glyph:
                    continue
            if (glyph + shift) & 0xFFFF:
                yield character
