"""What was proposed under one claim to speak for a cooperative, as the office that decides on it reads it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from portal.batches.queries import batches_by_ids
from portal.catalog.models import Program
from portal.core.clock import local_date
from portal.core.db import db
from portal.enrollment import rules_nominating as rules_n
from portal.enrollment.models import Nomination, NominationGroup
from portal.people.models import Person

#: Groups that the page lists; of the others it says how many there are.
SHOWN = 10


@dataclass(frozen=True)
class ClaimedGroup:
    """One act of proposing. `counts`: people by nomination state; `people`: (name, post, state), empty for
    who may not read names."""

    id: int
    program: str
    batch: Any | None
    sent_at: datetime
    counts: dict[str, int]
    people: Sequence[tuple[str, str, str]] = ()


@dataclass(frozen=True)
class Claimed:
    """Everything under a claim. `groups`: the newest; `ends` and `stays`: open nominations that a refusal
    would end now, and those it leaves because their class has begun; `ended`: no longer open."""

    groups: Sequence[ClaimedGroup]
    groups_in_all: int
    people: int
    ends: int
    stays: int

    @property
    def ended(self) -> int:
        """How many are no longer open, whatever is decided."""
        return self.people - self.ends - self.stays


def claimed(claim_id: int, *, sees_names: bool, now: datetime) -> Claimed:
    """What was proposed under a claim, whatever became of it. Four statements, however many people; one
    where nothing was."""
    columns = (NominationGroup.id, Program.name, NominationGroup.batch_id, NominationGroup.made_at)
    place, state = Nomination.batch_id, Nomination.state
    statement = (
        sa.select(*columns, place.label("place"), state, sa.func.count().label("people"))
        .join(Program, Program.id == NominationGroup.program_id)
        .join(Nomination, Nomination.group_id == NominationGroup.id)
        .where(NominationGroup.claim_id == claim_id)
        .group_by(*columns, place, state)
        .order_by(NominationGroup.id.desc())
    )
    rows = db.session.execute(statement).all()
    batches = batches_by_ids({n for row in rows for n in (row.batch_id, row.place) if n is not None})
    groups: dict[int, ClaimedGroup] = {}
    ends = stays = 0
    for row in rows:
        empty = ClaimedGroup(row.id, row.name, batches.get(row.batch_id), row.made_at, {})
        counts = groups.setdefault(row.id, empty).counts
        counts[row.state] = counts.get(row.state, 0) + row.people
        if row.state in rules_n.OPEN_NOMINATIONS:
            batch = batches.get(row.place)
            has_begun = batch is not None and rules_n.has_begun(batch.starts_on, local_date(now, batch.zone))
            stays += row.people if has_begun else 0
            ends += 0 if has_begun else row.people
    shown = list(groups.values())[:SHOWN]
    names = _people([group.id for group in shown]) if sees_names and shown else {}
    return Claimed(
        [ClaimedGroup(**(vars(group) | {"people": names.get(group.id, ())})) for group in shown],
        len(groups),
        sum(row.people for row in rows),
        ends,
        stays,
    )


def _people(group_ids: Sequence[int]) -> dict[int, list[tuple[str, str, str]]]:
    statement = (
        sa.select(Nomination.group_id, Person.name, Nomination.post, Nomination.state)
        .join(Person, Person.id == Nomination.person_id)
        .where(Nomination.group_id.in_(group_ids))
        .order_by(Nomination.id)
    )
    found: dict[int, list[tuple[str, str, str]]] = {}
    for group_id, name, post, state in db.session.execute(statement):
        found.setdefault(int(group_id or 0), []).append((name, post, state))
    return found
