"""Appeals and corrections of signed results, and certificates that stand in the way."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from portal.accounts.models import ContactPoint
from portal.assessment import queries, services
from portal.assessment.models import Appeal, VerdictCorrection
from portal.assessment.services import VerdictChange
from portal.core.audit import AuditEvent
from portal.core.db import db, transaction
from portal.core.errors import Conflict, DomainError, Forbidden, NotFound
from portal.core.mail.outbox import OutboxMessage
from portal.core.permissions import SYSTEM, Role
from tests.support import classroom
from tests.support.assessing import (
    BK,
    K,
    assessor_of,
    fill,
    head_of,
    person_actor,
    sign,
    state_of,
    trainee_of,
    verdict,
)
from tests.support.classroom import Classroom, build
from tests.support.issuing import change as change_certificate
from tests.support.issuing import issue, sign_class

DAY = timedelta(days=1)


@pytest.fixture
def room(db_session: Any, now: datetime) -> Classroom:
    room = build(people=2, units=2)
    fill(room, now, weak={0: 0})
    sign(room, now)
    return room


@pytest.fixture
def trainee(room: Classroom) -> Any:
    return person_actor(trainee_of(room), Role.TRAINEE)


def admin(room: Classroom) -> Any:
    return person_actor(room.admin, Role.CENTER_ADMIN, room.center_id)


def file(room: Classroom, actor: Any, now: datetime, unit: int = 0, reason: str = "Saldo saya cocok") -> int:
    with transaction():
        return services.file_appeal(
            enrollment_id=room.enrollments[0], unit_id=room.units[unit], reason=reason, actor=actor, now=now
        ).id


def assign(room: Classroom, appeal: int, staff: int, now: datetime) -> None:
    with transaction():
        services.assign_appeal(appeal_id=appeal, staff_id=staff, actor=admin(room), now=now)


def decide(
    appeal: int, user: Any, now: datetime, state: str = "upheld", decision: str = "Bukti lengkap"
) -> None:
    with transaction():
        services.decide_appeal(
            appeal_id=appeal, state=state, decision=decision, actor=person_actor(user, Role.ASSESSOR), now=now
        )


def told(kind: str) -> int:
    found = sa.select(sa.func.count()).select_from(OutboxMessage).where(OutboxMessage.kind == kind)
    return db.session.scalar(found) or 0


def test_an_appeal_that_is_upheld_makes_k_and_the_person_completed(
    room: Classroom, trainee: Any, now: datetime
) -> None:
    free, staff = assessor_of(room, "Bebas Asesor", in_batch=False)
    number = file(room, trainee, now + DAY)
    row = queries.get_appeal(number)
    assert (row.state, row.due_at) == ("filed", now + DAY + 14 * DAY)
    assign(room, number, staff, now + 2 * DAY)
    decide(number, free, now + 3 * DAY)
    found = verdict(room)
    assert (found.value, found.source, found.evidence) == (K, "appeal", {"appeal": number})
    assert state_of(room) == "completed"
    actions = set(db.session.scalars(sa.select(AuditEvent.action)))
    assert {"appeal.filed", "appeal.assigned", "appeal.decided", "enrollment.outcome_changed"} <= actions
    with pytest.raises(Conflict) as refused:
        decide(number, free, now + 3 * DAY, "dismissed")
    assert refused.value.code == "appeal_closed"


def test_a_dismissed_appeal_changes_nothing_and_is_not_filed_again(
    room: Classroom, trainee: Any, now: datetime
) -> None:
    free, staff = assessor_of(room, "Bebas Asesor", in_batch=False)
    number = file(room, trainee, now)
    assign(room, number, staff, now)
    with pytest.raises(DomainError) as refused:
        decide(number, free, now, "dismissed", " ")
    assert refused.value.field == "decision"
    decide(number, free, now, "dismissed", "Saldo memang belum cocok")
    assert (verdict(room).value, state_of(room)) == (BK, "not_completed")
    with pytest.raises(DomainError) as refused:
        file(room, trainee, now)
    assert refused.value.code == "appeal_decided"


def test_who_may_file_and_when(room: Classroom, trainee: Any, now: datetime) -> None:
    stranger = person_actor(trainee_of(room, 1), Role.TRAINEE)
    with pytest.raises(NotFound):
        file(room, stranger, now)
    with pytest.raises(Forbidden):
        file(room, room.assessor_actor(), now)
    with pytest.raises(DomainError) as refused:
        file(room, trainee, now, unit=1)
    assert refused.value.code == "appeal_competent"
    with pytest.raises(DomainError) as refused:
        file(room, trainee, now, reason="  ")
    assert (refused.value.code, refused.value.field) == ("reason_needed", "reason")
    with pytest.raises(DomainError) as refused:
        file(room, trainee, now + 15 * DAY)
    assert refused.value.code == "appeal_late"
    file(room, trainee, now)
    with pytest.raises(Conflict) as refused:
        file(room, trainee, now)
    assert refused.value.code == "appeal_open"
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Appeal)) == 1


def test_withdrawn_and_filed_again(room: Classroom, trainee: Any, now: datetime) -> None:
    stranger = person_actor(trainee_of(room, 1), Role.TRAINEE)
    number = file(room, trainee, now)
    with pytest.raises(NotFound), transaction():
        services.withdraw_appeal(appeal_id=number, actor=stranger, now=now)
    with transaction():
        services.withdraw_appeal(appeal_id=number, actor=trainee, now=now)
    with pytest.raises(Conflict) as refused, transaction():
        services.withdraw_appeal(appeal_id=number, actor=trainee, now=now)
    assert refused.value.code == "appeal_closed"
    assert file(room, trainee, now) != number


def test_it_goes_only_to_somebody_uninvolved(room: Classroom, trainee: Any, now: datetime) -> None:
    number = file(room, trainee, now)
    with pytest.raises(DomainError) as refused:
        assign(room, number, room.extra["judge_id"], now)
    assert (refused.value.code, refused.value.field) == ("decider_involved", "staff")
    assert "menilai unit ini" in refused.value.message
    with pytest.raises(DomainError):
        assign(room, number, room.extra["teacher_id"], now)
    person = classroom.newcomer()
    classroom.hold_post(person, room.cooperatives[0])
    _kin, kin = assessor_of(room, "Kerabat Asesor", in_batch=False, person_id=person)
    with pytest.raises(DomainError) as refused:
        assign(room, number, kin, now)
    assert "koperasi yang sama" in refused.value.message
    other = build(people=1)
    with pytest.raises(DomainError) as refused:
        assign(room, number, other.extra["judge_id"], now)
    assert refused.value.code == "decider_unknown"
    with pytest.raises(NotFound), transaction():
        services.assign_appeal(appeal_id=number, staff_id=kin, actor=admin(other), now=now)


def test_only_the_assigned_decides(room: Classroom, trainee: Any, now: datetime) -> None:
    free, staff = assessor_of(room, "Bebas Asesor", in_batch=False)
    other, other_staff = assessor_of(room, "Lain Asesor", in_batch=False)
    number = file(room, trainee, now)
    for user in (free, other):
        with pytest.raises(NotFound):
            decide(number, user, now)
    assign(room, number, staff, now)
    assign(room, number, other_staff, now)
    with pytest.raises(NotFound):
        decide(number, free, now)
    decide(number, other, now)


def test_the_list_shows_the_overdue_first_and_only_of_the_own_center(
    room: Classroom, trainee: Any, now: datetime
) -> None:
    file(room, trainee, now)
    other = build(people=1)
    assert [row.batch_id for row in queries.appeals_of_centers(admin(room))] == [room.batch_id]
    assert queries.appeals_of_centers(admin(other)) == []


def ask(room: Classroom, now: datetime, value: str = K, note: str = "", person: int = 0, **more: Any) -> int:
    wanted: dict[str, Any] = {"actor": room.assessor_actor(), "reason": "Salah ketuk", **more}
    with transaction():
        return services.ask_correction(
            batch_id=room.batch_id, enrollment_id=room.enrollments[person], unit_id=room.units[0],
            value=value, note=note, now=now, **wanted,
        ).id  # fmt: skip


def approve(room: Classroom, number: int, user: Any, now: datetime, yes: bool = True, note: str = "") -> None:
    with transaction():
        services.decide_correction(
            correction_id=number, approve=yes, note=note,
            actor=person_actor(user, Role.CENTER_HEAD, room.center_id), now=now,
        )  # fmt: skip


def test_a_correction_takes_two_people(room: Classroom, now: datetime) -> None:
    head = head_of(room)
    number = ask(room, now)
    assert verdict(room).value == BK
    approve(room, number, head, now)
    found = verdict(room)
    assert (found.value, found.source, found.evidence) == (K, "correction", {"correction": number})
    assert state_of(room) == "completed"
    with pytest.raises(Conflict) as refused:
        approve(room, number, head, now)
    assert refused.value.code == "correction_decided"


def test_refused_needs_a_note_and_changes_nothing(room: Classroom, now: datetime) -> None:
    head = head_of(room)
    number = ask(room, now, actor=admin(room))
    with pytest.raises(DomainError) as refused:
        approve(room, number, head, now, yes=False)
    assert refused.value.field == "note"
    approve(room, number, head, now, yes=False, note="Lembar kerja berkata lain")
    assert (verdict(room).value, verdict(room).version) == (BK, 1)
    assert db.session.get_one(VerdictCorrection, number).state == "refused"


def test_whose_correction_and_whose_decision(room: Classroom, now: datetime) -> None:
    other = build(people=1)
    for actor in (other.assessor_actor(), admin(other)):
        with pytest.raises(NotFound):
            ask(room, now, actor=actor)
    with pytest.raises(Forbidden):
        ask(room, now, actor=room.assessor_actor(person_id=room.people[0]))
    number = ask(room, now)
    with pytest.raises(NotFound):
        approve(other, number, head_of(other), now)
    with pytest.raises(Forbidden):  # the judge is no head
        approve_as = room.assessor_actor()
        with transaction():
            services.decide_correction(correction_id=number, approve=True, actor=approve_as, now=now)
    person = classroom.newcomer()
    classroom.hold_post(person, room.cooperatives[0])
    with transaction():
        kin = classroom.account("Kepala Kerabat", Role.CENTER_HEAD, "center", str(room.center_id), person)
    with pytest.raises(Forbidden) as refused:
        approve(room, number, kin, now)
    assert refused.value.code == "own_cooperative"


def test_a_correction_of_what_has_changed_is_refused(room: Classroom, trainee: Any, now: datetime) -> None:
    head = head_of(room)
    number = ask(room, now, BK, "Saldo dan bukti belum cocok")
    with transaction():
        services.change_verdict(
            enrollment_id=room.enrollments[0], unit_id=room.units[0], value=K, source="retest", evidence={},
            actor=SYSTEM, now=now,
        )  # fmt: skip
    with pytest.raises(Conflict) as refused:
        approve(room, number, head, now)
    assert refused.value.code == "verdict_changed"


def test_a_certificate_is_never_touched_silently(db_session: Any, now: datetime) -> None:
    signed = sign_class(now, people=2)
    room, (certificate, _other) = signed.room, issue(signed, now)
    number = ask(room, now, BK, "Ternyata belum", reason="Lembar kerja tertukar")
    with pytest.raises(Conflict) as refused:
        approve(room, number, signed.head_user, now)
    assert (refused.value.code, refused.value.details["certificate"]) == (
        "certificate_stands", certificate.code
    )  # fmt: skip
    assert certificate.code in refused.value.message
    assert (verdict(room).value, state_of(room)) == (K, "confirmed")
    change_certificate(signed, certificate, "revoke", now)
    approve(room, number, signed.head_user, now)
    assert verdict(room).value == BK


def test_changes_of_many_are_all_or_nothing_and_bounded(
    db_session: Any, now: datetime, query_count: Any
) -> None:
    counts = []
    for people in (3, 30):
        room = build(people=people, units=2)
        fill(room, now)
        sign(room, now)
        changes = [VerdictChange(e, room.units[0], BK, "Kunci soal keliru") for e in room.enrollments]
        with query_count(at_most=45) as seen, transaction():
            services.change_verdicts(changes, source="key", actor=SYSTEM, now=now)
        counts.append(len(seen))
        assert {state_of(room, i) for i in range(people)} == {"not_completed"}
    assert counts[0] == counts[1]
    with pytest.raises(DomainError), transaction():
        services.change_verdicts(
            [VerdictChange(room.enrollments[0], room.units[0], K),
             VerdictChange(room.enrollments[1], room.units[0], BK)],
            source="key", actor=SYSTEM, now=now,
        )  # fmt: skip
    assert verdict(room).value == BK


def test_the_same_change_again_is_nothing(room: Classroom, now: datetime) -> None:
    change = VerdictChange(room.enrollments[0], room.units[0], K, "", {"written": {"attempt": 4}})
    for expected in (1, 0):
        with transaction():
            made = services.change_verdicts([change], source="key", actor=SYSTEM, now=now)
        assert len(made) == expected
    assert verdict(room).version == 2


def test_people_are_told_that_a_signed_result_changed(room: Classroom, trainee: Any, now: datetime) -> None:
    with transaction():
        db.session.add(
            ContactPoint(user_id=trainee.user_id, kind="email", value="dewi@contoh.id", created_at=now,
                         verified_at=now)
        )  # fmt: skip
    free, staff = assessor_of(room, "Bebas Asesor", in_batch=False)
    number = file(room, trainee, now)
    assign(room, number, staff, now)
    decide(number, free, now)
    assert (told("appeal.decided"), told("result.corrected")) == (1, 0)
    with transaction():
        services.change_verdict(
            enrollment_id=room.enrollments[0], unit_id=room.units[0], value=BK, note="Belum", source="key",
            evidence={}, actor=SYSTEM, now=now + DAY,
        )  # fmt: skip
    assert told("result.corrected") == 1
