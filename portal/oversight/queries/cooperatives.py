"""The cooperatives of a district with how many services each is ready for. Never a person."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

import sqlalchemy as sa

from portal.cooperatives.models import Cooperative
from portal.core.db import db
from portal.core.paging import Page, cut
from portal.oversight.rules.tables import Pick
from portal.readiness.models import CooperativeStanding, LineStanding
from portal.readiness.queries.standing import live_standing

PAGE = 20


class CooperativeRow(NamedTuple):
    """A cooperative and its service lines by state. `line`: its state toward the chosen line, "" when that is
    not for its kind or none is chosen."""

    id: int
    name: str
    kind: str
    is_pilot: bool
    ready: int
    nearly: int
    not_ready: int
    line: str


def list_cooperatives(district: str, pick: Pick, *, past: date | None, page: int | None) -> Page:
    """The cooperatives of a district by name, `PAGE` at a time (all of them when page is None), as of today
    or a past day. One statement; for a past day those of `live_standing` too."""
    line = LineStanding
    states = [
        sa.func.coalesce(sa.func.sum(sa.case((line.state == state, 1), else_=0)), 0)
        for state in ("ready", "nearly", "not_ready")
    ]
    chosen = sa.func.max(sa.case((line.line_id == (pick.line_id or 0), line.state), else_=""))
    place = CooperativeStanding
    statement = (
        sa.select(Cooperative.id, Cooperative.name, Cooperative.kind, Cooperative.is_pilot, *states, chosen)
        .select_from(place)
        .join(Cooperative, Cooperative.id == place.cooperative_id)
        .outerjoin(line, line.cooperative_id == place.cooperative_id)
        .where(place.district_code == district)
        .group_by(Cooperative.id, Cooperative.name, Cooperative.kind, Cooperative.is_pilot)
        .order_by(Cooperative.name, Cooperative.id)
    )
    if pick.kind:
        statement = statement.where(Cooperative.kind == pick.kind)
    if page is not None:
        statement = statement.limit(PAGE + 1).offset((page - 1) * PAGE)
    rows = [CooperativeRow._make(row) for row in db.session.execute(statement)]
    shown = cut(rows, page or 1, PAGE if page else max(len(rows), 1))
    return Page(_past(shown.items, pick, past), shown.number, shown.has_next) if past else shown


def _past(rows: Sequence[CooperativeRow], pick: Pick, on: date) -> list[CooperativeRow]:
    standing = live_standing([row.id for row in rows], on)
    found = []
    for row in rows:
        lines = standing[row.id].lines if row.id in standing else {}
        states = [str(verdict.state) for verdict in lines.values()]
        counts = [states.count(state) for state in ("ready", "nearly", "not_ready")]
        chosen = lines.get(pick.line_id or 0)
        found.append(
            row._replace(
                ready=counts[0],
                nearly=counts[1],
                not_ready=counts[2],
                line=str(chosen.state) if chosen else "",
            )
        )
    return found
