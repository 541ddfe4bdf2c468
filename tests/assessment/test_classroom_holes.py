"""Ways around the rules of written tests, verdicts and appeals that were open once; each keeps its name."""

from __future__ import annotations

import struct
import zlib
from datetime import date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from portal.assessment import services
from portal.assessment.models import Question, WrittenTest
from portal.assessment.personal import results_data
from portal.assessment.queries import bank, results
from portal.assessment.queries.tests import pool_of, supply_of
from portal.assessment.rules.blueprint import Need
from portal.assessment.rules.keys import KeyEdit
from portal.assessment.services import keys
from portal.assessment.services import tests as planning
from portal.assessment.services import written as applying
from portal.assessment.services.closing import close_attempt
from portal.assessment.services.images import store_image
from portal.assessment.services.tests import Plan
from portal.assessment.services.written import apply_results
from portal.cooperatives.models import PostTerm
from portal.core.db import db, transaction
from portal.core.errors import DomainError, Forbidden, NotFound
from portal.core.permissions import Role
from portal.enrollment.models import Enrollment
from portal.people.models import Person
from tests.support.assessing import BK, K, assessor_of, fill, head_of, person_actor, sign, trainee_of, verdict
from tests.support.classroom import Classroom, build
from tests.support.tested import Made, add_question, build_test, sit

B_IS_RIGHT = KeyEdit(("b",))


def take_over(made: Made, now: datetime) -> int:
    actor = made.room.assessor_actor()
    head = results.get_test_head(actor, made.test_id)
    seen = applying.plan_digest(*applying.proposals_of(head, actor, now))
    with transaction():
        return apply_results(test_id=made.test_id, seen=seen, actor=actor, now=now)


def leave(room: Classroom, person: int) -> None:
    with transaction():
        db.session.execute(
            sa.update(Enrollment).where(Enrollment.id == room.enrollments[person]).values(state="withdrawn")
        )


def adopt(made: Made, now: datetime, actor: Any, edit: KeyEdit = B_IS_RIGHT) -> Any:
    question = made.all[0][1]
    db.session.rollback()
    seen = keys.preview_correction(question_id=question, edit=edit, actor=actor, now=now).digest
    with transaction():
        return keys.adopt_correction(
            question_id=question, edit=edit, reason="Kunci tertukar", seen=seen, actor=actor, now=now
        )


def add_everywhere(room: Classroom) -> int:
    """A question of the whole country's bank."""
    with transaction():
        return add_question(room.units[0])


def test_who_withdrew_after_the_test_does_not_keep_others_from_their_results(
    db_session: Any, now: datetime
) -> None:
    room = build(people=2)
    made = build_test(room, units=1)
    sit(made, 0, [3])
    sit(made, 1, [3])
    leave(room, 1)
    assert take_over(made, now) == 1
    assert verdict(room).value == K


def test_who_withdrew_after_the_test_does_not_keep_a_key_from_being_corrected(
    db_session: Any, now: datetime
) -> None:
    room = build(people=2)
    made = build_test(room, units=1, center_id=room.center_id, needed_pct=33)
    sit(made, 0, [0])
    sit(made, 1, [0])
    take_over(made, now)
    leave(room, 1)
    assert adopt(made, now, room.assessor_actor()) is not None
    assert verdict(room).value == K


def test_nobody_corrects_a_key_while_they_sit_the_question(db_session: Any, now: datetime) -> None:
    room = build(people=2)
    made = build_test(room, units=1, center_id=room.center_id)
    sit(made, 0, [0], state="running")
    sit(made, 1, [0])
    question = made.all[0][1]
    with pytest.raises(NotFound):
        adopt(made, now, room.assessor_actor(room.people[0]))
    # Nor for somebody of their own cooperative.
    with transaction():
        person = db.session.get_one(Person, room.people[1]).id
        db.session.add(
            PostTerm(cooperative_id=room.cooperatives[0], person_id=person, post="treasurer", source="roster",
                     starts_on=date(2026, 1, 1))
        )  # fmt: skip
    with pytest.raises(Forbidden):
        adopt(made, now, room.assessor_actor(person))
    assert db.session.get_one(Question, question).version == 1


def test_who_sits_a_test_sees_no_bank_until_it_is_over(db_session: Any, now: datetime) -> None:
    room = build(people=1)
    made = build_test(room, units=1, center_id=room.center_id)
    national, own = add_everywhere(room), made.all[0][1]
    actor = room.assessor_actor(room.people[0])
    assert bank.get_question(actor, own).id == own
    attempt = sit(made, 0, [0], state="running")
    for question in (own, national):
        with pytest.raises(NotFound):
            bank.get_question(actor, question)
    assert bank.questions_to_export(actor, room.units[0]) == []
    assert bank.questions_to_export(room.assessor_actor(), room.units[0])
    with transaction():
        close_attempt(attempt_id=attempt, state="submitted", actor=actor, now=now)
    assert bank.get_question(actor, own).id == own


def test_nobody_calls_off_a_test_that_they_sat(db_session: Any, now: datetime) -> None:
    room = build(people=2)
    made = build_test(room, units=1)
    sit(made, 0, [0])
    with pytest.raises(Forbidden), transaction():
        planning.cancel_test(
            batch_id=room.batch_id, test_id=made.test_id, reason="Bocor",
            actor=room.assessor_actor(room.people[0]), now=now,
        )  # fmt: skip
    assert db.session.scalar(sa.select(WrittenTest.state)) == "published"


