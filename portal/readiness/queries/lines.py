"""Service lines as they are judged and as they are read."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from portal.catalog.models import Program
from portal.cooperatives.models import ChecklistItem
from portal.core.db import db, read
from portal.core.errors import NotFound
from portal.readiness.models import LineStanding, ServiceLine, ServiceNeed
from portal.readiness.rules import Line, Need


@dataclass(frozen=True, slots=True)
class LineRow:
    """A line with its names; `rule` is what `judge_line` takes."""

    rule: Line
    name: str
    name_en: str
    summary: str
    summary_en: str
    is_active: bool
    version: int

    def title(self, lang: str) -> str:
        """The name in a language."""
        return self.name_en if lang == "en" and self.name_en else self.name

    def about(self, lang: str) -> str:
        """The summary in a language."""
        return self.summary_en if lang == "en" and self.summary_en else self.summary


def _text(column: Any) -> Any:
    """A JSON column as the text it is stored as: parsed once for equal rows, not on every page."""
    return sa.type_coerce(column, sa.Text())


_ROWS = (
    sa.select(
        ServiceLine.id,
        ServiceLine.code,
        ServiceLine.name,
        ServiceLine.name_en,
        ServiceLine.summary,
        ServiceLine.summary_en,
        _text(ServiceLine.kinds),
        _text(ServiceLine.items),
        ServiceLine.is_active,
        ServiceLine.version,
        _text(ServiceNeed.posts),
        _text(ServiceNeed.programs),
        ServiceNeed.count,
        ServiceNeed.takes_external,
    )
    .outerjoin(ServiceNeed, ServiceNeed.line_id == ServiceLine.id)
    .order_by(ServiceLine.position, ServiceLine.id, ServiceNeed.position)
)
_ACTIVE = _ROWS.where(ServiceLine.is_active)


@lru_cache(maxsize=8)
def _shape(rows: tuple[Any, ...]) -> tuple[LineRow, ...]:
    """Line rows of the raw rows. The raw rows are the key: a changed line makes a new shape."""
    grouped: dict[int, list[Any]] = {}
    for row in rows:
        grouped.setdefault(row[0], []).append(row)
    return tuple(_line_row(lines) for lines in grouped.values())


def _line_row(rows: Sequence[Any]) -> LineRow:
    number, code, name, name_en, summary, summary_en, kinds, items, is_active, version, *_need = rows[0]
    needs = tuple(
        Need(tuple(json.loads(posts)), frozenset(json.loads(programs)), count, bool(takes))
        for *_line, posts, programs, count, takes in rows
        if posts is not None
    )
    rule = Line(number, code, needs, tuple(json.loads(items)), frozenset(json.loads(kinds)))
    return LineRow(rule, name, name_en, summary, summary_en, bool(is_active), version)


def line_rows(active_only: bool = True) -> tuple[LineRow, ...]:
    """Service lines with their names, in order. One statement."""
    return _shape(tuple(map(tuple, read(_ACTIVE if active_only else _ROWS))))


def service_lines(active_only: bool = True) -> list[Line]:
    """Service lines as they are judged, in order. One statement."""
    return [row.rule for row in line_rows(active_only)]


def get_line(line_id: int) -> LineRow:
    """A line, active or not. Raises NotFound."""
    found = db.session().execute(_ROWS.where(ServiceLine.id == line_id)).all()
    if not found:
        raise NotFound()
    return _shape(tuple(tuple(row) for row in found))[0]


_NAMES = sa.union_all(
    sa.select(
        sa.literal("program", sa.String()),
        sa.cast(Program.id, sa.String()),
        Program.short_name,
        Program.name_en,
        Program.code,
        Program.kinds,
    ),
    sa.select(
        sa.literal("item", sa.String()),
        ChecklistItem.code,
        ChecklistItem.name,
        ChecklistItem.name_en,
        sa.literal("", sa.String()),
        ChecklistItem.kinds,
    ),
)


@dataclass(frozen=True)
class Names:
    """What lines refer to, in one language: program id -> (name, code), checklist code -> name.

    kinds: program id -> the kinds of cooperatives it is for; none means all.
    """

    programs: dict[int, tuple[str, str]]
    items: dict[str, str]
    kinds: dict[int, list[str]]


def names_in_use(lang: str) -> Names:
    """The names of all programs and checklist items. One statement."""
    found = Names({}, {}, {})
    for subject, key, name, name_en, code, kinds in db.session().execute(_NAMES):
        text = name_en if lang == "en" and name_en else name
        if subject == "program":
            found.programs[int(key)], found.kinds[int(key)] = (text, code), kinds
        else:
            found.items[key] = text
    return found


def line_counts() -> dict[int, dict[str, int]]:
    """line id -> state -> cooperatives, from the summary. One statement."""
    counts: dict[int, dict[str, int]] = {}
    statement = sa.select(LineStanding.line_id, LineStanding.state, sa.func.count()).group_by(
        LineStanding.line_id, LineStanding.state
    )
    for line_id, state, count in db.session().execute(statement):
        counts.setdefault(line_id, {})[state] = count
    return counts
