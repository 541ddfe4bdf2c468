"""Small reads about people for the profile and for whoever decides about their data."""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa

from portal.accounts.models import User
from portal.certificates.models import Certificate
from portal.core.db import db
from portal.core.forms import row_number
from portal.enrollment.models import Enrollment, State
from portal.people.models import Person
from portal.regions.queries import path_of


def own_village(code: str) -> str:
    """A village with its district, regency and province, as an address reads. One statement."""
    return ", ".join(reversed(path_of(code)))


def names_of_users(user_ids: Collection[int | None]) -> dict[int, str]:
    """Account id -> name. One statement."""
    wanted = [number for number in user_ids if number is not None]
    rows = db.session.execute(sa.select(User.id, User.name).where(User.id.in_(wanted)))
    return {number: name for number, name in rows}  # noqa: C416


def person_by_number(text: str) -> int | None:
    """The person behind an enrollment's reference, a certificate's code or the person's own number."""
    plain = text.strip().replace("-", "").replace(" ", "").upper()
    found: int | None = db.session.scalar(
        sa.select(Enrollment.person_id).where(Enrollment.reference == plain)
    )
    if found is None:
        found = db.session.scalar(sa.select(Certificate.person_id).where(Certificate.code == plain))
    if found is None:
        try:
            found = db.session.scalar(sa.select(Person.id).where(Person.id == row_number(plain)))
        except ValueError:
            return None
    return found


def seated_people(batch_id: int) -> list[int]:
    """The ids of those who hold a seat in a batch that is to come or runs."""
    statement = sa.select(Enrollment.person_id).where(
        Enrollment.batch_id == batch_id, Enrollment.state.in_((State.OFFERED, State.CONFIRMED))
    )
    return list(db.session.scalars(statement))
