"""Many codes as people have them: a pasted column, a spreadsheet's list, texts of scanned QRs. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from portal.certificates.rules import parse_code

MOST_LINES = 1_000
MOST_BYTES = 1024 * 1024
KEPT = 40
_ADDRESS = re.compile(r"(https?://[^/\s]+)(?:/en)?/v/([^/#?\s]{1,60})(?:#(\S*))?", re.IGNORECASE)
_BETWEEN = re.compile(r"[\t;,]")
_TITLES = frozenset({"kode", "code", "kode sertifikat", "certificate code", "no", "nama", "qr"})

Problem = Literal["typo", "shape", "foreign"]
# How near a cell without a code comes to being one: the row is told as its best cell.
_NEARNESS: dict[Problem | None, int] = {None: 0, "foreign": 1, "typo": 2, "shape": 3}


@dataclass(frozen=True)
class Line:
    """One line that was sent. `code` is normalized, `fragment` a QR's proof, `text` the start of what stood
    there. typo: a code with a slip; shape: no code at all; foreign: a QR of another address (in `text`)."""

    number: int
    text: str
    code: str | None
    fragment: str | None
    problem: Problem | None


def rows_of_text(text: str) -> list[list[str]]:
    """Pasted text as rows of cells, blank lines among them."""
    return [_BETWEEN.split(line) for line in text.splitlines()]


def read_lines(rows: Iterable[Sequence[object]], base_url: str) -> list[Line]:
    """One Line for each row that is not blank, numbered from 1 as in what was sent; a title row is left out.

    A row is read in the column where most codes stand, so that a name of twelve letters is not taken for one.
    """
    read: list[dict[int, Line]] = []
    for number, row in enumerate(rows, 1):
        cells = [str(cell).strip() for cell in row]
        found = {column: read_cell(cell, base_url, number) for column, cell in enumerate(cells) if cell}
        if found and not (not read and _is_title(found.values())):
            read.append(found)
    hits = Counter(column for found in read for column, line in found.items() if line.code)
    return [_best(found, hits) for found in read]


def _best(found: dict[int, Line], hits: Counter[int]) -> Line:
    order = sorted(found, key=lambda column: (_NEARNESS[found[column].problem], -hits[column], column))
    return found[order[0]]


def _is_title(lines: Iterable[Line]) -> bool:
    """Whether a first row names columns and holds no code."""
    lines = list(lines)
    return all(line.problem == "shape" for line in lines) and any(
        line.text.casefold() in _TITLES for line in lines
    )


def read_cell(cell: str, base_url: str, number: int = 1) -> Line:
    """What one cell names: a code in any spelling, or the text of a QR with its proof behind the `#`."""
    cell = cell.strip()
    found = _ADDRESS.fullmatch(cell)
    if found is None:
        reading = parse_code(cell)
        return Line(number, _start(cell), reading.code, None, reading.problem)
    address, typed, fragment = found.groups()
    if address.casefold() != base_url.casefold():
        return Line(number, _start(address), None, None, "foreign")
    reading = parse_code(typed)
    return Line(number, _start(typed), reading.code, fragment or None, reading.problem)


def _start(text: str) -> str:
    """The start of what was sent; half of a character pair, which no document can hold, becomes `?`."""
    return text[:KEPT].encode("utf-8", "replace").decode("utf-8")
