"""A handful of messages to the people of the demo who have accounts, so that the pages show some. Nothing
leaves: a demo portal sends nothing, and says so on each of them."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa

from portal.accounts.models import User
from portal.batches.models import Batch
from portal.certificates.models import Certificate
from portal.certificates.services import notices as papers
from portal.core.db import db, transaction
from portal.core.permissions import SYSTEM
from portal.enrollment.models import Enrollment, State
from portal.enrollment.services import notices, notices_batch
from portal.people.services import CONSENT_CONTACT, CONSENT_PURPOSES, give_consent

MOST = 12


def write_letters(now: datetime) -> int:
    """Tell them what happened to them last; how many messages that made."""
    statement = (
        sa.select(Enrollment)
        .join(User, User.person_id == Enrollment.person_id)
        .join(Batch, Batch.id == Enrollment.batch_id)
        .order_by(Batch.starts_on.desc(), Enrollment.id)
        .limit(MOST)
    )
    told = 0
    _agree(now)
    with transaction():
        for enrollment in db.session.scalars(statement).all():
            told += _tell(enrollment, now)
        owners = sa.select(User.person_id).where(User.person_id.is_not(None))
        held = sa.select(Certificate).where(Certificate.person_id.in_(owners)).order_by(Certificate.id.desc())
        for certificate in db.session.scalars(held.limit(MOST // 2)).all():
            told += papers.issued([certificate], now=min(certificate.issued_at, now))
    return told


def _agree(now: datetime) -> None:
    """All but the last of them agreed to messages on their phone: there is somebody to call by hand too."""
    purpose = CONSENT_PURPOSES[CONSENT_CONTACT]
    with transaction():
        people = list(
            db.session.scalars(sa.select(User.person_id).where(User.person_id.is_not(None)).order_by(User.id))
        )
        for person_id in filter(None, people[:-1]):
            give_consent(
                person_id=person_id, purpose=purpose.code, version=purpose.version, method="screen",
                actor=SYSTEM, now=now,
            )  # fmt: skip


def _tell(enrollment: Enrollment, now: datetime) -> int:
    if enrollment.state == State.OFFERED:
        return notices.offered([enrollment], now=now - timedelta(hours=20))
    if enrollment.state == State.CONFIRMED:
        return notices.confirmed(enrollment, now=min(enrollment.confirmed_at or now, now))
    if enrollment.state in (State.COMPLETED, State.NOT_COMPLETED):
        return notices_batch.results([enrollment], now=now - timedelta(days=2))
    if enrollment.state in (State.RESERVE, State.WAITLISTED):
        return notices.waits([enrollment], now=min(enrollment.queued_at, now))
    return 0
