"""Giving and withdrawing consents. Every answer stays as a row."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from portal.core import audit
from portal.core.db import db
from portal.core.errors import DomainError, NotFound
from portal.core.permissions import Actor
from portal.core.ports import ports
from portal.core.words import gettext as _
from portal.people.models import Consent, Person
from portal.people.services.purposes import CONSENT_METHODS, CONSENT_PURPOSES


def give_consent(
    *, person_id: int, purpose: str, version: int = 1, method: str, actor: Actor, now: datetime
) -> Consent:
    """Record that a person agreed, and who wrote it down. The same open consent again is returned.

    Raises DomainError for a purpose, method or version that is not ours, NotFound for a person who is not
    there or was erased.
    """
    known = CONSENT_PURPOSES.get(purpose)
    if known is None or method not in CONSENT_METHODS or not 1 <= version <= known.version:
        raise DomainError("consent_unknown", _("Persetujuan ini tidak dikenal."))
    # The person is locked: of two equal answers at once the second finds the first.
    person = db.session.get(Person, person_id, with_for_update={"key_share": True})
    if person is None or person.erased_at is not None:
        raise NotFound()
    statement = sa.select(Consent).where(
        Consent.person_id == person_id,
        Consent.purpose == purpose,
        Consent.version == version,
        Consent.withdrawn_at.is_(None),
    )
    found: Consent | None = db.session.scalar(statement)
    if found is not None:
        return found
    consent = Consent(
        person_id=person_id,
        purpose=purpose,
        version=version,
        method=method,
        recorded_by=actor.user_id,
        given_at=now,
    )
    db.session.add(consent)
    db.session.flush()
    facts: dict[str, Any] = {"purpose": purpose, "version": version, "method": method}
    audit.record("consent.given", "person", person_id, actor=actor, now=now, **facts)
    return consent


def withdrawal_ends(*, person_id: int, purpose: str, actor: Actor, now: datetime) -> list[str]:
    """Sentences on what a withdrawal would end and what would stay. Changes nothing."""
    return _stop(person_id, purpose, actor, now, is_dry=True)


def withdraw_consent(*, person_id: int, purpose: str, actor: Actor, now: datetime) -> int:
    """End every open consent of a person to a purpose and stop what it covered; returns how many ended.

    The rows stay for the record. Raises DomainError for an unknown purpose.
    """
    if purpose not in CONSENT_PURPOSES:
        raise DomainError("consent_unknown", _("Persetujuan ini tidak dikenal."))
    statement = sa.select(Consent).where(
        Consent.person_id == person_id, Consent.purpose == purpose, Consent.withdrawn_at.is_(None)
    )
    rows = list(db.session.scalars(statement.with_for_update()))
    for consent in rows:
        consent.withdrawn_at = now
        facts: dict[str, Any] = {"purpose": purpose, "version": consent.version}
        audit.record("consent.withdrawn", "person", person_id, actor=actor, now=now, **facts)
    db.session.flush()
    if rows:
        _stop(person_id, purpose, actor, now, is_dry=False)
    return len(rows)


def _stop(person_id: int, purpose: str, actor: Actor, now: datetime, *, is_dry: bool) -> list[str]:
    found: list[str] = []
    for stop in ports().consent_withdrawn.values():
        found += stop(person_id=person_id, purpose=purpose, actor=actor, now=now, is_dry=is_dry)
    return found
