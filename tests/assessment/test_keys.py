"""A wrong key corrected afterwards: the dry run, the one act, and what it leaves alone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from portal.assessment import queries, services
from portal.assessment.models import Attempt, KeyCorrection, Question, QuestionVersion, Verdict
from portal.assessment.queries import keys as key_queries
from portal.assessment.queries import results
from portal.assessment.rules.keys import KeyEdit
from portal.assessment.services import keys, scoring
from portal.assessment.services import written as applying
from portal.core.audit import AuditEvent
from portal.core.db import db, transaction
from portal.core.errors import Conflict, DomainError, Forbidden, NotFound
from portal.core.permissions import Grant, GrantedActor, Role
from tests.support import classroom
from tests.support.classroom import Classroom, build
from tests.support.tested import Made, add_version, build_test, single, sit

K, BK = "competent", "not_yet_competent"
B_IS_RIGHT = KeyEdit(("b",))
WHY = "Kunci tertukar: bukti kas masuk ada di pilihan b"


@pytest.fixture
def room(db_session: Any) -> Classroom:
    return build()


@pytest.fixture
def made(room: Classroom) -> Made:
    return build_test(room, center_id=room.center_id)


def take_over(made: Made, now: datetime) -> None:
    actor = made.room.assessor_actor()
    head = results.get_test_head(actor, made.test_id)
    seen = applying.plan_digest(*applying.proposals_of(head, actor, now))
    with transaction():
        applying.apply_results(test_id=made.test_id, seen=seen, actor=actor, now=now)


def preview(
    made: Made, now: datetime, edit: KeyEdit = B_IS_RIGHT, number: int = 0, **more: Any
) -> keys.Preview:
    actor = more.pop("actor", None) or made.room.assessor_actor()
    db.session.rollback()
    return keys.preview_correction(question_id=made.all[number][1], edit=edit, actor=actor, now=now)


def adopt(
    made: Made, now: datetime, edit: KeyEdit = B_IS_RIGHT, number: int = 0, seen: str = "", **more: Any
) -> KeyCorrection | None:
    actor = more.pop("actor", None) or made.room.assessor_actor()
    seen = seen or preview(made, now, edit, number, actor=actor).digest
    with transaction():
        return keys.adopt_correction(
            question_id=made.all[number][1], edit=edit, reason=more.pop("reason", WHY), seen=seen,
            actor=actor, now=now,
        )  # fmt: skip


def score_of(attempt_id: int) -> Any:
    db.session.expire_all()
    return db.session.execute(sa.select(Attempt.score).where(Attempt.id == attempt_id)).scalar_one()


def stands(room: Classroom, person: int = 0, unit: int = 0) -> Verdict:
    db.session.rollback()
    db.session.expire_all()
    return queries.verdicts_of(room.enrollments[person])[room.units[unit]]


def events(action: str) -> list[AuditEvent]:
    statement = sa.select(AuditEvent).where(AuditEvent.action == action).order_by(AuditEvent.seq)
    return list(db.session.scalars(statement))


def everything() -> tuple[Any, ...]:
    """What must not move by looking or by a refusal."""
    db.session.rollback()
    return (
        db.session.execute(sa.select(Attempt.id, Attempt.score).order_by(Attempt.id)).all(),
        db.session.execute(sa.select(Question.id, Question.version).order_by(Question.id)).all(),
        db.session.execute(sa.select(sa.func.count()).select_from(Verdict)).scalar_one(),
        db.session.execute(sa.select(sa.func.count()).select_from(KeyCorrection)).scalar_one(),
        db.session.execute(sa.select(sa.func.count()).select_from(AuditEvent)).scalar_one(),
    )


def test_the_dry_run_says_who_changes_and_writes_nothing(made: Made, now: datetime) -> None:
    room = made.room
    sit(made, 0, [1, 3])  # right by the old key in the first question: loses it
    sit(made, 1, [3, 3])
    sit(made, 2, [0, 3])  # "b" everywhere in the first unit
    take_over(made, now)
    before = everything()
    found = preview(made, now)
    assert everything() == before
    rows = {e.holder.enrollment_id: (e.old, e.new, e.stands, e.proposed, e.fate) for e in found.moved}
    assert rows == {
        room.enrollments[0]: (1.0, 0.0, BK, BK, "points"),
        room.enrollments[1]: (3.0, 2.0, K, K, "points"),
        room.enrollments[2]: (0.0, 1.0, BK, BK, "points"),
    }
    assert (found.asked, found.other_options) == (3, 0)


def test_adopting_is_one_act_that_changes_verdicts_both_ways(made: Made, now: datetime) -> None:
    room = made.room
    with transaction():
        db.session.execute(sa.text("update written_test set blueprint = replace(blueprint, '60', '34')"))
    up = sit(made, 0, [0, 3])
    down = sit(made, 1, [1, 3])  # 1 of 3 needs 34 %: BK; the corrected key takes it to 0
    steady = sit(made, 2, [3, 3])
    with transaction():
        db.session.execute(sa.text("update written_test set blueprint = replace(blueprint, '34', '33')"))
    take_over(made, now)
    assert (stands(room, 0).value, stands(room, 1).value) == (BK, K)
    correction = adopt(made, now)
    assert correction is not None
    assert (correction.old_version, correction.new_version, correction.reason) == (1, 2, WHY)
    assert (score_of(up)[str(room.units[0])], score_of(down)[str(room.units[0])]) == ([1, 3], [0, 3])
    assert score_of(steady)[str(room.units[0])] == [2, 3]
    assert score_of(up)[str(room.units[1])] == [3, 3]
    risen, fallen = stands(room, 0), stands(room, 1)
    assert (risen.value, risen.source, risen.version) == (K, "key", 2)
    assert risen.evidence == {
        "written": {"attempt": up, "score": 1.0, "of": 3.0, "needed": 33}, "key": correction.id,
    }  # fmt: skip
    assert (fallen.value, fallen.note) == (BK, "Uji tertulis: 0 dari 3, perlu 0,99")
    assert stands(room, 2).version == 1
    (act,) = events("key.corrected")
    assert (act.object_kind, act.object_id) == ("question", str(made.all[0][1]))
    assert (act.data["rescored"], act.data["changed"]) == (3, 2)
    changed = [e for e in events("verdict.recorded") if e.data["source"] == "key"]
    assert {int(e.object_id) for e in changed} == {room.enrollments[0], room.enrollments[1]}
    kept = {one["enrollment_id"]: one for one in correction.changes}
    assert kept[room.enrollments[0]] == {
        "enrollment_id": room.enrollments[0], "unit_id": room.units[0], "test_id": made.test_id,
        "old_score": 0.0, "new_score": 1.0, "of": 3.0, "old": BK, "new": K, "applied": True,
        "certificate": "", "fate": "changed",
    }  # fmt: skip
    assert kept[room.enrollments[2]]["applied"] is False
    version = db.session.scalars(sa.select(QuestionVersion).order_by(QuestionVersion.id.desc())).first()
    assert version is not None
    assert (version.version, version.content["key"], version.note) == (2, "b", WHY)


def test_adopting_what_stands_already_changes_nothing(made: Made, now: datetime) -> None:
    sit(made, 0, [0, 3])
    take_over(made, now)
    adopt(made, now)
    before = everything()
    assert preview(made, now).is_idle
    assert adopt(made, now) is None
    assert everything() == before


def test_a_stale_dry_run_is_looked_at_again(made: Made, now: datetime) -> None:
    sit(made, 0, [0, 3])
    seen = preview(made, now).digest
    sit(made, 1, [0, 3])
    before = everything()
    with pytest.raises(Conflict) as refused:
        adopt(made, now, seen=seen)
    assert refused.value.code == "preview_changed"
    # Of another key than the one that was shown, just as well.
    with pytest.raises(Conflict):
        adopt(made, now, KeyEdit(("c",)), seen=preview(made, now).digest)
    assert everything() == before


def test_a_verdict_given_meanwhile_is_looked_at_again(made: Made, now: datetime) -> None:
    room = made.room
    sit(made, 0, [2, 3])  # K by two of three; the corrected key leaves one
    take_over(made, now)
    seen = preview(made, now).digest
    with transaction():
        services.record_verdict(
            enrollment_id=room.enrollments[0], unit_id=room.units[0], value=K, note="Lisan baik",
            actor=room.actor(), now=now,
        )  # fmt: skip
    with pytest.raises(Conflict):
        adopt(made, now, seen=seen)


def test_what_a_judge_said_by_hand_is_listed_and_stays(made: Made, now: datetime) -> None:
    room = made.room
    sit(made, 0, [2, 3])
    with transaction():
        services.record_verdict(
            enrollment_id=room.enrollments[0], unit_id=room.units[0], value=K, actor=room.actor(), now=now
        )
    found = preview(made, now)
    assert [e.fate for e in found.moved] == ["by_hand"]
    correction = adopt(made, now)
    assert correction is not None
    assert (stands(room).value, stands(room).source) == (K, "judged")
    assert [(one["applied"], one["fate"]) for one in correction.changes] == [(False, "by_hand")]


def test_an_annulled_question_gives_everybody_the_point(made: Made, now: datetime) -> None:
    attempts = [sit(made, 0, [0, 3]), sit(made, 1, [3, 3])]
    adopt(made, now, KeyEdit(is_void=True))
    unit = str(made.room.units[0])
    assert [score_of(attempt)[unit] for attempt in attempts] == [[1, 3], [3, 3]]


def test_every_version_with_the_same_options_is_scored_again(made: Made, now: datetime) -> None:
    unit, question = made.all[0]
    first = sit(made, 0, [0, 3])
    with transaction():
        add_version(question, 2, single(stem="Kalimat yang lebih jelas?"))
    second = sit(made, 1, [0, 3])
    with transaction():
        options = [{"id": i, "text": f"Lain {i}"} for i in "abc"]
        add_version(question, 3, {**single(), "options": options})
    third = sit(made, 2, [0, 3])
    with transaction():
        add_version(question, 4, single(stem="Kalimat yang lebih jelas?"))
    found = preview(made, now)
    assert (found.asked, found.other_options) == (3, 1)
    adopt(made, now)
    assert [score_of(a)[str(unit)] for a in (first, second, third)] == [[1, 3], [1, 3], [0, 3]]


def test_who_is_still_sitting_is_judged_by_the_corrected_key(made: Made, now: datetime) -> None:
    unit = str(made.room.units[0])
    running = sit(made, 0, [0, 3], state="running")
    correction = adopt(made, now)
    assert correction is not None
    assert correction.changes == []
    with transaction():
        db.session.execute(
            sa.update(Attempt).where(Attempt.id == running).values(state="submitted", closed_at=now)
        )
        scoring.score_attempt(running, now=now)
    assert score_of(running)[unit] == [1, 3]


def test_void_sittings_and_cancelled_tests_are_left_alone(made: Made, now: datetime) -> None:
    sit(made, 0, [0, 3], state="void")
    assert preview(made, now).asked == 0


def test_ones_own_people_are_left_to_somebody_else(made: Made, now: datetime) -> None:
    room = made.room
    sit(made, 0, [0, 3])
    person = classroom.newcomer()
    classroom.hold_post(person, room.cooperatives[0])
    own = room.assessor_actor(person_id=person)
    assert "koperasi Anda" in preview(made, now, actor=own).own
    before = everything()
    with pytest.raises(Forbidden):
        adopt(made, now, actor=own)
    assert everything() == before
    assert adopt(made, now) is not None


def admin_of_all(room: Classroom) -> GrantedActor:
    return GrantedActor(room.admin.id, None, "Pusat", (Grant(Role.PLATFORM_ADMIN, "all", ""),))


def test_only_who_reaches_the_question_corrects_it(made: Made, now: datetime) -> None:
    sit(made, 0, [0, 3])
    seen = preview(made, now).digest
    other = build()
    before = everything()
    with pytest.raises(NotFound):
        adopt(made, now, seen=seen, actor=other.assessor_actor())
    with pytest.raises(Forbidden):
        adopt(made, now, seen=seen, actor=made.room.actor())
    national = build_test(made.room)
    with pytest.raises(NotFound):
        preview(national, now)
    assert preview(national, now, actor=admin_of_all(made.room)).asked == 0
    # A center's questions are its assessors', the country's are the platform's.
    with pytest.raises(NotFound):
        preview(made, now, actor=admin_of_all(made.room))
    with pytest.raises(NotFound), transaction():
        keys.adopt_correction(
            question_id=987_654, edit=B_IS_RIGHT, reason=WHY, seen="x", actor=made.room.assessor_actor(),
            now=now,
        )  # fmt: skip
    assert everything()[0] == before[0]


@pytest.mark.parametrize(
    ("edit", "reason", "field"),
    [(KeyEdit(), WHY, "key"), (KeyEdit(("z",)), WHY, "key"), (B_IS_RIGHT, " ", "reason")],
)
def test_bad_input_names_its_field(made: Made, now: datetime, edit: KeyEdit, reason: str, field: str) -> None:
    sit(made, 0, [0, 3])
    before = everything()
    with pytest.raises(DomainError) as refused:
        adopt(made, now, edit, seen="x", reason=reason)
    assert (refused.value.status, refused.value.field) == (422, field)
    assert everything() == before


def test_past_corrections_by_question_and_by_batch(made: Made, now: datetime) -> None:
    room, question = made.room, made.all[0][1]
    sit(made, 0, [0, 3])
    first = adopt(made, now)
    second = adopt(made, now + timedelta(hours=1), KeyEdit(("c", "b")))
    assert first is not None
    assert second is not None
    past = key_queries.corrections_of_question(question)
    assert [(one.new_version, one.by, one.reason) for one in past] == [
        (3, "Andi Asesor", WHY),
        (2, "Andi Asesor", WHY),
    ]
    assert [one.id for one in key_queries.corrections_of_batch(room.batch_id)] == [first.id]
    assert key_queries.corrections_of_batch(build().batch_id) == []
    assert key_queries.get_correction(question, first.id).changes[0]["enrollment_id"] == room.enrollments[0]
    with pytest.raises(NotFound):
        key_queries.get_correction(made.all[1][1], first.id)


def test_a_large_correction_takes_a_bounded_number_of_statements(
    db_session: Any, now: datetime, query_count: Callable[..., Any]
) -> None:
    counts = []
    for people in (3, 60):
        room = build(people=people)
        made = build_test(room, center_id=room.center_id, units=1, needed_pct=33)
        for person in range(people):
            sit(made, person, [0])
        take_over(made, now)
        with query_count() as looked:
            found = preview(made, now)
        with query_count() as statements:
            adopt(made, now, seen=found.digest)
        assert stands(room, people - 1).value == K
        counts.append((len(looked), len(statements)))
    assert counts[0] == counts[1]
    assert counts[0][0] <= 12
    assert counts[0][1] <= 40
