"""The same operation from many tabs at once, and two tablets on one cell: one effect, nothing lost unseen."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa

from portal.attendance.models import AttendanceChange, AttendanceMark
from portal.core.audit import AuditEvent
from portal.core.db import db
from portal.desks.offline_sync import MARK, VERDICT, Answer, Operation, deliver
from tests.support.classroom import Classroom, build
from tests.support.races import CONCURRENT, ROUNDS, at_once

CLIENT = 1_795_000_000_000
NOON = datetime(2026, 11, 20, 5, 0, tzinfo=UTC)


@pytest.fixture
def room(db_session: Any) -> Classroom:
    """Each round is another person of it."""
    made = build(people=ROUNDS)
    made.extra["actor"] = made.actor()
    return made


def op(room: Classroom, number: int, mark: str, person: int = 0) -> Operation:
    payload = {
        "session": room.sessions[0],
        "enrollment": room.enrollments[person],
        "mark": mark,
        "version": 0,
        "card": "",
    }
    user = room.extra["actor"].user_id
    return Operation(f"{number:032x}", user, MARK, number, CLIENT, payload)


def run(app: Any, room: Classroom, batches: list[list[Operation]]) -> list[list[Answer]]:
    """Every batch in a thread of its own; the answers by batch."""
    found: list[list[Answer]] = [[] for _ in batches]

    def job(index: int) -> Any:
        def work() -> None:
            found[index] = deliver(batches[index], client_now=CLIENT, actor=room.extra["actor"], now=NOON)

        return work

    assert at_once(app, [job(index) for index in range(len(batches))]) == ["ok"] * len(batches)
    return found


def test_one_operation_sent_fifty_times_at_once_has_one_effect(app: Any, room: Classroom) -> None:
    counted = sa.select(sa.func.count()).where(AuditEvent.action == "attendance.recorded")
    for person in range(ROUNDS):
        one_op = op(room, person + 1, "present", person)
        answers = [one for batch in run(app, room, [[one_op]] * 50) for one in batch]
        assert sorted(one.outcome for one in answers) == ["repeated"] * 49 + ["saved"]
        assert {(one.current["mark"], one.current["version"]) for one in answers} == {("present", 1)}
        rows = db.session.scalars(sa.select(AttendanceMark)).all()
        assert [(row.mark, row.version) for row in rows] == [("present", 1)] * (person + 1)
        assert db.session.scalar(counted) == person + 1


def test_a_verdict_sent_many_times_at_once_is_one_version(app: Any, room: Classroom) -> None:
    for number, enrollment in enumerate(room.enrollments, 1):
        payload = {
            "session": room.sessions[0], "enrollment": enrollment, "unit": room.units[0],
            "value": "competent", "note": "", "criteria": [], "version": 0,
        }  # fmt: skip
        verdict = Operation(f"{number:032x}", room.extra["actor"].user_id, VERDICT, number, CLIENT, payload)
        answers = [one.outcome for batch in run(app, room, [[verdict]] * CONCURRENT) for one in batch]
        assert sorted(answers) == ["repeated"] * (CONCURRENT - 1) + ["saved"]
        stored = db.session.execute(sa.text("SELECT count(*), max(version) FROM verdict")).one()
        assert stored == (number, 1)


def test_two_tablets_on_one_cell_one_is_stored_and_the_other_told(app: Any, room: Classroom) -> None:
    marks = ("present", "late", "absent", "sick")
    marks *= CONCURRENT // len(marks)
    counted = sa.select(sa.func.count()).where(AuditEvent.action == "attendance.recorded")
    for person, enrollment in enumerate(room.enrollments):
        first = CONCURRENT * person + 1
        answers = run(app, room, [[op(room, n, mark, person)] for n, mark in enumerate(marks, first)])
        outcomes = [batch[0].outcome for batch in answers]
        won = marks[outcomes.index("saved")]
        # Who says what stands already is told that it is saved; every other mark is a conflict.
        assert outcomes == ["saved" if mark == won else "conflict" for mark in marks]
        assert {(batch[0].current["mark"], batch[0].current["version"]) for batch in answers} == {(won, 1)}
        mine = AttendanceMark.enrollment_id == enrollment
        stored = db.session.execute(sa.select(AttendanceMark.mark, AttendanceMark.version).where(mine)).one()
        assert tuple(stored) == (won, 1)
        assert db.session.scalar(counted) == person + 1
    assert db.session.scalar(sa.select(sa.func.count()).select_from(AttendanceChange)) == 0
