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
from tests.support.races import CONCURRENT, at_once

CLIENT = 1_795_000_000_000
NOON = datetime(2026, 11, 20, 5, 0, tzinfo=UTC)


@pytest.fixture
def room(db_session: Any) -> Classroom:
    made = build()
    made.extra["actor"] = made.actor()
    return made


def op(room: Classroom, number: int, mark: str) -> Operation:
    payload = {
        "session": room.sessions[0],
        "enrollment": room.enrollments[0],
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
    answers = [one for batch in run(app, room, [[op(room, 1, "present")]] * 50) for one in batch]
    outcomes = [one.outcome for one in answers]
    assert sorted(outcomes) == ["repeated"] * 49 + ["saved"]
    assert {(one.current["mark"], one.current["version"]) for one in answers} == {("present", 1)}
    rows = db.session.scalars(sa.select(AttendanceMark)).all()
    assert [(row.mark, row.version) for row in rows] == [("present", 1)]
    counted = sa.select(sa.func.count()).where(AuditEvent.action == "attendance.recorded")
    assert db.session.scalar(counted) == 1


def test_a_verdict_sent_many_times_at_once_is_one_version(app: Any, room: Classroom) -> None:
    payload = {
        "session": room.sessions[0], "enrollment": room.enrollments[0], "unit": room.units[0],
        "value": "competent", "note": "", "criteria": [], "version": 0,
    }  # fmt: skip
    verdict = Operation("f" * 32, room.extra["actor"].user_id, VERDICT, 1, CLIENT, payload)
    answers = [one.outcome for batch in run(app, room, [[verdict]] * CONCURRENT) for one in batch]
    assert sorted(answers) == ["repeated"] * (CONCURRENT - 1) + ["saved"]
    assert db.session.execute(sa.text("SELECT count(*), max(version) FROM verdict")).one() == (1, 1)


def test_two_tablets_on_one_cell_one_is_stored_and_the_other_told(app: Any, room: Classroom) -> None:
    marks = ("present", "late", "absent", "sick")
    marks *= CONCURRENT // len(marks)
    answers = run(app, room, [[op(room, number, mark)] for number, mark in enumerate(marks, 1)])
    outcomes = [batch[0].outcome for batch in answers]
    won = marks[outcomes.index("saved")]
    # Who says what stands already is told that it is saved; every other mark is a conflict.
    assert outcomes == ["saved" if mark == won else "conflict" for mark in marks]
    assert {batch[0].current["mark"] for batch in answers} == {won}
    assert db.session.scalar(sa.select(AttendanceMark.mark)) == won
    assert db.session.scalar(sa.select(sa.func.count()).select_from(AttendanceChange)) == 0
