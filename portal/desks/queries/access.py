"""People whose access a center may restore: those in its own batches."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa

from portal.accounts.models import User
from portal.batches.models import Batch
from portal.catalog.models import Program
from portal.cooperatives.models import Cooperative
from portal.core.db import db
from portal.core.errors import NotFound
from portal.core.permissions import Actor, Permission
from portal.enrollment.models import ENDED_STATES, Enrollment
from portal.people.models import Person

LIMIT = 20


@dataclass(frozen=True)
class AccessRow:
    """A person of the center's batches. `login` is None when there is no account yet."""

    enrollment_id: int
    person_id: int
    name: str
    nik_last4: str
    birth_date: date | None
    reference: str
    program: str
    number: int
    cooperative: str
    login: str | None


def _rows(actor: Actor) -> Any:
    scope = actor.scope(Permission.ACCESS_RESET)
    statement: Any = (
        sa.select(
            Enrollment.id,
            Person.id,
            Person.name,
            Person.nik_last4,
            Person.birth_date,
            Enrollment.reference,
            Program.short_name,
            Batch.number,
            sa.func.coalesce(Cooperative.name, Enrollment.stated_cooperative),
            User.login,
        )
        .select_from(Enrollment)
        .join(Person, Person.id == Enrollment.person_id)
        .join(Batch, Batch.id == Enrollment.batch_id)
        .join(Program, Program.id == Batch.program_id)
        .outerjoin(Cooperative, Cooperative.id == Enrollment.cooperative_id)
        .outerjoin(User, User.person_id == Person.id)
        .where(Enrollment.state.not_in([state.value for state in ENDED_STATES]))
    )
    if not scope.everything:
        statement = statement.where(Batch.center_id.in_(sorted(scope.centers)))
    return statement


def search_people(actor: Actor, text: str) -> list[AccessRow]:
    """People by name (every word) or by the start of their reference; at most 21, so that a page can say
    there are more. One statement."""
    words = text.split()[:5]
    if not words:
        return []
    statement = _rows(actor)
    by_name = [sa.func.lower(Person.name).like(f"%{_plain(word)}%", escape="\\") for word in words]
    by_reference = sa.func.lower(Enrollment.reference).like(f"{_plain(''.join(words))}%", escape="\\")
    statement = statement.where(sa.or_(sa.and_(*by_name), by_reference))
    statement = statement.order_by(Person.name, Enrollment.id.desc()).limit(LIMIT + 1)
    return [AccessRow(*row) for row in db.session.execute(statement)]


def _plain(word: str) -> str:
    return word.lower().replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")


def get_person_of_center(actor: Actor, enrollment_id: int) -> AccessRow:
    """One of them. Raises the same NotFound for a foreign and a missing one."""
    row = db.session.execute(_rows(actor).where(Enrollment.id == enrollment_id)).first()
    if row is None:
        raise NotFound()
    return AccessRow(*row)
