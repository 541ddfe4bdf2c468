"""Single cells of a roster as text and as dates. No function raises on any cell."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

from portal.core.spreadsheets import Cell
from portal.people.rules import collapse

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "januari jan january januar",
            "februari feb february pebruari peb febuari",
            "maret mar march mrt",
            "april apr",
            "mei may",
            "juni jun june",
            "juli jul july",
            "agustus agu ags agt agst aug august agus agustu",
            "september sep sept",
            "oktober okt oct october",
            "november nov nopember nop",
            "desember des dec december",
        ),
        1,
    )
    for name in names.split()
}
_DAY_FIRST = re.compile(r"(\d{1,2})\s*[/.\-–\s]\s*(\d{1,2})\s*[/.\-–\s]\s*(\d{4}|\d{2})")
_NAMED = re.compile(r"(\d{1,2})\s*[/.,\-–\s]?\s*([a-z]{3,10})\.?\s*[/.,\-–\s]?\s*(\d{4}|\d{2})", re.I)
_YEAR_FIRST = re.compile(r"(\d{4})\s*[/.\-]\s*(\d{1,2})\s*[/.\-]\s*(\d{1,2})")
_CLOCK = re.compile(r"[T\s]+\d{1,2}[:.]\d{2}([:.]\d{2}(\.\d+)?)?\s*Z?$", re.I)
# A weekday or a birthplace before the date: "Senin, 12 Mei 1994", "SINTANG, 12-05-1994".
_PLACE = re.compile(r"^[^\d]*[^\d\s/.\-–][\s,;:/.\-–]+(?=\d)")
_FIRST_SERIAL, _LAST_SERIAL = 367, 109_574  # Excel days of 1901-01-01 and 2199-12-31
_EXCEL_ZERO = date(1899, 12, 30)


def text_of(cell: Cell) -> str:
    """A cell as one line of text: numbers without a needless ".0", dates as dd/mm/yyyy, a blank as ""."""
    if isinstance(cell, str):
        text = collapse(cell)
        # A formula-neutral export puts an apostrophe before = + - @; coming back, it is not part of the text.
        return text[1:].strip() if text[:1] == "'" and text[1:2] in ("=", "+", "-", "@") else text
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, datetime | date):
        return f"{cell.day:02d}/{cell.month:02d}/{cell.year:04d}"
    return str(cell)


def is_numeric(cell: Cell) -> bool:
    """Whether the file holds the cell as a number (which has lost zeros and digits of a NIK)."""
    return isinstance(cell, int | float) and not isinstance(cell, bool)


def parse_date(cell: Cell, today: date) -> date | None:
    """The day in a cell, or None: a date cell, an Excel serial number, dd/mm/yyyy, "12 Mei 1994", ISO.

    The day stands before the month, always: 12/13/1985 is no date. Two-digit years mean the century in which
    the person is at least 15 on `today`. Nothing before 1900 is a date.
    """
    if isinstance(cell, datetime):
        found: date | None = cell.date()
    elif isinstance(cell, date):
        found = cell
    elif is_numeric(cell):
        assert isinstance(cell, int | float)
        if not _FIRST_SERIAL <= cell <= _LAST_SERIAL:
            return None
        found = _EXCEL_ZERO + timedelta(days=int(cell))
    elif isinstance(cell, str):
        found = _parse_text(collapse(cell).lstrip("'").strip(), today)
    else:
        return None
    return found if found and found.year >= 1900 else None


def _parse_text(text: str, today: date) -> date | None:
    if len(text) > 80 or not text.isprintable():
        return None
    text = _CLOCK.sub("", text).strip(" .,") if _CLOCK.search(text) and len(text) > 12 else text.strip(" .,")
    for candidate in (text, _PLACE.sub("", text)):
        if match := _YEAR_FIRST.fullmatch(candidate):
            return _day(match[3], match[2], match[1], today)
        if match := _DAY_FIRST.fullmatch(candidate):
            return _day(match[1], match[2], match[3], today)
        if (match := _NAMED.fullmatch(candidate)) and match[2].casefold() in _MONTHS:
            return _day(match[1], str(_MONTHS[match[2].casefold()]), match[3], today)
    return None


def _day(day: str, month: str, year: str, today: date) -> date | None:
    number = int(year)
    if len(year) == 2:
        number += 2000 if 2000 + number <= today.year - 15 else 1900
    try:
        return date(number, int(month), int(day))
    except ValueError:
        return None
