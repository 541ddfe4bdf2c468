"""Coverage of any day worked out at once from the sources, for a small part of the country."""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa

from portal.cooperatives.models import Cooperative
from portal.core.db import db
from portal.readiness.queries.lines import service_lines
from portal.readiness.queries.standing import CHUNK, live_standing
from portal.readiness.rules_coverage import Tally, coverage_day, day_over


def registered_by(on: date) -> sa.ColumnElement[bool]:
    """Whether a cooperative was registered when a day was over."""
    return Cooperative.created_at < day_over(on)


def coverage_live(region_code: str, on: date) -> Tally:
    """The cells of a region ("" the country) and of all regions above and below it, counting only the
    cooperatives of that region registered by the day. Five statements for each 500 of them."""
    statement = sa.select(Cooperative.id).where(registered_by(on)).order_by(Cooperative.id)
    if region_code:
        below = Cooperative.region_code.startswith(f"{region_code}.", autoescape=True)
        statement = statement.where(sa.or_(Cooperative.region_code == region_code, below))
    ids = list(db.session.scalars(statement))
    lines, tally = service_lines(), Tally()
    for start in range(0, len(ids), CHUNK):
        for standing in live_standing(ids[start : start + CHUNK], on, lines).values():
            tally.add(standing.share())
    return tally


def first_day() -> date | None:
    """The day on which the portal's first cooperative was registered; None without one."""
    moment = db.session.scalar(sa.select(sa.func.min(Cooperative.created_at)))
    return coverage_day(moment) if moment is not None else None
