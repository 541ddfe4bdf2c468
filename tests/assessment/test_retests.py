"""Observations and re-tests: what a verdict rests on, and another try before and after signing."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from portal.assessment import queries, services
from portal.assessment.models import Observation, Retest
from portal.core.audit import AuditEvent
from portal.core.db import db, transaction
from portal.core.errors import Conflict, DomainError, Forbidden, NotFound
from portal.core.permissions import SYSTEM
from tests.support.assessing import BK, K, fill, sign, state_of, verdict
from tests.support.classroom import Classroom, build


@pytest.fixture
def room(db_session: Any) -> Classroom:
    return build(people=2, units=2)


def observe(room: Classroom, now: datetime, seen: str = "met", **more: Any) -> Any:
    wanted: dict[str, Any] = {
        "criteria": {room.criteria[0]: seen, room.criteria[1]: "met"}, "actor": room.assessor_actor(), **more
    }  # fmt: skip
    with transaction():
        return services.record_observation(
            batch_id=room.batch_id,
            enrollment_id=room.enrollments[0],
            unit_id=room.units[0],
            now=now,
            **wanted,
        )  # fmt: skip


def judge(room: Classroom, now: datetime, value: str = K, note: str = "") -> Any:
    with transaction():
        return services.record_verdict(
            enrollment_id=room.enrollments[0], unit_id=room.units[0], value=value, note=note,
            actor=room.assessor_actor(), now=now,
        )  # fmt: skip


def open_one(room: Classroom, now: datetime, **more: Any) -> int:
    wanted: dict[str, Any] = {"actor": room.assessor_actor(), **more}
    with transaction():
        return services.open_retest(
            batch_id=room.batch_id,
            enrollment_id=room.enrollments[0],
            unit_id=room.units[0],
            now=now,
            **wanted,
        ).id  # fmt: skip


def close(retest_id: int, value: str, now: datetime, actor: Any = SYSTEM, **more: Any) -> Retest:
    with transaction():
        return services.close_retest(retest_id, value, more.pop("evidence", {}), actor, now, **more)


def count(model: Any, *where: Any) -> int:
    return db.session.scalar(sa.select(sa.func.count()).select_from(model).where(*where)) or 0


def test_a_verdict_names_the_observation_it_rests_on(room: Classroom, now: datetime) -> None:
    first = observe(room, now)
    assert judge(room, now).evidence == {"observation": first.id}
    again = observe(room, now, note="Rapi")
    assert (again.version, judge(room, now).evidence) == (2, {"observation": again.id})
    assert verdict(room).version == 2


def test_k_against_what_was_seen_needs_a_note(room: Classroom, now: datetime) -> None:
    observe(room, now, "not_met")
    with pytest.raises(DomainError) as refused:
        judge(room, now)
    assert (refused.value.code, refused.value.field) == ("note_over_observation", "note")
    assert judge(room, now, note="Diperlihatkan setelah istirahat").value == K
    with transaction():  # "the others are K" leaves a doubtful unit alone
        changed = services.judge_rest(
            batch_id=room.batch_id, enrollment_id=room.enrollments[0], actor=room.assessor_actor(), now=now
        )
    assert changed == 1


def test_the_rest_is_not_k_where_a_criterion_was_not_met(room: Classroom, now: datetime) -> None:
    observe(room, now, "not_met")
    with transaction():
        services.judge_rest(
            batch_id=room.batch_id, enrollment_id=room.enrollments[0], actor=room.assessor_actor(), now=now
        )
    assert set(queries.verdicts_of(room.enrollments[0])) == {room.units[1]}


def test_observations_keep_every_version_and_see_conflicts(room: Classroom, now: datetime) -> None:
    observe(room, now, expected_version=0)
    observe(room, now, expected_version=0)  # the same again
    assert count(Observation) == 1
    with pytest.raises(Conflict) as refused:
        observe(room, now, "not_met", expected_version=0, actor=room.actor())
    assert refused.value.code == "observation_conflict"
    assert "Andi Asesor" in refused.value.message
    observe(room, now, "not_met", expected_version=1, actor=room.actor(), interview="Belum lancar")
    versions = queries.observations_of(room.enrollments[0], room.units[0])
    assert [(one.version, one.unmet) for one in versions] == [(2, [room.criteria[0]]), (1, [])]


def test_observations_are_bound_to_unit_and_people(room: Classroom, now: datetime) -> None:
    other = build(people=1)
    with pytest.raises(DomainError) as refused:
        observe(room, now, criteria={room.criteria[2]: "met"})
    assert refused.value.code == "criteria_foreign"
    with pytest.raises(NotFound):
        observe(room, now, actor=other.assessor_actor())
    with pytest.raises(Forbidden):
        observe(room, now, actor=room.assessor_actor(person_id=room.people[0]))


def test_only_bk_is_tested_again(room: Classroom, now: datetime) -> None:
    with pytest.raises(DomainError) as refused:
        open_one(room, now)
    assert refused.value.code == "retest_pending"
    judge(room, now)
    with pytest.raises(DomainError) as refused:
        open_one(room, now)
    assert refused.value.code == "retest_competent"
    judge(room, now, BK, "Belum")
    open_one(room, now)
    with pytest.raises(Conflict) as refused:
        open_one(room, now)
    assert refused.value.code == "retest_open"
    assert count(Retest) == 1


def test_a_retest_before_signing_is_a_new_version(room: Classroom, now: datetime) -> None:
    judge(room, now, BK, "Belum")
    number = open_one(room, now)
    seen = observe(room, now)
    close(number, K, now, room.assessor_actor())
    found = verdict(room)
    assert (found.value, found.source, found.version) == (K, "retest", 2)
    assert found.evidence == {"retest": number, "observation": seen.id}
    with pytest.raises(Conflict) as refused:
        close(number, BK, now, note="Lagi")
    assert refused.value.code == "retest_closed"


def test_a_retest_after_signing_makes_the_outcome_anew(room: Classroom, now: datetime) -> None:
    fill(room, now, weak={0: 0})
    sign(room, now)
    assert state_of(room) == "not_completed"
    later = now + timedelta(days=2)
    number = open_one(room, later)
    observe(room, later)  # the sheet is signed, but this unit is being tested again
    close(number, K, later, room.assessor_actor(), note="Saldo cocok")
    assert (verdict(room).value, state_of(room), state_of(room, 1)) == (K, "completed", "completed")
    assert count(AuditEvent, AuditEvent.action == "enrollment.outcome_changed") == 1
    with pytest.raises(Conflict) as refused:
        observe(room, later, "not_met")
    assert refused.value.code == "sheet_final"


def test_still_bk_needs_a_note_and_stays_not_completed(room: Classroom, now: datetime) -> None:
    fill(room, now, weak={0: 0})
    sign(room, now)
    number = open_one(room, now)
    with pytest.raises(DomainError) as refused:
        close(number, BK, now)
    assert refused.value.field == "note"
    close(number, BK, now, note="Tetap belum cocok", evidence={"written": {"attempt": 1}})
    found = verdict(room)
    assert (found.value, found.version, found.evidence) == (
        BK, 2, {"retest": number, "written": {"attempt": 1}}
    )  # fmt: skip
    assert state_of(room) == "not_completed"
    open_one(room, now)  # and once more


def test_an_overtaken_retest_gives_no_result_and_can_be_called_off(room: Classroom, now: datetime) -> None:
    judge(room, now, BK, "Belum")
    number = open_one(room, now)
    judge(room, now, K)
    with pytest.raises(Conflict) as refused:
        close(number, BK, now, note="Tidak")
    assert refused.value.code == "retest_overtaken"
    with transaction():
        services.cancel_retest(retest_id=number, actor=room.assessor_actor(), now=now)
    assert (verdict(room).value, queries.open_retests(room.batch_id)) == (K, {})


def test_foreign_judges_and_strange_papers(room: Classroom, now: datetime) -> None:
    judge(room, now, BK, "Belum")
    other = build(people=1)
    with pytest.raises(NotFound):
        open_one(room, now, actor=other.assessor_actor())
    with pytest.raises(DomainError) as refused:
        open_one(room, now, test_id=987)
    assert (refused.value.code, refused.value.field) == ("test_unfit", "test")
    number = open_one(room, now)
    with pytest.raises(NotFound):
        close(number, K, now, other.assessor_actor())
    with pytest.raises(Forbidden):
        close(number, K, now, room.assessor_actor(person_id=room.people[0]))
    with pytest.raises(NotFound):
        close(987, K, now)
