"""A test on paper on a real database: sheets, two keyings, what differs, and the answers that come of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from portal.assessment.models import Answer, Attempt, AttemptEvent, AttemptItem, PaperEntry, Retest
from portal.assessment.queries import paper as queries
from portal.assessment.rules import paper as rules
from portal.assessment.services import paper, record_verdict
from portal.assessment.services.closing import close_due, void_attempt
from portal.core.audit import AuditEvent
from portal.core.db import db, transaction
from portal.core.errors import Conflict, DomainError, Forbidden, NotFound
from portal.core.permissions import Grant, GrantedActor, Role
from tests.support import classroom
from tests.support.classroom import Classroom, build
from tests.support.tested import Made, build_test, sit


@pytest.fixture
def room(db_session: Any) -> Classroom:
    return build()


@pytest.fixture
def made(room: Classroom) -> Made:
    return build_test(room)


def prepare(made: Made, now: datetime, people: list[int] | None = None, actor: Any = None) -> list[int]:
    chosen = None if people is None else [made.room.enrollments[i] for i in people]
    with transaction():
        return paper.prepare_sheets(
            test_id=made.test_id, enrollment_ids=chosen, actor=actor or made.room.actor(), now=now
        )


def views(made: Made, person: int = 0) -> Any:
    db.session.rollback()
    sheet = queries.get_sheet(made.test_id, made.room.enrollments[person])
    return queries.views_of([sheet.attempt_id])[0][sheet.attempt_id]


def marked(made: Made, person: int = 0, **wrong: str) -> dict[str, str]:
    """What stands on a paper on which every question got "a"; `n3="b"` says otherwise for number 3."""
    lines = rules.typed_sheet(views(made, person), {position: "a" for position, _v in views(made, person)})
    for line, answer in wrong.items():
        number = line[1:]
        view = dict(views(made, person))[int(number)]
        lines[number] = rules.shown_typed(view, answer) if answer else ""
    return lines


def key(made: Made, now: datetime, typed: dict[str, str], actor: Any, person: int = 0) -> paper.Keyed:
    with transaction():
        return paper.key_in(
            test_id=made.test_id,
            enrollment_id=made.room.enrollments[person],
            typed=typed,
            actor=actor,
            now=now,
        )


def attempt(made: Made, person: int = 0) -> Attempt:
    db.session.rollback()
    db.session.expire_all()
    wanted = sa.select(Attempt).where(Attempt.enrollment_id == made.room.enrollments[person])
    return db.session.scalars(wanted).one()


def count(model: Any) -> int:
    db.session.rollback()
    return db.session.execute(sa.select(sa.func.count()).select_from(model)).scalar_one()


def events(action: str) -> list[AuditEvent]:
    db.session.rollback()
    return list(db.session.scalars(sa.select(AuditEvent).where(AuditEvent.action == action)))


def test_everybody_gets_a_sheet_of_their_own(made: Made, now: datetime) -> None:
    room = made.room
    assert prepare(made, now) == sorted(room.enrollments)
    one, other = views(made, 0), views(made, 1)
    assert [position for position, _view in one] == list(range(1, 7))
    assert attempt(made, 0).seed != attempt(made, 1).seed
    assert {a.is_paper for a in db.session.scalars(sa.select(Attempt))} == {True}
    assert len(events("paper.prepared")) == 4
    assert "key" not in one[0][1]
    assert len(other) == 6


def test_preparing_again_draws_nothing_new(made: Made, now: datetime) -> None:
    prepare(made, now, [0, 1])
    before = views(made, 0)
    assert prepare(made, now + timedelta(minutes=1)) == made.room.enrollments[2:]
    assert views(made, 0) == before
    assert prepare(made, now) == []
    assert count(Attempt) == 4


def test_who_sits_on_a_screen_is_left_out(made: Made, now: datetime) -> None:
    sit(made, 0, [1, 1], state="running")
    assert prepare(made, now) == made.room.enrollments[1:]
    assert attempt(made, 0).is_paper is False


def test_a_paper_test_is_not_closed_by_the_clock(made: Made, now: datetime) -> None:
    prepare(made, now)
    with transaction():
        assert close_due(now=now + timedelta(days=3)) == 0
    assert attempt(made).state == "running"


def test_two_people_who_agree(made: Made, now: datetime) -> None:
    room, units = made.room, list(made.questions)
    prepare(made, now, [0])
    typed = marked(made, n2="b", n6="")
    first = key(made, now, typed, room.actor())
    assert (first.turn, first.is_adopted) == (1, False)
    assert attempt(made).state == "running"
    assert count(Answer) == 0
    second = key(made, now + timedelta(minutes=5), typed, room.assessor_actor())
    assert (second.turn, second.is_adopted, second.differs) == (2, True, ())
    done = attempt(made)
    assert (done.state, done.closed_at) == ("submitted", now + timedelta(minutes=5))
    assert done.score == {str(units[0]): [2.0, 3.0], str(units[1]): [2.0, 3.0]}
    answers = list(db.session.scalars(sa.select(Answer).order_by(Answer.position)))
    assert [(a.position, a.seq, a.answer, a.source) for a in answers] == [
        (1, 1, "a", "paper"), (2, 1, "b", "paper"), (3, 1, "a", "paper"), (4, 1, "a", "paper"),
        (5, 1, "a", "paper"),
    ]  # fmt: skip
    assert len(events("paper.keyed")) == 2
    assert [e.data["state"] for e in events("test.closed")] == ["submitted"]
    # And pressed twice.
    again = key(made, now + timedelta(minutes=6), typed, room.assessor_actor())
    assert again.is_adopted
    assert count(Answer) == 5
    assert len(events("paper.keyed")) == 2


def test_the_first_person_alone_settles_nothing(made: Made, now: datetime) -> None:
    room = made.room
    prepare(made, now, [0])
    key(made, now, marked(made), room.actor())
    assert key(made, now, marked(made), room.actor()).turn == 1
    mended = key(made, now, marked(made, n1="b"), room.actor())
    assert (mended.turn, mended.is_adopted) == (1, False)
    # Another account of the same person is no second person.
    person = classroom.newcomer()
    with transaction():
        db.session.execute(
            sa.text("update user_account set person_id = :p where id = :u"),
            {"p": person, "u": room.instructor.id},
        )
    twin = GrantedActor(room.assessor.id, person, "Andi", (Grant(Role.ASSESSOR, "self", ""),))
    assert key(made, now, marked(made, n1="b"), twin).turn == 1
    assert count(PaperEntry) == 1
    assert attempt(made).state == "running"


def test_differences_are_settled_by_looking_at_the_paper(made: Made, now: datetime) -> None:
    room = made.room
    prepare(made, now, [0])
    key(made, now, marked(made, n2="b", n5="c"), room.actor())
    second = key(made, now, marked(made, n3="b"), room.assessor_actor())
    assert not second.is_adopted
    assert [line for line, _one, _two in second.differs] == ["2", "3", "5"]
    assert (attempt(made).state, count(Answer)) == ("running", 0)
    sheet = queries.get_sheet(made.test_id, room.enrollments[0])
    assert paper.differences_of(sheet, room.assessor_actor()) == second.differs
    # Neither the first person nor a third one goes on.
    with pytest.raises(NotFound):
        paper.differences_of(sheet, room.actor())
    with pytest.raises(Conflict) as refused:
        key(made, now, marked(made), room.actor())
    assert refused.value.code == "keyed_twice"
    with pytest.raises(Conflict):
        key(made, now, marked(made), classroom.colleague(room))
    settled = {line: two for line, _one, two in second.differs} | {"2": second.differs[0][1], "5": ""}
    with transaction():
        done = paper.settle(
            test_id=made.test_id, enrollment_id=room.enrollments[0], typed=settled,
            actor=room.assessor_actor(), now=now,
        )  # fmt: skip
    assert done.is_adopted
    answers = {a.position: a.answer for a in db.session.scalars(sa.select(Answer))}
    assert answers == {1: "a", 2: "b", 3: "b", 4: "a", 6: "a"}
    entry = db.session.get_one(PaperEntry, (attempt(made).id, 2))
    assert entry.answers["2"] == "b"
    assert entry.answers["5"] is None
    first = db.session.get_one(PaperEntry, (attempt(made).id, 1))
    assert first.answers["5"] == "c"
    (told,) = events("paper.settled")
    assert told.data["lines"] == ["2", "3", "5"]
    kinds = [
        e.detail["what"]
        for e in db.session.scalars(sa.select(AttemptEvent).where(AttemptEvent.kind == "paper"))
    ]
    assert kinds == ["prepared", "keyed", "keyed", "settled"]


def test_the_first_person_repeating_what_they_keyed_in_changes_nothing(made: Made, now: datetime) -> None:
    room = made.room
    prepare(made, now, [0])
    mine = marked(made, n2="b")
    key(made, now, mine, room.actor())
    assert key(made, now, marked(made), room.assessor_actor()).differs
    told, entries = len(events("paper.keyed")), count(PaperEntry)
    # The second keying differs: the same click again is answered as before, and tells nothing of the other.
    again = key(made, now, mine, room.actor())
    assert (again.turn, again.is_adopted, again.differs) == (1, False, ())
    with pytest.raises(Conflict) as refused:
        key(made, now, mine, classroom.colleague(room))
    assert refused.value.code == "keyed_twice"
    assert key(made, now, mine, room.assessor_actor()).is_adopted
    done = key(made, now, mine, room.actor())
    assert (done.turn, done.is_adopted) == (1, True)
    with pytest.raises(Conflict) as refused:
        key(made, now, marked(made), room.actor())
    assert refused.value.code == "keyed_twice"
    assert (len(events("paper.keyed")), count(PaperEntry)) == (told + 1, entries)
    assert (attempt(made).state, count(Answer)) == ("submitted", 6)


def test_every_difference_has_to_be_settled(made: Made, now: datetime) -> None:
    room = made.room
    prepare(made, now, [0])
    key(made, now, marked(made, n2="b", n5="c"), room.actor())
    key(made, now, marked(made), room.assessor_actor())
    with pytest.raises(DomainError) as refused, transaction():
        paper.settle(
            test_id=made.test_id, enrollment_id=room.enrollments[0], typed={"2": "A"},
            actor=room.assessor_actor(), now=now,
        )  # fmt: skip
    assert set(refused.value.details["lines"]) == {"5"}
    assert attempt(made).state == "running"


def test_keying_again_until_both_agree(made: Made, now: datetime) -> None:
    room = made.room
    prepare(made, now, [0])
    key(made, now, marked(made), room.actor())
    assert not key(made, now, marked(made, n1="b"), room.assessor_actor()).is_adopted
    assert key(made, now, marked(made), room.assessor_actor()).is_adopted


def test_what_cannot_be_read_is_said_line_by_line(made: Made, now: datetime) -> None:
    prepare(made, now, [0])
    with pytest.raises(DomainError) as refused:
        key(made, now, {**marked(made), "2": "z", "4": "ab"}, made.room.actor())
    assert (refused.value.code, set(refused.value.details["lines"])) == ("unreadable", {"2", "4"})
    assert count(PaperEntry) == 0


def test_a_closed_or_void_sheet_takes_no_more(made: Made, now: datetime) -> None:
    room = made.room
    prepare(made, now, [0, 1])
    typed = marked(made)
    key(made, now, typed, room.actor())
    key(made, now, typed, room.assessor_actor())
    with pytest.raises(Conflict) as refused:
        key(made, now, marked(made, n1="b"), room.assessor_actor())
    assert refused.value.code == "sheet_closed"
    with transaction():
        void_attempt(
            test_id=made.test_id,
            enrollment_id=room.enrollments[1],
            reason="Mencontek",
            actor=room.actor(),
            now=now,
        )
    with pytest.raises(NotFound):
        key(made, now, marked(made, 1), room.actor(), 1)


def test_ones_own_people_are_keyed_in_by_others(made: Made, now: datetime) -> None:
    room = made.room
    prepare(made, now)
    person = classroom.newcomer()
    classroom.hold_post(person, room.cooperatives[0])
    with pytest.raises(Forbidden) as refused:
        key(made, now, marked(made), room.actor(person_id=person))
    assert refused.value.code == "own_cooperative"
    with pytest.raises(Forbidden) as refused:
        key(made, now, marked(made, 1), room.assessor_actor(person_id=room.people[1]), 1)
    assert refused.value.code == "own_result"
    assert count(PaperEntry) == 0
    # Nor does anybody print the questions they are going to be asked.
    other = build_test(room)
    assert room.enrollments[2] not in prepare(other, now, actor=room.actor(person_id=room.people[2]))


def test_foreign_tests_and_people_are_refused(made: Made, now: datetime) -> None:
    room, other = made.room, build()
    prepare(made, now, [0])
    with pytest.raises(NotFound):
        prepare(made, now, actor=other.actor())
    with pytest.raises(NotFound):
        key(made, now, marked(made), other.actor())
    with pytest.raises(NotFound), transaction():
        paper.key_in(
            test_id=made.test_id, enrollment_id=other.enrollments[0], typed={}, actor=room.actor(), now=now
        )
    with pytest.raises(DomainError) as refused, transaction():
        paper.prepare_sheets(
            test_id=made.test_id, enrollment_ids=[room.enrollments[1], other.enrollments[0]],
            actor=room.actor(), now=now,
        )  # fmt: skip
    assert refused.value.code == "outside_batch"
    admin = GrantedActor(room.admin.id, None, "W", (Grant(Role.CENTER_ADMIN, "center", str(room.center_id)),))
    with pytest.raises(Forbidden):
        prepare(made, now, actor=admin)
    assert count(Attempt) == 1


def test_a_test_that_is_not_published_prints_nothing(room: Classroom, now: datetime) -> None:
    with pytest.raises(Conflict) as refused:
        prepare(build_test(room, state="draft"), now)
    assert refused.value.code == "test_not_published"


def test_too_few_questions_prepare_nobody(made: Made, now: datetime) -> None:
    with transaction():
        db.session.execute(
            sa.text("update question set state = 'retired' where id = :q"), {"q": made.all[0][1]}
        )
    with pytest.raises(Conflict) as refused:
        prepare(made, now)
    assert refused.value.code == "questions_missing"
    assert count(Attempt) == 0


def test_a_retest_on_paper_asks_what_is_open(made: Made, now: datetime) -> None:
    room, units = made.room, list(made.questions)
    again = build_test(room, is_retest=True)
    with transaction():
        verdict = record_verdict(
            enrollment_id=room.enrollments[1], unit_id=units[1], value="not_yet_competent", note="x",
            actor=room.actor(), now=now,
        )  # fmt: skip
        db.session.add(
            Retest(
                enrollment_id=room.enrollments[1], unit_id=units[1], verdict_id=verdict.id,
                test_id=again.test_id, opened_at=now,
            )
        )  # fmt: skip
    assert prepare(again, now) == [room.enrollments[1]]
    asked = db.session.scalars(sa.select(AttemptItem.unit_id))
    assert set(asked) == {units[1]}


def test_a_sheet_that_nobody_keyed_in_can_be_withdrawn(made: Made, now: datetime) -> None:
    room = made.room
    prepare(made, now, [0, 1])
    with transaction():
        paper.withdraw_sheet(
            test_id=made.test_id, enrollment_id=room.enrollments[0], actor=room.actor(), now=now
        )
    assert count(Attempt) == 1
    assert len(events("paper.withdrawn")) == 1
    key(made, now, marked(made, 1), room.actor(), 1)
    with pytest.raises(Conflict) as refused, transaction():
        paper.withdraw_sheet(
            test_id=made.test_id, enrollment_id=room.enrollments[1], actor=room.actor(), now=now
        )
    assert refused.value.code == "sheet_keyed"


def test_preparing_and_keying_take_a_fixed_number_of_statements(
    db_session: Any, now: datetime, query_count: Callable[..., Any]
) -> None:
    counts = []
    for people in (3, 40):
        made = build_test(build(people=people))
        with query_count() as prepared:
            prepare(made, now)
        typed = marked(made)
        key(made, now, typed, made.room.actor())
        with query_count() as keyed:
            key(made, now, typed, made.room.assessor_actor())
        counts.append((len(prepared), len(keyed)))
    assert counts[0] == counts[1]
    assert counts[0][0] <= 20
    assert counts[0][1] <= 25
