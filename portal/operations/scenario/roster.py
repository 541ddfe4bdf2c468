"""The roster of the scenario: the Sintang file, or only its first rows."""

from __future__ import annotations

from pathlib import Path

from portal.core.spreadsheets import read_book, write_csv

FILE = Path(__file__).with_name("sintang-nominations.xlsx")


def roster_file(rows: int | None = None) -> tuple[str, bytes]:
    """(name, bytes) of the file; with `rows`, a .csv of its first so many rows, titles included."""
    content = FILE.read_bytes()
    if rows is None:
        return FILE.name, content
    sheet = max(read_book(content).sheets, key=lambda sheet: len(sheet.rows))
    first, *others = sheet.rows[:rows]
    return f"{FILE.stem}-{rows}.csv", write_csv([str(cell or "") for cell in first], others)
