"""A renewed certificate: program, units and hours of the old one, the days of the courses that counted."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa

from portal.catalog.queries import current_curriculum, rules_on
from portal.catalog.rules import RULE_ZONE
from portal.certificates import rules
from portal.certificates.models import Certificate, CertificateRequest, Renewal, RenewalCourse
from portal.certificates.queries.renewals import Outlook, outlook_of
from portal.certificates.services.ground import load_ground
from portal.certificates.services.mint import Ground, Minted, Subject, mint
from portal.core import audit
from portal.core.clock import local_date
from portal.core.db import db
from portal.core.errors import Conflict
from portal.core.permissions import Actor


def lock_certificates(person_id: int) -> None:
    """Hold a person's certificates, in the order of their ids: no course is revoked while it is counted."""
    db.session.execute(
        sa.select(Certificate.id)
        .where(Certificate.person_id == person_id)
        .order_by(Certificate.id)
        .with_for_update()
    )


def renew_certificate(
    certificate: Certificate,
    request: CertificateRequest,
    *,
    approver: Actor,
    signatory: rules.SignatoryFacts,
    now: datetime,
) -> Minted:
    """Make the new certificate of an approved request, linked to the old one and to the courses counted.

    The old one stays as it is until its own last day. Raises Conflict when it may not be renewed any more.
    """
    outlook = outlook_of(certificate, now)
    blockers = [blocker for blocker in outlook.blockers if blocker.code != "asked"]
    if blockers:
        raise Conflict(blockers[0].code, blockers[0].message)
    facts = rules.facts_from_bytes(certificate.signed_bytes)
    (fresh,) = mint(
        db.session(),
        _ground(certificate, facts, outlook, signatory, now),
        [
            Subject(
                issue_key=f"renew:{certificate.id}",
                enrollment_id=certificate.enrollment_id,
                person_id=certificate.person_id,
                name=facts.name,
                post=facts.post,
                cooperative=facts.cooperative,
                units=facts.units,
            )
        ],
        actor_id=request.prepared_by,
        approver=approver,
        now=now,
    )
    db.session.execute(sa.insert(Renewal).values(certificate_id=fresh.id, renews_id=certificate.id))
    if outlook.courses:
        db.session.execute(
            sa.insert(RenewalCourse),
            [
                {"certificate_id": fresh.id, "course_certificate_id": one.certificate_id}
                for one in outlook.courses
            ],
        )
    audit.record(
        "certificate.renew",
        "certificate",
        certificate.code,
        actor=approver,
        now=now,
        scope=f"center:{certificate.center_id}",
        prepared_by=request.prepared_by,
        renewal=fresh.code,
        courses=[one.code for one in outlook.courses],
        hours=outlook.hours,
    )
    return fresh


def _ground(
    certificate: Certificate,
    facts: rules.Facts,
    outlook: Outlook,
    signatory: rules.SignatoryFacts,
    now: datetime,
) -> Ground:
    """The old certificate's words; the days of the courses; the validity that the program gives today."""
    program_id = certificate.program_id
    rule = rules_on(local_date(now, RULE_ZONE), [program_id]).get(program_id)
    months = rule.validity_months if rule else None
    return replace(
        load_ground(certificate.batch_id, signatory),
        program=facts.program,
        center=facts.center,
        hours=facts.hours,
        start=min((one.started_on for one in outlook.courses), default=facts.start),
        end=max((one.ended_on for one in outlook.courses), default=facts.end),
        validity_months=months or current_curriculum(program_id).validity_months,
    )
