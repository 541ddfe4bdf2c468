"""The copy of one's own data in words: room by room, each key with its label, each value as people read it.

The rooms answer with plain JSON (port `personal_data`); what is drawn here is the same on the page and on
paper. A key without a label fails a test, not the page.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from portal.core.formatting import long_date, moment
from portal.core.words import gettext as _
from portal.desks.data_labels import KEYS, LISTS, MESSAGE_WORDS, SECTIONS, WORDS
from portal.desks.labels import scope_label
from portal.people.labels import field_list, reason_label
from portal.regions.queries import path_of

Line = tuple[str, str]


@dataclass(frozen=True)
class Block:
    """Things of one kind: `items` are lists of (label, text); `title` is empty for the room's own facts."""

    title: str
    items: Sequence[Sequence[Line]]
    total: int

    @property
    def more(self) -> int:
        """How many are left out here."""
        return self.total - len(self.items)


@dataclass(frozen=True)
class Section:
    """One room: its name, and what it holds. `blocks` is empty when it holds nothing."""

    code: str
    title: str
    blocks: Sequence[Block]


def sections(data: Mapping[str, Any], *, most: int | None = None) -> list[Section]:
    """What the rooms hold, in words; `most`: at most so many things of one kind, the newest (a room lists the
    oldest first unless its list has no end)."""
    order = [code for code in SECTIONS if code in data] + [code for code in data if code not in SECTIONS]
    return [Section(code, str(SECTIONS.get(code, code)), _blocks(code, data[code], most)) for code in order]


def _blocks(room: str, held: Any, most: int | None) -> list[Block]:
    if isinstance(held, Sequence) and not isinstance(held, str):
        return [_block(room, "", list(held), most)] if held else []
    facts = {key: value for key, value in held.items() if not isinstance(value, list | dict)}
    lines = _lines(room, facts)
    found = [Block("", [lines], 1)] if lines else []
    for key, value in held.items():
        rows = [value] if isinstance(value, dict) else value
        if isinstance(rows, list) and rows:
            found.append(_block(room, key, rows, most))
    return found


def _block(room: str, key: str, rows: list[Any], most: int | None) -> Block:
    shown = rows if most is None else rows[:most] if room in ("messages", "events") else rows[-most:]
    items = [_lines(room, row) for row in shown]
    return Block(str(LISTS.get(key, key)) if key else "", items, len(rows))


def _lines(room: str, row: Mapping[str, Any]) -> list[Line]:
    found = []
    for key, value in row.items():
        text = _text(room, key, value)
        if text:
            found.append((str(KEYS.get(key, key)), text))
    return found


def _text(room: str, key: str, value: Any) -> str:
    if value is None or value == "" or value == []:
        return ""
    if isinstance(value, bool):
        return _("Ya") if value else _("Tidak")
    if isinstance(value, list):
        parts = ["; ".join(f"{label}: {text}" for label, text in _lines(room, one)) for one in value]
        return " | ".join(parts)
    words = WORDS.get((room, key)) or WORDS.get(("", key))
    if words is not None and str(value) in words:
        return str(words[str(value)])
    if (room, key) == ("account", "scope"):
        kind, _mark, number = value.partition(":")
        return scope_label(kind, number, {})
    if (room, key) == ("messages", "kind"):
        return str(MESSAGE_WORDS.get(value.split(".")[0], MESSAGE_WORDS[""]))
    if key == "fields":
        return field_list(value)
    if (room, key) == ("person", "reason"):
        return reason_label(value)
    if key == "village_code":
        return ", ".join(reversed(path_of(value))) or value
    if key == "at" or key.endswith("_at"):
        return moment(datetime.fromisoformat(value))
    if key.endswith(("_on", "_date")):
        return long_date(date.fromisoformat(value), False)
    return str(value)
