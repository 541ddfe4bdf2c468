"""Reads of the breach register, with the clock of each entry."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from portal.core.db import db
from portal.core.errors import NotFound
from portal.core.paging import Page, cut
from portal.people.models import Breach
from portal.people.rules.breach import LIMIT, Clock, clock_of

PAGE = 20


@dataclass(frozen=True)
class BreachView:
    """An entry with its clock."""

    row: Breach
    clock: Clock


def _view(row: Breach, now: datetime) -> BreachView:
    return BreachView(row, clock_of(row.found_at, row.people_told_at, row.authority_told_at, now))


def list_breaches(number: int, now: datetime) -> Page:
    """A page of BreachView, the open ones first, then the newest. One statement."""
    statement = (
        sa.select(Breach)
        .order_by(Breach.closed_at.is_not(None), Breach.found_at.desc(), Breach.id.desc())
        .limit(PAGE + 1)
        .offset((number - 1) * PAGE)
    )
    return cut([_view(row, now) for row in db.session.scalars(statement)], number, PAGE)


def get_breach(breach_id: int, now: datetime) -> BreachView:
    """One entry. Raises NotFound."""
    row = db.session.get(Breach, breach_id)
    if row is None:
        raise NotFound()
    return _view(row, now)


def count_breaches(now: datetime) -> tuple[int, int]:
    """(open entries of which somebody must still be told, those of them beyond the 3 x 24 hours), for the
    administrator's desk. One statement."""
    waits = sa.and_(
        Breach.closed_at.is_(None),
        sa.or_(Breach.people_told_at.is_(None), Breach.authority_told_at.is_(None)),
    )
    late = sa.case((Breach.found_at < now - LIMIT, 1), else_=0)
    row = db.session.execute(
        sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(late), 0)).where(waits)
    ).one()
    return int(row[0]), int(row[1])
