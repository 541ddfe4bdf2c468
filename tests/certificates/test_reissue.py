"""Issuing again after a revocation for an error: a new code, once, and never two that are valid."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from portal.assessment import services
from portal.assessment.models import Verdict
from portal.catalog.models import Curriculum
from portal.certificates import queries, rules
from portal.certificates.models import Certificate, CertificateEvent, CertificateRequest
from portal.certificates.services import decide_request, prepare_change, prepare_issue
from portal.core.audit import AuditEvent
from portal.core.db import db, transaction
from portal.core.errors import Conflict, DomainError
from portal.people.models import Person
from portal.verification.queries import check_code
from tests.certificates.test_log_check import found, tamper
from tests.support.issuing import Signed, certificates, change, fail_unit, issue, sign_class

DAY = timedelta(days=1)


@pytest.fixture
def signed(db_session: Any, now: datetime) -> Signed:
    found = sign_class(now, people=2)
    with transaction():
        db.session.execute(sa.update(Curriculum).values(validity_months=12))
    return found


def revoked(signed: Signed, now: datetime, reason: str = "issued_in_error") -> Certificate:
    """The first person's certificate, issued and a day later revoked."""
    first = issue(signed, now)[0]
    change(signed, first, "revoke", now + DAY, reason=reason)
    return first


def states(signed: Signed) -> dict[str, str]:
    return {
        one.code: str(rules.state_from_events(event.type for event in queries.events_of(one.id)))
        for one in certificates(signed)
    }


def test_an_error_mended_leads_from_the_old_code_to_a_new_one(signed: Signed, now: datetime) -> None:
    old = revoked(signed, now)
    with transaction():
        db.session.execute(sa.update(Person).where(Person.id == old.person_id).values(name="Dewi Lestari"))
    change(signed, old, "issue", now + 2 * DAY)
    new = certificates(signed)[-1]
    assert (new.replaces_id, new.issue_key) == (old.id, f"again:{old.id}")
    assert new.code != old.code
    facts = rules.facts_from_bytes(new.signed_bytes)
    assert (facts.name, facts.number == old.number) == ("Dewi Lestari", False)
    assert states(signed)[old.code] == "revoked"
    assert states(signed)[new.code] == "valid"
    assert queries.certificates_touched([old.enrollment_id]) == {old.enrollment_id: new.code}
    told = check_code(old.code, now + 3 * DAY)
    assert (str(told.state), told.change.replacement) == ("revoked", new.code)
    assert str(check_code(new.code, now + 3 * DAY).state) == "valid"
    event = db.session.scalars(sa.select(AuditEvent).where(AuditEvent.action == "certificate.reissued")).one()
    assert (event.object_id, event.data["again"]) == (old.code, new.code)
    assert found() == []


def test_mending_keeps_the_last_day_and_earning_anew_counts_from_it(signed: Signed, now: datetime) -> None:
    room, later = signed.room, now + 100 * DAY
    first, second = issue(signed, now)
    for one in (first, second):
        change(signed, one, "revoke", now + DAY, reason="requirements_not_met")
    fail_unit(signed, 0)
    with transaction():
        number = services.open_retest(
            batch_id=room.batch_id, enrollment_id=room.enrollments[0], unit_id=room.units[0],
            actor=room.assessor_actor(), now=later,
        ).id  # fmt: skip
        services.close_retest(number, "competent", {}, room.assessor_actor(), later, "Saldo cocok")
    for one in (first, second):
        change(signed, one, "issue", later, reason="met_later")
    earned, kept = certificates(signed)[-2:]
    assert kept.expires_on == second.expires_on
    assert earned.expires_on == rules.validity_end(later.date(), 12)
    assert kept.expires_on == rules.validity_end(now.date(), 12)


@pytest.mark.parametrize("reason", ["fraud", "holder_request"])
def test_a_revocation_for_another_reason_is_for_good(signed: Signed, now: datetime, reason: str) -> None:
    old = revoked(signed, now, reason)
    with pytest.raises(Conflict) as refused:
        change(signed, old, "issue", now + 2 * DAY)
    assert refused.value.code == "not_mendable"
    (row,) = queries.dry_run(signed.room.batch_id).blocked
    assert [blocker.code for blocker in row.blockers] == ["revoked"]
    assert len(certificates(signed)) == 2


def test_what_was_renewed_from_a_fraud_is_not_mended_either(signed: Signed, now: datetime) -> None:
    old = issue(signed, now)[0]
    columns = {one.name: getattr(old, one.name) for one in Certificate.__table__.columns if one.name != "id"}
    other = {"code": "0123456789A5", "number": "x", "status_index": 77, "log_index": 10**6}
    with transaction() as session:
        session.execute(sa.insert(Certificate).values(columns | other | {"issue_key": f"renew:{old.id}"}))
        renewed = session.scalars(sa.select(Certificate).where(Certificate.code == other["code"])).one()
        made = {"actor_id": None, "approver_id": None, "log_index": 10**6, "at": now}
        session.execute(
            sa.insert(CertificateEvent).values(
                certificate_id=renewed.id, position=0, type="issue", reason_class="", note="", **made
            )
        )
    change(signed, old, "revoke", now + DAY, reason="fraud")
    change(signed, renewed, "revoke", now + DAY, reason="requirements_not_met")
    with pytest.raises(Conflict) as refused:
        change(signed, renewed, "issue", now + 2 * DAY)
    assert refused.value.code == "not_mendable"
    (row,) = queries.dry_run(signed.room.batch_id).blocked
    assert [blocker.code for blocker in row.blockers] == ["revoked"]


