"""The second assessor on a real database: blind, once a version, and in the way of the signature."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
import sqlalchemy as sa

from portal.assessment import queries, services
from portal.assessment.models import SecondVerdict
from portal.core.audit import AuditEvent
from portal.core.db import db, transaction
from portal.core.errors import Conflict, DomainError, Forbidden, NotFound
from portal.core.permissions import Role
from tests.support import classroom
from tests.support.assessing import (
    BK,
    K,
    assessor_of,
    fill,
    person_actor,
    sign,
    verdict,
    with_second_assessor,
)
from tests.support.classroom import Classroom, build


@pytest.fixture
def room(db_session: Any) -> Classroom:
    return build(people=2, units=2)


def give(room: Classroom, user: Any, found: int, now: datetime, value: str = K, note: str = "") -> Any:
    with transaction():
        return services.record_second(
            batch_id=room.batch_id, verdict_id=found, value=value, note=note,
            actor=person_actor(user, Role.ASSESSOR), now=now,
        )  # fmt: skip


def test_signing_waits_for_every_second_word(room: Classroom, now: datetime) -> None:
    user, _staff = with_second_assessor(room)
    fill(room, now)
    with pytest.raises(DomainError) as refused:
        sign(room, now)
    blanks = refused.value.details["blanks"]
    assert [(b.is_second, b.disagrees) for b in blanks] == [(True, False)] * 4
    for person in (0, 1):
        for unit in (0, 1):
            give(room, user, verdict(room, person, unit).id, now)
    sign(room, now)
    assert queries.is_final(room.batch_id)


def test_a_disagreement_stands_until_a_new_version_is_looked_at(room: Classroom, now: datetime) -> None:
    user, _staff = with_second_assessor(room)
    fill(room, now)
    first = verdict(room)
    give(room, user, first.id, now, BK, "Saldo belum cocok")
    assert queries.lacking_second(room.batch_id)[room.enrollments[0]][room.units[0]] == "disagreed"
    with transaction():
        services.record_verdict(
            enrollment_id=room.enrollments[0], unit_id=room.units[0], value=BK, note="Saldo belum cocok",
            actor=room.assessor_actor(), now=now,
        )  # fmt: skip
    assert queries.lacking_second(room.batch_id)[room.enrollments[0]][room.units[0]] == "missing"
    give(room, user, verdict(room).id, now, BK, "Saldo belum cocok")
    assert room.units[0] not in queries.lacking_second(room.batch_id)[room.enrollments[0]]
    with pytest.raises(Conflict) as refused:
        give(room, user, first.id, now)
    assert refused.value.code == "verdict_changed"


def test_one_word_a_version_and_the_same_again_is_nothing(room: Classroom, now: datetime) -> None:
    user, _staff = with_second_assessor(room)
    third, _other = assessor_of(room, "Tono Asesor")
    fill(room, now)
    found = verdict(room).id
    give(room, user, found, now)
    give(room, user, found, now)
    for who, value in ((user, BK), (third, K)):
        with pytest.raises(Conflict) as refused:
            give(room, who, found, now, value, "Lain")
        assert refused.value.code == "second_given"
    assert db.session.scalar(sa.select(sa.func.count()).select_from(SecondVerdict)) == 1
    events = sa.select(sa.func.count()).select_from(AuditEvent).where(AuditEvent.action == "verdict.second")
    assert db.session.scalar(events) == 1


def test_who_may_not_give_it(room: Classroom, now: datetime) -> None:
    user, _staff = with_second_assessor(room)
    fill(room, now)
    found = verdict(room).id
    with pytest.raises(Forbidden) as refused:
        give(room, room.assessor, found, now)
    assert refused.value.code == "same_judge"
    with pytest.raises(Forbidden), transaction():  # an instructor has no second word at all
        services.record_second(batch_id=room.batch_id, verdict_id=found, value=K, actor=room.actor(), now=now)
    away, _other = assessor_of(room, "Jauh Asesor", in_batch=False)
    with pytest.raises(NotFound):
        give(room, away, found, now)
    other = build(people=1)
    fill(other, now)
    with pytest.raises(NotFound):
        give(room, user, verdict(other).id, now)
    person = classroom.newcomer()
    classroom.hold_post(person, room.cooperatives[0])
    kin, _kin = assessor_of(room, "Kerabat Asesor", person_id=person)
    with pytest.raises(Forbidden) as refused:
        give(room, kin, found, now)
    assert refused.value.code == "own_cooperative"


def test_bk_needs_a_note_and_other_programs_need_no_second(room: Classroom, now: datetime) -> None:
    other = build(people=1)
    fill(other, now)
    extra, _staff = assessor_of(other, "Lebih Asesor")
    with pytest.raises(DomainError) as refused:
        give(other, extra, verdict(other).id, now)
    assert refused.value.code == "second_not_asked"
    assert queries.lacking_second(other.batch_id) == {}
    user, _staff = with_second_assessor(room)
    fill(room, now)
    with pytest.raises(DomainError) as refused:
        give(room, user, verdict(room).id, now, BK, " ")
    assert (refused.value.code, refused.value.field) == ("note_needed", "note")
