"""Somebody comes without a seat: noted, then given one with a mark from then, or told no."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from portal.attendance import queries, services
from portal.attendance.models import AttendanceMark, WalkIn
from portal.batches.models import Batch
from portal.core.db import db, transaction
from portal.core.errors import Conflict, DomainError, Forbidden, NotFound
from portal.core.permissions import Grant, GrantedActor, Role
from portal.enrollment.models import Enrollment
from tests.support import classroom
from tests.support.classroom import Classroom, build

START = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)


@pytest.fixture
def room(db_session: Any) -> Classroom:
    """Four people, the last of whom waits for a seat."""
    made = build()
    wait(made, 3)
    return made


def wait(room: Classroom, index: int, state: str = "waitlisted") -> None:
    with transaction() as session:
        session.execute(
            sa.update(Enrollment).where(Enrollment.id == room.enrollments[index]).values(state=state)
        )
        session.execute(
            sa.update(Batch).where(Batch.id == room.batch_id).values(seats_taken=Batch.seats_taken - 1)
        )


def admin(room: Classroom, person_id: int | None = None) -> GrantedActor:
    grants = (Grant(Role.CENTER_ADMIN, "center", str(room.center_id)),)
    return GrantedActor(room.admin.id, person_id, room.admin.name, grants)


def note(room: Classroom, at: datetime, name: str = "Pak Peserta Empat", **more: Any) -> int:
    wanted: dict[str, Any] = {"actor": room.actor()} | more
    with transaction():
        return services.note_walk_in(session_id=room.sessions[2], name=name, now=at, **wanted).id


def admit(room: Classroom, guest: int, person: int, at: datetime, actor: Any = None) -> WalkIn:
    with transaction():
        return services.admit_walk_in(
            walk_in_id=guest, enrollment_id=room.enrollments[person], actor=actor or admin(room), now=at
        )


def mark(room: Classroom, person: int) -> AttendanceMark | None:
    db.session.rollback()
    db.session.expire_all()
    return db.session.get(AttendanceMark, (room.sessions[2], room.enrollments[person]))


def test_who_waits_gets_a_seat_and_a_mark_from_when_they_came(room: Classroom) -> None:
    came = START + timedelta(minutes=5)
    guest = note(room, came)
    later = came + timedelta(hours=4)
    admit(room, guest, 3, later)
    found = mark(room, 3)
    assert found is not None
    assert (found.mark, found.evidence, found.noted_at, found.recorded_at) == ("present", "tap", came, later)
    assert db.session.get_one(Enrollment, room.enrollments[3]).state == "confirmed"
    assert db.session.get_one(Batch, room.batch_id).seats_taken == 4
    stored = db.session.get_one(WalkIn, guest)
    assert (stored.state, stored.enrollment_id, stored.handled_by) == (
        "admitted", room.enrollments[3], room.admin.id,
    )  # fmt: skip


def test_who_came_late_is_late(room: Classroom) -> None:
    guest = note(room, START + timedelta(minutes=100))
    admit(room, guest, 3, START + timedelta(hours=5))
    found = mark(room, 3)
    assert found is not None
    assert (found.mark, found.minutes, found.hours_missed) == ("late", 100, 2)


def test_a_name_written_differently_needs_no_second_seat(room: Classroom) -> None:
    guest = note(room, START, "Pesertaa Satu")
    admit(room, guest, 0, START + timedelta(hours=1))
    assert db.session.get_one(Batch, room.batch_id).seats_taken == 3
    found = mark(room, 0)
    assert found is not None
    assert found.mark == "present"


def test_a_mark_that_stands_is_left(room: Classroom) -> None:
    with transaction():
        services.record_attendance(
            session_id=room.sessions[2], enrollment_id=room.enrollments[0], mark="sick", actor=room.actor(),
            now=START,
        )  # fmt: skip
    admit(room, note(room, START), 0, START)
    found = mark(room, 0)
    assert found is not None
    assert found.mark == "sick"


def test_a_full_class_stays_full(room: Classroom) -> None:
    with transaction() as session:
        session.execute(sa.update(Batch).where(Batch.id == room.batch_id).values(quota=3))
    guest = note(room, START)
    with pytest.raises(Conflict) as refused:
        admit(room, guest, 3, START)
    assert refused.value.code == "batch_full"
    assert mark(room, 3) is None
    assert db.session.get_one(WalkIn, guest).state == "open"


def test_handled_once(room: Classroom) -> None:
    guest = note(room, START)
    admit(room, guest, 3, START)
    with pytest.raises(Conflict) as refused:
        admit(room, guest, 0, START)
    assert refused.value.code == "walk_in_handled"
    with pytest.raises(Conflict), transaction():
        services.refuse_walk_in(walk_in_id=guest, reason="Kelas penuh", actor=admin(room), now=START)


def test_a_refusal_says_why(room: Classroom) -> None:
    guest = note(room, START)
    with pytest.raises(DomainError) as refused, transaction():
        services.refuse_walk_in(walk_in_id=guest, reason="x", actor=admin(room), now=START)
    assert refused.value.field == "reason"
    with transaction():
        services.refuse_walk_in(walk_in_id=guest, reason="Kelas penuh", actor=admin(room), now=START)
    (row,) = queries.walk_ins_of_session(room.sessions[2])
    assert (row.state, row.reason, row.handled_by) == ("refused", "Kelas penuh", "Wulan Admin")


@pytest.mark.parametrize("more", [{"name": " "}, {"name": "B" * 101}, {"note": "x" * 301}])
def test_a_note_that_cannot_be(room: Classroom, more: dict[str, Any]) -> None:
    with pytest.raises(DomainError):
        note(room, START, **more)


def test_only_enrollments_of_the_batch(room: Classroom) -> None:
    other = build()
    guest = note(room, START)
    with pytest.raises(DomainError) as refused, transaction():
        services.admit_walk_in(
            walk_in_id=guest, enrollment_id=other.enrollments[0], actor=admin(room), now=START
        )
    assert refused.value.code == "not_of_batch"
    wait(room, 2, "rejected")
    with pytest.raises(DomainError):
        admit(room, guest, 2, START)


def test_who_may(room: Classroom) -> None:
    other = build()
    guest = note(room, START)
    with pytest.raises(NotFound):
        note(room, START, actor=other.actor())
    with pytest.raises(NotFound):
        admit(room, guest, 3, START, admin(other))
    with pytest.raises(Forbidden):
        admit(room, guest, 3, START, room.actor())
    person = classroom.newcomer()
    classroom.hold_post(person, room.cooperatives[3])
    with pytest.raises(Forbidden) as refused:
        admit(room, guest, 3, START, admin(room, person))
    assert refused.value.code == "own_cooperative"
    assert db.session.get_one(Enrollment, room.enrollments[3]).state == "waitlisted"


def test_those_who_wait_are_offered_first(room: Classroom) -> None:
    found = queries.walk_in_candidates(room.batch_id)
    assert [(one.name, one.has_seat) for one in found] == [
        ("Peserta 004", False), ("Peserta 001", True), ("Peserta 002", True), ("Peserta 003", True),
    ]  # fmt: skip
    note(room, START)
    assert queries.open_walk_ins(room.batch_id) == 1