@pytest.mark.parametrize("before", ["valid", "suspended", "again"])
def test_what_stands_is_not_issued_again(signed: Signed, now: datetime, before: str) -> None:
    old = issue(signed, now)[0]
    if before == "suspended":
        change(signed, old, "suspend", now + DAY)
    if before == "again":
        change(signed, old, "revoke", now + DAY, reason="issued_in_error")
        change(signed, old, "issue", now + 2 * DAY)
    with pytest.raises(Conflict) as refused:
        change(signed, old, "issue", now + 3 * DAY)
    assert refused.value.code == "not_mendable"
    assert list(states(signed).values()).count("valid") == (1 if before == "suspended" else 2)


def test_while_a_unit_is_not_competent_nothing_is_issued_again(signed: Signed, now: datetime) -> None:
    old = revoked(signed, now, "requirements_not_met")
    with transaction():
        request = prepare_change(
            certificate_id=old.id, action="issue", reason_class="mended", note="", actor=signed.admin,
            now=now + 2 * DAY,
        ).id  # fmt: skip
    fail_unit(signed, 0)
    with pytest.raises(Conflict) as refused, transaction():
        decide_request(request_id=request, approve=True, actor=signed.head, now=now + 3 * DAY)
    assert refused.value.code == "unit_not_yet"
    assert str(refused.value).endswith("Unit 1 BK.")
    assert db.session.get_one(CertificateRequest, request).state == "prepared"
    (row,) = queries.dry_run(signed.room.batch_id).blocked
    assert [blocker.code for blocker in row.blockers] == ["revoked_mendable", "unit_not_yet"]


def test_the_next_issue_of_the_class_leaves_the_revoked_alone(signed: Signed, now: datetime) -> None:
    fail_unit(signed, 1)
    old = revoked(signed, now)
    with pytest.raises(DomainError) as nobody, transaction():
        prepare_issue(batch_id=signed.room.batch_id, actor=signed.admin, now=now + 2 * DAY)
    assert nobody.value.code == "nobody_ready"
    with transaction():
        db.session.execute(sa.update(Verdict).values(value="competent"))
        # What waits for one certificate is no request for the class.
        prepare_change(
            certificate_id=old.id, action="issue", reason_class="mended", note="", actor=signed.admin,
            now=now + 2 * DAY,
        )  # fmt: skip
    assert queries.open_request(signed.room.batch_id) is None
    issue(signed, now + 3 * DAY)
    assert [one.enrollment_id for one in certificates(signed)] == signed.room.enrollments[:2]


def test_what_has_expired_meanwhile_is_not_issued_again(signed: Signed, now: datetime) -> None:
    old = revoked(signed, now)
    assert old.expires_on is not None
    with pytest.raises(Conflict) as refused:
        change(signed, old, "issue", now + timedelta(days=366 * 10))
    assert refused.value.code == "too_late"


def test_one_person_alone_cannot_issue_again(signed: Signed, now: datetime) -> None:
    old = revoked(signed, now)
    with transaction():
        request = prepare_change(
            certificate_id=old.id, action="issue", reason_class="mended", note="", actor=signed.admin,
            now=now + 2 * DAY,
        ).id  # fmt: skip
        mine = sa.update(CertificateRequest).where(CertificateRequest.id == request)
        db.session.execute(mine.values(prepared_by=signed.head.user_id))
    with pytest.raises(DomainError) as refused, transaction():
        decide_request(request_id=request, approve=True, actor=signed.head, now=now + 3 * DAY)
    assert refused.value.code == "same_person"


def test_the_database_takes_one_successor(signed: Signed, now: datetime) -> None:
    old = revoked(signed, now)
    change(signed, old, "issue", now + 2 * DAY)
    new = certificates(signed)[-1]
    columns = {one.name: getattr(new, one.name) for one in Certificate.__table__.columns if one.name != "id"}
    other = {
        "code": "0123456789A5", "number": "x", "status_index": 77, "log_index": 10**6, "issue_key": "free:1",
    }  # fmt: skip
    with pytest.raises(IntegrityError), transaction() as session:
        session.execute(sa.insert(Certificate).values(columns | other))


def test_the_check_finds_one_issued_again_over_one_that_stood(signed: Signed, now: datetime) -> None:
    old = revoked(signed, now)
    change(signed, old, "issue", now + 2 * DAY)
    change(signed, certificates(signed)[-1], "replace", now + 3 * DAY, post="Sekretaris")
    assert found() == []
    tamper(
        "UPDATE certificate SET issue_key='again:' || replaces_id WHERE substr(issue_key, 1, 8) = 'replace:'"
    )
    (fault,) = found()
    assert "which was not revoked before" in fault
