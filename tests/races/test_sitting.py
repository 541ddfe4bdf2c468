"""A written test under fire: two devices, handing in against answering, the closing timer, forty starts."""

from __future__ import annotations

import contextlib
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from portal.assessment.models import Answer, Attempt, AttemptEvent, AttemptItem
from portal.assessment.queries import sittings as queries
from portal.assessment.services import allowances, closing, sitting
from portal.core.audit import AuditEvent
from portal.core.db import db, transaction
from portal.core.errors import Conflict
from portal.core.permissions import SYSTEM
from tests.support import classroom
from tests.support.queries import count_statements
from tests.support.races import CONCURRENT as AT_ONCE
from tests.support.races import ROUNDS, at_once
from tests.support.sat import TRUE_FALSE, Sat, a_test, fill_bank, sat

KINDS = (("true_false", TRUE_FALSE),)


def a_class(now: Any, people: int, questions: int) -> Sat:
    """One unit of true or false questions, whose right answer is true."""
    room = classroom.build(people=people, units=1, start=now - timedelta(days=2))
    fill_bank(room.units, now, each=questions, kinds=KINDS)
    return Sat(room, a_test(room, now, count=questions), {})


def test_forty_starts_are_one_attempt(app: Any, db_session: Any, now: Any) -> None:
    made = sat(now, people=ROUNDS, units=1)
    for index in range(ROUNDS):
        assert at_once(app, [lambda index=index: made.start(now, index)] * AT_ONCE) == ["ok"] * AT_ONCE
        count = sa.select(sa.func.count()).select_from
        assert db.session.scalar(count(Attempt)) == index + 1
        assert db.session.scalar(count(AttemptItem)) == 6 * (index + 1)
        started = count(AuditEvent).where(AuditEvent.action == "test.started")
        assert db.session.scalar(started) == index + 1


