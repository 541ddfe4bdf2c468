"""Renewals: hours that count, two people, a new certificate tied to the old and its courses; reminders."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from portal.certificates import timers
from portal.certificates.models import (
    Certificate,
    CertificateEvent,
    CertificateRequest,
    Renewal,
    RenewalCourse,
)
from portal.certificates.queries import find_by_code
from portal.certificates.queries import renewals as queries
from portal.certificates.rules import facts_from_bytes, validity_end
from portal.certificates.services import decide_request
from portal.certificates.services.renewals import prepare_renewal
from portal.core.audit import AuditEvent, check_chain
from portal.core.clock import local_date
from portal.core.db import transaction
from portal.core.errors import Conflict, DomainError, Forbidden, NotFound
from portal.core.mail.outbox import OutboxMessage
from portal.enrollment.models import Enrollment
from portal.people.models import Person
from portal.verification.presenter import fact_rows
from portal.verification.queries import check_code
from tests.support.decrees import adopt, two_admins
from tests.support.issuing import change
from tests.support.renewals import add_course, day_after, old_certificate, renew, set_rule


@pytest.fixture
def ready(db_session, now):
    """A certificate that ends in a month, whose holder has a course of 24 hours that counts."""
    signed, (old,) = old_certificate(now)
    course, paper = add_course(old.person_id, now)
    set_rule(signed.room.extra["program_id"], now, counted=[course.room.extra["program_id"]])
    return signed, old, course, paper


def codes(certificate, now):
    return [blocker.code for blocker in queries.outlook_of(certificate, now).blockers]


def test_renewal_is_a_new_certificate_tied_to_the_old_one_and_its_courses(ready, db_session, now):
    signed, old, _course, paper = ready
    fresh = renew(signed, old, now)
    before, facts = facts_from_bytes(old.signed_bytes), facts_from_bytes(fresh.signed_bytes)
    course = facts_from_bytes(paper.signed_bytes)
    assert (facts.program, facts.units, facts.hours) == (before.program, before.units, before.hours)
    assert (facts.name, facts.post, facts.cooperative) == (before.name, before.post, before.cooperative)
    assert (facts.start, facts.end) == (course.start, course.end)
    assert facts.expires == validity_end(local_date(now, facts.center.zone), 12)
    assert facts.number != before.number
    assert db_session.scalar(sa.select(Renewal.renews_id)) == old.id
    assert db_session.execute(sa.select(RenewalCourse)).scalar_one().course_certificate_id == paper.id
    assert find_by_code(fresh.code).row.code == fresh.code


def test_the_log_says_issue_and_the_old_one_has_no_new_event(ready, db_session, now):
    signed, old, *_rest = ready
    fresh = renew(signed, old, now)
    types = sa.select(CertificateEvent.certificate_id, CertificateEvent.type)
    found = db_session.execute(types.where(CertificateEvent.certificate_id.in_([old.id, fresh.id]))).all()
    assert sorted(found) == [(old.id, "issue"), (fresh.id, "issue")]
    leaf = json.loads(bytes(find_by_code(fresh.code).events[0].leaf))
    assert leaf["type"] == "issue"


def test_old_one_stays_valid_until_its_own_last_day_and_names_the_new_one(ready, now):
    signed, old, *_rest = ready
    fresh = renew(signed, old, now)
    result = check_code(old.code, now)
    assert str(result.state) == "valid"
    assert result.renewed_by == fresh.code
    assert any(label == "Sudah diperpanjang dengan" for label, _fact, _small in fact_rows(result))
    assert str(check_code(old.code, now + timedelta(days=31)).state) == "expired"
    assert str(check_code(fresh.code, now + timedelta(days=31)).state) == "valid"


def test_every_step_is_audited(ready, db_session, now):
    signed, old, *_rest = ready
    renew(signed, old, now)
    wanted = ("certificate.request.prepared", "certificate.renew", "certificate.request.done")
    actions = db_session.scalars(
        sa.select(AuditEvent.action)
        .where(AuditEvent.action.in_(wanted))
        .order_by(AuditEvent.seq.desc())
        .limit(3)
    )
    assert set(actions) == set(wanted)
    assert list(check_chain(db_session)) == []


def test_holder_is_told_of_the_new_one(ready, db_session, now):
    signed, old, *_rest = ready
    renew(signed, old, now)
    kinds = set(db_session.scalars(sa.select(OutboxMessage.kind)))
    assert "certificate.renewed" in kinds


def test_a_second_renewal_of_the_same_certificate_is_refused(ready, now):
    signed, old, *_rest = ready
    renew(signed, old, now)
    assert codes(old, now) == ["already_renewed"]
    with pytest.raises(Conflict, match="already_renewed"), transaction():
        prepare_renewal(certificate_id=old.id, actor=signed.admin, now=now)


def test_database_refuses_two_renewals_of_one_certificate(ready, db_session, now):
    signed, old, _course, paper = ready
    renew(signed, old, now)
    with pytest.raises(sa.exc.IntegrityError), transaction() as session:
        session.execute(sa.insert(Renewal).values(certificate_id=paper.id, renews_id=old.id))


@pytest.mark.parametrize("table", ["renewal", "renewal_course", "program_rule"])
def test_rows_are_insert_only_in_the_database(ready, now, table):
    signed, old, *_rest = ready
    renew(signed, old, now)
    with pytest.raises(sa.exc.DBAPIError, match="insert-only"), transaction() as session:
        session.execute(sa.text(f"DELETE FROM {table}"))


def test_course_that_counted_once_does_not_count_again_and_a_renewal_is_no_course(ready, now):
    signed, old, course, _paper = ready
    own = signed.room.extra["program_id"]
    tomorrow = now + timedelta(days=1)
    fresh = renew(signed, old, now)
    set_rule(own, now, counted=[course.room.extra["program_id"], own],
             in_force_from=tomorrow.date(), renewal_hours=1)  # fmt: skip
    outlook = queries.outlook_of(fresh, tomorrow)
    assert outlook.hours == 0
    assert [blocker.code for blocker in outlook.blockers] == ["hours_missing"]


def test_correction_of_the_old_one_counts_as_the_same_certificate(ready, now):
    signed, old, *_rest = ready
    renew(signed, old, now)
    change(signed, old, "replace", now, post="Sekretaris")
    (newest,) = [
        one.row for one in queries.outlooks([old.person_id], now).values()
        if one.row.replaces_id == old.id
    ]  # fmt: skip
    outlook = queries.outlooks([old.person_id], now)[newest.id]
    assert [blocker.code for blocker in outlook.blockers] == ["already_renewed"]


@pytest.mark.parametrize(
    ("days", "codes_then"),
    [(0, []), (30, []), (31, []), (30 + 150, []), (30 + 190, ["too_late"])],
)
def test_renewal_is_possible_until_the_grace_is_over(ready, now, days, codes_then):
    _signed, old, *_rest = ready
    assert codes(old, now + timedelta(days=days)) == codes_then


def test_course_outside_the_window_or_of_another_program_does_not_count(db_session, now):
    signed, (old,) = old_certificate(now)
    early, _paper = add_course(old.person_id, now, days_ago=200)
    _other, _paper = add_course(old.person_id, now)
    set_rule(signed.room.extra["program_id"], now, counted=[early.room.extra["program_id"]], window_months=6)
    assert codes(old, now) == ["hours_missing"]
    outlook = queries.outlook_of(old, now)
    assert (outlook.hours, outlook.needed, outlook.courses) == (0, 16, ())


@pytest.mark.parametrize("action", ["revoke", "suspend"])
def test_a_course_that_was_taken_back_between_asking_and_approving_stops_the_renewal(
    ready, db_session, now, action
):
    signed, old, course, paper = ready
    with transaction():
        request_id = prepare_renewal(certificate_id=old.id, actor=signed.admin, now=now).id
    change(course, paper, action, now)
    with pytest.raises(Conflict, match="hours_missing"), transaction():
        decide_request(request_id=request_id, approve=True, actor=signed.head, now=now)
    assert db_session.get(CertificateRequest, request_id).state == "prepared"
    assert db_session.scalar(sa.select(sa.func.count()).select_from(Renewal)) == 0


def test_without_a_rule_nothing_is_renewed(db_session, now):
    _signed, (old,) = old_certificate(now)
    assert codes(old, now) == ["no_rule"]


def test_validity_of_the_rule_goes_before_the_curriculum(ready, now):
    signed, old, course, _paper = ready
    tomorrow = now + timedelta(days=1)
    set_rule(signed.room.extra["program_id"], now, counted=[course.room.extra["program_id"]],
             in_force_from=tomorrow.date(), validity_months=36)  # fmt: skip
    fresh = renew(signed, old, tomorrow)
    assert fresh.expires_on == validity_end(tomorrow.date(), 36)


def test_one_person_alone_renews_nothing(ready, now):
    signed, old, *_rest = ready
    both = replace(signed.admin, grants=(*signed.admin.grants, *signed.head.grants))
    with transaction():
        request_id = prepare_renewal(certificate_id=old.id, actor=both, now=now).id
    with pytest.raises(DomainError, match="same_person"), transaction():
        decide_request(request_id=request_id, approve=True, actor=both, now=now)


def test_nobody_prepares_or_approves_the_own_renewal(ready, now):
    signed, old, *_rest = ready
    with pytest.raises(DomainError, match="own_case"), transaction():
        prepare_renewal(certificate_id=old.id, actor=replace(signed.admin, person_id=old.person_id), now=now)
    with transaction():
        request_id = prepare_renewal(certificate_id=old.id, actor=signed.admin, now=now).id
    with pytest.raises(DomainError, match="own_case"), transaction():
        head = replace(signed.head, person_id=old.person_id)
        decide_request(request_id=request_id, approve=True, actor=head, now=now)


def test_another_center_finds_nothing_and_trainees_may_not(ready, now):
    signed, old, course, _paper = ready
    with pytest.raises(NotFound), transaction():
        prepare_renewal(certificate_id=old.id, actor=course.admin, now=now)
    with pytest.raises(Forbidden), transaction():
        prepare_renewal(certificate_id=old.id, actor=signed.head, now=now)


def test_asking_twice_is_refused_and_said(ready, now):
    signed, old, *_rest = ready
    with transaction():
        prepare_renewal(certificate_id=old.id, actor=signed.admin, now=now)
    assert codes(old, now) == ["asked"]
    with pytest.raises(Conflict, match="request_open"), transaction():
        prepare_renewal(certificate_id=old.id, actor=signed.admin, now=now)


def test_who_was_erased_is_not_renewed(ready, now):
    from portal.people.rules import ERASED_NAME

    _signed, old, *_rest = ready
    with transaction() as session:
        session.get(Person, old.person_id).name = ERASED_NAME
    assert codes(old, now) == ["person_erased"]


def test_center_sees_what_ends_or_may_still_be_renewed(db_session, now):
    signed, made = old_certificate(now, people=3)
    late, (gone,) = old_certificate(now, ends_in=-200)
    _far, (_other,) = old_certificate(now, ends_in=200)
    set_rule(signed.room.extra["program_id"], now)
    set_rule(late.room.extra["program_id"], now)
    change(signed, made[0], "revoke", now)
    listed = queries.list_renewals(signed.admin, 1, now).items
    assert {one.row.id for one in listed} == {made[1].id, made[2].id}
    assert queries.list_renewals(late.admin, 1, now).items == []
    admin, second = two_admins()
    adopt(admin, second, now, last_day_to=day_after(gone.expires_on), extend_to=day_after(now.date(), 9))
    assert [one.row.id for one in queries.list_renewals(late.admin, 1, now).items] == [gone.id]


def test_list_takes_the_same_statements_for_2_and_12(db_session, now, query_count):
    counts = []
    for people in (2, 12):
        signed, _made = old_certificate(now, people=people)
        with query_count() as seen:
            queries.list_renewals(signed.admin, 1, now)
        counts.append(len(seen))
    assert counts[0] == counts[1] <= 10


# ---- reminders ----


def told(session):
    keys = session.scalars(sa.select(OutboxMessage.key).where(OutboxMessage.kind == "certificate.ending"))
    return sorted(key.rsplit(":", 1)[1] for key in keys)


def test_holders_are_told_at_90_30_and_7_days_once_each(db_session, now):
    _signed, (old,) = old_certificate(now, ends_in=100)
    for left in range(95, -2, -1):
        timers.remind(now + timedelta(days=100 - left))
    assert told(db_session) == ["30", "7", "90"]
    rows = db_session.scalars(sa.select(OutboxMessage).where(OutboxMessage.kind == "certificate.ending"))
    assert {row.person_id for row in rows} == {old.person_id}


def test_a_day_that_was_missed_is_made_up_for(db_session, now):
    old_certificate(now, ends_in=27)
    assert timers.remind(now) == 1
    assert timers.remind(now + timedelta(days=1)) == 0


@pytest.mark.parametrize("action", ["revoke", "suspend", "renew", "newer"])
def test_nobody_is_told_of_what_ended_or_was_renewed(db_session, now, action):
    signed, (old,) = old_certificate(now)
    if action == "renew":
        course, _paper = add_course(old.person_id, now)
        set_rule(signed.room.extra["program_id"], now, counted=[course.room.extra["program_id"]])
        renew(signed, old, now)
    elif action == "newer":
        add_course(old.person_id, now, like=signed.room)
    else:
        change(signed, old, action, now)
    assert timers.remind(now) == 0


def test_decree_moves_the_reminder_to_the_new_day(db_session, now):
    _signed, (old,) = old_certificate(now)
    until = day_after(old.expires_on, 100)
    adopt(*two_admins(), now, last_day_to=old.expires_on, extend_to=until)
    assert timers.remind(now) == 0
    assert timers.remind(now + timedelta(days=130 - 30)) == 1
    assert told(db_session) == ["30"]


def test_reminders_go_out_in_chunks_of_bounded_statements(db_session, now, monkeypatch, query_count):
    counts = []
    for people in (2, 12):
        old_certificate(now, people=people)
        with query_count() as seen:
            assert timers.remind(now) == people
        counts.append(len(seen))
    assert counts[1] - counts[0] <= 2, counts
    monkeypatch.setattr(timers, "CHUNK", 5)
    old_certificate(now, people=7)
    assert timers.remind(now) == 7


def test_held_enrollments_stay_the_old_ones(ready, db_session, now):
    signed, old, *_rest = ready
    fresh = renew(signed, old, now)
    assert fresh.enrollment_id == old.enrollment_id
    assert db_session.get(Enrollment, old.enrollment_id).state == "confirmed"
    assert db_session.scalar(sa.select(sa.func.count()).select_from(Certificate)) == 3
