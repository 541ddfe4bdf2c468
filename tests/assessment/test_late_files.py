"""An answer file that comes after the test's results became verdicts: shown, then changed as one act."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from portal.assessment import queries, services
from portal.assessment.models import Attempt, Verdict, VerdictCorrection
from portal.assessment.queries import results
from portal.assessment.services import answer_files, corrections, written
from portal.catalog.models import Curriculum
from portal.core.audit import AuditEvent
from portal.core.db import db, transaction
from portal.core.errors import Conflict, DomainError
from tests.assessment.test_keys_signed import rest_on, signed_class
from tests.support import issuing
from tests.support.answer_file import late_file
from tests.support.assessing import BK, K, state_of, verdict
from tests.support.classroom import build
from tests.support.tested import OPENS, Made, build_test, sit

LATER = OPENS + timedelta(hours=5)
REASON = "Sinyal hilang, disaksikan"


@pytest.fixture
def made(db_session: Any) -> Made:
    return build_test(build(people=2, units=2))


def take_over(made: Made) -> int:
    actor = made.room.assessor_actor()
    with transaction():
        seen = written.plan_digest(
            *written.proposals_of(results.get_test_head(actor, made.test_id), actor, LATER)
        )
        return written.apply_results(test_id=made.test_id, seen=seen, actor=actor, now=LATER)


def opened(made: Made, body: bytes, actor: Any = None) -> answer_files.OpenedFile:
    who = actor or made.room.assessor_actor()
    found = answer_files.open_answer_file(test_id=made.test_id, body=body, actor=who, now=LATER)
    db.session.rollback()
    return found


def adopt(made: Made, body: bytes, actor: Any = None, seen: str | None = None) -> int:
    who = actor or made.room.assessor_actor()
    shown = opened(made, body, who).digest if seen is None else seen
    with transaction():
        return answer_files.adopt_answer_file(
            test_id=made.test_id, body=body, reason=REASON, seen=shown, actor=who, now=LATER
        )


def fates(found: answer_files.OpenedFile) -> dict[int, tuple[str, str, str]]:
    return {one.unit_id: (one.fate, one.stands, one.proposed) for one in found.effects}


def events(action: str) -> list[Any]:
    wanted = sa.select(AuditEvent).where(AuditEvent.action == action).order_by(AuditEvent.seq)
    return list(db.session.scalars(wanted))


@pytest.mark.parametrize(
    ("right", "answer", "was", "becomes"),
    [([1, 3], "a", BK, K), ([2, 3], "b", K, BK)],
    ids=["rises", "falls"],
)
def test_an_applied_result_follows_the_file(
    made: Made, right: list[int], answer: str, was: str, becomes: str
) -> None:
    attempt = sit(made, 0, right)
    assert take_over(made) == 2
    first, second = made.room.units[:2]
    body = late_file(made, attempt, {2: answer, 4: "a"})
    # Of the second unit the server has that answer already.
    assert fates(opened(made, body)) == {first: ("changed", was, becomes)}
    assert verdict(made.room, unit=0).value == was
    assert adopt(made, body) == 1
    new = verdict(made.room, unit=0)
    assert (new.value, new.source, new.version) == (becomes, "written", 2)
    assert new.evidence["written"] == {
        "attempt": attempt, "score": 2.0 if becomes == K else 1.0, "of": 3.0, "needed": 60
    }  # fmt: skip
    assert new.note == ("" if becomes == K else "Uji tertulis: 1 dari 3, perlu 1,8")
    assert verdict(made.room, unit=1).version == 1
    (told,) = events("test.file_adopted")
    assert (told.data["changed"], told.data["asked"], told.data["reason"]) == (1, 0, REASON)
    assert events("verdict.recorded")[-1].data["was"] == was
    # The same file again is no second act, and the page of results proposes nothing.
    assert (adopt(made, body), take_over(made)) == (0, 0)
    assert queries.verdicts_of(made.room.enrollments[0])[second].version == 1


def test_what_was_not_shown_is_not_done(made: Made) -> None:
    attempt = sit(made, 0, [1, 3])
    body = late_file(made, attempt, {2: "a"})
    seen = opened(made, body).digest
    take_over(made)
    with pytest.raises(Conflict) as refused:
        adopt(made, body, seen=seen)
    assert refused.value.code == "preview_changed"
    assert (verdict(made.room).value, events("test.file_adopted")) == (BK, [])


def test_a_verdict_by_hand_stays_and_is_shown(made: Made) -> None:
    attempt = sit(made, 0, [1, 3])
    take_over(made)
    with transaction():
        services.record_verdict(
            enrollment_id=made.room.enrollments[0], unit_id=made.room.units[0], value=BK,
            note="Saldo kas belum cocok", actor=made.room.assessor_actor(), now=LATER,
        )  # fmt: skip
    body = late_file(made, attempt, {2: "a"})
    assert fates(opened(made, body)) == {made.room.units[0]: ("by_hand", BK, K)}
    assert adopt(made, body) == 1
    assert verdict(made.room).note == "Saldo kas belum cocok"


@pytest.mark.parametrize("source", ["written", "key"])
def test_a_trainer_who_may_not_judge_leaves_it_to_the_page_of_results(made: Made, source: str) -> None:
    attempt = sit(made, 0, [1, 3])
    take_over(made)
    with transaction():
        db.session.execute(sa.update(Curriculum).values(separate_assessor=True))
        if source == "key":
            db.session.execute(sa.update(Verdict).values(source="key"))
    body, trainer = late_file(made, attempt, {2: "a"}), made.room.actor()
    assert fates(opened(made, body, trainer)) == {made.room.units[0]: ("left", BK, K)}
    assert adopt(made, body, trainer) == 1
    assert verdict(made.room).value == BK
    # Now the test proposes it again, whatever its points became first.
    assert take_over(made) == 1
    assert (verdict(made.room).value, verdict(made.room).source) == (K, "written")


def test_the_blind_second_assessor_learns_nothing_and_changes_nothing(made: Made) -> None:
    attempt = sit(made, 0, [1, 3])
    take_over(made)
    with transaction():
        db.session.execute(sa.update(Curriculum).values(second_assessor=True))
        # The verdicts were somebody else's, so the assessor of the class gives the second word.
        db.session.execute(sa.update(Verdict).values(judged_by=made.room.instructor.id))
    body = late_file(made, attempt, {2: "a"})
    (effect,) = opened(made, body).effects
    assert (effect.fate, effect.stands, effect.verdict_id) == ("left", "", None)
    adopt(made, body)
    assert verdict(made.room).value == BK


def retested(made: Made) -> tuple[Made, int, int]:
    """(a written re-test of the first unit, the sitting that failed it, the re-test)."""
    room = made.room
    sit(made, 0, [1, 3])
    take_over(made)
    again = build_test(room, units=1, is_retest=True)
    with transaction():
        number = services.open_retest(
            batch_id=room.batch_id, enrollment_id=room.enrollments[0], unit_id=room.units[0],
            test_id=again.test_id, actor=room.assessor_actor(), now=LATER,
        ).id  # fmt: skip
    return again, sit(again, 0, [1]), number


def test_a_file_of_an_open_retest_waits_for_its_end(made: Made) -> None:
    again, attempt, number = retested(made)
    body = late_file(again, attempt, {2: "a"})
    assert fates(opened(again, body)) == {made.room.units[0]: ("retest", BK, K)}
    assert adopt(again, body) == 1
    assert verdict(made.room).value == BK
    assert take_over(again) == 1
    assert (verdict(made.room).value, verdict(made.room).evidence["retest"]) == (K, number)


@pytest.mark.parametrize("by", ["judge", "trainer"])
def test_an_ended_retest_follows_its_file(made: Made, by: str) -> None:
    again, attempt, number = retested(made)
    assert take_over(again) == 1
    assert (verdict(made.room).value, verdict(made.room).source) == (BK, "retest")
    if by == "trainer":
        with transaction():
            db.session.execute(sa.update(Curriculum).values(separate_assessor=True))
    actor = made.room.actor() if by == "trainer" else None
    assert adopt(again, late_file(again, attempt, {2: "a"}), actor) == 1
    assert take_over(again) == (1 if by == "trainer" else 0)
    new = verdict(made.room)
    assert (new.value, new.source, new.evidence["retest"]) == (K, "retest", number)
    # The first test does not take it back, and a signed re-test is not proposed again.
    assert take_over(made) == 0


def test_after_signing_a_file_asks_for_a_correction(db_session: Any, now: datetime) -> None:
    signed, made = signed_class(now)
    room = signed.room
    attempt = sit(made, 0, [2, 3])
    rest_on(attempt, room, 0, K)
    (code,) = [one.code for one in issuing.issue(signed, now) if one.enrollment_id == room.enrollments[0]]
    body = late_file(made, attempt, {1: "b"})
    (effect,) = opened(made, body).effects
    assert (effect.fate, effect.stands, effect.proposed, effect.certificate) == ("asked", K, BK, code)
    assert adopt(made, body) == 1
    (asked,) = db.session.scalars(sa.select(VerdictCorrection)).all()
    assert (asked.value, asked.reason, asked.state) == (BK, REASON, "open")
    assert asked.note == "Uji tertulis: 1 dari 3, perlu 1,8"
    assert (verdict(room).value, verdict(room).version) == (K, 1)
    assert db.session.get_one(Attempt, attempt).score[str(room.units[0])] == [1.0, 3.0]
    assert events("test.file_adopted")[0].data["asked"] == 1

    def decide() -> None:
        with transaction():
            corrections.decide_correction(correction_id=asked.id, approve=True, actor=signed.head, now=LATER)

    with pytest.raises(Conflict) as stands:
        decide()
    assert stands.value.code == "certificate_stands"
    issuing.change(signed, issuing.certificates(signed)[0], "revoke", LATER)
    decide()
    assert (verdict(room).value, verdict(room).source) == (BK, "correction")
    assert state_of(room) == "not_completed"


def test_a_correction_that_waits_already_keeps_the_file_out(db_session: Any, now: datetime) -> None:
    signed, made = signed_class(now)
    room = signed.room
    attempt = sit(made, 0, [1, 3])
    rest_on(attempt, room, 0, BK)
    with transaction():
        corrections.ask_correction(
            batch_id=room.batch_id, enrollment_id=room.enrollments[0], unit_id=room.units[0], value=K,
            note="", reason="Salah ketik", actor=room.assessor_actor(), now=LATER,
        )  # fmt: skip
    body = late_file(made, attempt, {2: "a"})
    with pytest.raises(Conflict) as refused:
        adopt(made, body)
    assert refused.value.code == "correction_open"
    assert events("test.file_adopted") == []


def test_a_file_that_only_moves_points_asks_nobody(db_session: Any, now: datetime) -> None:
    signed, made = signed_class(now)
    attempt = sit(made, 0, [2, 3])
    rest_on(attempt, signed.room, 0, K)
    body = late_file(made, attempt, {3: "a"})
    assert fates(opened(made, body)) == {signed.room.units[0]: ("points", K, K)}
    assert adopt(made, body) == 1
    assert db.session.scalars(sa.select(VerdictCorrection)).all() == []


def test_a_file_of_a_test_whose_answers_are_gone_is_refused(made: Made) -> None:
    attempt = sit(made, 0, [1, 3])
    body, actor = late_file(made, attempt, {2: "a"}), made.room.assessor_actor()
    with pytest.raises(DomainError) as refused:
        answer_files.open_answer_file(
            test_id=made.test_id, body=body, actor=actor, now=LATER + timedelta(days=731)
        )
    assert (refused.value.code, refused.value.field) == ("file_too_old", "file")
