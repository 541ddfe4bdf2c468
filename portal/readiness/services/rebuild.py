"""Holding the cells against the saved standings they are the sum of, and mending what differs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from portal.core.db import db
from portal.readiness.models import CooperativeStanding, CoverageCell, CoverageLine
from portal.readiness.queries.cells import kept_below, kept_country, summed_below, summed_provinces
from portal.readiness.rules_coverage import Cells, Lines
from portal.readiness.services.refresh import add_cells


def provinces_of_standings() -> list[str]:
    """The codes of the provinces that have standings or cells, "-" among them when some name none."""
    session = db.session()
    districts = session.scalars(sa.select(CooperativeStanding.district_code).distinct())
    kept: set[str] = set()
    for table in (CoverageCell, CoverageLine):
        top = sa.select(table.region_code).where(table.region_code.not_like("%.%"), table.region_code != "")
        kept |= set(session.scalars(top.distinct()))
    return sorted({code.split(".")[0] for code in districts} | kept)


def mend_province(edition_id: int, province: str, *, is_dry: bool = False) -> int:
    """Set the cells of a province and all below it to the sums of its standings; how many differed. The
    caller holds the edition. is_dry: only count."""
    return _mend(edition_id, summed_below(province), kept_below(edition_id, province), is_dry)


def mend_country(edition_id: int, *, is_dry: bool = False) -> int:
    """Set the country's cells to the sums of the provinces'; how many differed."""
    return _mend(edition_id, summed_provinces(edition_id), kept_country(edition_id), is_dry)


def _mend(edition_id: int, right: tuple[Cells, Lines], kept: tuple[Cells, Lines], is_dry: bool) -> int:
    cells, lines = _off(right[0], kept[0]), _off(right[1], kept[1])
    if not is_dry:
        add_cells(edition_id, cells, lines)
    return len(cells) + len(lines)


def _off(want: Mapping[Any, Sequence[int]], there: Mapping[Any, Sequence[int]]) -> dict[Any, tuple[int, ...]]:
    """Per key, what must be added to `there` to make it `want`; keys without a difference are absent."""
    found = {}
    for key in want.keys() | there.keys():
        width = len(want.get(key) or there[key])
        nothing = (0,) * width
        numbers = tuple(a - b for a, b in zip(want.get(key, nothing), there.get(key, nothing), strict=True))
        if any(numbers):
            found[key] = numbers
    return found
