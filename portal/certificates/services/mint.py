"""Making certificates: numbers, codes, frozen facts, signatures, status indexes, QR texts and log leaves.

Works on a whole chunk at once, inside the transaction of the caller; a failure leaves no number, row or leaf.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from flask import current_app
from sqlalchemy.orm import Session

from portal.certificates import merkle, qr, rules
from portal.certificates.keys import keys
from portal.certificates.models import Certificate, CertificateEvent, NumberCounter
from portal.certificates.rules import LIST_SIZE
from portal.certificates.services.log import Entry, append_leaves
from portal.certificates.signing import Signer
from portal.core import audit
from portal.core.clock import local_date
from portal.core.db import upsert_ignore
from portal.core.permissions import Actor
from portal.core.ports import ports

# A new status list is begun when three quarters of the last one are drawn, so that drawing stays quick.
LIST_FILL = 98_304


@dataclass(frozen=True)
class Subject:
    """Whom a certificate is for, and what it says apart from code, number, time, signatory and key.

    `issue_key` names the reason for its being, once: `enrollment:<id>` or `replace:<certificate id>`.
    """

    issue_key: str
    enrollment_id: int
    person_id: int
    name: str
    post: str
    cooperative: rules.CooperativeFacts | None
    units: tuple[rules.UnitFacts, ...]
    replaces_id: int | None = None


@dataclass(frozen=True)
class Ground:
    """What all certificates of one batch share."""

    batch_id: int
    center_id: int
    program_id: int
    program: rules.ProgramFacts
    center: rules.CenterFacts
    signatory: rules.SignatoryFacts
    hours: int
    start: date
    end: date
    validity_months: int | None


@dataclass(frozen=True)
class Minted:
    """A certificate that was just stored: its row's id, and what its makers go on with."""

    id: int
    code: str
    number: str
    person_id: int
    batch_id: int
    log_index: int


def draw_numbers(session: Session, ground: Ground, count: int, day: date) -> list[str]:
    """The next `count` numbers of the center, program and year; locks the counter row, so none is lost."""
    key = {"center_id": ground.center_id, "program_id": ground.program_id, "year": day.year}
    upsert_ignore(session, NumberCounter.__table__, {**key, "last": 0})
    last = session.execute(
        sa.update(NumberCounter)
        .where(*(getattr(NumberCounter, name) == value for name, value in key.items()))
        .values(last=NumberCounter.last + count)
        .returning(NumberCounter.last)
    ).scalar_one()
    return [
        rules.format_number(serial, ground.program.code, ground.center.code, day)
        for serial in range(last - count + 1, last + 1)
    ]


def draw_status_indexes(session: Session, count: int) -> list[int]:
    """`count` unused places in the status list that is being filled, at random (they tell no order)."""
    newest = session.scalar(sa.select(sa.func.coalesce(sa.func.max(Certificate.id), 0))) or 0
    start = newest // LIST_FILL * LIST_SIZE
    drawn: set[int] = set()
    while len(drawn) < count:
        wanted = {start + secrets.randbelow(LIST_SIZE) for _ in range(count - len(drawn))} - drawn
        used = session.scalars(
            sa.select(Certificate.status_index).where(Certificate.status_index.in_(wanted))
        )
        drawn |= wanted - set(used)
    return list(drawn)


def mint(
    session: Session,
    ground: Ground,
    subjects: Sequence[Subject],
    *,
    actor_id: int | None,
    approver: Actor,
    expires: date | None = None,
    now: datetime,
) -> list[Minted]:
    """Make one certificate a subject, with its issue event, leaf and audit event.

    `expires` overrides the program's validity (a correction keeps the old last day). About nine statements
    a chunk, whatever its size.
    """
    day = local_date(now, ground.center.zone)
    signer = keys().signer_for(ground.center.code, day.year, now)
    numbers = draw_numbers(session, ground, len(subjects), day)
    ends = expires or rules.validity_end(day, ground.validity_months)
    drafts = []
    for subject, number in zip(subjects, numbers, strict=True):
        facts = _facts(ground, subject, number, signer.kid, ends, now)
        signed = rules.signed_bytes(facts)
        drafts.append(Draft(subject, facts, signed, signer.sign(signed), secrets.token_bytes(16)))
    return _store(session, ground, drafts, signer, actor_id=actor_id, approver=approver, now=now)


