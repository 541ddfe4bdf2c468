"""Lists of certificates with their state, for holders and their center."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from portal.certificates import rules
from portal.certificates.models import Certificate, CertificateEvent
from portal.certificates.queries.validity import extended_until
from portal.certificates.renewal_rules import effective_day
from portal.core.db import db
from portal.core.errors import NotFound
from portal.core.permissions import Actor, Permission
from portal.core.ports import HeldCertificate


@dataclass(frozen=True)
class HolderRow:
    """A certificate in a list. `state` is valid, expired, suspended, revoked or replaced, on `on`.

    `expires_on` is the last valid day with what decrees grant; the signed one is `facts.expires`.
    """

    id: int
    code: str
    number: str
    facts: rules.Facts
    person_id: int
    enrollment_id: int
    program_id: int
    issued_at: datetime
    expires_on: date | None
    state: str
    replaces_id: int | None = None
    center_id: int = 0


def rows_where(where: Any, on: date) -> list[HolderRow]:
    """Certificates in the order of their ids with their state on a day. One statement."""
    events: dict[int, list[str]] = {}
    found: dict[int, tuple[Certificate, date | None]] = {}
    statement = (
        sa.select(Certificate, extended_until(), CertificateEvent.type)
        .outerjoin(CertificateEvent, CertificateEvent.certificate_id == Certificate.id)
        .where(where)
        .order_by(Certificate.id, CertificateEvent.position)
    )
    for row, until, kind in db.session.execute(statement):
        found[row.id] = row, until
        events.setdefault(row.id, []).extend([kind] if kind else [])
    return [_holder_row(row, until, events[row.id], on) for row, until in found.values()]


def _holder_row(row: Certificate, until: date | None, events: Iterable[str], on: date) -> HolderRow:
    state = str(rules.state_from_events(events) or "unknown")
    last_day = effective_day(row.expires_on, [until])
    if state == "valid" and last_day is not None and on > last_day:
        state = "expired"
    return HolderRow(
        row.id,
        row.code,
        row.number,
        rules.facts_from_bytes(row.signed_bytes),
        row.person_id,
        row.enrollment_id,
        row.program_id,
        row.issued_at,
        last_day,
        state,
        row.replaces_id,
        row.center_id,
    )


def certificates_of_person(person_id: int, on: date) -> list[HolderRow]:
    """A person's certificates, oldest first, with their state on a day. One statement."""
    return rows_where(Certificate.person_id == person_id, on)


def certificates_of_people(person_ids: Sequence[int], on: date) -> dict[int, list[HolderRow]]:
    """`certificates_of_person` for many people. One statement."""
    found: dict[int, list[HolderRow]] = {}
    for row in rows_where(Certificate.person_id.in_(person_ids), on):
        found.setdefault(row.person_id, []).append(row)
    return found


def certificates_of_batch(batch_id: int, on: date) -> list[HolderRow]:
    """A batch's certificates with their state. One statement."""
    return rows_where(Certificate.batch_id == batch_id, on)


def held_certificates(person_id: int, on: date) -> list[HeldCertificate]:
    """For prerequisites in lower rooms (core.ports)."""
    return [_held(row) for row in certificates_of_person(person_id, on)]


def held_by_people(person_ids: Sequence[int], on: date) -> dict[int, list[HeldCertificate]]:
    """`held_certificates` for many people (core.ports). One statement for each 500."""
    found: dict[int, list[HeldCertificate]] = {}
    for start in range(0, len(person_ids), 500):
        for person_id, rows in certificates_of_people(person_ids[start : start + 500], on).items():
            found[person_id] = [_held(row) for row in rows]
    return found


def _held(row: HolderRow) -> HeldCertificate:
    return HeldCertificate(
        row.program_id,
        row.code,
        row.state,
        row.issued_at.date(),
        row.expires_on,
        row.facts.hours,
        row.facts.end,
    )


def get_certificate(actor: Actor, code: str) -> Certificate:
    """A certificate that the actor may see: the holder's own, or one of their center. Raises NotFound."""
    certificate = db.session.scalar(sa.select(Certificate).where(Certificate.code == code))
    if certificate is None:
        raise NotFound()
    own = actor.person_id is not None and actor.person_id == certificate.person_id
    if not own and not actor.scope(Permission.CERTIFICATE_VIEW).covers_center(certificate.center_id):
        raise NotFound()
    return certificate


def followed_by(certificate_id: int) -> str | None:
    """The code of the certificate that took the place of this one, replaced or revoked. One statement."""
    code: str | None = db.session.scalar(
        sa.select(Certificate.code).where(Certificate.replaces_id == certificate_id)
    )
    return code


def events_of(certificate_id: int) -> Sequence[CertificateEvent]:
    """A certificate's events, oldest first."""
    return db.session.scalars(
        sa.select(CertificateEvent)
        .where(CertificateEvent.certificate_id == certificate_id)
        .order_by(CertificateEvent.position)
    ).all()
