"""Giving and withdrawing consents. Every answer stays as a row."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from flask_babel import gettext as _

from portal.core import audit
from portal.core.db import db
from portal.core.errors import DomainError, NotFound
from portal.core.permissions import Actor
from portal.people.models import Consent, Person
from portal.people.services.purposes import CONSENT_METHODS, CONSENT_PURPOSES


def give_consent(
    *, person_id: int, purpose: str, version: int = 1, method: str, actor: Actor, now: datetime
) -> Consent:
    """Record that a person agreed, and who wrote it down. The same open consent again is returned."""
    if purpose not in CONSENT_PURPOSES or method not in CONSENT_METHODS:
        raise DomainError("consent_unknown", _("Persetujuan ini tidak dikenal."))
    if db.session.get(Person, person_id) is None:
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
    audit.record(
        "consent.given",
        "person",
        person_id,
        actor=actor,
        now=now,
        purpose=purpose,
        version=version,
        method=method,
    )
    return consent


def withdraw_consent(*, person_id: int, purpose: str, actor: Actor, now: datetime) -> int:
    """End every open consent of a person to a purpose; returns how many. The rows stay for the record."""
    statement = sa.select(Consent).where(
        Consent.person_id == person_id, Consent.purpose == purpose, Consent.withdrawn_at.is_(None)
    )
    rows = list(db.session.scalars(statement))
    for consent in rows:
        consent.withdrawn_at = now
        audit.record(
            "consent.withdrawn",
            "person",
            person_id,
            actor=actor,
            now=now,
            purpose=purpose,
            version=consent.version,
        )
    return len(rows)
