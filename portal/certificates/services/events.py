"""What happens to a certificate after its issue: suspend, unsuspend, revoke, replace. Insert-only."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa

from portal.certificates import merkle, rules
from portal.certificates.models import Certificate, CertificateEvent, CertificateRequest
from portal.certificates.services.decrees import carry_extensions
from portal.certificates.services.ground import load_ground
from portal.certificates.services.log import Entry, append_leaves
from portal.certificates.services.mint import Minted, Subject, mint
from portal.core import audit
from portal.core.db import db
from portal.core.errors import Conflict
from portal.core.permissions import Actor
from portal.core.ports import ports
from portal.core.words import gettext


def event_types(certificate_id: int) -> list[str]:
    """The certificate's events, oldest first."""
    return list(
        db.session.scalars(
            sa.select(CertificateEvent.type)
            .where(CertificateEvent.certificate_id == certificate_id)
            .order_by(CertificateEvent.position)
        )
    )


def change_blockers(
    certificate: Certificate, action: str, *, actor: Actor, approver: Actor | None
) -> list[rules.Blocker]:
    """What stands against a change now; persons, not accounts, are compared."""
    return rules.transition_blockers(
        rules.Event(action),
        rules.state_from_events(event_types(certificate.id)),
        holder=certificate.person_id,
        actor=actor.person_id,
        approver=approver.person_id if approver else None,
        _=gettext,
    )


def apply_change(
    certificate: Certificate,
    request: CertificateRequest,
    *,
    approver: Actor,
    signatory: rules.SignatoryFacts,
    now: datetime,
) -> Minted | None:
    """Write the event of an approved request; for `replace` the new certificate, which is returned.

    Raises Conflict when the certificate has changed state meanwhile.
    """
    blockers = change_blockers(certificate, request.action, actor=approver, approver=None)
    if blockers:
        raise Conflict(blockers[0].code, blockers[0].message)
    facts = rules.facts_from_bytes(certificate.signed_bytes)
    fresh = None
    if request.action == "replace":
        fresh = _mint_replacement(certificate, facts, request, approver, signatory, now)
    commit = merkle.cert_commit(certificate.salt, certificate.signed_bytes)
    entry = Entry(request.action, commit, facts.center.code, certificate.kid)
    (leaf,) = append_leaves(db.session(), [entry], now)
    db.session.add(
        CertificateEvent(
            certificate_id=certificate.id,
            position=len(event_types(certificate.id)),
            type=request.action,
            reason_class=request.reason_class,
            note=request.note,
            replacement_id=fresh.id if fresh else None,
            actor_id=request.prepared_by,
            approver_id=approver.user_id,
            log_index=leaf,
            at=now,
        )
    )
    db.session.flush()
    audit.record(
        f"certificate.{request.action}",
        "certificate",
        certificate.code,
        actor=approver,
        now=now,
        scope=f"center:{certificate.center_id}",
        prepared_by=request.prepared_by,
        reason_class=request.reason_class,
        log_index=leaf,
        replacement=fresh.code if fresh else None,
    )
    if fresh is None:
        ports().standing_touched(person_ids=[certificate.person_id], now=now)
    return fresh


def _mint_replacement(
    certificate: Certificate,
    facts: rules.Facts,
    request: CertificateRequest,
    approver: Actor,
    signatory: rules.SignatoryFacts,
    now: datetime,
) -> Minted:
    """A new certificate with the corrected words; everything else as it was frozen, the last day kept."""
    ground = replace(
        load_ground(certificate.batch_id, signatory),
        program=facts.program,
        center=facts.center,
        hours=facts.hours,
        start=facts.start,
        end=facts.end,
        validity_months=None,
    )
    subject = Subject(
        issue_key=f"replace:{certificate.id}",
        enrollment_id=certificate.enrollment_id,
        person_id=certificate.person_id,
        name=request.changes.get("name", facts.name),
        post=request.changes.get("post", facts.post),
        cooperative=facts.cooperative,
        units=facts.units,
        replaces_id=certificate.id,
    )
    (fresh,) = mint(
        db.session(),
        ground,
        [subject],
        actor_id=request.prepared_by,
        approver=approver,
        expires=facts.expires,
        now=now,
    )
    carry_extensions(certificate.id, fresh.id)
    return fresh
