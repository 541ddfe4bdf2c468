"""Cooperatives and villages to choose from while applying."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa

from portal.cooperatives.models import Cooperative
from portal.cooperatives.queries import cooperatives_of
from portal.core.db import db
from portal.core.permissions import Actor, Permission
from portal.regions.models import Region
from portal.regions.queries import paths_of

LIMIT = 12
_VILLAGE_LENGTH = 13


@dataclass(frozen=True)
class CooperativeOption:
    """A cooperative (by id) or a village (by code) with the words that tell it from its namesakes."""

    value: str
    name: str
    where: str


def _where(names: Sequence[str]) -> str:
    """ "Sidomulyo, Jakenan, Kabupaten Pati" from the names of a path, nearest first, without the province."""
    return ", ".join(reversed(names[1:] or names))


def _options(found: Sequence[Cooperative]) -> list[CooperativeOption]:
    paths = paths_of({cooperative.region_code for cooperative in found}) if found else {}
    return [CooperativeOption(str(c.id), c.name, _where(paths.get(c.region_code, []))) for c in found]


def _pattern(text: str) -> str:
    return "%" + text.lower().replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_") + "%"


def cooperative_options(text: str, within: Collection[int] | None = None) -> list[CooperativeOption]:
    """Cooperatives whose own name or whose village has the text, by name; `within`: of these ids only."""
    words = " ".join(text.split())[:80]
    if len(words) < 3:
        return []
    pattern = _pattern(words)
    statement = (
        sa.select(Cooperative)
        .join(Region, Region.code == Cooperative.region_code)
        .where(
            sa.or_(
                sa.func.lower(Cooperative.name).like(pattern, escape="\\"),
                sa.func.lower(Region.name).like(pattern, escape="\\"),
            )
        )
        .order_by(Cooperative.name, Cooperative.id)
        .limit(LIMIT)
    )
    if within is not None:
        statement = statement.where(Cooperative.id.in_(sorted(within)))
    return _options(db.session.scalars(statement).all())


def village_options(text: str) -> list[CooperativeOption]:
    """Villages by a part of their name, whole names first: for a cooperative that is not listed."""
    words = " ".join(text.split())[:80]
    if len(words) < 3:
        return []
    statement = (
        sa.select(Region.code, Region.name)
        .where(
            sa.func.length(Region.code) == _VILLAGE_LENGTH,
            sa.func.lower(Region.name).like(_pattern(words), escape="\\"),
        )
        .order_by(sa.func.length(Region.name), Region.name, Region.code)
        .limit(LIMIT)
    )
    rows = db.session.execute(statement).all()
    paths = paths_of([code for code, _name in rows]) if rows else {}
    return [CooperativeOption(code, name, _where(paths[code][:-1])) for code, name in rows]


def option_of(cooperative_id: int | None) -> CooperativeOption | None:
    """One cooperative as an option, or None."""
    found = db.session.get(Cooperative, cooperative_id) if cooperative_id else None
    return _options([found])[0] if found else None


def village_name(code: str | None) -> str:
    """ "Sidomulyo, Jakenan, Kabupaten Pati", or "" without a code."""
    return _where(paths_of([code])[code]) if code else ""


def known_cooperatives(person_id: int | None, on: date) -> list[CooperativeOption]:
    """Where a person holds a post, offered before any search."""
    if person_id is None:
        return []
    ids = cooperatives_of([person_id], on).get(person_id, set())
    found = db.session.scalars(
        sa.select(Cooperative).where(Cooperative.id.in_(sorted(ids))).order_by(Cooperative.name)
    ).all()
    return _options(found)


def helper_cooperatives(actor: Actor, center_id: int) -> list[CooperativeOption] | None:
    """The cooperatives a chair or companion may enroll for at a center, by name; None for the center's own
    staff, who may for everybody."""
    scope = actor.scope(Permission.ENROLL_ASSIST)
    if scope.covers_center(center_id):
        return None
    ids = scope.cooperatives | actor.scope(Permission.NOMINATE).cooperatives
    found = db.session.scalars(
        sa.select(Cooperative).where(Cooperative.id.in_(sorted(ids))).order_by(Cooperative.name)
    ).all()
    return _options(found)
