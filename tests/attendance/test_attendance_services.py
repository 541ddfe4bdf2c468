"""Marking attendance on a real database: who, when, conflicts, undo, all-or-nothing, bounded statements."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from portal.attendance import queries, services
from portal.attendance.models import AttendanceChange, AttendanceMark
from portal.core.audit import AuditEvent
from portal.core.db import db, transaction
from portal.core.errors import Conflict, DomainError, Forbidden, NotFound
from portal.core.permissions import SYSTEM, Grant, GrantedActor, Role
from tests.support import classroom
from tests.support.classroom import Classroom, build


@pytest.fixture
def room(db_session: Any) -> Classroom:
    return build()


def tap(
    room: Classroom, now: datetime, mark: str = "present", person: int = 0, session: int = 2, **more: Any
) -> Any:
    wanted: dict[str, Any] = more if "actor" in more else {"actor": room.actor(), **more}
    with transaction():
        return services.record_attendance(
            session_id=room.sessions[session],
            enrollment_id=room.enrollments[person],
            mark=mark,
            now=now,
            **wanted,
        )


def stored(room: Classroom, person: int = 0, session: int = 2) -> tuple[str, int, int] | None:
    row = db.session.execute(
        sa.select(AttendanceMark.mark, AttendanceMark.hours_missed, AttendanceMark.version).where(
            AttendanceMark.session_id == room.sessions[session],
            AttendanceMark.enrollment_id == room.enrollments[person],
        )
    ).first()
    return tuple(row) if row else None


def events() -> int:
    return db.session.execute(
        sa.select(sa.func.count()).select_from(AuditEvent).where(AuditEvent.action == "attendance.recorded")
    ).scalar_one()


def history() -> int:
    return db.session.execute(sa.select(sa.func.count()).select_from(AttendanceChange)).scalar_one()


def test_first_tap_stores_who_and_when(room: Classroom, now: datetime) -> None:
    found = tap(room, now, "late", hours_missed=2)
    assert (found.mark, found.version, found.recorded_by) == ("late", 1, room.instructor.id)
    assert stored(room) == ("late", 2, 1)
    assert (events(), history()) == (1, 0)


def test_same_value_again_is_no_change_and_no_event(room: Classroom, now: datetime) -> None:
    tap(room, now)
    assert tap(room, now + timedelta(minutes=1)).version == 1
    assert tap(room, now, expected_version=0).version == 1
    assert (events(), history()) == (1, 0)


def test_changing_keeps_history_and_one_event_a_change(room: Classroom, now: datetime) -> None:
    tap(room, now)
    tap(room, now, "sick", expected_version=1)
    assert stored(room) == ("sick", 0, 2)
    assert (events(), history()) == (2, 1)
    (change,) = queries.changes_of(room.sessions[2], room.enrollments[0])
    assert (change.old_mark, change.new_mark, change.by) == ("present", "sick", "Ratna Puspita")


def test_the_same_mark_without_hours_keeps_the_hours(room: Classroom, now: datetime) -> None:
    tap(room, now, "late", hours_missed=2)
    tap(room, now, "late", hours_missed=None)
    assert stored(room) == ("late", 2, 1)


def test_a_stale_version_is_a_conflict_that_names_who_marked_what(room: Classroom, now: datetime) -> None:
    other = classroom.colleague(room)
    tap(room, now, "present", actor=other)
    with pytest.raises(Conflict) as refused:
        tap(room, now, "sick", expected_version=0)
    assert refused.value.code == "mark_conflict"
    for word in ("Sari Rekan", "Hadir", "Sakit", "Peserta 001", "09.00"):
        assert word in refused.value.message
    assert refused.value.details["version"] == 1
    assert stored(room) == ("present", 0, 1)


def test_undone_and_marked_again_still_conflicts_for_a_stale_page(room: Classroom, now: datetime) -> None:
    tap(room, now)
    with transaction():
        services.undo_mark(
            session_id=room.sessions[2], enrollment_id=room.enrollments[0], actor=room.actor(), now=now
        )
    tap(room, now, "sick")
    with pytest.raises(Conflict):
        tap(room, now, "absent", expected_version=1)


def test_a_foreign_session_is_not_found(room: Classroom, now: datetime) -> None:
    other = build()
    with pytest.raises(NotFound):
        tap(room, now, actor=other.actor())
    with pytest.raises(NotFound), transaction():
        services.mark_rest(session_id=room.sessions[2], mark="present", actor=other.actor(), now=now)
    with pytest.raises(NotFound), transaction():
        services.record_many(
            session_id=room.sessions[2], marks={room.enrollments[0]: "present"}, actor=other.actor(), now=now
        )
    assert stored(room) is None


def test_an_assessor_of_the_class_may_not_mark(room: Classroom, now: datetime) -> None:
    with pytest.raises(Forbidden):
        tap(room, now, actor=room.assessor_actor())


def test_a_role_without_a_staff_link_reaches_nothing(room: Classroom, now: datetime) -> None:
    stranger = GrantedActor(room.admin.id, None, "Wulan", (Grant(Role.INSTRUCTOR, "self", ""),))
    with pytest.raises(NotFound):
        tap(room, now, actor=stranger)


def test_somebody_of_another_batch_is_not_found(room: Classroom, now: datetime) -> None:
    other = build()
    with pytest.raises(NotFound), transaction():
        services.record_attendance(
            session_id=room.sessions[2],
            enrollment_id=other.enrollments[0],
            mark="present",
            actor=room.actor(),
            now=now,
        )


@pytest.mark.parametrize("state", ["applied", "waitlisted", "reserve", "withdrawn", "rejected", "expired"])
def test_somebody_without_a_seat_is_not_found(room: Classroom, now: datetime, state: str) -> None:
    with transaction() as session:
        session.execute(
            sa.text("update enrollment set state = :state where id = :id"),
            {"state": state, "id": room.enrollments[0]},
        )
    with pytest.raises(NotFound):
        tap(room, now)


def test_students_outside_the_session_are_refused_all_or_nothing(room: Classroom, now: datetime) -> None:
    other = build()
    marks = dict.fromkeys([*room.enrollments, other.enrollments[0]], "present")
    with pytest.raises(DomainError) as refused, transaction():
        services.record_many(session_id=room.sessions[2], marks=marks, actor=room.actor(), now=now)
    assert refused.value.code == "outside_session"
    assert db.session.execute(sa.select(sa.func.count()).select_from(AttendanceMark)).scalar() == 0


def test_nobody_marks_themselves_or_their_cooperative(room: Classroom, now: datetime) -> None:
    with pytest.raises(Forbidden) as refused:
        tap(room, now, actor=room.actor(person_id=room.people[0]))
    assert refused.value.code == "own_mark"
    person = classroom.newcomer()
    classroom.hold_post(person, room.cooperatives[1])
    with pytest.raises(Forbidden) as refused:
        tap(room, now, person=1, actor=room.actor(person_id=person))
    assert refused.value.code == "own_cooperative"
    tap(room, now, person=2, actor=room.actor(person_id=person))


def test_the_rest_leaves_out_the_marked_and_ones_own(room: Classroom, now: datetime) -> None:
    tap(room, now, "sick", person=0)
    person = classroom.newcomer()
    classroom.hold_post(person, room.cooperatives[1])
    with transaction():
        count = services.mark_rest(
            session_id=room.sessions[2], mark="present", actor=room.actor(person_id=person), now=now
        )
    assert count == 2
    assert [stored(room, n) for n in range(4)] == [("sick", 0, 1), None, ("present", 0, 1), ("present", 0, 1)]


def test_undoing_the_rest_leaves_what_was_changed_since(room: Classroom, now: datetime) -> None:
    with transaction():
        services.mark_rest(session_id=room.sessions[2], mark="present", actor=room.actor(), now=now)
    later = now + timedelta(minutes=5)
    tap(room, later, "absent", person=3)
    with transaction():
        assert services.undo_rest(session_id=room.sessions[2], actor=room.actor(), now=later) == 3
    assert stored(room, 0) == ("cleared", 0, 2)
    assert stored(room, 3) == ("absent", 0, 2)
    assert queries.sheet_progress(room.sessions[2]) == (1, 4)
    with pytest.raises(DomainError) as refused, transaction():
        services.undo_rest(session_id=room.sessions[2], actor=room.actor(), now=later)
    assert refused.value.code == "nothing_to_undo"
    with transaction():
        assert (
            services.mark_rest(session_id=room.sessions[2], mark="present", actor=room.actor(), now=later)
            == 3
        )


def test_the_rest_cannot_be_taken_back_by_somebody_else_or_much_later(room: Classroom, now: datetime) -> None:
    other = classroom.colleague(room)
    with transaction():
        services.mark_rest(session_id=room.sessions[2], mark="present", actor=room.actor(), now=now)
    for actor, moment in ((other, now), (room.actor(), now + timedelta(hours=2))):
        with pytest.raises(DomainError), transaction():
            services.undo_rest(session_id=room.sessions[2], actor=actor, now=moment)


def test_undo_gives_back_the_value_before(room: Classroom, now: datetime) -> None:
    tap(room, now, "late", hours_missed=2)
    tap(room, now, "absent")
    with transaction():
        found = services.undo_mark(
            session_id=room.sessions[2], enrollment_id=room.enrollments[0], actor=room.actor(), now=now
        )
    assert (found.mark, found.hours_missed, found.version) == ("late", 2, 3)
    assert stored(room) == ("late", 2, 3)


def test_undo_of_nothing_says_so(room: Classroom, now: datetime) -> None:
    with pytest.raises(DomainError) as refused, transaction():
        services.undo_mark(
            session_id=room.sessions[2], enrollment_id=room.enrollments[0], actor=room.actor(), now=now
        )
    assert refused.value.code == "nothing_to_undo"


@pytest.mark.parametrize(
    ("mark", "missed", "code"),
    [("late", 9, "missed_range"), ("present", 1, "missed_mark"), ("lulus", 0, "mark_unknown")],
)
def test_a_wrong_value_is_refused(room: Classroom, now: datetime, mark: str, missed: int, code: str) -> None:
    with pytest.raises(DomainError) as refused:
        tap(room, now, mark, hours_missed=missed)
    assert refused.value.code == code
    assert stored(room) is None


def test_a_session_takes_marks_from_its_day_on(db_session: Any) -> None:
    room = build(start=datetime(2026, 11, 23, 1, 0, tzinfo=UTC))
    with pytest.raises(DomainError) as refused:
        tap(room, datetime(2026, 11, 22, 16, 59, tzinfo=UTC), session=0)
    assert refused.value.code == "session_not_begun"
    tap(room, datetime(2026, 11, 22, 17, 0, tzinfo=UTC), session=0)  # midnight at the place


@pytest.mark.parametrize(
    ("state", "code"), [("finalized", "sheet_final"), ("cancelled", "batch_not_running")]
)
def test_a_closed_batch_takes_no_marks(db_session: Any, now: datetime, state: str, code: str) -> None:
    room = build(state=state)
    with pytest.raises(Conflict) as refused:
        tap(room, now)
    assert refused.value.code == code


def test_a_command_may_mark_everywhere(room: Classroom, now: datetime) -> None:
    assert tap(room, now, actor=SYSTEM).recorded_by is None


def test_many_at_once_with_a_stale_row_saves_nothing(room: Classroom, now: datetime) -> None:
    tap(room, now, "sick", person=3)
    with pytest.raises(Conflict), transaction():
        services.record_many(
            session_id=room.sessions[2], marks=dict.fromkeys(room.enrollments, "present"),
            expected=dict.fromkeys(room.enrollments, 0), actor=room.actor(), now=now,
        )  # fmt: skip
    assert stored(room, 0) is None


@pytest.mark.parametrize("people", [16, 1000])
def test_many_take_at_most_ten_statements(
    db_session: Any, now: datetime, people: int, query_count: Callable[..., Any]
) -> None:
    room = build(people=people, sessions=1, start=now)
    marks = dict.fromkeys(room.enrollments, "present")
    with query_count(at_most=10), transaction():
        assert services.record_many(session_id=room.sessions[0], marks=marks, actor=SYSTEM, now=now) == people
    again = dict.fromkeys(room.enrollments, "absent")
    with query_count(at_most=10), transaction():
        assert (
            services.record_many(session_id=room.sessions[0], marks=again, actor=room.actor(), now=now)
            == people
        )
    assert (events(), history()) == (2 * people, people)


def test_one_tap_takes_four_statements_and_writes_one_mark(
    room: Classroom, now: datetime, query_count: Callable[..., Any]
) -> None:
    person = classroom.newcomer()
    actor = room.actor(person_id=person)
    with query_count(at_most=4) as seen:
        tap(room, now, actor=actor)
    assert sum("attendance_mark" in text for text in seen.writes) == 1
    # A change keeps the old value too, which costs SQLite a statement of its own.
    with query_count(at_most=5 if db.engine.dialect.name == "sqlite" else 4):
        tap(room, now, "sick", expected_version=1, actor=actor)
    assert (events(), history()) == (2, 1)
    with query_count(at_most=1):
        tap(room, now, "sick", actor=actor)


def test_a_tap_knows_the_counter(room: Classroom, now: datetime) -> None:
    first, again, other = tap(room, now), tap(room, now, "late"), tap(room, now, person=1)
    assert [(mark.done, mark.total) for mark in (first, again, other)] == [(1, 4), (1, 4), (2, 4)]
    assert queries.sheet_progress(room.sessions[2]) == (2, 4)


def test_hours_of_a_batch_and_of_a_person(
    room: Classroom, now: datetime, query_count: Callable[..., Any]
) -> None:
    tap(room, now, "present", session=0)
    tap(room, now, "late", session=1, hours_missed=3)
    tap(room, now, "sick", person=1)
    with query_count(at_most=1):
        found = queries.attendance_of_batch(room.batch_id)
    assert len(found) == 4
    first = found[room.enrollments[0]]
    assert (first.attended, first.total, first.remaining, first.came) == (13, 24, 8, 2)
    assert found[room.enrollments[1]].attended == 0
    mine = queries.attendance_of_person(room.enrollments[0])
    assert mine is not None
    assert mine.attendance == first
    assert [s.mark for s in mine.sessions] == ["present", "late", ""]


def test_excused_counts_where_the_curriculum_says_so(db_session: Any, now: datetime) -> None:
    room = build(excused_counts=True)
    tap(room, now, "sick")
    assert queries.attendance_of_batch(room.batch_id)[room.enrollments[0]].attended == 8


def test_a_batch_without_sessions_has_no_hours(db_session: Any) -> None:
    room = build(sessions=0)
    assert {a.total for a in queries.attendance_of_batch(room.batch_id).values()} == {0}
    assert queries.attendance_of_person(room.enrollments[0]) is None


def test_undoing_twice_with_one_page_undoes_once(room: Classroom, now: datetime) -> None:
    tap(room, now, "present")
    tap(room, now, "absent")
    other = classroom.colleague(room)

    def undo(actor: Any) -> Any:
        with transaction():
            return services.undo_mark(
                session_id=room.sessions[2], enrollment_id=room.enrollments[0], expected_version=2,
                actor=actor, now=now,
            )  # fmt: skip

    first, second = undo(room.actor()), undo(room.actor())
    assert (first.mark, first.version) == (second.mark, second.version) == ("present", 3)
    with pytest.raises(Conflict) as refused:
        undo(other)
    assert refused.value.code == "mark_conflict"
