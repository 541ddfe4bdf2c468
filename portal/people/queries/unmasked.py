"""Who saw protected data in full: for the pages that show it, and for its owner."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from portal.core.db import db
from portal.core.paging import Page, cut
from portal.core.permissions import Actor
from portal.people.models import Person, UnmaskedRead
from portal.people.rules.unmasking import FIELDS, OPEN_FOR
from portal.regions.queries import path_of

PAGE = 30


def open_reads(actor: Actor, person_ids: Collection[int], field: str, now: datetime) -> set[int]:
    """Those of these people of whom the actor may still see the field, having given a reason a short while
    ago: pages then show it without asking again. One statement."""
    if not person_ids or actor.user_id is None:
        return set()
    statement = sa.select(UnmaskedRead.person_id, UnmaskedRead.fields).where(
        UnmaskedRead.person_id.in_(list(person_ids)),
        UnmaskedRead.actor_id == actor.user_id,
        UnmaskedRead.at > now - OPEN_FOR,
        UnmaskedRead.at <= now,
    )
    return {person_id for person_id, fields in db.session.execute(statement) if field in fields.split(",")}


def shown_again(actor: Actor, person_id: int, now: datetime) -> dict[str, Any]:
    """What the actor may still see of a person, as `people.services.reveal` answered it a short while ago."""
    person = db.session.get(Person, person_id)
    if person is None or actor.user_id is None:
        return {}
    statement = sa.select(UnmaskedRead.fields).where(
        UnmaskedRead.person_id == person_id,
        UnmaskedRead.actor_id == actor.user_id,
        UnmaskedRead.at > now - OPEN_FOR,
        UnmaskedRead.at <= now,
    )
    names = {name for fields in db.session.scalars(statement) for name in fields.split(",")}
    return {name: field_value(person, name) for name in FIELDS if name in names}


def field_value(person: Person, field: str) -> Any:
    """One protected field in full; who may see it, `people.services.reveal` decides."""
    if field == "nik":
        return person.open_nik()
    if field == "address":
        return ", ".join(reversed(path_of(person.village_code))) if person.village_code else None
    return getattr(person, field)


def reads_of(person_id: int, number: int = 1) -> Page:
    """A page of who saw a person's data in full, the newest first. One statement."""
    statement = (
        sa.select(UnmaskedRead)
        .where(UnmaskedRead.person_id == person_id)
        .order_by(UnmaskedRead.id.desc())
        .limit(PAGE + 1)
        .offset((number - 1) * PAGE)
    )
    return cut(list(db.session.scalars(statement)), number, PAGE)
