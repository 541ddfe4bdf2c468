"""The nearest batches that a cooperative may still join, by program."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from portal.batches.models import Batch
from portal.catalog.models import Program
from portal.centers.models import TrainingCenter
from portal.core.db import UtcDateTime, read

#: So many batches of a program are looked at for one that suits.
CANDIDATES = 3
_ON = sa.bindparam("on", type_=sa.Date())


class Upcoming(NamedTuple):
    """A batch in which a gap could be closed."""

    id: int
    slug: str
    starts_on: date
    ends_on: date
    free: int
    mode: str
    center: str
    city: str
    posts: tuple[str, ...]


class Course(NamedTuple):
    """A program with the nearest batches that take this cooperative."""

    id: int
    code: str
    name: str
    batches: tuple[Upcoming, ...]


def _for(column: Any, *names: str) -> sa.ColumnElement[bool]:
    """A JSON list that is empty or holds one of the quoted words bound to these names."""
    text = sa.type_coerce(column, sa.Text())
    return sa.or_(text == "[]", *(text.like(sa.bindparam(name, type_=sa.String())) for name in names))


def _nearest_statement() -> sa.Select[Any]:
    here = sa.func.substr(TrainingCenter.region_code, 1, 2) == sa.bindparam("province")
    programs: sa.BindParameter[Any] = sa.bindparam("programs", expanding=True)
    order = (sa.case((here, 0), else_=1), Batch.starts_on, Batch.id)
    batches = (
        sa.select(
            Batch.program_id,
            Batch.id,
            Batch.slug,
            Batch.starts_on,
            Batch.ends_on,
            (Batch.quota - Batch.seats_taken).label("free"),
            Batch.mode,
            TrainingCenter.short_name.label("center"),
            TrainingCenter.city,
            Batch.posts,
            sa.func.row_number().over(partition_by=Batch.program_id, order_by=order).label("place"),
        )
        .join(TrainingCenter, TrainingCenter.id == Batch.center_id)
        .where(
            Batch.program_id.in_(programs),
            Batch.state == "published",
            Batch.starts_on > _ON,
            Batch.closes_at > sa.bindparam("now", type_=UtcDateTime()),
            Batch.seats_taken < Batch.quota,
            _for(Batch.kinds, "kind"),
            _for(Batch.regions, "region_2", "region_5", "region_8", "region_13"),
        )
        .subquery()
    )
    return (
        sa.select(Program.id, Program.code, Program.short_name, *batches.c[1:10])
        .outerjoin(batches, sa.and_(batches.c.program_id == Program.id, batches.c.place <= CANDIDATES))
        .where(Program.id.in_(programs), _for(Program.kinds, "kind"))
        .order_by(Program.id, batches.c.place)
    )


_NEAREST = _nearest_statement()


def nearest_courses(
    kind: str, region_code: str, programs: Collection[int], on: date, now: datetime
) -> dict[int, Course]:
    """Programs by id, each with up to three batches that a cooperative of this kind and place may still join,
    those of its own province first. Programs for other kinds are left out. One statement at most."""
    if not programs:
        return {}
    values: dict[str, Any] = {"programs": sorted(programs), "province": region_code[:2], "on": on, "now": now}
    values |= {f"region_{length}": f'%"{region_code[:length]}"%' for length in (2, 5, 8, 13)}
    values["kind"] = f'%"{kind}"%'
    found: dict[int, Course] = {}
    for number, code, name, *batch in read(_NEAREST, values):
        known = found[number].batches if number in found else ()
        new = (Upcoming._make((*batch[:-1], tuple(batch[-1]))),) if batch[0] is not None else ()
        found[number] = Course(number, code, name, (*known, *new))
    return found
