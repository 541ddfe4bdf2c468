"""The cells of coverage as sums: of the saved standings, and as they are kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

import sqlalchemy as sa

from portal.core.db import db
from portal.readiness.models import CooperativeStanding, CoverageCell, CoverageLine, LineStanding
from portal.readiness.rules_coverage import CELL_NAMES, LINE_NAMES, Cells, Counts, Lines, Share, Tally

_IDS: Any = sa.bindparam("ids", expanding=True)
_COLUMNS = (
    CooperativeStanding.cooperative_id,
    CooperativeStanding.region_code,
    CooperativeStanding.kind,
    CooperativeStanding.is_pilot,
    CooperativeStanding.facts,
    CooperativeStanding.ready_lines,
)
_SAVED = sa.select(*_COLUMNS).where(CooperativeStanding.cooperative_id.in_(_IDS))
_STATES = sa.select(LineStanding.cooperative_id, LineStanding.line_id, LineStanding.state).where(
    LineStanding.cooperative_id.in_(_IDS)
)


def saved_shares(cooperative_ids: Sequence[int]) -> dict[int, Share]:
    """cooperative id -> what it adds to the cells by its saved standing. Two statements."""
    states: dict[int, dict[int, str]] = {}
    asked = {"ids": list(cooperative_ids)}
    for number, line_id, state in db.session().execute(_STATES, asked):
        states.setdefault(number, {})[line_id] = state
    return {
        row.cooperative_id: _share(row, states.get(row.cooperative_id, {}))
        for row in db.session().execute(_SAVED, asked)
    }


def _share(row: Any, states: dict[int, str]) -> Share:
    return Share(row.region_code, row.kind, row.is_pilot, posts_of(row.facts), states, row.ready_lines)


def posts_of(facts: Sequence[Sequence[Any]]) -> dict[str, Counts]:
    """The counts by post of a standing's `facts`."""
    return {post: Counts(*numbers) for post, *numbers in facts}


def summed_below(province: str) -> tuple[Cells, Lines]:
    """The sums of the saved standings of a province, for it and every region below it. Two statements."""
    here = CooperativeStanding.district_code.startswith(f"{province}.", autoescape=True)
    states: dict[int, dict[int, str]] = {}
    joined = sa.select(LineStanding.cooperative_id, LineStanding.line_id, LineStanding.state).join(
        CooperativeStanding, CooperativeStanding.cooperative_id == LineStanding.cooperative_id
    )
    for number, line_id, state in db.session().execute(joined.where(here)):
        states.setdefault(number, {})[line_id] = state
    tally = Tally()
    for row in db.session().execute(sa.select(*_COLUMNS).where(here)):
        tally.add(_share(row, states.get(row.cooperative_id, {})))
    return (
        {key: numbers for key, numbers in tally.cells.items() if key[0]},
        {key: numbers for key, numbers in tally.lines.items() if key[0]},
    )


def kept_below(edition_id: int, province: str) -> tuple[Cells, Lines]:
    """The cells of an edition for a province and every region below it, those all zero left out."""
    return _kept(
        edition_id,
        lambda code: sa.or_(code == province, code.startswith(f"{province}.", autoescape=True)),
    )


def kept_country(edition_id: int) -> tuple[Cells, Lines]:
    """The country's own cells of an edition, those all zero left out."""
    return _kept(edition_id, lambda code: code == "")


def summed_provinces(edition_id: int) -> tuple[Cells, Lines]:
    """The country's cells as the sums of the provinces' cells of an edition."""
    found: list[Any] = [{}, {}]
    kept = _kept(edition_id, lambda code: sa.and_(code != "", code.not_like("%.%")))
    for place, parts in enumerate(kept):
        sums, pairs = found[place], cast(dict[Any, tuple[int, ...]], parts)
        for (_region, kind, what), numbers in pairs.items():
            there = sums.get(("", kind, what), (0,) * len(numbers))
            sums["", kind, what] = tuple(a + b for a, b in zip(there, numbers, strict=True))
    return found[0], found[1]


def _kept(edition_id: int, inside: Callable[[Any], Any]) -> tuple[Cells, Lines]:
    found = []
    for table, third, names in ((CoverageCell, "post", CELL_NAMES), (CoverageLine, "line_id", LINE_NAMES)):
        columns = [getattr(table, name) for name in ("region_code", "kind", third, *names)]
        statement = sa.select(*columns).where(table.edition_id == edition_id, inside(table.region_code))
        rows = db.session().execute(statement)
        found.append({tuple(row[:3]): tuple(row[3:]) for row in rows if any(row[3:])})
    return found[0], found[1]
