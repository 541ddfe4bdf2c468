"""A cooperative that is being founded: what is recorded, and its people."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa

from portal.cooperatives.models import Cooperative, Founding, PostTerm
from portal.cooperatives.queries.board import Held, hall_of
from portal.cooperatives.queries.cooperatives import get_cooperative
from portal.cooperatives.queries.posts import in_force
from portal.cooperatives.rules.founding import FoundingFacts
from portal.core.db import db
from portal.core.errors import NotFound
from portal.core.permissions import Actor
from portal.people.models import Person
from portal.regions.models import Region
from portal.regions.queries import paths_of

LIMIT = 20
VILLAGE_LENGTH = 13


@dataclass(frozen=True)
class FoundingPerson:
    """Somebody of a cooperative that is being founded; `post` is founder or member."""

    term_id: int
    person_id: int
    name: str
    post: str


def get_founding(actor: Actor, cooperative_id: int) -> tuple[Cooperative, Founding]:
    """A cooperative in the actor's reach and its founding. Raises NotFound, also without a founding."""
    cooperative = get_cooperative(actor, cooperative_id)
    founding = db.session.get(Founding, cooperative_id)
    if founding is None:
        raise NotFound()
    return cooperative, founding


def founding_people(cooperative_id: int, on: date) -> list[FoundingPerson]:
    """The founders, then the members, by name. One statement."""
    statement = (
        sa.select(PostTerm.id, PostTerm.person_id, Person.name, PostTerm.post)
        .join(Person, Person.id == PostTerm.person_id)
        .where(
            PostTerm.cooperative_id == cooperative_id, PostTerm.post.in_(("founder", "member")), in_force(on)
        )
        .order_by(PostTerm.post, Person.name, PostTerm.id)
    )
    return [FoundingPerson(*row) for row in db.session.execute(statement)]


def founding_facts(founding: Founding, founders: int) -> FoundingFacts:
    """What is recorded, as the rules take it."""
    return FoundingFacts(
        founders=founders,
        meeting_on=founding.meeting_on,
        meeting_place=founding.meeting_place,
        has_minutes=founding.meeting_document_id is not None,
        name_approved_on=founding.name_approved_on,
        deed_number=founding.deed_number,
        deed_on=founding.deed_on,
        notary=founding.notary,
        legal_number=founding.legal_number,
        legal_on=founding.legal_on,
        cooperative_number=founding.cooperative_number,
    )


def empty_board(kind: str) -> list[Held]:
    """The posts of a kind before anybody holds them."""
    return [Held(0, post, None, None, None, None) for post in hall_of(kind)]


def villages_named(text: str) -> list[tuple[str, str, str]]:
    """(code, name, where) of villages by a part of their name, the shortest names first; at most 20."""
    words = " ".join(text.split())[:80]
    if len(words) < 3:
        return []
    like = "%" + words.lower().replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_") + "%"
    statement = (
        sa.select(Region.code, Region.name)
        .where(
            sa.func.length(Region.code) == VILLAGE_LENGTH, sa.func.lower(Region.name).like(like, escape="\\")
        )
        .order_by(sa.func.length(Region.name), Region.name, Region.code)
        .limit(LIMIT)
    )
    rows: list[Any] = list(db.session.execute(statement))
    paths = paths_of([code for code, _name in rows]) if rows else {}
    return [(code, name, ", ".join(reversed(paths[code][:-1]))) for code, name in rows]
