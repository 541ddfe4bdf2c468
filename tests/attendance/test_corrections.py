"""Corrections after signing: two persons, applied with history, never silently after a certificate."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from portal.attendance import queries, services
from portal.attendance.models import AttendanceCorrection, AttendanceMark
from portal.core.audit import AuditEvent
from portal.core.db import db, transaction
from portal.core.errors import Conflict, DomainError, Forbidden, NotFound
from portal.core.permissions import Grant, GrantedActor, Role
from portal.enrollment.models import Enrollment
from tests.support import classroom
from tests.support.issuing import Signed, change, issue, sign_class


@pytest.fixture
def signed(db_session: Any, now: datetime) -> Signed:
    return sign_class(now, people=2, start=now - timedelta(days=30))


def ask(signed: Signed, now: datetime, mark: str = "absent", session: int = 0, **more: Any) -> int:
    room = signed.room
    wanted: dict[str, Any] = {"actor": room.actor(), "reason": "Tertukar dengan peserta lain"} | more
    with transaction():
        return services.ask_correction(
            session_id=room.sessions[session], enrollment_id=room.enrollments[0], mark=mark, now=now, **wanted
        ).id


def decide(signed: Signed, correction_id: int, now: datetime, approve: bool = True, **more: Any) -> Any:
    wanted: dict[str, Any] = {"actor": signed.head} | more
    with transaction():
        return services.decide_correction(correction_id=correction_id, approve=approve, now=now, **wanted)


def mark(signed: Signed, session: int = 0) -> AttendanceMark:
    db.session.rollback()
    db.session.expire_all()
    return db.session.get_one(AttendanceMark, (signed.room.sessions[session], signed.room.enrollments[0]))


def state(signed: Signed) -> str:
    db.session.rollback()
    return str(
        db.session.scalar(sa.select(Enrollment.state).where(Enrollment.id == signed.room.enrollments[0]))
    )


def test_nothing_changes_before_the_head_approves(signed: Signed, now: datetime) -> None:
    number = ask(signed, now)
    assert mark(signed).mark == "present"
    decide(signed, number, now)
    found = mark(signed)
    assert (found.mark, found.evidence, found.version) == ("absent", "correction", 2)
    (line,) = queries.changes_of(signed.room.sessions[0], signed.room.enrollments[0])
    assert (line.old_mark, line.old_evidence, line.reason) == (
        "present",
        "tap",
        "Tertukar dengan peserta lain",
    )
    actions = set(db.session.scalars(sa.select(AuditEvent.action)))
    assert {"attendance.correction.asked", "attendance.correction.approved", "attendance.recorded"} <= actions


def test_an_approved_correction_makes_the_outcome_anew(signed: Signed, now: datetime) -> None:
    assert state(signed) == "confirmed"
    decide(signed, ask(signed, now), now)
    assert state(signed) == "not_completed"


def test_a_refusal_needs_a_note_and_changes_nothing(signed: Signed, now: datetime) -> None:
    number = ask(signed, now)
    with pytest.raises(DomainError) as refused:
        decide(signed, number, now, approve=False)
    assert (refused.value.code, refused.value.field) == ("note_needed", "note")
    decide(signed, number, now, approve=False, note="Lembar bertanda tangan menunjukkan hadir")
    assert mark(signed).mark == "present"
    with pytest.raises(Conflict) as again:
        decide(signed, number, now)
    assert again.value.code == "correction_decided"
    ask(signed, now)


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"mark": "present"}, "no_change"),
        ({"reason": " "}, "reason_needed"),
        ({"mark": "late", "hours_missed": 9}, "missed_range"),
        ({"mark": "lulus"}, "mark_unknown"),
    ],
)
def test_a_request_that_cannot_be(signed: Signed, now: datetime, more: dict[str, Any], code: str) -> None:
    with pytest.raises(DomainError) as refused:
        ask(signed, now, **more)
    assert refused.value.code == code


def test_one_request_at_a_time(signed: Signed, now: datetime) -> None:
    ask(signed, now)
    with pytest.raises(Conflict) as refused:
        ask(signed, now, "late")
    assert refused.value.code == "correction_open"
    ask(signed, now, session=1)


def test_before_signing_there_is_nothing_to_correct(db_session: Any, now: datetime) -> None:
    room = classroom.build()
    with pytest.raises(DomainError) as refused, transaction():
        services.ask_correction(
            session_id=room.sessions[0], enrollment_id=room.enrollments[0], mark="late", reason="Salah",
            actor=room.actor(), now=now,
        )  # fmt: skip
    assert refused.value.code == "not_signed"


def test_who_may_ask_and_who_may_decide(signed: Signed, now: datetime) -> None:
    room = signed.room
    stranger = sign_class(now, people=1, start=now - timedelta(days=30))
    for actor in (stranger.room.actor(), stranger.admin, room.assessor_actor()):
        with pytest.raises(NotFound):
            ask(signed, now, actor=actor)
    with pytest.raises(Forbidden):
        ask(signed, now, actor=signed.head)
    number = ask(signed, now, actor=signed.admin)
    with pytest.raises(NotFound):
        decide(signed, number, now, actor=stranger.head)
    for actor in (signed.admin, room.actor()):
        with pytest.raises(Forbidden):
            decide(signed, number, now, actor=actor)
    decide(signed, number, now)


def test_two_different_persons_even_with_two_accounts(signed: Signed, now: datetime) -> None:
    center = str(signed.room.center_id)
    person = classroom.newcomer()
    with transaction() as session:
        session.merge(signed.room.instructor).person_id = person
    number = ask(signed, now, actor=signed.room.actor(person_id=person))
    twin = GrantedActor(signed.head_user.id, person, "Kepala", (Grant(Role.CENTER_HEAD, "center", center),))
    with pytest.raises(Forbidden) as refused:
        decide(signed, number, now, actor=twin)
    assert refused.value.code == "same_person"


def test_nobody_asks_or_decides_for_themselves_or_their_cooperative(signed: Signed, now: datetime) -> None:
    room = signed.room
    with pytest.raises(Forbidden) as refused:
        ask(signed, now, actor=room.actor(person_id=room.people[0]))
    assert refused.value.code == "own_mark"
    person = classroom.newcomer()
    classroom.hold_post(person, room.cooperatives[0])
    number = ask(signed, now)
    grants = (Grant(Role.CENTER_HEAD, "center", str(room.center_id)),)
    with pytest.raises(Forbidden) as refused:
        decide(signed, number, now, actor=GrantedActor(signed.head_user.id, person, "Kepala", grants))
    assert refused.value.code == "own_cooperative"


def test_a_certificate_must_be_revoked_before_its_holder_falls_below(signed: Signed, now: datetime) -> None:
    certificate = issue(signed, now)[0]
    number = ask(signed, now)
    with pytest.raises(Conflict) as refused:
        decide(signed, number, now)
    assert refused.value.code == "certificate_stands"
    assert certificate.code in refused.value.message
    assert mark(signed).mark == "present"
    assert db.session.get_one(AttendanceCorrection, number).state == "open"
    change(signed, certificate, "revoke", now)
    decide(signed, number, now)
    assert mark(signed).mark == "absent"


def test_what_leaves_the_holder_eligible_is_applied_with_a_certificate(signed: Signed, now: datetime) -> None:
    issue(signed, now)
    decide(signed, ask(signed, now, "late", hours_missed=1), now)
    assert (mark(signed).mark, mark(signed).hours_missed, state(signed)) == ("late", 1, "completed")


def test_the_list_shows_the_waiting_ones_first_and_only_ones_own(
    signed: Signed, now: datetime, query_count: Any
) -> None:
    first, second = ask(signed, now), ask(signed, now, session=1)
    decide(signed, second, now, approve=False, note="Tidak perlu")
    head = signed.head
    with query_count(at_most=1):
        rows = queries.list_corrections(head)
    assert [(row.id, row.state) for row in rows] == [(first, "open"), (second, "refused")]
    assert rows[0].asker == "Ratna Puspita"
    assert queries.list_corrections(signed.room.actor()) == []
