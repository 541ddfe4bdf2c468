"""Sitting a written test: the draw, one statement an answer, deadlines, forged ids, other devices."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from portal.assessment.models import Allowance, Answer, Attempt, AttemptEvent, AttemptItem, Retest
from portal.assessment.queries import sittings as queries
from portal.assessment.services import drawn, sitting
from portal.core.audit import AuditEvent
from portal.core.db import db, transaction
from portal.core.errors import Conflict, DomainError, Forbidden, NotFound
from portal.enrollment.models import Enrollment
from tests.support import classroom
from tests.support.queries import count_statements
from tests.support.sat import Sat, fill_bank, right, sat

SECOND = timedelta(seconds=1)


@pytest.fixture
def made(db_session: Any, now: datetime) -> Sat:
    return sat(now)


def rows(model: Any, *where: Any) -> list[Any]:
    return list(db.session.scalars(sa.select(model).where(*where)))


def audited(action: str) -> int:
    return db.session.scalar(
        sa.select(sa.func.count()).select_from(AuditEvent).where(AuditEvent.action == action)
    )


def single(attempt_id: int) -> int:
    """The position of a question with one right option."""
    return next(one.position for one in queries.items_of(attempt_id) if one.kind == "single")


# ---- starting ----


def test_a_start_draws_by_the_blueprint_and_sets_the_deadline(made: Sat, now: datetime) -> None:
    attempt = db.session.get(Attempt, made.start(now))
    items = queries.items_of(attempt.id)
    assert [one.position for one in items] == list(range(1, 13))
    assert [one.unit_id for one in items] == [u for u in made.room.units for _ in range(6)]
    assert len({one.question_id for one in items}) == 12
    assert all(one.question_id in made.questions[one.unit_id] for one in items)
    assert attempt.deadline_at == now + timedelta(minutes=60)
    assert (attempt.state, attempt.score, len(attempt.seed)) == ("running", None, 32)
    assert [event.kind for event in queries.events_of([attempt.id])] == ["started"]
    assert audited("test.started") == 1


def test_starting_twice_is_the_same_attempt(made: Sat, now: datetime) -> None:
    first = made.start(now)
    assert made.start(now + timedelta(minutes=5)) == first
    assert len(rows(Attempt)) == 1
    assert len(rows(AttemptItem)) == 12
    assert db.session.get(Attempt, first).deadline_at == now + timedelta(minutes=60)
    assert audited("test.started") == 1


def test_two_people_draw_by_seeds_of_their_own(db_session: Any, now: datetime) -> None:
    made = sat(now, units=1, count=24)
    orders = []
    for index in (0, 1):
        items = queries.items_of(made.start(now, index))
        orders.append([(one.question_id, str(one.options)) for one in items])
    assert sorted(q for q, _o in orders[0]) == sorted(q for q, _o in orders[1])
    assert orders[0] != orders[1]


@pytest.mark.parametrize(
    ("minutes_from_now", "code"), [(-2, "test_not_open"), (4 * 60, "test_over"), (4 * 60 + 30, "test_over")]
)
def test_no_start_outside_the_window(made: Sat, now: datetime, minutes_from_now: int, code: str) -> None:
    with pytest.raises(Conflict) as refused:
        made.start(now + timedelta(minutes=minutes_from_now))
    assert refused.value.code == code
    assert rows(Attempt) == []


def test_who_starts_late_ends_with_the_test(made: Sat, now: datetime) -> None:
    late = now + timedelta(hours=3, minutes=30)
    assert db.session.get(Attempt, made.start(late)).deadline_at == now + timedelta(hours=4)


def test_extra_time_lengthens_the_minutes_and_the_end(made: Sat, now: datetime) -> None:
    for index, when in ((0, now), (1, now + timedelta(hours=4, minutes=10))):
        with transaction() as session:
            session.add(
                Allowance(
                    test_id=made.test_id, enrollment_id=made.room.enrollments[index], minutes=30,
                    reason="Membaca dengan kaca pembesar", granted_by=None, granted_at=now,
                )
            )  # fmt: skip
        attempt = db.session.get(Attempt, made.start(when, index))
        expected = now + timedelta(minutes=90) if index == 0 else now + timedelta(hours=4, minutes=30)
        assert attempt.deadline_at == expected


def test_people_of_other_batches_find_nothing(made: Sat, now: datetime) -> None:
    other = classroom.build(people=1, like=made.room)
    stranger = Sat(other, made.test_id, {})
    with pytest.raises(NotFound):
        stranger.start(now)
    with pytest.raises(Forbidden):
        sitting_start(made, now, made.room.actor(made.room.people[0]))


def sitting_start(made: Sat, now: datetime, actor: Any) -> None:
    with transaction():
        sitting.start_attempt(test_id=made.test_id, actor=actor, now=now)


@pytest.mark.parametrize("state", ["offered", "withdrawn", "no_show", "waitlisted"])
def test_only_a_confirmed_seat_may_start(made: Sat, now: datetime, state: str) -> None:
    with transaction() as session:
        session.get(Enrollment, made.room.enrollments[0]).state = state
    with pytest.raises(NotFound):
        made.start(now)


def test_a_retest_draws_only_what_is_open_for_the_person(made: Sat, now: datetime) -> None:
    from portal.assessment.models import Verdict, WrittenTest

    with transaction() as session:
        session.get(WrittenTest, made.test_id).is_retest = True
    with pytest.raises(Conflict) as refused:
        made.start(now)
    assert refused.value.code == "nothing_open"
    enrollment, unit = made.room.enrollments[0], made.room.units[1]
    with transaction() as session:
        verdict = Verdict(
            enrollment_id=enrollment, unit_id=unit, version=1, value="not_yet_competent", note="belum",
            judged_by=None, judged_at=now,
        )  # fmt: skip
        session.add(verdict)
        session.flush()
        session.add(
            Retest(enrollment_id=enrollment, unit_id=unit, verdict_id=verdict.id, test_id=made.test_id,
                   opened_by=None, opened_at=now)
        )  # fmt: skip
    items = queries.items_of(made.start(now))
    assert {one.unit_id for one in items} == {unit}
    assert len(items) == 6


def test_a_bank_that_shrank_stops_nobodys_clock(made: Sat, now: datetime) -> None:
    from portal.assessment.models import Question

    with transaction() as session:
        session.get(Question, made.questions[made.room.units[0]][0]).state = "retired"
    with pytest.raises(Conflict) as refused:
        made.start(now)
    assert refused.value.code == "questions_missing"
    assert (rows(Attempt), rows(AttemptItem)) == ([], [])


def test_questions_of_another_center_are_not_drawn(db_session: Any, now: datetime) -> None:
    made = sat(now, units=1)
    far = classroom.build(people=0)
    foreign = fill_bank(made.room.units, now, center_id=far.center_id)[made.room.units[0]]
    drafts = fill_bank(made.room.units, now, state="draft")[made.room.units[0]]
    own = fill_bank(made.room.units, now, center_id=made.room.center_id)[made.room.units[0]]
    drawn_ids: set[int] = set()
    for index in (0, 1):
        drawn_ids |= {one.question_id for one in queries.items_of(made.start(now, index))}
    assert not drawn_ids & {*foreign, *drafts}
    assert drawn_ids <= {*own, *made.questions[made.room.units[0]]}


# ---- answering ----


def test_an_answer_of_every_kind_is_stored_and_in_force(made: Sat, now: datetime) -> None:
    attempt = made.start(now)
    wanted = {}
    for item in queries.items_of(attempt):
        answer = right(item.kind, item.content)
        saved = made.save(attempt, item.position, 1, answer, now + SECOND)
        assert (saved.seq, saved.next_seq, saved.left_ms) == (1, 2, 3_599_000)
        wanted[item.position] = answer
    assert queries.answers_of(attempt) == wanted
    made.save(attempt, 1, 2, None, now + 2 * SECOND)
    assert 1 not in queries.answers_of(attempt)
    assert queries.answers_in_force(attempt)[1].answer is None
    assert len(rows(Answer)) == 13


def test_one_answer_is_one_statement_and_no_audit_event(made: Sat, now: datetime) -> None:
    attempt = made.start(now)
    position = single(attempt)
    made.save(attempt, position, 1, "a", now)
    before = db.session.scalar(sa.select(sa.func.count()).select_from(AuditEvent))
    with count_statements(at_most=1) as seen:
        made.save(attempt, position, 2, "b", now)
    assert len(seen.writes) == 1
    assert db.session.scalar(sa.select(sa.func.count()).select_from(AuditEvent)) == before


def test_the_same_request_again_is_acknowledged_and_changes_nothing(made: Sat, now: datetime) -> None:
    attempt = made.start(now)
    position = single(attempt)
    first = made.save(attempt, position, 1, "a", now)
    assert made.save(attempt, position, 1, "a", now) == first
    made.save(attempt, position, 2, "b", now)
    again = made.save(attempt, position, 1, "a", now)
    assert (again.seq, again.next_seq) == (1, 3)
    assert queries.answers_of(attempt) == {position: "b"}
    assert len(rows(Answer)) == 2


def test_a_replay_after_the_end_is_still_acknowledged(made: Sat, now: datetime) -> None:
    attempt = made.start(now)
    position = single(attempt)
    made.save(attempt, position, 1, "a", now)
    late = now + timedelta(minutes=61)
    assert made.save(attempt, position, 1, "a", late).left_ms == 0


def test_a_number_taken_by_another_device_is_told_with_what_counts(made: Sat, now: datetime) -> None:
    attempt = made.start(now)
    position = single(attempt)
    made.save(attempt, position, 1, "a", now)
    made.save(attempt, position, 2, "c", now)
    with pytest.raises(Conflict) as refused:
        made.save(attempt, position, 1, "b", now)
    assert refused.value.code == "other_device"
    assert refused.value.details == {"answer": "c", "seq": 3}
    made.save(attempt, position, 3, "b", now)
    assert queries.answers_of(attempt) == {position: "b"}


@pytest.mark.parametrize(
    ("received", "written", "counts"),
    [
        (timedelta(minutes=60), timedelta(minutes=60, seconds=25), True),
        (timedelta(minutes=60, microseconds=1), timedelta(minutes=60, microseconds=2), False),
        (timedelta(minutes=61), timedelta(minutes=61), False),
    ],
    ids=["arrived in time, written later", "a microsecond late", "a minute late"],
)
def test_what_arrived_by_the_deadline_counts(
    made: Sat, now: datetime, received: timedelta, written: timedelta, counts: bool
) -> None:
    attempt = made.start(now)
    position = single(attempt)
    if counts:
        saved = made.save(attempt, position, 1, "a", now + written, received_at=now + received)
        assert saved.left_ms == 0
    else:
        with pytest.raises(Conflict) as refused:
            made.save(attempt, position, 1, "a", now + written, received_at=now + received)
        assert refused.value.code == "attempt_over"
        assert "10.00.00" in refused.value.message
    assert len(rows(Answer)) == int(counts)


FORGED = [
    ("position 0", 0, "a", NotFound, "not_found"),
    ("a position beyond", 13, "a", NotFound, "not_found"),
    ("a foreign option", None, "z", DomainError, "answer_invalid"),
    ("a list for one", None, ["a"], DomainError, "answer_invalid"),
    ("a mapping", None, {"a": "b"}, DomainError, "answer_invalid"),
    ("a number", None, 7, DomainError, "answer_invalid"),
    ("a very long text", None, "a" * 5000, DomainError, "answer_invalid"),
]


@pytest.mark.parametrize(("position", "raw", "kind", "code"), [row[1:] for row in FORGED],
                         ids=[row[0] for row in FORGED])  # fmt: skip
def test_forged_answers_change_nothing(
    made: Sat, now: datetime, position: int | None, raw: Any, kind: Any, code: str
) -> None:
    attempt = made.start(now)
    where = single(attempt) if position is None else position
    with pytest.raises(kind) as refused:
        made.save(attempt, where, 1, raw, now)
    assert refused.value.code == code
    assert rows(Answer) == []


@pytest.mark.parametrize("seq", [0, -1, 100_001])
def test_numbers_out_of_range_are_refused(made: Sat, now: datetime, seq: int) -> None:
    attempt = made.start(now)
    with pytest.raises(DomainError) as refused:
        made.save(attempt, single(attempt), seq, "a", now)
    assert refused.value.code == "seq_range"


def test_a_foreign_attempt_is_not_found_and_takes_nothing(made: Sat, now: datetime) -> None:
    attempt = made.start(now)
    position = single(attempt)
    for number in (attempt, 987_654):
        with pytest.raises(NotFound):
            made.save(number, position, 1, "a", now, index=1)
    assert rows(Answer) == []


def test_memory_of_another_database_stores_nothing_wrong(made: Sat, now: datetime) -> None:
    """A number that named another attempt when it was remembered is read again."""
    attempt = made.start(now)
    drawn._kept[attempt] = drawn.DrawnTest("0" * 32, {1: ("single", {"options": [{"id": "zz"}]})})
    position = single(attempt)
    with pytest.raises(DomainError):
        made.save(attempt, position, 1, "zz", now)
    made.save(attempt, position, 1, "b", now)
    assert queries.answers_of(attempt) == {position: "b"}


def test_a_second_device_goes_on_with_everything_acknowledged(made: Sat, now: datetime) -> None:
    attempt = made.start(now)
    with transaction():
        assert sitting.report_device(attempt_id=attempt, device="hp", actor=made.trainee(), now=now)
    made.save(attempt, single(attempt), 1, "a", now)
    with transaction():
        assert not sitting.report_device(attempt_id=attempt, device="hp", actor=made.trainee(), now=now)
        assert sitting.report_device(attempt_id=attempt, device="laptop", actor=made.trainee(), now=now)
    kinds = [(event.kind, event.detail.get("device")) for event in queries.events_of([attempt])]
    assert kinds == [("started", ""), ("resumed", "hp"), ("resumed", "laptop")]
    assert queries.answers_in_force(attempt)[single(attempt)].seq == 1


def test_an_outage_is_noted_once(made: Sat, now: datetime) -> None:
    attempt = made.start(now)
    told = {"key": "k1", "seconds": 240, "ago": 3, "waiting": 2}
    later = now + timedelta(minutes=10)
    for expected in (True, False):
        with transaction():
            noted = sitting.report_outage(attempt_id=attempt, actor=made.trainee(), now=later, **told)
        assert noted is expected
    with pytest.raises(DomainError), transaction():
        sitting.report_outage(
            attempt_id=attempt, key="k2", seconds=7000, ago=0, waiting=0, actor=made.trainee(), now=later
        )
    assert [e.detail for e in queries.events_of([attempt]) if e.kind == "offline"] == [told]


def test_marks_of_unsureness_are_kept_on_every_device(made: Sat, now: datetime) -> None:
    attempt = made.start(now)
    for position, is_on in ((1, True), (1, True), (3, True), (3, False)):
        with transaction():
            sitting.set_flag(
                attempt_id=attempt, position=position, is_on=is_on, actor=made.trainee(), now=now
            )
    assert queries.flags_of(attempt) == {1}
    assert len(rows(AttemptEvent, AttemptEvent.kind == "flag")) == 3
    with pytest.raises(NotFound), transaction():
        sitting.set_flag(attempt_id=attempt, position=99, is_on=True, actor=made.trainee(), now=now)
