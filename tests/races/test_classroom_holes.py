"""Two acts around a written test at the same moment that spoiled each other once; each keeps its name."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from portal.assessment.models import Attempt, Verdict, WrittenTest
from portal.assessment.queries import results
from portal.assessment.rules.keys import KeyEdit
from portal.assessment.services import keys
from portal.assessment.services import tests as planning
from portal.assessment.services import written as applying
from portal.assessment.services.answer_files import adopt_answer_file, open_answer_file, page_stamp
from portal.assessment.services.closing import void_attempt
from portal.core.crypto import cipher
from portal.core.db import db, transaction
from tests.support.answer_file import late_file, seal
from tests.support.classroom import build
from tests.support.races import at_once
from tests.support.tested import OPENS, Made, build_test, sit

ROUNDS = 6


def _taken_over(made: Made, now: datetime) -> Any:
    actor = made.room.assessor_actor()
    seen = applying.plan_digest(
        *applying.proposals_of(results.get_test_head(actor, made.test_id), actor, now)
    )
    db.session.rollback()

    def run() -> None:
        with transaction():
            applying.apply_results(test_id=made.test_id, seen=seen, actor=actor, now=now)

    return run


def _verdicts() -> int:
    return int(db.session.scalar(sa.select(sa.func.count(Verdict.id))) or 0)


def test_results_of_a_test_that_was_called_off_are_no_verdicts(
    app: Any, db_session: Any, now: datetime
) -> None:
    for _round in range(ROUNDS):
        before, room = _verdicts(), build(people=3)
        made = build_test(room, units=1)
        for person in range(3):
            sit(made, person, [3])

        def cancel(made: Made = made, actor: Any = room.assessor_actor()) -> None:  # noqa: B008 - this thread
            with transaction():
                planning.cancel_test(
                    batch_id=made.room.batch_id, test_id=made.test_id, reason="Soal bocor", actor=actor,
                    now=now,
                )  # fmt: skip

        outcomes = at_once(app, [_taken_over(made, now), cancel])
        state = db.session.scalar(sa.select(WrittenTest.state).where(WrittenTest.id == made.test_id))
        made_verdicts = _verdicts() - before
        assert (state, made_verdicts, outcomes[0] == "ok", outcomes[1] == "ok") in (
            ("cancelled", 0, False, True), ("published", 3, True, False),
        )  # fmt: skip


def test_a_sitting_declared_void_carries_no_verdict(app: Any, db_session: Any, now: datetime) -> None:
    for _round in range(ROUNDS):
        before, room = _verdicts(), build(people=2)
        made = build_test(room, units=1)
        attempts = [sit(made, person, [3]) for person in range(2)]

        def void(made: Made = made, actor: Any = room.actor()) -> None:  # noqa: B008 - read by this thread
            with transaction():
                void_attempt(
                    test_id=made.test_id, enrollment_id=made.room.enrollments[0], reason="Menyontek",
                    actor=actor, now=now,
                )  # fmt: skip

        outcomes = at_once(app, [_taken_over(made, now), void])
        state = db.session.scalar(sa.select(Attempt.state).where(Attempt.id == attempts[0]))
        made_verdicts = _verdicts() - before
        assert (state, made_verdicts, outcomes) in (
            ("void", 0, ["results_changed", "ok"]), ("submitted", 2, ["ok", "results_adopted"]),
        )  # fmt: skip


def test_a_file_adopted_while_a_key_is_corrected_ends_for_both(
    app: Any, db_session: Any, now: datetime
) -> None:
    """They took the same two locks in opposite order, so that the database ended one of them."""
    edit, later = KeyEdit(("b",)), OPENS + timedelta(hours=1)
    for _round in range(ROUNDS):
        room = build(people=2)
        made = build_test(room, units=1, center_id=room.center_id)
        attempts = [sit(made, person, [0], wrong="c") for person in range(2)]
        private, public = planning._new_keys()
        with transaction():
            test = db.session.get_one(WrittenTest, made.test_id)
            test.file_key_cipher = cipher().encrypt(private, planning.KEY_AAD, test.id)
            test.file_public = public
        begun = OPENS + timedelta(minutes=5)
        inside = {
            "attempt": attempts[0], "stamp": page_stamp(attempts[0], begun), "elapsed": 60_000,
            "answers": [[1, 2, "b", 30_000]],
        }  # fmt: skip
        body, judge, teacher = seal(made.test_id, public, inside), room.assessor_actor(), room.actor()
        question = made.all[0][1]
        seen = keys.preview_correction(question_id=question, edit=edit, actor=judge, now=later).digest
        shown = open_answer_file(test_id=made.test_id, body=body, actor=teacher, now=later).digest
        db.session.rollback()

        def hand_over(
            made: Made = made, body: bytes = body, shown: str = shown, actor: Any = teacher
        ) -> None:
            with transaction():
                adopt_answer_file(
                    test_id=made.test_id, body=body, reason="Sinyal hilang", seen=shown, actor=actor,
                    now=later,
                )  # fmt: skip

        def correct(question: int = question, seen: str = seen, actor: Any = judge) -> None:
            with transaction():
                keys.adopt_correction(
                    question_id=question, edit=edit, reason="Kunci tertukar", seen=seen, actor=actor,
                    now=later,
                )  # fmt: skip

        outcomes = at_once(app, [hand_over, correct])
        assert outcomes[0] == "ok"
        assert outcomes[1] in ("ok", "preview_changed")
        score = db.session.scalar(sa.select(Attempt.score).where(Attempt.id == attempts[0]))
        points = 1.0 if outcomes[1] == "ok" else 0.0
        assert score == {str(room.units[0]): [points, 3.0]}


def test_a_late_file_and_the_taking_over_of_its_test_end_with_the_same_verdict(
    app: Any, db_session: Any, now: datetime
) -> None:
    """Whoever comes first: the verdict in force rests on all answers, or the page proposes it anew."""
    later = OPENS + timedelta(hours=5)
    for _round in range(ROUNDS):
        room = build(people=1)
        made = build_test(room, units=1)
        attempt, judge = sit(made, 0, [1]), room.assessor_actor()
        body = late_file(made, attempt, {2: "a"})
        shown = open_answer_file(test_id=made.test_id, body=body, actor=judge, now=later).digest
        take = _taken_over(made, later)

        def hand_over(made: Made = made, body: bytes = body, shown: str = shown, actor: Any = judge) -> None:
            with transaction():
                adopt_answer_file(
                    test_id=made.test_id, body=body, reason="Sinyal hilang", seen=shown, actor=actor,
                    now=later,
                )  # fmt: skip

        outcomes = at_once(app, [hand_over, take, hand_over, take])
        assert set(outcomes) <= {"ok", "preview_changed", "results_changed"}
        assert "ok" in outcomes
        shown_now = open_answer_file(test_id=made.test_id, body=body, actor=judge, now=later)
        if shown_now.count("new"):
            with transaction():
                adopt_answer_file(
                    test_id=made.test_id, body=body, reason="Sinyal hilang", seen=shown_now.digest,
                    actor=judge, now=later,
                )  # fmt: skip
        db.session.rollback()
        _taken_over(made, later)()
        (stands,) = db.session.scalars(
            sa.select(Verdict).where(Verdict.enrollment_id == room.enrollments[0], Verdict.is_current)
        )
        assert (stands.value, stands.evidence["written"]["score"]) == ("competent", 2.0)
        db.session.rollback()


def test_a_late_file_handed_over_twice_changes_one_verdict_once(
    app: Any, db_session: Any, now: datetime
) -> None:
    later = OPENS + timedelta(hours=5)
    for _round in range(ROUNDS):
        room = build(people=1)
        made = build_test(room, units=1)
        attempt, judge = sit(made, 0, [1]), room.assessor_actor()
        _taken_over(made, later)()
        body = late_file(made, attempt, {2: "a"})
        shown = open_answer_file(test_id=made.test_id, body=body, actor=judge, now=later).digest
        db.session.rollback()

        def hand_over(made: Made = made, body: bytes = body, shown: str = shown, actor: Any = judge) -> None:
            with transaction():
                adopt_answer_file(
                    test_id=made.test_id, body=body, reason="Sinyal hilang", seen=shown, actor=actor,
                    now=later,
                )  # fmt: skip

        assert at_once(app, [hand_over] * 8) == ["ok"] * 8
        versions = db.session.execute(
            sa.select(Verdict.version, Verdict.value)
            .where(Verdict.enrollment_id == room.enrollments[0])
            .order_by(Verdict.version)
        ).all()
        assert [tuple(row) for row in versions] == [(1, "not_yet_competent"), (2, "competent")]
        db.session.rollback()
