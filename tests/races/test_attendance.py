"""Taps, whole sheets, cards, paper, guests and corrections at the same moment: one effect each, none lost."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from portal.attendance import services
from portal.attendance.models import AttendanceChange, AttendanceMark, CheckIn, PaperSheet, WalkIn
from portal.batches.models import Batch
from portal.core.audit import check_chain
from portal.core.db import db, transaction
from portal.core.permissions import Grant, GrantedActor, Role
from portal.enrollment.models import Enrollment
from tests.support import classroom
from tests.support.issuing import sign_class
from tests.support.races import CONCURRENT, ROUNDS, at_once


def _count(table: Any, *where: Any) -> int:
    return db.session.scalar(sa.select(sa.func.count()).select_from(table).where(*where)) or 0


def _tap(
    room: Any, mark: str, now: datetime, person: int = 0, actor: Any = None, session: int = 2, **more: Any
) -> Any:
    who, session_id, enrollment_id = actor or room.actor(), room.sessions[session], room.enrollments[person]

    def job() -> None:
        with transaction():
            services.record_attendance(
                session_id=session_id, enrollment_id=enrollment_id, mark=mark, actor=who, now=now, **more
            )

    return job


def test_taps_that_overwrite_keep_every_value_before_them(app: Any, db_session: Any, now: Any) -> None:
    room = classroom.build(people=ROUNDS)
    marks = ("present", "late", "excused", "sick", "absent", "present", "late", "sick") * 5
    assert len(marks) == CONCURRENT
    for person, number in enumerate(room.enrollments):
        outcomes = at_once(app, [_tap(room, mark, now, person) for mark in marks])
        assert outcomes == ["ok"] * len(marks)
        mine = sa.select(AttendanceChange).where(AttendanceChange.enrollment_id == number)
        stored = db.session.scalars(
            sa.select(AttendanceMark).where(AttendanceMark.enrollment_id == number)
        ).one()
        changes = db.session.scalars(mine.order_by(AttendanceChange.id)).all()
        # Each line begins where the one before it ended, and the last one ends at what stands.
        assert stored.version == len(changes) + 1
        assert [one.new_mark for one in changes[:-1]] == [one.old_mark for one in changes[1:]]
        assert (changes[-1].new_mark if changes else stored.mark) == stored.mark
    assert list(check_chain(db.session())) == []


def test_taps_of_many_people_do_not_lose_one(app: Any, db_session: Any, now: Any) -> None:
    room = classroom.build(people=CONCURRENT, sessions=ROUNDS, start=now - timedelta(days=ROUNDS))
    for session in range(ROUNDS):
        taps = [_tap(room, "present", now, person, session=session) for person in range(CONCURRENT)]
        assert at_once(app, taps) == ["ok"] * CONCURRENT
    assert _count(AttendanceMark, AttendanceMark.mark == "present") == CONCURRENT * ROUNDS
    assert list(check_chain(db.session())) == []


def test_a_tap_against_the_whole_sheet(app: Any, db_session: Any, now: Any) -> None:
    for _round in range(ROUNDS):
        room = classroom.build(people=4)
        actor, session_id, ids = room.actor(), room.sessions[2], list(room.enrollments)

        def sheet(actor: Any = actor, session_id: int = session_id, ids: list[int] = ids) -> None:
            with transaction():
                services.record_many(
                    session_id=session_id, marks=dict.fromkeys(ids, "present"),
                    expected=dict.fromkeys(ids, 0), actor=actor, now=now,
                )  # fmt: skip

        def rest(actor: Any = actor, session_id: int = session_id) -> None:
            with transaction():
                services.mark_rest(session_id=session_id, mark="present", actor=actor, now=now)

        tap = _tap(room, "sick", now, expected_version=0)
        outcomes = at_once(app, [*[tap, sheet] * 15, *[rest] * 10])
        assert set(outcomes) <= {"ok", "mark_conflict"}
        assert outcomes[30:] == ["ok"] * 10
        stored = db.session.scalars(sa.select(AttendanceMark).where(AttendanceMark.session_id == session_id))
        marks = {row.enrollment_id: row.mark for row in stored}
        assert [marks[number] for number in ids[1:]] == ["present"] * 3
        assert marks[ids[0]] == ("sick" if "ok" in outcomes[:30:2] else "present")


def test_one_card_scanned_many_times_is_one_arrival(app: Any, db_session: Any, now: Any) -> None:
    room = classroom.build(people=ROUNDS)
    cards = {number: f"CARD{number:012d}" for number in room.enrollments}
    with transaction() as session:
        for number, card in cards.items():
            session.execute(sa.update(Enrollment).where(Enrollment.id == number).values(card_token=card))
    actor, session_id = room.actor(), room.sessions[2]
    for round_, card in enumerate(cards.values(), 1):
        found: list[bool] = []

        def scan(card: str = card, found: list[bool] = found) -> None:
            with transaction():
                one = services.scan_card(session_id=session_id, text=card, actor=actor, now=now)
            found.append(one.is_new)

        assert at_once(app, [scan] * CONCURRENT) == ["ok"] * CONCURRENT
        assert sorted(found) == [False] * (CONCURRENT - 1) + [True]
        counts = (_count(CheckIn), _count(AttendanceMark), _count(AttendanceChange))
        assert counts == (round_, round_, 0)


def test_one_sheet_brought_back_twice_counts_once(app: Any, db_session: Any, now: Any) -> None:
    room = classroom.build(people=3)
    actor, session_id = room.actor(), room.sessions[2]
    for _round in range(ROUNDS):
        with transaction():
            code = services.print_sheet(session_id=session_id, actor=actor, now=now).code

        def bring(mark: str, code: str = code) -> Any:
            def job() -> None:
                with transaction():
                    services.reconcile_sheet(
                        session_id=session_id, code=code, marks=dict.fromkeys(room.enrollments, mark),
                        expected={}, chosen=dict.fromkeys(room.enrollments, "paper"), actor=actor, now=now,
                    )  # fmt: skip

            return job

        outcomes = at_once(app, [bring("present"), bring("late")] * (CONCURRENT // 2))
        assert sorted(outcomes) == ["ok"] + ["sheet_used"] * (CONCURRENT - 1)
        winner = ("present", "late")[outcomes.index("ok") % 2]
        assert set(db.session.scalars(sa.select(AttendanceMark.mark))) == {winner}
    assert _count(PaperSheet, PaperSheet.reconciled_at.is_(None)) == 0


def test_guests_for_the_last_seat_one_gets_it(app: Any, db_session: Any, now: Any) -> None:
    for _round in range(ROUNDS):
        room = classroom.build(people=CONCURRENT + 2)
        with transaction() as session:
            waiting = room.enrollments[2:]
            session.execute(
                sa.update(Enrollment).where(Enrollment.id.in_(waiting)).values(state="waitlisted")
            )
            session.execute(sa.update(Batch).where(Batch.id == room.batch_id).values(seats_taken=2, quota=3))
            guests = [
                WalkIn(session_id=room.sessions[2], name=f"Tamu {n}", recorded_at=now)
                for n in range(CONCURRENT)
            ]
            session.add_all(guests)
        grants = (Grant(Role.CENTER_ADMIN, "center", str(room.center_id)),)
        admin = GrantedActor(room.admin.id, None, "Wulan", grants)

        def admit(guest: int, enrollment_id: int, admin: Any = admin) -> Any:
            def job() -> None:
                with transaction():
                    services.admit_walk_in(
                        walk_in_id=guest, enrollment_id=enrollment_id, actor=admin, now=now
                    )

            return job

        pairs = zip([guest.id for guest in guests], waiting, strict=True)
        outcomes = at_once(app, [admit(*pair) for pair in pairs])
        assert sorted(outcomes) == ["batch_full"] * (CONCURRENT - 1) + ["ok"]
        assert db.session.get_one(Batch, room.batch_id).seats_taken == 3
        states = db.session.scalars(sa.select(WalkIn.state).where(WalkIn.session_id == room.sessions[2]))
        assert sorted(states) == ["admitted"] + ["open"] * (CONCURRENT - 1)


def test_a_correction_is_decided_once(app: Any, db_session: Any, now: Any) -> None:
    signed = sign_class(now, people=1, sessions=ROUNDS, start=now - timedelta(days=30))
    room, head = signed.room, signed.head
    for index in range(ROUNDS):
        with transaction():
            number = services.ask_correction(
                session_id=room.sessions[index], enrollment_id=room.enrollments[0], mark="late",
                reason="Datang siang", actor=room.actor(), now=now,
            ).id  # fmt: skip

        def decide(approve: bool, number: int = number) -> Any:
            def job() -> None:
                with transaction():
                    services.decide_correction(
                        correction_id=number, approve=approve, note="Sudah dicek", actor=head, now=now
                    )

            return job

        outcomes = at_once(app, [decide(True), decide(False)] * (CONCURRENT // 2))
        assert sorted(outcomes) == ["correction_decided"] * (CONCURRENT - 1) + ["ok"]
        stored = db.session.get_one(AttendanceMark, (room.sessions[index], room.enrollments[0]))
        approved = outcomes.index("ok") % 2 == 0
        assert (stored.mark, stored.version) == (("late", 2) if approved else ("present", 1))


def test_one_correction_is_asked_for_once(app: Any, db_session: Any, now: Any) -> None:
    signed = sign_class(now, people=1, sessions=ROUNDS, start=now - timedelta(days=30))
    room, actor = signed.room, signed.room.actor()
    for session_id in room.sessions:

        def ask(session_id: int = session_id) -> None:
            with transaction():
                services.ask_correction(
                    session_id=session_id, enrollment_id=room.enrollments[0], mark="absent",
                    reason="Tertukar", actor=actor, now=now,
                )  # fmt: skip

        assert sorted(at_once(app, [ask] * CONCURRENT)) == ["correction_open"] * (CONCURRENT - 1) + ["ok"]
