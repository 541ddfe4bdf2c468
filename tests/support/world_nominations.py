"""Nominations of the small world: a group of the chair's cooperative, one of the other chair's, a link, and
what the trainees themselves were proposed for."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from portal.core.crypto import token_hash
from portal.core.db import db, transaction
from portal.enrollment.models import Enrollment, Nomination, NominationGroup
from portal.people.models import Person

LINK = "TAUTANDUNAKECL0123456789AB"


def propose_people(users: dict[str, int], rooms: dict[str, Any], now: datetime) -> dict[str, Any]:
    """Ids of groups and nominations by name, and the token of a link."""
    found: dict[str, Any] = {"nominee_token": LINK}
    program = rooms["open"].extra["program_id"]
    with transaction():
        for name, room, chair in (("", "running", "chair"), ("away_", "away", "other_chair")):
            cooperative = rooms[room].cooperatives[0]
            group = _group(cooperative, program, users[chair], f"world-{name or 'own'}", now)
            person = Person(
                name=f"Rahmat {name.title()}Usulan".replace("_", ""), created_at=now, updated_at=now
            )
            db.session.add(person)
            db.session.flush()
            link = LINK if not name else f"{LINK}2"
            row = _nomination(person.id, group, "proposed", now, link=link)
            found |= {f"{name}nomination": row.id, f"{name}nomination_group": group.id}
        _placed(rooms["running"], found["nomination_group"], now)
        own = _group(rooms["away"].cooperatives[0], rooms["away"].extra["program_id"], users["other_chair"],
                     "world-trainees", now)  # fmt: skip
        for name, index in (("own_nomination", 0), ("other_nomination", 1)):
            person_id = rooms["running"].people[index]
            found[name] = _nomination(person_id, own, "proposed", now, link=f"{LINK}{index}X").id
    return found


def _group(cooperative: int, program: int, user: int, key: str, now: datetime) -> NominationGroup:
    group = NominationGroup(
        cooperative_id=cooperative, program_id=program, mode="fit", form_key=key, made_by=user, made_at=now
    )
    db.session.add(group)
    db.session.flush()
    return group


def _nomination(
    person: int, group: NominationGroup, state: str, now: datetime, link: str | None = None
) -> Nomination:
    row = Nomination(
        person_id=person, cooperative_id=group.cooperative_id, program_id=group.program_id, post="secretary",
        state=state, group_id=group.id, link_hash=token_hash(link) if link else None,
        link_until=now + timedelta(days=30), created_at=now, updated_at=now,
    )  # fmt: skip
    db.session.add(row)
    db.session.flush()
    return row


def _placed(room: Any, group_id: int, now: datetime) -> None:
    """The last of the running class came by the group: an assignment letter names somebody."""
    group = db.session.get_one(NominationGroup, group_id)
    place = db.session.get_one(Enrollment, room.enrollments[-1])
    statement = sa.select(Nomination).where(
        Nomination.person_id == place.person_id, Nomination.program_id == group.program_id
    )
    row = db.session.scalar(statement) or _nomination(place.person_id, group, "placed", now)
    row.batch_id, row.group_id, row.state = place.batch_id, group_id, "placed"
    place.nomination_id, place.group_id = row.id, group_id