def test_two_devices_at_one_place_one_is_told(app: Any, db_session: Any, now: Any) -> None:
    made = a_class(now, 1, ROUNDS)
    attempt = made.start(now)
    for position in range(1, ROUNDS + 1):
        acknowledged: dict[int, Any] = {}

        def save(value: bool, position: int = position, told: dict[int, Any] = acknowledged) -> None:
            made.save(attempt, position, 1, value, now)
            told[1] = value

        pair: list[Any] = [lambda: save(True), lambda: save(False)]
        outcomes = at_once(app, pair * (AT_ONCE // 2))
        # Every device with the answer that stands is told so; every other that somebody was faster.
        won = acknowledged[1]
        assert outcomes == ["ok" if value is won else "other_device" for value in (True, False)] * (
            AT_ONCE // 2
        )
        held = queries.answers_in_force(attempt)[position]
        assert (held.answer, held.seq) == (acknowledged[1], 1)
        assert db.session.scalar(sa.select(sa.func.count()).select_from(Answer)) == position


def test_the_same_answer_forty_times_is_one_row(app: Any, db_session: Any, now: Any) -> None:
    made = a_class(now, 1, ROUNDS)
    attempt = made.start(now)
    for position in range(1, ROUNDS + 1):
        save: Any = lambda position=position: made.save(attempt, position, 1, True, now)  # noqa: E731
        assert at_once(app, [save] * AT_ONCE) == ["ok"] * AT_ONCE
        assert db.session.scalar(sa.select(sa.func.count()).select_from(Answer)) == position


def test_whatever_was_acknowledged_is_scored_when_handed_in(app: Any, db_session: Any, now: Any) -> None:
    """Each round: eight right answers and the handing in at the same moment."""
    made = a_class(now, ROUNDS, 8)
    for index in range(ROUNDS):
        attempt = made.start(now, index)
        told: list[int] = []

        def save(position: int, told: list[int] = told, attempt: int = attempt, index: int = index) -> None:
            made.save(attempt, position, 1, True, now, index)
            told.append(position)  # four devices send each answer

        def submit(attempt: int = attempt, index: int = index) -> None:
            with transaction():
                sitting.submit_attempt(attempt_id=attempt, actor=made.trainee(index), now=now)

        jobs: list[Any] = [lambda p=p: save(p) for p in range(1, 9)]  # type: ignore[misc]
        outcomes = at_once(app, [*jobs[:4] * 4, *[submit] * 8, *jobs[4:] * 4])
        assert set(outcomes) <= {"ok", "attempt_over"}
        check_closed(attempt, sorted(set(told)), made.room.units[0])


def test_whatever_was_acknowledged_is_scored_at_the_deadline(app: Any, db_session: Any, now: Any) -> None:
    """Answers that arrived in time are written while two timers close."""
    made = a_class(now, ROUNDS, 8)
    end = now + timedelta(minutes=60)
    for index in range(ROUNDS):
        attempt = made.start(now, index)
        told: list[int] = []

        def save(position: int, told: list[int] = told, attempt: int = attempt, index: int = index) -> None:
            made.save(attempt, position, 1, True, end + timedelta(seconds=31), index, received_at=end)
            told.append(position)

        def close() -> None:
            with transaction():
                closing.close_due(now=end + timedelta(seconds=31))

        jobs: list[Any] = [lambda p=p: save(p) for p in range(1, 9)]  # type: ignore[misc]
        outcomes = at_once(app, [*jobs[:4] * 4, *[close] * 8, *jobs[4:] * 4])
        assert set(outcomes) <= {"ok", "attempt_over"}
        check_closed(attempt, sorted(set(told)), made.room.units[0])


def check_closed(attempt: int, told: list[int], unit: int) -> None:
    """The score holds every acknowledged answer and nothing else; it was closed once."""
    row = db.session.get(Attempt, attempt, populate_existing=True)
    assert row is not None
    assert row.state in ("submitted", "expired")
    assert row.score == {str(unit): [float(len(told)), 8.0]}
    assert set(queries.answers_of(attempt)) == set(told)
    events = db.session.scalars(
        sa.select(AuditEvent).where(AuditEvent.action == "test.closed", AuditEvent.object_id == str(attempt))
    ).all()
    assert [event.data["digest"] for event in events] == [closing.digest_of(attempt)[1]]


def test_extra_time_against_closing_has_one_winner(app: Any, db_session: Any, now: Any) -> None:
    made = a_class(now, ROUNDS, 1)
    late = now + timedelta(minutes=60, seconds=31)
    for index in range(ROUNDS):
        attempt, teacher = made.start(now, index), made.room.actor()

        def extend(index: int = index, teacher: Any = teacher) -> None:
            with transaction():
                allowances.extend_one(
                    test_id=made.test_id, enrollment_id=made.room.enrollments[index], minutes=1,
                    reason="Padam", actor=teacher, now=late,
                )  # fmt: skip

        def close(attempt: int = attempt) -> None:
            with transaction():
                if closing.due(attempt, late):
                    closing.close_attempt(attempt_id=attempt, state="expired", actor=SYSTEM, now=late)

        outcomes = at_once(app, [extend, close] * (AT_ONCE // 2))
        row = db.session.get(Attempt, attempt, populate_existing=True)
        assert row is not None
        # Closed, and every minute was refused; or running, with every minute that was granted.
        granted = outcomes[::2].count("ok")
        assert outcomes[1::2] == ["ok"] * (AT_ONCE // 2)
        assert set(outcomes[::2]) in ({"ok"}, {"attempt_over"})
        assert row.state == ("running" if granted else "expired")
        assert row.deadline_at == now + timedelta(minutes=60 + granted)


def test_flags_and_devices_at_once_are_noted_once(app: Any, db_session: Any, now: Any) -> None:
    made = a_class(now, ROUNDS, 2)
    for index in range(ROUNDS):
        attempt, trainee = made.start(now, index), made.trainee(index)

        def device(attempt: int = attempt, trainee: Any = trainee) -> None:
            with transaction():
                sitting.report_device(attempt_id=attempt, device="hp", actor=trainee, now=now)

        def outage(attempt: int = attempt, trainee: Any = trainee) -> None:
            with transaction():
                sitting.report_outage(
                    attempt_id=attempt, key="k", seconds=3, ago=0, waiting=1, actor=trainee, now=now
                )

        assert at_once(app, [device, outage] * (AT_ONCE // 2)) == ["ok"] * AT_ONCE
        kinds = sa.select(AttemptEvent.kind).where(AttemptEvent.attempt_id == attempt)
        assert sorted(db.session.scalars(kinds)) == ["offline", "resumed", "started"]


def test_a_closed_test_says_why(app: Any, db_session: Any, now: Any) -> None:
    made = a_class(now, 1, 1)
    attempt = made.start(now)
    with transaction():
        sitting.submit_attempt(attempt_id=attempt, actor=made.trainee(), now=now)
    outcomes = at_once(app, [lambda: made.save(attempt, 1, 1, True, now)] * AT_ONCE)
    assert outcomes == ["attempt_over"] * AT_ONCE
    with count_statements() as seen, contextlib.suppress(Conflict):
        made.save(attempt, 1, 1, True, now)
    assert len(seen) <= 4
