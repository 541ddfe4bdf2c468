"""Rules of programs and holders with courses, for tests of renewals and prerequisites."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from portal.catalog.models import Curriculum, ProgramRule
from portal.catalog.services import set_program_rule
from portal.certificates.models import Certificate
from portal.certificates.services import decide_request
from portal.certificates.services.renewals import prepare_renewal
from portal.core import clock
from portal.core.db import db, transaction
from portal.core.permissions import SYSTEM
from portal.enrollment.models import Enrollment
from tests.support.issuing import Signed, issue, sign_class


def set_rule(program_id: int, now: datetime, **values: Any) -> ProgramRule:
    """A rule in force from the day of `now`: 6 months of grace, 16 hours within 24 months."""
    day = now.date()
    with transaction():
        return set_program_rule(**{
            "program_id": program_id, "in_force_from": day, "validity_months": None, "grace_months": 6,
            "renewal_hours": 16, "window_months": 24, "counted": [program_id], "groups": [], "today": day,
            "actor": SYSTEM, "now": now, **values,
        })  # fmt: skip


def give(signed: Signed, index: int, person_id: int) -> None:
    """Make a seat of a class somebody's, before certificates are issued."""
    with transaction() as session:
        session.get(Enrollment, signed.room.enrollments[index]).person_id = person_id


def set_validity(signed: Signed, months: int | None) -> None:
    """How long certificates of a class's program are valid."""
    with transaction() as session:
        session.execute(
            sa.update(Curriculum)
            .where(Curriculum.id == signed.room.curriculum_id)
            .values(validity_months=months)
        )


def old_certificate(now: datetime, *, ends_in: int = 30, people: int = 1) -> tuple[Signed, list[Certificate]]:
    """Certificates that were issued 12 months before they end, in `ends_in` days from now."""
    issued = now + timedelta(days=ends_in - 364)
    signed = sign_class(issued, people=people, start=issued - timedelta(days=9))
    set_validity(signed, 12)
    with clock.freeze(issued):
        return signed, issue(signed, issued)


def add_course(holder: int, now: datetime, *, days_ago: int = 20, **how: Any) -> tuple[Signed, Certificate]:
    """A course that a person finished `days_ago` days ago, of 24 hours, certified then."""
    start = now - timedelta(days=days_ago + 2)
    signed = sign_class(now, people=1, start=start, **how)
    give(signed, 0, holder)
    with clock.freeze(start + timedelta(days=3)):
        return signed, issue(signed, start + timedelta(days=3))[0]


def renew(signed: Signed, certificate: Certificate, now: datetime) -> Certificate:
    """Prepare and approve; the new certificate."""
    with transaction():
        request_id = prepare_renewal(certificate_id=certificate.id, actor=signed.admin, now=now).id
    with transaction():
        decide_request(request_id=request_id, approve=True, actor=signed.head, now=now)
    found = db.session.scalar(
        sa.select(Certificate).where(Certificate.issue_key == f"renew:{certificate.id}")
    )
    assert isinstance(found, Certificate)
    return found


def day_after(day: date | None, days: int = 1) -> date:
    """A later day."""
    assert day is not None
    return day + timedelta(days=days)