def test_who_asked_for_a_correction_does_not_answer_the_appeal_against_it(
    db_session: Any, now: datetime
) -> None:
    room = build(people=1, units=1)
    fill(room, now)
    sign(room, now)
    asker, staff = assessor_of(room, "Minta Koreksi")
    with transaction():
        correction = services.ask_correction(
            batch_id=room.batch_id, enrollment_id=room.enrollments[0], unit_id=room.units[0], value=BK,
            note="Saldo salah", reason="Salah lihat", actor=person_actor(asker, Role.ASSESSOR), now=now,
        ).id  # fmt: skip
    head = person_actor(head_of(room), Role.CENTER_HEAD, room.center_id)
    with transaction():
        services.decide_correction(correction_id=correction, approve=True, actor=head, now=now)
    assert verdict(room).value == BK
    trainee = person_actor(trainee_of(room), Role.TRAINEE)
    with transaction():
        number = services.file_appeal(
            enrollment_id=room.enrollments[0], unit_id=room.units[0], reason="Cocok",
            actor=trainee, now=now,
        ).id  # fmt: skip
    admin = person_actor(room.admin, Role.CENTER_ADMIN, room.center_id)
    with pytest.raises(DomainError) as refused, transaction():
        services.assign_appeal(appeal_id=number, staff_id=staff, actor=admin, now=now)
    assert refused.value.code == "decider_involved"


def test_a_second_retest_needs_a_paper_that_the_person_has_not_sat(db_session: Any, now: datetime) -> None:
    room = build(people=1)
    fill(room, now, weak={0: 0})
    made = build_test(room, units=1, is_retest=True)
    cell: dict[str, Any] = {
        "batch_id": room.batch_id, "enrollment_id": room.enrollments[0], "unit_id": room.units[0],
        "test_id": made.test_id, "actor": room.assessor_actor(), "now": now,
    }  # fmt: skip
    with transaction():
        services.open_retest(**cell)
    sit(made, 0, [0])
    assert take_over(made, now) == 1
    with pytest.raises(DomainError) as refused, transaction():
        services.open_retest(**cell)
    assert refused.value.code == "test_unfit"


def test_a_question_that_was_made_void_gives_nobody_points_in_a_later_test(
    db_session: Any, now: datetime
) -> None:
    room = build(people=1)
    made = build_test(room, units=1, center_id=room.center_id)
    assert supply_of(room.units[:1], room.center_id) == {room.units[0]: 3}
    adopt(made, now, room.assessor_actor(), KeyEdit(is_void=True))
    assert supply_of(room.units[:1], room.center_id) == {room.units[0]: 2}
    stock = pool_of(room.units[:1], room.center_id)[room.units[0]]
    assert [one.question_id for one in stock] == [question for _unit, question in made.all[1:]]


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


_HEAD = struct.pack(">IIBBBBB", 100, 100, 8, 2, 0, 0, 0)
GARBLED = {
    "png": b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", _HEAD) + _chunk(b"IDAT", b"bukan") + _chunk(b"IEND", b""),
    "jpeg": bytes.fromhex("ffd8ffc000110800640064030122000211010311 01ffda000c03010002110311003f00")
    + b"bukan data\xff\xd9",
    "webp": b"RIFF" + struct.pack("<I", 22) + b"WEBPVP8X" + struct.pack("<I", 10)
    + bytes([0, 0, 0, 0, 99, 0, 0, 99, 0, 0]),
}  # fmt: skip


@pytest.mark.parametrize("kind", GARBLED)
def test_a_picture_that_cannot_be_decoded_keeps_nobodys_sheet_from_being_printed(
    db_session: Any, now: datetime, kind: str
) -> None:
    room = build(people=1)
    with pytest.raises(DomainError) as refused, transaction():
        store_image(data=GARBLED[kind], actor=room.assessor_actor(), now=now)
    assert (refused.value.code, refused.value.field) == ("image_broken", "image")


def test_nobody_plans_the_test_that_they_are_going_to_sit(db_session: Any, now: datetime) -> None:
    room = build(people=1)
    made = build_test(room, units=1, state="draft")
    actor, other = room.assessor_actor(room.people[0]), room.assessor_actor()
    easy = Plan(
        "Uji", (Need(room.units[0], 1, 1),), 600, now, now + timedelta(days=1)
    )  # fmt: skip
    where: dict[str, Any] = {"batch_id": room.batch_id, "plan": easy, "now": now}
    with pytest.raises(Forbidden), transaction():
        planning.create_test(actor=actor, **where)
    with pytest.raises(Forbidden), transaction():
        planning.edit_test(test_id=made.test_id, actor=actor, **where)
    with transaction():
        assert planning.edit_test(test_id=made.test_id, actor=other, **where)


def test_nobody_calls_off_a_retest_of_their_own(db_session: Any, now: datetime) -> None:
    room = build(people=1)
    fill(room, now, weak={0: 0})
    with transaction():
        number = services.open_retest(
            batch_id=room.batch_id, enrollment_id=room.enrollments[0], unit_id=room.units[0],
            actor=room.assessor_actor(), now=now,
        ).id  # fmt: skip
    with pytest.raises(Forbidden), transaction():
        services.cancel_retest(retest_id=number, actor=room.assessor_actor(room.people[0]), now=now)


def test_ones_own_copy_tells_no_retest_before_the_sheet_is_signed(db_session: Any, now: datetime) -> None:
    room = build(people=1)
    fill(room, now, weak={0: 0})
    with transaction():
        number = services.open_retest(
            batch_id=room.batch_id, enrollment_id=room.enrollments[0], unit_id=room.units[0],
            actor=room.assessor_actor(), now=now,
        ).id  # fmt: skip
    with transaction():
        services.close_retest(number, K, {}, room.assessor_actor(), now)
    assert results_data(room.people[0])["retests"][0]["retest_result"] is None
    sign(room, now)
    assert results_data(room.people[0])["retests"][0]["retest_result"] == K
