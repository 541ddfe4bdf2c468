"""Reads of cooperatives, scoped to the actor where a page shows them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import sqlalchemy as sa

from portal.cooperatives.models import Cooperative, MemberGroup
from portal.cooperatives.rules import match_key
from portal.core.db import db
from portal.core.errors import NotFound
from portal.core.paging import Page, cut
from portal.core.permissions import Actor, Permission

PAGE = 20


def get_cooperative(actor: Actor, cooperative_id: int) -> Cooperative:
    """A cooperative that the actor speaks for or accompanies, or whose registry is theirs. Raises the same
    NotFound for a foreign and a missing one."""
    found = db.session.get(Cooperative, cooperative_id)
    if found is None or not (_is_near(actor, found) or is_registrar(actor, found)):
        raise NotFound()
    return found


def _is_near(actor: Actor, found: Cooperative) -> bool:
    scope = actor.scope(Permission.COOPERATIVE_VIEW)
    return scope.everything or found.id in scope.cooperatives


def is_registrar(actor: Actor, found: Cooperative) -> bool:
    """Whether the registry of this cooperative's region is in the actor's hands."""
    scope = actor.scope(Permission.REGISTRY_EDIT)
    return scope.covers_region(found.region_code)


def may_edit(actor: Actor, found: Cooperative) -> bool:
    """Whether the actor may write what this cooperative says of itself: its chair, or its registrar."""
    scope = actor.scope(Permission.COOPERATIVE_EDIT)
    return scope.everything or found.id in scope.cooperatives or is_registrar(actor, found)


def list_own_cooperatives(actor: Actor, number: int = 1) -> Page:
    """The cooperatives that the actor chairs or accompanies, by name."""
    scope = actor.scope(Permission.COOPERATIVE_VIEW)
    statement = sa.select(Cooperative).order_by(Cooperative.name, Cooperative.id)
    if not scope.everything:
        statement = statement.where(Cooperative.id.in_(sorted(scope.cooperatives)))
    rows = db.session.scalars(statement.offset((number - 1) * PAGE).limit(PAGE + 1)).all()
    return cut(rows, number, PAGE)


def find_cooperative(kind: str, name: str, region_code: str) -> Cooperative | None:
    """The cooperative of this kind and name in a region, whatever the spelling."""
    statement = sa.select(Cooperative).where(Cooperative.match_key == match_key(kind, name, region_code))
    found: Cooperative | None = db.session.scalar(statement)
    return found


def cooperatives_by_id(ids: Iterable[int]) -> dict[int, Cooperative]:
    """Those cooperatives, by id; in chunks of 500."""
    wanted = list(dict.fromkeys(ids))
    found: dict[int, Cooperative] = {}
    for start in range(0, len(wanted), 500):
        statement = sa.select(Cooperative).where(Cooperative.id.in_(wanted[start : start + 500]))
        found |= {cooperative.id: cooperative for cooperative in db.session.scalars(statement)}
    return found


def member_groups(cooperative_id: int) -> Sequence[str]:
    """The names of the member groups of a multi-stakeholder cooperative."""
    statement = sa.select(MemberGroup.name).where(MemberGroup.cooperative_id == cooperative_id)
    return db.session.scalars(statement.order_by(MemberGroup.id)).all()


def search_cooperatives(text: str, region_code: str | None = None, limit: int = 20) -> list[Cooperative]:
    """Cooperatives whose name holds the text (any case), within a region's code; by name."""
    statement = sa.select(Cooperative).order_by(Cooperative.name, Cooperative.id).limit(limit)
    words = text.split()[:6]
    for word in words:
        like = "%" + word.lower().replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_") + "%"
        statement = statement.where(sa.func.lower(Cooperative.name).like(like, escape="\\"))
    if region_code:
        statement = statement.where(
            sa.or_(
                Cooperative.region_code == region_code,
                Cooperative.region_code.startswith(f"{region_code}.", autoescape=True),
            )
        )
    return list(db.session.scalars(statement))
