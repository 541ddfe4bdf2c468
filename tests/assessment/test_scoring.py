"""Scores of written tests on a real database, and taking them over as verdicts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from portal.assessment import queries, services
from portal.assessment.models import Answer, Attempt, Retest, Verdict, WrittenTest
from portal.assessment.queries import results, written
from portal.assessment.services import scoring
from portal.assessment.services import written as applying
from portal.assessment.services.retests import open_retest
from portal.core.audit import AuditEvent
from portal.core.db import db, transaction
from portal.core.errors import Conflict, Forbidden, NotFound
from tests.support import classroom
from tests.support.classroom import Classroom, build
from tests.support.tested import Made, build_test, sit

K, BK = "competent", "not_yet_competent"


@pytest.fixture
def room(db_session: Any) -> Classroom:
    return build()


@pytest.fixture
def made(room: Classroom) -> Made:
    return build_test(room)


def score_of(attempt_id: int) -> Any:
    db.session.expire_all()
    return db.session.execute(sa.select(Attempt.score).where(Attempt.id == attempt_id)).scalar_one()


def seen(made: Made, now: datetime, actor: Any = None) -> str:
    head = results.get_test_head(actor or made.room.assessor_actor(), made.test_id)
    return applying.plan_digest(*applying.proposals_of(head, actor or made.room.assessor_actor(), now))


def apply(made: Made, now: datetime, actor: Any = None, digest: str | None = None) -> int:
    actor = actor or made.room.assessor_actor()
    digest = digest or seen(made, now, actor)
    with transaction():
        return applying.apply_results(test_id=made.test_id, seen=digest, actor=actor, now=now)


def verdicts(room: Classroom) -> dict[tuple[int, int], Verdict]:
    db.session.expire_all()
    return queries.verdicts_of_batch(room.batch_id)


def count(action: str) -> int:
    statement = sa.select(sa.func.count()).select_from(AuditEvent).where(AuditEvent.action == action)
    return db.session.execute(statement).scalar_one()


def test_the_last_answer_of_a_position_counts(made: Made, now: datetime) -> None:
    attempt = sit(made, 0, [2, 0])
    units = list(made.questions)
    assert score_of(attempt) == {str(units[0]): [2.0, 3.0], str(units[1]): [0.0, 3.0]}
    with transaction():
        for position, seq, answer in ((1, 2, ""), (4, 2, "b"), (4, 10, "a"), (4, 9, "c")):
            db.session.add(
                Answer(attempt_id=attempt, position=position, seq=seq, answer=answer, received_at=now)
            )
    with transaction():
        assert scoring.score_attempt(attempt, now=now)[str(units[0])] == [1.0, 3.0]
    assert score_of(attempt)[str(units[1])] == [1.0, 3.0]


@pytest.mark.parametrize("state", ["running", "void"])
def test_what_is_not_closed_is_not_scored(made: Made, now: datetime, state: str) -> None:
    attempt = sit(made, 0, [2, 0], state=state)
    with pytest.raises(NotFound), transaction():
        scoring.score_attempt(attempt, now=now)
    assert score_of(attempt) is None
    with pytest.raises(NotFound), transaction():
        scoring.score_attempt(987_654, now=now)


def test_scoring_many_takes_a_bounded_number_of_statements(
    db_session: Any, now: datetime, query_count: Callable[..., Any]
) -> None:
    seen_counts = []
    for people in (3, 30):
        made = build_test(build(people=people))
        attempts = [sit(made, person, [3, 1], score=False) for person in range(people)]
        with query_count(at_most=6) as seen_, transaction():
            scored = scoring.score_attempts(attempts, now=now)
        assert len(scored) == people
        seen_counts.append(len(seen_))
    assert seen_counts[0] == seen_counts[1]


def test_results_of_a_batch_take_the_latest_test(made: Made, now: datetime) -> None:
    room, units = made.room, list(made.questions)
    first = sit(made, 0, [1, 3])
    again = build_test(room, is_retest=True, units=1)
    second = sit(again, 0, [3])
    sit(made, 1, [0, 0], state="void")
    found = written.written_of_batch(room.batch_id)
    assert {
        cell: (one.test_id, one.attempt_id, one.points, one.of, one.value) for cell, one in found.items()
    } == {
        (room.enrollments[0], units[0]): (again.test_id, second, 3.0, 3.0, K),
        (room.enrollments[0], units[1]): (made.test_id, first, 3.0, 3.0, K),
    }
    assert written.written_of_batch(build().batch_id) == {}


def test_a_cancelled_test_gives_no_results(made: Made, now: datetime) -> None:
    sit(made, 0, [3, 3])
    with transaction():
        db.session.execute(sa.update(WrittenTest).values(state="cancelled"))
    assert written.written_of_batch(made.room.batch_id) == {}
    with pytest.raises(Conflict) as refused:
        apply(made, now)
    assert refused.value.code == "test_not_published"


def test_taking_over_makes_verdicts_by_unit(made: Made, now: datetime) -> None:
    room, units = made.room, list(made.questions)
    attempt = sit(made, 0, [2, 1])
    sit(made, 1, [3, 3])
    assert apply(made, now) == 4
    found = verdicts(room)
    high, low = found[room.enrollments[0], units[0]], found[room.enrollments[0], units[1]]
    assert (high.value, high.note, high.source) == (K, "", "written")
    assert (low.value, low.note, low.source) == (BK, "Uji tertulis: 1 dari 3, perlu 1,8", "written")
    assert low.evidence == {"written": {"attempt": attempt, "score": 1.0, "of": 3.0, "needed": 60}}
    assert low.judged_by == room.assessor.id
    # Who did not sit it has no verdict.
    assert {cell[0] for cell in found} == set(room.enrollments[:2])
    assert (count("verdict.recorded"), count("test.applied")) == (4, 1)
    applied = db.session.execute(sa.select(WrittenTest.applied_at)).scalar_one()
    assert applied == now


def test_taking_over_again_changes_nothing(made: Made, now: datetime) -> None:
    sit(made, 0, [2, 1])
    apply(made, now)
    assert apply(made, now + timedelta(minutes=5)) == 0
    assert (count("verdict.recorded"), count("test.applied")) == (2, 1)


def test_what_was_judged_by_hand_stays(made: Made, now: datetime) -> None:
    room, units = made.room, list(made.questions)
    sit(made, 0, [3, 3])
    with transaction():
        services.record_verdict(
            enrollment_id=room.enrollments[0], unit_id=units[0], value=BK, note="Praktik belum lengkap",
            actor=room.actor(), now=now,
        )  # fmt: skip
    head = results.get_test_head(room.assessor_actor(), made.test_id)
    split = applying.proposals_of(head, room.assessor_actor(), now)[1]
    assert split.kept == ((room.enrollments[0], units[0]),)
    assert apply(made, now) == 1
    assert verdicts(room)[room.enrollments[0], units[0]].value == BK


def test_a_written_verdict_follows_a_new_score(made: Made, now: datetime) -> None:
    room, units = made.room, list(made.questions)
    attempt = sit(made, 0, [1, 3])
    apply(made, now)
    with transaction():
        db.session.execute(
            sa.update(Attempt)
            .where(Attempt.id == attempt)
            .values(score={str(units[0]): [3.0, 3.0], str(units[1]): [3.0, 3.0]})
        )
    assert apply(made, now) == 1
    now_stands = verdicts(room)[room.enrollments[0], units[0]]
    assert (now_stands.value, now_stands.version) == (K, 2)


def test_ones_own_people_are_left_to_another_judge(made: Made, now: datetime) -> None:
    room = made.room
    sit(made, 0, [3, 3])
    sit(made, 1, [3, 3])
    person = classroom.newcomer()
    classroom.hold_post(person, room.cooperatives[0])
    own = room.assessor_actor(person_id=person)
    assert apply(made, now, own) == 2
    assert {cell[0] for cell in verdicts(room)} == {room.enrollments[1]}
    assert apply(made, now, room.actor()) == 2


def test_results_that_changed_meanwhile_are_looked_at_again(made: Made, now: datetime) -> None:
    sit(made, 0, [3, 3])
    old = seen(made, now)
    sit(made, 1, [0, 0])
    with pytest.raises(Conflict) as refused:
        apply(made, now, digest=old)
    assert refused.value.code == "results_changed"
    assert verdicts(made.room) == {}


def test_foreign_judges_and_other_roles_are_refused(made: Made, now: datetime) -> None:
    sit(made, 0, [3, 3])
    digest = seen(made, now)
    with pytest.raises(NotFound):
        apply(made, now, build().assessor_actor(), digest)
    from portal.core.permissions import Grant, GrantedActor, Role

    admin = GrantedActor(made.room.admin.id, None, "W", (Grant(Role.CENTER_ADMIN, "center", "1"),))
    with pytest.raises(Forbidden):
        apply(made, now, admin, digest)


def test_a_signed_sheet_takes_no_more(made: Made, now: datetime) -> None:
    sit(made, 0, [3, 3])
    digest = seen(made, now)
    with transaction():
        db.session.execute(sa.text("update batch set state = 'finalized'"))
    with pytest.raises(Conflict) as refused:
        apply(made, now, digest=digest)
    assert refused.value.code == "sheet_final"


def test_a_trainer_is_refused_where_the_program_separates(db_session: Any, now: datetime) -> None:
    made = build_test(build(separate_assessor=True))
    sit(made, 0, [3, 3])
    with pytest.raises(Forbidden) as refused:
        apply(made, now, made.room.actor())
    assert refused.value.code == "trainer_may_not_judge"


def test_taking_over_a_class_takes_a_fixed_number_of_statements(
    db_session: Any, now: datetime, query_count: Callable[..., Any]
) -> None:
    counts = []
    for people in (3, 40):
        made = build_test(build(people=people))
        for person in range(people):
            sit(made, person, [person % 4, 3])
        digest = seen(made, now)
        with query_count(at_most=30) as statements:
            assert apply(made, now, digest=digest) == people * 2
        counts.append(len(statements))
    assert counts[0] == counts[1]


def retest(made: Made, now: datetime, unit: int, person: int = 0) -> int:
    with transaction():
        opened = open_retest(
            batch_id=made.room.batch_id, enrollment_id=made.room.enrollments[person], unit_id=unit,
            actor=made.room.assessor_actor(), now=now,
        )  # fmt: skip
        opened.test_id = made.test_id
    return int(opened.id)


def test_a_written_retest_is_closed_by_its_result(made: Made, now: datetime) -> None:
    room, units = made.room, list(made.questions)
    sit(made, 0, [1, 0])
    apply(made, now)
    again = build_test(room, is_retest=True)
    opened = retest(again, now, units[0])
    attempt = sit(again, 0, [3, 3])
    # The second unit was drawn as well, but its re-test was never opened: it stays.
    assert apply(again, now) == 1
    stands = verdicts(room)[room.enrollments[0], units[0]]
    assert (stands.value, stands.source, stands.evidence["retest"]) == (K, "retest", opened)
    assert stands.evidence["written"]["attempt"] == attempt
    assert verdicts(room)[room.enrollments[0], units[1]].value == BK
    closed = db.session.get_one(Retest, opened)
    assert (closed.is_open, closed.result) == (False, K)
    assert apply(again, now) == 0


def test_a_retest_that_failed_again_says_why(made: Made, now: datetime) -> None:
    room, units = made.room, list(made.questions)
    sit(made, 0, [1, 3])
    apply(made, now)
    again = build_test(room, is_retest=True, units=1)
    retest(again, now, units[0])
    sit(again, 0, [0])
    assert apply(again, now) == 1
    stands = verdicts(room)[room.enrollments[0], units[0]]
    assert (stands.value, stands.note, stands.version) == (BK, "Uji tertulis: 0 dari 3, perlu 1,8", 2)


def test_a_retest_whose_unit_became_k_meanwhile_is_left(made: Made, now: datetime) -> None:
    room, units = made.room, list(made.questions)
    sit(made, 0, [1, 3])
    apply(made, now)
    again = build_test(room, is_retest=True, units=1)
    retest(again, now, units[0])
    sit(again, 0, [0])
    with transaction():
        services.record_verdict(
            enrollment_id=room.enrollments[0], unit_id=units[0], value=K, actor=room.actor(), now=now
        )
    assert apply(again, now) == 0
    assert verdicts(room)[room.enrollments[0], units[0]].value == K
