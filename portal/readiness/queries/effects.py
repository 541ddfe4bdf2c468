"""What a change of a service line would do to cooperatives, before it is saved."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa

from portal.cooperatives.models import Cooperative
from portal.core.db import db
from portal.readiness.queries.standing import live_standing
from portal.readiness.rules import PROSPECTIVE, Line, LineState

#: So many cooperatives are judged for a preview; at country scale the rest waits for the background.
SAMPLE = 1000
#: So many are named.
NAMED = 5
BEFORE, AFTER = -1, -2


@dataclass(frozen=True)
class Effects:
    """`checked` of `total` cooperatives were judged. begins and stops: how many become ready or no longer
    are, with the first few as (id, name)."""

    total: int
    checked: int
    ready_before: int
    ready_after: int
    begins: int
    stops: int
    beginning: list[tuple[int, str]]
    stopping: list[tuple[int, str]]


def line_effects(before: Line | None, after: Line | None, on: date) -> Effects:
    """How many cooperatives become ready, and how many no longer are. None: no line, or one not offered.

    Three statements and five for each 500 cooperatives, 1,000 at most.
    """
    rules = [Line(key, "", line.needs, line.items, line.kinds) for key, line in _keyed(before, after)]
    concerned = _concerned([line.kinds for line in rules])
    total = db.session().scalar(sa.select(sa.func.count()).select_from(Cooperative).where(concerned)) or 0
    ids = list(
        db.session().scalars(
            sa.select(Cooperative.id).where(concerned).order_by(Cooperative.id).limit(SAMPLE)
        )
    )
    was: set[int] = set()
    becomes: set[int] = set()
    for number, standing in live_standing(ids, on, rules).items():
        for key, found in ((BEFORE, was), (AFTER, becomes)):
            verdict = standing.lines.get(key)
            if verdict is not None and verdict.state == LineState.READY:
                found.add(number)
    begins, stops = sorted(becomes - was), sorted(was - becomes)
    names = _names(begins[:NAMED] + stops[:NAMED])
    return Effects(
        total,
        len(ids),
        len(was),
        len(becomes),
        len(begins),
        len(stops),
        [(number, names[number]) for number in begins[:NAMED]],
        [(number, names[number]) for number in stops[:NAMED]],
    )


def _keyed(before: Line | None, after: Line | None) -> list[tuple[int, Line]]:
    return [(key, line) for key, line in ((BEFORE, before), (AFTER, after)) if line is not None]


def _concerned(kinds: Collection[frozenset[str]]) -> sa.ColumnElement[bool]:
    """Cooperatives of these kinds; no kinds means all that exist already."""
    if not kinds:
        return sa.false()
    if all(kinds):
        return Cooperative.kind.in_(sorted(frozenset().union(*kinds)))
    named = frozenset().union(*kinds)
    return sa.true() if PROSPECTIVE in named else Cooperative.kind != PROSPECTIVE


def _names(ids: Collection[int]) -> dict[int, str]:
    statement = sa.select(Cooperative.id, Cooperative.name).where(Cooperative.id.in_(ids))
    pairs: Any = db.session().execute(statement).all()
    return dict(pairs)
