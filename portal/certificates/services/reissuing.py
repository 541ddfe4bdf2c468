"""Issuing again after a revocation for an error: the revoked one stays so, a new code takes its place."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime

import sqlalchemy as sa

from portal.assessment.models import Verdict
from portal.certificates import rules
from portal.certificates.eligibility import MENDABLE, reissue_blockers, reissue_last_day
from portal.certificates.models import Certificate, CertificateEvent, CertificateRequest
from portal.certificates.queries.holding import followed_by
from portal.certificates.queries.why import standing_of
from portal.certificates.services.decrees import carry_extensions
from portal.certificates.services.ground import load_ground, load_subjects
from portal.certificates.services.mint import Minted, mint
from portal.core import audit
from portal.core.blockers import Blocker
from portal.core.clock import local_date
from portal.core.db import db
from portal.core.errors import Conflict
from portal.core.permissions import Actor
from portal.core.words import gettext


@dataclass(frozen=True)
class Reissue:
    """What issuing again would make: until when it is valid (None: no end), whether that is counted anew, and
    what stands against it."""

    last_day: date | None
    is_earned_anew: bool
    blockers: list[Blocker]


def find_reissue(certificate: Certificate, now: datetime) -> Reissue | None:
    """What may be issued in the place of a certificate; None unless it was revoked for an error and nothing
    followed it. A bounded number of statements."""
    revoked = db.session.execute(
        sa.select(CertificateEvent.at, CertificateEvent.reason_class).where(
            CertificateEvent.certificate_id == certificate.id, CertificateEvent.type == "revoke"
        )
    ).first()
    if revoked is None or revoked.reason_class not in MENDABLE or followed_by(certificate.id):
        return None
    facts = rules.facts_from_bytes(certificate.signed_bytes)
    ground = load_ground(certificate.batch_id, facts.signatory)
    today = local_date(now, ground.center.zone)
    is_earned_anew = bool(
        db.session.scalar(
            sa.select(Verdict.id)
            .where(
                Verdict.enrollment_id == certificate.enrollment_id,
                Verdict.is_current,
                Verdict.value == "competent",
                Verdict.judged_at > revoked.at,
            )
            .limit(1)
        )
    )
    last_day = reissue_last_day(
        fresh=rules.validity_end(today, ground.validity_months),
        old=certificate.expires_on,
        is_earned_anew=is_earned_anew,
    )
    found = standing_of(certificate.enrollment_id).blockers
    return Reissue(
        last_day, is_earned_anew, reissue_blockers(found, last_day=last_day, today=today, _=gettext)
    )


def check_reissue(certificate: Certificate, now: datetime) -> Reissue:
    """`find_reissue`. Raises Conflict with what stands in the way; code `not_mendable` or a blocker's."""
    found = find_reissue(certificate, now)
    blockers = found.blockers if found else reissue_blockers([], last_day=None, today=now.date(), _=gettext)
    if found is None or blockers:
        said = "; ".join(one.message for one in blockers)
        raise Conflict(blockers[0].code, said[:1].upper() + said[1:].rstrip(".") + ".")
    return found


def reissue(
    certificate: Certificate,
    request: CertificateRequest,
    *,
    approver: Actor,
    signatory: rules.SignatoryFacts,
    now: datetime,
) -> Minted:
    """Make the certificate of an approved request by today's names, marks and verdicts. The batch and the
    revoked certificate are held. Raises Conflict as `check_reissue`."""
    found = check_reissue(certificate, now)
    (subject,) = load_subjects([certificate.enrollment_id])
    subject = replace(subject, issue_key=f"again:{certificate.id}", replaces_id=certificate.id)
    (fresh,) = mint(
        db.session(),
        replace(load_ground(certificate.batch_id, signatory), validity_months=None),
        [subject],
        actor_id=request.prepared_by,
        approver=approver,
        expires=found.last_day,
        now=now,
    )
    if not found.is_earned_anew:
        carry_extensions(certificate.id, fresh.id)
    audit.record(
        "certificate.reissued",
        "certificate",
        certificate.code,
        actor=approver,
        now=now,
        scope=f"center:{certificate.center_id}",
        prepared_by=request.prepared_by,
        reason_class=request.reason_class,
        again=fresh.code,
    )
    return fresh
