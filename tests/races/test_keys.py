"""Corrected keys, results taken over and paper keyed in, all at the same moment."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
import sqlalchemy as sa

from portal.assessment.models import (
    Answer,
    Attempt,
    KeyCorrection,
    PaperEntry,
    Question,
    QuestionVersion,
    Verdict,
)
from portal.assessment.queries import paper as sheets
from portal.assessment.queries import results
from portal.assessment.rules.keys import KeyEdit
from portal.assessment.rules.paper import typed_sheet
from portal.assessment.services import keys, paper, record_verdict, scoring
from portal.assessment.services import written as applying
from portal.assessment.services.closing import close_attempt
from portal.core.audit import AuditEvent, check_chain
from portal.core.db import db, transaction
from tests.support import classroom
from tests.support.classroom import build
from tests.support.races import CONCURRENT, ROUNDS, at_once
from tests.support.tested import Made, build_test, sit

K, BK = "competent", "not_yet_competent"


def count(model: Any, *where: Any) -> int:
    return db.session.execute(sa.select(sa.func.count()).select_from(model).where(*where)).scalar_one()


def class_with_answers(people: int = 3) -> Made:
    """Everybody answered "b" in the first unit; needed is a third, so the right key "b" makes them K."""
    room = build(people=people)
    made = build_test(room, center_id=room.center_id, units=1, needed_pct=33)
    for person in range(people):
        sit(made, person, [0])
    return made


def take_over(made: Made, now: datetime) -> None:
    actor = made.room.assessor_actor()
    found = applying.proposals_of(results.get_test_head(actor, made.test_id), actor, now)
    seen = applying.plan_digest(*found)
    with transaction():
        applying.apply_results(test_id=made.test_id, seen=seen, actor=actor, now=now)


def adoption(made: Made, key: str, now: datetime) -> Callable[[], Any]:
    """An adoption whose dry run was looked at before."""
    actor, question_id, edit = made.room.assessor_actor(), made.all[0][1], KeyEdit((key,))
    seen = keys.preview_correction(question_id=question_id, edit=edit, actor=actor, now=now).digest
    db.session.rollback()

    def adopt() -> None:
        with transaction():
            keys.adopt_correction(
                question_id=question_id, edit=edit, reason="Kunci tertukar", seen=seen, actor=actor, now=now
            )

    return adopt


@pytest.mark.parametrize("wanted", [("b", "c"), ("b",) * CONCURRENT, ("b", "c") * (CONCURRENT // 2)])
def test_of_two_corrections_one_is_adopted(
    app: Any, db_session: Any, now: datetime, wanted: tuple[str, ...]
) -> None:
    for _round in range(ROUNDS):
        made = class_with_answers(people=2)
        take_over(made, now)
        adoptions = {key: adoption(made, key, now) for key in set(wanted)}
        outcomes = at_once(app, [adoptions[key] for key in wanted])
        question = made.all[0][1]
        assert db.session.get_one(Question, question).version == 2
        assert count(KeyCorrection, KeyCorrection.question_id == question) == 1
        assert count(QuestionVersion, QuestionVersion.question_id == question) == 2
        key = db.session.scalars(
            sa.select(QuestionVersion.content).where(
                QuestionVersion.question_id == question, QuestionVersion.version == 2
            )
        ).one()["key"]
        # The very same correction finds its work done; any other looks again.
        assert outcomes == ["ok" if one == key else "preview_changed" for one in wanted]
        risen = count(
            Verdict, Verdict.is_current, Verdict.source == "key", Verdict.unit_id == made.room.units[0]
        )
        assert risen == (len(made.room.people) if key == "b" else 0)
    assert list(check_chain(db.session())) == []


def test_a_key_corrected_while_tests_are_handed_in(app: Any, db_session: Any, now: datetime) -> None:
    for _round in range(ROUNDS):
        room = build(people=5)
        made = build_test(room, center_id=room.center_id, units=1)
        running = [sit(made, person, [0], state="running") for person in range(5)]
        teacher = room.actor()

        def hand_in(attempt_id: int, actor: Any = teacher) -> Callable[[], None]:
            def close() -> None:
                with transaction():
                    close_attempt(attempt_id=attempt_id, state="submitted", actor=actor, now=now)

            return close

        adopt = adoption(made, "b", now)
        # Five adopt, and seven devices of each person hand in.
        outcomes = at_once(app, [*[adopt] * 5, *(hand_in(attempt_id) for attempt_id in running * 7)])
        assert outcomes[5:] == ["ok"] * 35
        assert set(outcomes[:5]) <= {"ok", "preview_changed"}
        if "ok" not in outcomes[:5]:
            # Somebody was faster, so that the dry run no longer told the truth: look again, then adopt.
            adoption(made, "b", now)()
        scores = db.session.scalars(sa.select(Attempt.score).where(Attempt.test_id == made.test_id)).all()
        assert scores == [{str(room.units[0]): [1.0, 3.0]}] * 5


def test_a_verdict_by_hand_and_a_correction_never_overwrite_each_other(
    app: Any, db_session: Any, now: datetime
) -> None:
    for _round in range(ROUNDS):
        made = class_with_answers(people=1)
        take_over(made, now)
        room = made.room

        def judge(room: Any = room, actor: Any = room.actor()) -> None:  # noqa: B008 - read by this thread
            with transaction():
                record_verdict(
                    enrollment_id=room.enrollments[0], unit_id=room.units[0], value=BK, note="Lisan kurang",
                    expected_version=1, actor=actor, now=now,
                )  # fmt: skip

        outcomes = at_once(app, [adoption(made, "b", now), judge] * (CONCURRENT // 2))
        adopted, judged = set(outcomes[::2]), set(outcomes[1::2])
        stands = db.session.scalars(
            sa.select(Verdict).where(Verdict.enrollment_id == room.enrollments[0], Verdict.is_current)
        ).one()
        assert (adopted, judged, stands.source) in (
            ({"ok"}, {"verdict_conflict"}, "key"),
            ({"preview_changed"}, {"ok"}, "judged"),
        )


def test_results_taken_over_at_once_are_taken_over_once(app: Any, db_session: Any, now: datetime) -> None:
    for round_ in range(1, ROUNDS + 1):
        made = class_with_answers(people=4)
        actor = made.room.assessor_actor()
        found = applying.proposals_of(results.get_test_head(actor, made.test_id), actor, now)
        seen = applying.plan_digest(*found)
        db.session.rollback()

        def apply(test_id: int = made.test_id, seen: str = seen, actor: Any = actor) -> None:
            with transaction():
                applying.apply_results(test_id=test_id, seen=seen, actor=actor, now=now)

        assert at_once(app, [apply] * CONCURRENT) == ["ok"] * CONCURRENT
        assert count(Verdict) == 4 * round_
        assert count(AuditEvent, AuditEvent.action == "test.applied") == round_


def sheet_of(made: Made) -> Any:
    return sheets.get_sheet(made.test_id, made.room.enrollments[0])


def all_a(made: Made) -> dict[str, str]:
    attempt_id = sheet_of(made).attempt_id
    views = sheets.views_of([attempt_id])[0][attempt_id]
    return typed_sheet(views, {position: "a" for position, _view in views})


def test_sheets_prepared_at_once_are_drawn_once(app: Any, db_session: Any, now: datetime) -> None:
    for round_ in range(1, ROUNDS + 1):
        room = build(people=5)
        made, actor = build_test(room), room.actor()
        db.session.rollback()

        def prepare(test_id: int = made.test_id, actor: Any = actor) -> None:
            with transaction():
                paper.prepare_sheets(test_id=test_id, enrollment_ids=None, actor=actor, now=now)

        assert at_once(app, [prepare] * CONCURRENT) == ["ok"] * CONCURRENT
        assert count(Attempt, Attempt.test_id == made.test_id) == 5
        assert count(AuditEvent, AuditEvent.action == "paper.prepared") == 5 * round_
        drawn = [one.attempt_id for one in sheets.sheets_of(made.test_id).values()]
        views, _pictures = sheets.views_of(drawn)
        assert sorted(map(len, views.values())) == [6] * 5


def test_three_people_key_a_sheet_in_at_once(app: Any, db_session: Any, now: datetime) -> None:
    for _round in range(ROUNDS):
        room = build(people=1)
        made = build_test(room, units=1)
        with transaction():
            paper.prepare_sheets(test_id=made.test_id, enrollment_ids=None, actor=room.actor(), now=now)
        typed = all_a(made)
        actors = [room.actor(), room.assessor_actor(), classroom.colleague(room)]
        db.session.rollback()

        def key(actor: Any, made: Made = made, typed: Any = typed) -> Callable[[], None]:
            def run() -> None:
                with transaction():
                    paper.key_in(
                        test_id=made.test_id, enrollment_id=made.room.enrollments[0], typed=typed,
                        actor=actor, now=now,
                    )  # fmt: skip

            return run

        # The third colleague has one turn more than the others.
        outcomes = at_once(app, [key(actor) for actor in [*actors * 13, actors[2]]])
        attempt_id = sheet_of(made).attempt_id
        keyed = sa.select(PaperEntry.entered_by).where(PaperEntry.attempt_id == attempt_id)
        first, second = db.session.scalars(keyed.order_by(PaperEntry.turn))
        told: dict[int | None, set[str]] = {}
        for index, outcome in enumerate(outcomes):
            told.setdefault(actors[2 if index == 39 else index % 3].user_id, set()).add(outcome)
        # Two agree and the sheet is done; both find it so again, and the third finds it keyed in twice from
        # the beginning.
        assert told.pop(second) == {"ok"}
        assert told.pop(first) == {"ok"}
        assert list(told.values()) == [{"keyed_twice"}]
        assert count(Answer, Answer.attempt_id == attempt_id) == 3
        assert db.session.get_one(Attempt, attempt_id).state == "submitted"


def test_scoring_twice_at_once_stores_the_same(app: Any, db_session: Any, now: datetime) -> None:
    made = class_with_answers(people=ROUNDS)
    for attempt_id in db.session.scalars(sa.select(Attempt.id)).all():
        db.session.rollback()

        def score(attempt_id: int = attempt_id) -> None:
            with transaction():
                scoring.score_attempt(attempt_id, now=now)

        assert at_once(app, [score] * CONCURRENT) == ["ok"] * CONCURRENT
        stored = db.session.get_one(Attempt, attempt_id).score
        assert stored == {str(made.room.units[0]): [0.0, 3.0]}
