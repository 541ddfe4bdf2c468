"""Who became eligible after the first certificates of a batch gets theirs by a second request."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from portal.assessment import services
from portal.catalog.models import Curriculum
from portal.certificates.queries import certificates_touched, dry_run
from portal.certificates.services import prepare_issue
from portal.core.db import transaction
from portal.core.errors import DomainError
from tests.support.issuing import change, fail_unit, issue, sign_class


def test_a_retest_after_the_first_issue_leads_to_a_certificate(db_session: Any, now: datetime) -> None:
    signed = sign_class(now, people=3)
    room = signed.room
    fail_unit(signed, 2)
    assert len(issue(signed, now)) == 2
    with pytest.raises(DomainError) as refused, transaction():
        prepare_issue(batch_id=room.batch_id, actor=signed.admin, now=now)
    assert refused.value.code == "nobody_ready"
    later = now + timedelta(days=5)
    with transaction():
        number = services.open_retest(
            batch_id=room.batch_id, enrollment_id=room.enrollments[2], unit_id=room.units[0],
            actor=room.assessor_actor(), now=later,
        ).id  # fmt: skip
        services.close_retest(number, "competent", {}, room.assessor_actor(), later, "Saldo cocok")
    held = issue(signed, later)
    assert [one.enrollment_id for one in held][-1] == room.enrollments[2]
    assert len({one.number for one in held}) == 3


def test_no_certificate_while_the_second_assessor_has_not_agreed(db_session: Any, now: datetime) -> None:
    signed = sign_class(now, people=2)
    with transaction() as session:
        session.execute(
            sa.update(Curriculum)
            .where(Curriculum.id == signed.room.curriculum_id)
            .values(second_assessor=True)
        )
    blocked = dry_run(signed.room.batch_id).blocked
    assert {blocker.code for row in blocked for blocker in row.blockers} == {"second_missing"}
    with pytest.raises(DomainError):
        issue(signed, now)


def test_which_certificates_stand(db_session: Any, now: datetime) -> None:
    signed = sign_class(now, people=4)
    first, second, third, fourth = issue(signed, now)
    change(signed, first, "suspend", now)
    change(signed, second, "revoke", now)
    change(signed, third, "replace", now, post="Sekretaris")
    held = certificates_touched(signed.room.enrollments)
    assert held[first.enrollment_id] == first.code
    assert second.enrollment_id not in held
    assert held[third.enrollment_id] not in (third.code, fourth.code)
    assert held[fourth.enrollment_id] == fourth.code
    assert certificates_touched([]) == {}
