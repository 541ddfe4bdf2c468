"""Many phones at once: everybody is counted once, nobody is lost, and the instructor's word stands."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from time import monotonic
from typing import Any

import pytest
import sqlalchemy as sa

from portal.attendance import services
from portal.attendance.models import AttendanceChange, AttendanceMark, CheckIn, Evidence
from portal.core.audit import AuditEvent, check_chain
from portal.core.db import db, transaction
from tests.support.checkin import START, arrive, count
from tests.support.classroom import Classroom, build
from tests.support.races import CONCURRENT, ROUNDS, at_once

PEOPLE, TIMES, THREADS = 200, 3, 8
HALF = CONCURRENT // 2


@pytest.mark.parametrize("classes", [1, 4])
def test_two_hundred_people_pressing_three_times_are_counted_once_each(
    app: Any, db_session: Any, now: datetime, classes: int
) -> None:
    rooms = [build(people=PEOPLE // classes, sessions=1, start=START)]
    rooms += [
        build(people=PEOPLE // classes, sessions=1, start=START, like=rooms[0]) for _ in range(classes - 1)
    ]
    jobs = [(room, n) for _ in range(TIMES) for n in range(PEOPLE // classes) for room in rooms]
    before = count(AuditEvent)

    def press(job: tuple[Classroom, int]) -> bool:
        room, person = job
        with app.app_context():
            try:
                return arrive(room, now, person, device=f"{person:032x}").is_new
            finally:
                db.session.remove()

    started = monotonic()
    with ThreadPoolExecutor(THREADS) as pool:
        new = list(pool.map(press, jobs))
    seconds = monotonic() - started
    assert sum(new) == PEOPLE
    assert (count(CheckIn), count(AttendanceMark), count(AttendanceChange)) == (PEOPLE, PEOPLE, 0)
    assert count(AuditEvent) - before == PEOPLE
    assert list(check_chain(db.session())) == []
    marks = db.session.execute(sa.select(AttendanceMark.mark, AttendanceMark.version)).all()
    assert {tuple(row) for row in marks} == {("present", 1)}
    # 1,000 within 60 seconds; a press that changes nothing costs a third.
    assert PEOPLE / seconds > 1000 / 60, f"{PEOPLE} check-ins in {seconds:.1f} s"


def test_one_person_on_many_phones_at_the_same_moment_is_one_check_in(
    app: Any, db_session: Any, now: datetime
) -> None:
    room = build(people=ROUNDS, sessions=1, start=START)
    for person in range(ROUNDS):
        jobs = [
            lambda phone=phone, person=person: arrive(room, now, person, device=f"{phone:032x}")
            for phone in range(CONCURRENT)
        ]
        assert at_once(app, jobs) == ["ok"] * CONCURRENT
    assert (count(CheckIn), count(AttendanceMark)) == (ROUNDS, ROUNDS)


def test_the_instructor_and_the_trainee_at_the_same_moment_lose_nothing(
    app: Any, db_session: Any, now: datetime
) -> None:
    """Whoever comes first: the instructor's mark is what stands when they did not see the other's, or they
    are told; the check-in is there in any case."""
    room = build(people=ROUNDS, sessions=1, start=START)

    def tap(person: int) -> None:
        with transaction():
            services.record_attendance(
                session_id=room.sessions[0], enrollment_id=room.enrollments[person], mark="sick",
                expected_version=0, actor=room.actor(), now=now,
            )  # fmt: skip

    for person in range(ROUNDS):
        pair: list[Any] = [lambda person=person: tap(person), lambda person=person: arrive(room, now, person)]
        outcomes = at_once(app, pair * HALF)
        assert outcomes[1::2] == ["ok"] * HALF
        # Nobody is told "saved" whose mark does not stand: all instructors are, or none.
        assert outcomes[::2] in (["ok"] * HALF, ["mark_conflict"] * HALF)
        row = db.session.execute(
            sa.select(AttendanceMark.mark, AttendanceMark.evidence, AttendanceMark.version).where(
                AttendanceMark.enrollment_id == room.enrollments[person]
            )
        ).one()
        told = outcomes[0] == "mark_conflict"
        assert tuple(row) == (("present", "qr", 1) if told else ("sick", "tap", 1))
    assert (count(CheckIn), count(AttendanceChange)) == (ROUNDS, 0)


def test_everybody_else_present_and_check_ins_together_leave_one_mark_each(
    app: Any, db_session: Any, now: datetime
) -> None:
    """Thirty-six arrive while four press the button for everybody else."""
    phones = CONCURRENT - 4
    for round_ in range(1, ROUNDS + 1):
        room = build(people=CONCURRENT * 2, sessions=1, start=START)

        def rest(room: Classroom = room) -> None:
            with transaction():
                services.mark_rest(session_id=room.sessions[0], mark="absent", actor=room.actor(), now=now)

        jobs: list[Any] = [lambda n=n, room=room: arrive(room, now, n) for n in range(phones)]
        assert set(at_once(app, [*[rest] * 2, *jobs, *[rest] * 2])) == {"ok"}
        counts = (count(AttendanceMark), count(CheckIn), count(AttendanceChange))
        assert counts == (CONCURRENT * 2 * round_, phones * round_, 0)
    kinds = db.session.execute(sa.select(AttendanceMark.mark, AttendanceMark.evidence)).all()
    assert {tuple(row) for row in kinds} <= {("present", Evidence.QR), ("absent", Evidence.REST)}
    assert list(check_chain(db.session())) == []


def test_signing_and_checking_in_do_not_pass_each_other(app: Any, db_session: Any, now: datetime) -> None:
    from portal.batches.models import Batch, ClassSession

    for _ in range(ROUNDS):
        room = build(people=CONCURRENT - 1, sessions=1, start=START)
        batch = sa.update(Batch).where(Batch.id == room.batch_id).values(state="finalized")
        lock = sa.select(ClassSession.id).where(ClassSession.id == room.sessions[0])
        counted: list[int] = []

        def sign(
            room: Classroom = room, batch: Any = batch, lock: Any = lock, counted: list[int] = counted
        ) -> None:
            with transaction() as session:
                session.execute(batch)
                session.execute(lock.with_for_update(key_share=True))
                marks = sa.select(sa.func.count()).where(AttendanceMark.session_id == room.sessions[0])
                counted.append(session.execute(marks).scalar_one())

        phones: list[Any] = [lambda room=room, n=n: arrive(room, now, n) for n in range(CONCURRENT - 1)]
        outcomes = at_once(app, [*phones[:HALF], sign, *phones[HALF:]])
        after = db.session.execute(
            sa.select(sa.func.count()).where(AttendanceMark.session_id == room.sessions[0])
        ).scalar_one()
        assert outcomes.pop(HALF) == "ok"
        # What signing counted is what stands: a check-in was before it, or was refused.
        assert set(outcomes) <= {"ok", "sheet_final"}
        assert after == counted[0] == outcomes.count("ok")