@dataclass(frozen=True)
class Draft:
    """One certificate between its signature and its row."""

    subject: Subject
    facts: rules.Facts
    signed: bytes
    signature: bytes
    salt: bytes


def _row(ground: Ground, draft: Draft, signer: Signer, place: int, leaf: int) -> dict[str, Any]:
    """The row of a draft. The QR's text is verified before it is stored."""
    facts, subject = draft.facts, draft.subject
    fragment = qr.qr_payload(facts.code, qr.facts_for_qr(facts, place), signer)
    reading = qr.parse_fragment(facts.code, fragment, {signer.kid: signer.public_key})
    if reading.problem:
        raise RuntimeError(f"a fresh QR does not verify: {reading.problem}")
    base_url = current_app.extensions["portal_settings"].base_url
    return {
        "code": facts.code,
        "number": facts.number,
        "kind": "certificate",
        "signed_bytes": draft.signed,
        "signature": draft.signature,
        "kid": signer.kid,
        "salt": draft.salt,
        "qr_text": qr.qr_text(base_url, facts.code, fragment),
        "status_index": place,
        "log_index": leaf,
        "enrollment_id": subject.enrollment_id,
        "person_id": subject.person_id,
        "batch_id": ground.batch_id,
        "center_id": ground.center_id,
        "program_id": ground.program_id,
        "replaces_id": subject.replaces_id,
        "issue_key": subject.issue_key,
        "issued_at": facts.issued,
        "expires_on": facts.expires,
    }


def _facts(
    ground: Ground, subject: Subject, number: str, kid: str, expires: date | None, now: datetime
) -> rules.Facts:
    return rules.Facts(
        code=rules.new_code(),
        number=number,
        name=subject.name,
        post=subject.post,
        cooperative=subject.cooperative,
        program=ground.program,
        units=subject.units,
        hours=ground.hours,
        start=ground.start,
        end=ground.end,
        center=ground.center,
        signatory=ground.signatory,
        issued=now,
        expires=expires,
        kid=kid,
    )


def _store(
    session: Session,
    ground: Ground,
    drafts: Sequence[Draft],
    signer: Signer,
    *,
    actor_id: int | None,
    approver: Actor,
    now: datetime,
) -> list[Minted]:
    entries = [
        Entry("issue", merkle.cert_commit(draft.salt, draft.signed), ground.center.code, signer.kid)
        for draft in drafts
    ]
    leaves = append_leaves(session, entries, now)
    # Appending locks the log's head, so that from here on nobody else draws places.
    places = draw_status_indexes(session, len(drafts))
    rows = [
        _row(ground, draft, signer, place, leaf)
        for draft, place, leaf in zip(drafts, places, leaves, strict=True)
    ]
    session.execute(sa.insert(Certificate.__table__), rows)
    made = _made(session, rows)
    session.execute(
        sa.insert(CertificateEvent.__table__),
        [
            {
                "certificate_id": one.id,
                "position": 0,
                "type": "issue",
                "reason_class": "",
                "note": "",
                "actor_id": actor_id,
                "approver_id": approver.user_id,
                "log_index": one.log_index,
                "at": now,
            }
            for one in made
        ],
    )
    for one in made:
        audit.record(
            "certificate.issue",
            "certificate",
            one.code,
            actor=approver,
            now=now,
            scope=f"center:{ground.center_id}",
            number=one.number,
            prepared_by=actor_id,
            log_index=one.log_index,
        )
    ports().standing_touched(person_ids=[one.person_id for one in made], now=now)
    return made


def _made(session: Session, rows: Sequence[dict[str, Any]]) -> list[Minted]:
    """What was stored, with the ids that the database gave."""
    first, last = rows[0]["log_index"], rows[-1]["log_index"]
    ids = session.execute(
        sa.select(Certificate.log_index, Certificate.id).where(Certificate.log_index.between(first, last))
    )
    by_leaf: dict[int, int] = dict(ids.all())
    return [
        Minted(
            by_leaf[row["log_index"]],
            row["code"],
            row["number"],
            row["person_id"],
            row["batch_id"],
            row["log_index"],
        )
        for row in rows
    ]
