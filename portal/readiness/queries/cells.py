"""The cells of coverage as sums: of the saved standings, and as they are kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from portal.core.db import db
from portal.readiness.models import CooperativeStanding, CoverageCell, CoverageLine, LineStanding
from portal.readiness.rules_coverage import CELL_NAMES, LINE_NAMES, Cells, Counts, Lines, Share

CHUNK = 500
_IDS = sa.bindparam("ids", expanding=True)
_SAVED = sa.select(
    CooperativeStanding.cooperative_id,
    CooperativeStanding.region_code,
    CooperativeStanding.kind,
    CooperativeStanding.is_pilot,
    CooperativeStanding.facts,
    CooperativeStanding.ready_lines,
).where(CooperativeStanding.cooperative_id.in_(_IDS))
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
        row.cooperative_id: Share(
            row.region_code,
            row.kind,
            row.is_pilot,
            posts_of(row.facts),
            states.get(row.cooperative_id, {}),
            row.ready_lines,
        )
        for row in db.session().execute(_SAVED, asked)
    }


def posts_of(facts: Sequence[Sequence[Any]]) -> dict[str, Counts]:
    """The counts by post of a standing's `facts`."""
    return {post: Counts(*numbers) for post, *numbers in facts}


def kept_cells(edition_id: int, regions: Sequence[str]) -> tuple[Cells, Lines]:
    """The cells of an edition for some regions as they are kept, without those that are all zero."""
    cells = sa.select(CoverageCell).where(
        CoverageCell.edition_id == edition_id, CoverageCell.region_code.in_(regions)
    )
    lines = sa.select(CoverageLine).where(
        CoverageLine.edition_id == edition_id, CoverageLine.region_code.in_(regions)
    )
    found: tuple[Cells, Lines] = ({}, {})
    for row in _plain(cells):
        found[0][row["region_code"], row["kind"], row["post"]] = tuple(row[name] for name in CELL_NAMES)
    for row in _plain(lines):
        found[1][row["region_code"], row["kind"], row["line_id"]] = tuple(row[name] for name in LINE_NAMES)
    return (
        {key: numbers for key, numbers in found[0].items() if any(numbers)},
        {key: numbers for key, numbers in found[1].items() if any(numbers)},
    )


def _plain(statement: Any) -> Iterator[Mapping[str, Any]]:
    table = statement.get_final_froms()[0]
    return iter(db.session().execute(statement.with_only_columns(*table.c)).mappings())
