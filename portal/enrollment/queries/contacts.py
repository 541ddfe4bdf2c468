"""Who must be reached about a seat, and who tried when."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date

import sqlalchemy as sa

from portal.batches.models import Batch
from portal.catalog.models import Program
from portal.centers.models import TrainingCenter
from portal.cooperatives.models import Cooperative
from portal.core.db import db
from portal.core.paging import Page, cut
from portal.core.permissions import Actor, Permission
from portal.enrollment.models import Contact, Enrollment, State
from portal.enrollment.queries.rolls import callable_phone
from portal.people.models import Person

PAGE = 25


@dataclass
class ContactRow:
    """One person with an offered seat who was not reached yet, with the tries so far (the newest first).

    `phone` is None without a number and for who took back the consent to be called."""

    enrollment_id: int
    person_id: int
    name: str
    post: str
    cooperative_name: str
    phone: str | None
    batch_id: int
    batch_number: int
    program: str
    center: str
    zone: str
    starts_on: date
    ends_on: date
    tries: list[Contact] = field(default_factory=list)


def _waiting(actor: Actor, batch_id: int | None) -> list[sa.ColumnElement[bool]]:
    scope = actor.scope(Permission.ENROLL_SCREEN)
    conditions: list[sa.ColumnElement[bool]] = [
        Enrollment.state == State.OFFERED,
        Enrollment.contact_at.is_(None),
        Batch.state.in_(("published", "postponed")),
    ]
    if not scope.everything:
        conditions.append(Batch.center_id.in_(sorted(scope.centers)))
    if batch_id is not None:
        conditions.append(Batch.id == batch_id)
    return conditions


def count_to_contact(actor: Actor) -> int:
    """How many people of the actor's centers must still be reached, for the desk."""
    statement = (
        sa.select(sa.func.count())
        .select_from(Enrollment)
        .join(Batch, Batch.id == Enrollment.batch_id)
        .where(*_waiting(actor, None))
    )
    return db.session.scalar(statement) or 0


def contact_list(actor: Actor, number: int = 1, batch_id: int | None = None) -> Page:
    """A page of ContactRow, the soonest class first, then who waits longest. Two statements however many."""
    statement = (
        sa.select(
            Enrollment.id,
            Enrollment.person_id,
            Person.name,
            Enrollment.post,
            sa.func.coalesce(Cooperative.name, Enrollment.stated_cooperative),
            callable_phone(),
            Batch.id,
            Batch.number,
            Program.short_name,
            TrainingCenter.short_name,
            TrainingCenter.zone,
            Batch.starts_on,
            Batch.ends_on,
        )
        .join(Person, Person.id == Enrollment.person_id)
        .join(Batch, Batch.id == Enrollment.batch_id)
        .join(Program, Program.id == Batch.program_id)
        .join(TrainingCenter, TrainingCenter.id == Batch.center_id)
        .outerjoin(Cooperative, Cooperative.id == Enrollment.cooperative_id)
        .where(*_waiting(actor, batch_id))
        .order_by(Batch.starts_on, Enrollment.queued_at, Enrollment.id)
        .limit(PAGE + 1)
        .offset((number - 1) * PAGE)
    )
    rows = [ContactRow(*tuple(row)) for row in db.session.execute(statement)]
    tries = history_of([row.enrollment_id for row in rows])
    for row in rows:
        row.tries = tries.get(row.enrollment_id, [])
    return cut(rows, number, PAGE)


def history_of(enrollment_ids: Collection[int]) -> dict[int, list[Contact]]:
    """The tries by enrollment, the newest first. One statement."""
    found: dict[int, list[Contact]] = {}
    statement = (
        sa.select(Contact).where(Contact.enrollment_id.in_(list(enrollment_ids))).order_by(Contact.id.desc())
    )
    for contact in db.session.scalars(statement):
        found.setdefault(contact.enrollment_id, []).append(contact)
    return found
