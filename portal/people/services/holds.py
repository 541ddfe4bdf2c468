"""Legal holds: while one is in force nothing of the person is erased, neither by request nor by time."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from portal.core import audit
from portal.core.clock import local_date
from portal.core.db import db
from portal.core.errors import Conflict, DomainError, Forbidden, NotFound
from portal.core.permissions import Actor
from portal.core.words import gettext as _
from portal.people.models import LegalHold, Person

ZONE = "Asia/Jakarta"


def in_force(person_id: Any, now: datetime) -> Any:
    """SQL: the person of this column is held today. A hold with a last day ends by itself after it."""
    return sa.exists().where(
        LegalHold.person_id == person_id,
        LegalHold.lifted_at.is_(None),
        sa.or_(LegalHold.until.is_(None), LegalHold.until >= local_date(now, ZONE)),
    )


def is_held(person_id: int, now: datetime) -> bool:
    """True while a hold on this person is in force."""
    return bool(db.session.scalar(sa.select(in_force(sa.literal(person_id), now))))


def place_hold(*, person_id: int, reason: str, until: date | None, actor: Actor, now: datetime) -> LegalHold:
    """Keep a person's records from being erased; `until` is the last day, None until lifted.

    Raises DomainError on `reason` or `until`, Conflict when the person was erased already, Forbidden for
    oneself, NotFound.
    """
    person = db.session.get(Person, person_id, with_for_update=True)
    if person is None:
        raise NotFound()
    if actor.person_id == person_id:
        raise Forbidden("own_case", _("Penahanan data sendiri ditetapkan oleh orang lain."))
    text = " ".join(reason.split())[:300]
    if len(text) < 5:
        raise DomainError("reason_missing", _("Tulis dasar penahanannya, misalnya nomor perkara."), "reason")
    if until is not None and until < local_date(now, ZONE):
        raise DomainError("until_past", _("Hari terakhir ini sudah lewat."), "until")
    if person.erased_at is not None:
        raise Conflict("person_erased", _("Data orang ini sudah dihapus."))
    row = LegalHold(person_id=person_id, reason=text, placed_by=actor.user_id, placed_at=now, until=until)
    db.session.add(row)
    db.session.flush()
    audit.record("hold.placed", "person", person_id, actor=actor, now=now, hold=row.id)
    return row


def lift_hold(*, hold_id: int, actor: Actor, now: datetime) -> LegalHold:
    """End a hold. Raises NotFound; one that is lifted already stays as it is."""
    row = db.session.get(LegalHold, hold_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise NotFound()
    if row.lifted_at is None:
        row.lifted_by, row.lifted_at = actor.user_id, now
        audit.record("hold.lifted", "person", row.person_id, actor=actor, now=now, hold=row.id)
    return row
