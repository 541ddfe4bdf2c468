"""Who holds which post."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from portal.cooperatives.models import PostTerm
from portal.core.db import db
from portal.core.permissions import Actor
from portal.people.models import Person


def in_force(on: date) -> sa.ColumnElement[bool]:
    """The condition that a term is held on a day, its first and last day included."""
    return sa.and_(PostTerm.starts_on <= on, sa.or_(PostTerm.ends_on.is_(None), PostTerm.ends_on >= on))


def cooperatives_of(person_ids: Sequence[int], on: date) -> dict[int, set[int]]:
    """person id -> the cooperatives where that person holds a post on a day; without one, absent."""
    found: dict[int, set[int]] = {}
    wanted = list(dict.fromkeys(person_ids))
    columns = sa.select(PostTerm.person_id, PostTerm.cooperative_id).where(in_force(on))
    for start in range(0, len(wanted), 500):
        part = wanted[start : start + 500]
        for person_id, cooperative_id in db.session.execute(columns.where(PostTerm.person_id.in_(part))):
            found.setdefault(person_id, set()).add(cooperative_id)
    return found


def own_cooperatives(actor: Actor, now: datetime) -> set[int]:
    """Where the actor holds a post today: nobody judges, marks or approves for these (FLOWS: Permissions)."""
    if actor.person_id is None:
        return set()
    return cooperatives_of([actor.person_id], now.date()).get(actor.person_id, set())


def posts_of_cooperative(cooperative_id: int, on: date) -> Sequence[Any]:
    """Terms in force on a day: rows (id, post, person_id, name, starts_on, ends_on), by name."""
    statement = (
        sa.select(
            PostTerm.id, PostTerm.post, PostTerm.person_id, Person.name, PostTerm.starts_on, PostTerm.ends_on
        )
        .join(Person, Person.id == PostTerm.person_id)
        .where(PostTerm.cooperative_id == cooperative_id, in_force(on))
        .order_by(Person.name, PostTerm.id)
    )
    return db.session.execute(statement).all()
