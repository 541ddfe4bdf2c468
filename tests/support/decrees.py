"""Decrees in force for tests: certificates that end on given days, and two people who decide."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from portal.catalog.models import Curriculum
from portal.certificates.models import Certificate, Decree
from portal.certificates.queries import decrees as queries
from portal.certificates.services import decrees
from portal.certificates.services.decrees import DecreeText
from portal.core import jobs
from portal.core.db import transaction
from portal.core.permissions import Grant, GrantedActor, Role
from tests.support import classroom
from tests.support.issuing import Signed, issue, sign_class


def platform_admin(name: str = "Indah Platform") -> Any:
    """An account of a platform administrator."""
    with transaction():
        return classroom.account(name, Role.PLATFORM_ADMIN, "all")


def as_actor(user: Any) -> GrantedActor:
    """A platform administrator as an actor."""
    return GrantedActor(user.id, user.person_id, user.name, (Grant(Role.PLATFORM_ADMIN, "all", ""),))


def two_admins() -> tuple[GrantedActor, GrantedActor]:
    """Who writes and who adopts."""
    return as_actor(platform_admin()), as_actor(platform_admin("Joko Platform"))


def class_with_end(now: datetime, months: int = 12, **how: Any) -> tuple[Signed, list[Certificate]]:
    """A class whose certificates are valid for so many months from `now`, issued."""
    signed = sign_class(now, **how)
    with transaction() as session:
        session.execute(
            sa.update(Curriculum)
            .where(Curriculum.id == signed.room.curriculum_id)
            .values(validity_months=months)
        )
    return signed, issue(signed, now)


def text(number: str = "KEP-1/2026", **values: Any) -> DecreeText:
    """A decree over everything that ends in 2026 and 2027, until the end of 2028."""
    return DecreeText(**{
        "number": number, "title": "Perpanjangan masa berlaku", "legal_basis": "Keputusan contoh nomor 1",
        "signed_on": date(2026, 11, 1), "last_day_from": date(2026, 1, 1),
        "last_day_to": date(2027, 12, 31), "extend_to": date(2028, 12, 31), **values,
    })  # fmt: skip


def draft(author: GrantedActor, now: datetime, number: str = "KEP-1/2026", **values: Any) -> Decree:
    """A decree that waits for the second person."""
    with transaction():
        return decrees.save_decree(text=text(number, **values), actor=author, now=now)


def adopt(
    author: GrantedActor, adopter: GrantedActor, now: datetime, number: str = "KEP-1/2026", **values: Any
) -> Decree:
    """Write, adopt and carry out."""
    made = draft(author, now, number, **values)
    with transaction():
        found = decrees.adopt_decree(
            decree_id=made.id, mark=queries.preview(made).mark, actor=adopter, now=now
        )
    jobs.run_pending()
    return found


def undo(decree: Decree, first: GrantedActor, second: GrantedActor, now: datetime) -> None:
    """Ask and approve."""
    with transaction():
        decrees.ask_undo(decree_id=decree.id, reason="Terbit keliru", actor=first, now=now)
    with transaction():
        decrees.decide_undo(decree_id=decree.id, approve=True, actor=second, now=now)
