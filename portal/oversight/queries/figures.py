"""The summary tables of coverage as plain rows: editions, the regions of tables, targets, outside figures.

A table of coverage takes four statements, however many rows it has: `find_edition`, `list_figures`,
`list_marks`, `list_lines`.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from portal.core.db import db, read
from portal.oversight.rules.figures import Figures
from portal.oversight.rules.targets import Target
from portal.readiness.models import (
    CooperativeStanding,
    CoverageCell,
    CoverageEdition,
    CoverageInclusion,
    CoverageLine,
    CoverageReport,
    CoverageTarget,
    OutsideFigure,
    RemoteRegion,
    ServiceLine,
)
from portal.regions.models import Region

_COUNTS = (
    "cooperatives", "holders", "certified", "external", "reported", "training", "women", "women_certified",
    "with_certified", "any_ready",
)  # fmt: skip


class Edition(NamedTuple):
    """A whole set of figures. `earlier_on` and `earlier`: the day and the facts of the last report before.
    `stamps` differ as soon as anything has changed that a page above cooperatives is made from."""

    id: int
    on: date
    state: str
    job_id: int | None
    made_at: datetime
    earlier_on: date | None
    earlier: dict[str, Any] | None
    stamps: tuple[Any, ...] = ()


class Mark(NamedTuple):
    """A figure that somebody else published."""

    region_code: str
    subject: str
    value: int
    as_of: date
    source: str


class LineName(NamedTuple):
    """A service line that may be chosen."""

    id: int
    code: str
    name: str
    name_en: str


def _newest(column: Any) -> Any:
    return sa.select(sa.func.max(column)).scalar_subquery()


def _count(column: Any) -> Any:
    return sa.select(sa.func.count(column)).scalar_subquery()


#: The newest saved standing (each change of a cell comes with one), and the small tables beside the cells.
_STAMPS = (
    _newest(CooperativeStanding.made_at),
    _newest(CooperativeStanding.cooperative_id),
    _newest(CoverageTarget.set_at),
    _count(CoverageTarget.id),
    _newest(OutsideFigure.set_at),
    _count(OutsideFigure.id),
    _newest(ServiceLine.updated_at),
    _count(ServiceLine.id),
    _newest(CoverageReport.id),
)


_EARLIER = (
    sa.select(CoverageReport)
    .where(CoverageReport.region_code == "", CoverageReport.on < CoverageEdition.on)
    .order_by(CoverageReport.on.desc(), CoverageReport.id.desc())
    .limit(1)
)
# Built once: building it, and reading it through the ORM, was a quarter of a kept page's CPU.
_EDITION = sa.select(
    CoverageEdition.id,
    CoverageEdition.on,
    CoverageEdition.state,
    CoverageEdition.job_id,
    CoverageEdition.made_at,
    _EARLIER.with_only_columns(CoverageReport.on).correlate(CoverageEdition).scalar_subquery(),
    _EARLIER.with_only_columns(CoverageReport.facts).correlate(CoverageEdition).scalar_subquery(),
    *_STAMPS,
)
_CURRENT = _EDITION.where(CoverageEdition.state == "current")
_PAST = _EDITION.where(CoverageEdition.state != "current", CoverageEdition.on == sa.bindparam("day"))


def find_edition(on: date | None, today: date) -> Edition | None:
    """The present figures, or those of an earlier day (perhaps still in the making). None when nobody has
    made them yet."""
    result = read(_CURRENT) if on is None or on >= today else read(_PAST, {"day": on})
    row = result.first()
    return Edition._make((*row[:7], tuple(row[7:]))) if row is not None else None


def list_figures(
    edition_id: int, parents: Collection[str], *, by: str = "", line_id: int | None = None, under: str = ""
) -> list[Figures]:
    """The regions below each of `parents` ("" for the provinces), those parents themselves, and what names no
    lower level ("61.05.-"), by name.

    by: "" for the totals, "kind" or "post" for each value beside them. under: everything below this region
    too, down to its districts. Regions without figures come once, with zeros. One statement.
    """
    cell, line = CoverageCell, CoverageLine
    dimension = cell.post if by == "post" else cell.kind
    counts = [getattr(cell, name) for name in _COUNTS]
    ready = [line.ready, line.nearly, line.not_ready] if line_id else [sa.null(), sa.null(), sa.null()]
    fits = [cell.edition_id == edition_id]
    fits += [] if by == "kind" else [cell.kind == ""]
    fits += [] if by == "post" else [cell.post == ""]

    def joined(source: Any) -> Any:
        if not line_id:
            return source
        same = (line.edition_id == edition_id, line.region_code == cell.region_code, line.kind == cell.kind)
        return source.outerjoin(line, sa.and_(*same, line.line_id == line_id))

    codes = sorted({code for parent in parents for code in (parent, f"{parent}.-".lstrip("."))})
    inside: Any = Region.parent_code.in_([code for code in parents if code] or [""])
    if "" in parents:
        inside = sa.or_(Region.parent_code.is_(None), inside)
    untold: Any = cell.region_code.in_(codes)
    if under:
        deeper = Region.code.startswith(f"{under}.", autoescape=True)
        inside = sa.or_(inside, sa.and_(deeper, sa.func.length(Region.code) <= 8))
        untold = sa.or_(untold, cell.region_code.like(f"{under}.%-"))
    below = sa.select(Region.code, Region.name, Region.parent_code, dimension, *counts, *ready).select_from(
        joined(Region.__table__.outerjoin(cell.__table__, sa.and_(cell.region_code == Region.code, *fits)))
    )
    named = Region.code == cell.region_code
    above = sa.select(
        cell.region_code, sa.func.coalesce(Region.name, ""), Region.parent_code, dimension, *counts, *ready
    ).select_from(joined(cell.__table__.outerjoin(Region.__table__, named)))
    both = sa.union_all(below.where(inside), above.where(untold, *fits))
    # A region that is both below one parent and a parent itself comes twice; the rows are the same.
    found = {(row[0], row[3] or ""): Figures(*(_cleaned(row))) for row in db.session.execute(both)}
    return sorted(found.values(), key=lambda one: (one.name == "", one.name, one.code))


def _cleaned(row: Any) -> tuple[Any, ...]:
    code, name, parent, value, *numbers = row
    return code, name or "", parent or "", value or "", *(number or 0 for number in numbers)


def list_marks(codes: Collection[str], on: date) -> tuple[list[Target], list[Mark]]:
    """The targets of these regions and the outside figures of those published by `on`. One statement."""
    targets = sa.select(
        sa.literal("target"),
        CoverageTarget.region_code,
        CoverageTarget.source_status,
        CoverageTarget.year,
        CoverageTarget.per_cooperative,
        CoverageTarget.people,
        sa.null().cast(sa.Date),
        CoverageTarget.source,
    ).where(CoverageTarget.region_code.in_(codes))
    figures = sa.select(
        sa.literal("figure"),
        OutsideFigure.region_code,
        OutsideFigure.subject,
        sa.literal(0),
        sa.null().cast(sa.Integer),
        OutsideFigure.value,
        OutsideFigure.as_of,
        OutsideFigure.source,
    ).where(OutsideFigure.region_code.in_(codes), OutsideFigure.as_of <= on)
    rows: Any = db.session.execute(sa.union_all(targets, figures)).all()
    return (
        [Target(r[1], r[3], r[4], r[5], r[7], r[2]) for r in rows if r[0] == "target"],
        sorted((Mark(r[1], r[2], r[5], r[6], r[7]) for r in rows if r[0] == "figure"), key=lambda m: m.as_of),
    )


def list_targets() -> list[Target]:
    """Every target, for a file that goes down to districts. One statement."""
    table = CoverageTarget
    columns = (
        table.region_code,
        table.year,
        table.per_cooperative,
        table.people,
        table.source,
        table.source_status,
    )
    return [Target(*row) for row in db.session.execute(sa.select(*columns))]


def list_lines() -> list[LineName]:
    """The service lines in use, in their order. One statement."""
    statement = (
        sa.select(ServiceLine.id, ServiceLine.code, ServiceLine.name, ServiceLine.name_en)
        .where(ServiceLine.is_active)
        .order_by(ServiceLine.position, ServiceLine.id)
    )
    return [LineName(*row) for row in db.session.execute(statement)]


def list_inclusion(edition_id: int, codes: Collection[str]) -> dict[str, Any]:
    """Answers about disability and help by region code; regions without answers are absent. One statement."""
    table = CoverageInclusion
    statement = sa.select(
        table.region_code, table.answered, table.disability, table.assistance, table.certified
    ).where(table.edition_id == edition_id, table.region_code.in_(codes))
    return {row.region_code: row for row in db.session.execute(statement)}


def remote_sums(edition_id: int, code: str) -> tuple[int, dict[bool, tuple[int, int, int]]]:
    """How many remote regencies are listed under a region ("" the country) and, for remote ones and all the
    others, (cooperatives, holders, certified). One statement."""
    cell, remote = CoverageCell, RemoteRegion
    inside = [cell.region_code.startswith(f"{code}.", autoescape=True)] if code else []
    is_remote = remote.region_code.is_not(None)
    statement = (
        sa.select(
            is_remote.label("remote"),
            sa.func.count(),
            sa.func.sum(cell.cooperatives),
            sa.func.sum(cell.holders),
            sa.func.sum(cell.certified),
        )
        .select_from(cell.__table__.outerjoin(remote.__table__, remote.region_code == cell.region_code))
        .where(
            cell.edition_id == edition_id,
            cell.kind == "",
            cell.post == "",
            sa.func.length(cell.region_code) == 5,
            *inside,
        )
        .group_by(is_remote)
    )
    rows = {bool(row[0]): row for row in db.session.execute(statement)}
    sums = {key: (int(row[2]), int(row[3]), int(row[4])) for key, row in rows.items()}
    return (rows[True][1] if True in rows else 0), sums
