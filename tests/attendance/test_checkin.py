"""Checking in by the own phone: once, with the mark that follows; refusals change nothing; few statements."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from portal.attendance import queries, services
from portal.attendance.models import AttendanceChange, AttendanceMark, CheckIn
from portal.attendance.rules import tokens
from portal.attendance.services.keys import projector_key
from portal.centers.models import Staff
from portal.core.audit import AuditEvent
from portal.core.db import db, transaction
from portal.core.errors import Conflict, DomainError, Forbidden
from portal.core.permissions import ANONYMOUS
from portal.enrollment.models import Enrollment
from tests.support import classroom
from tests.support.checkin import (
    DEVICE,
    START,
    arrive,
    count,
    events,
    give_card,
    stored,
    trainee,
)
from tests.support.classroom import Classroom, build


@pytest.fixture
def room(db_session: Any) -> Classroom:
    """Four people; the first session begins now and lasts six hours."""
    return build(start=START)


# ---- once ----


def test_a_check_in_stores_who_where_how_and_the_mark(room: Classroom, now: datetime) -> None:
    done = arrive(room, now)
    assert (done.is_new, done.mark, done.minutes, done.hours_missed, done.is_own) == (
        True,
        "present",
        0,
        0,
        True,
    )
    row = db.session.scalars(sa.select(CheckIn)).one()
    assert (row.session_id, row.position, row.enrollment_id) == (room.sessions[0], 1, room.enrollments[0])
    assert (row.evidence, row.recorded_by, row.at) == ("qr", 900, now)
    assert row.device == tokens.device_mark(projector_key(), room.sessions[0], DEVICE)
    assert DEVICE not in row.device
    assert stored(room) == ("present", 0, 0, "qr", 1)
    assert (events("attendance.recorded"), events("attendance.checked_in")) == (1, 0)


@pytest.mark.parametrize("evidence", ["qr", "code"])
def test_the_second_time_changes_nothing_and_says_when_it_was(
    room: Classroom, now: datetime, evidence: str
) -> None:
    arrive(room, now)
    again = arrive(room, now + timedelta(minutes=40), evidence=evidence, device="e" * 32)
    assert (again.is_new, again.at, again.mark) == (False, now, "present")
    assert (count(CheckIn), count(AttendanceMark), count(AttendanceChange)) == (1, 1, 0)
    assert stored(room) == ("present", 0, 0, "qr", 1)
    assert events("attendance.recorded") == 1


@pytest.mark.parametrize(
    ("late", "expected"),
    [
        (timedelta(minutes=-60), ("present", 0, 0)),
        (timedelta(minutes=15), ("present", 0, 0)),
        (timedelta(minutes=20), ("late", 20, 0)),
        (timedelta(minutes=46), ("late", 46, 1)),
        (timedelta(hours=6), ("late", 360, 8)),
    ],
)
def test_lateness_is_counted_from_the_start(
    room: Classroom, now: datetime, late: timedelta, expected: tuple[str, int, int]
) -> None:
    arrive(room, now + late)
    assert stored(room) is not None
    assert stored(room)[:3] == expected  # type: ignore[index]


def test_what_counts_is_when_it_was_scanned_not_when_it_was_sent(room: Classroom, now: datetime) -> None:
    done = arrive(room, now + timedelta(minutes=24), at=now + timedelta(minutes=15))
    assert (done.mark, done.at) == ("present", now + timedelta(minutes=15))


def test_the_hours_of_the_person_follow(room: Classroom, now: datetime) -> None:
    arrive(room, now + timedelta(minutes=50))
    found = queries.attendance_of_person(room.enrollments[0])
    assert found is not None
    assert (found.attendance.attended, found.attendance.total) == (7, 24)


# ---- who ----


def test_a_card_stands_for_its_owner_without_an_account(room: Classroom, now: datetime) -> None:
    card = give_card(room, 1)
    done = arrive(room, now, actor=ANONYMOUS, card=card)
    assert done.enrollment_id == room.enrollments[1]
    assert db.session.scalars(sa.select(CheckIn)).one().recorded_by is None


def test_a_card_beats_the_account_of_a_shared_phone(room: Classroom, now: datetime) -> None:
    card = give_card(room, 1)
    assert arrive(room, now, card=card).enrollment_id == room.enrollments[1]
    assert arrive(room, now).enrollment_id == room.enrollments[0]


@pytest.mark.parametrize("who", ["other class", "no seat", "nobody", "unknown card", "card of another class"])
def test_who_has_no_seat_here_is_told_why_and_nothing_is_stored(
    room: Classroom, now: datetime, who: str
) -> None:
    other = build(people=2, start=START, like=room)
    card = give_card(other, 1)
    cases: dict[str, tuple[Any, str, str]] = {
        "other class": (trainee(other), "", "other_class"),
        "no seat": (trainee(room).__class__(1, classroom.newcomer(), "Baru", ()), "", "no_seat"),
        "nobody": (ANONYMOUS, "", "no_seat"),
        "unknown card": (ANONYMOUS, "0" * 16, "card_unknown"),
        "card of another class": (ANONYMOUS, card, "other_class"),
    }
    actor, shown, code = cases[who]
    before = count(AuditEvent)
    with pytest.raises(DomainError) as refused:
        arrive(room, now, actor=actor, card=shown)
    assert refused.value.code == code
    if code == "other_class":
        assert refused.value.message.startswith("Anda terdaftar di Pembukuan harian Angkatan ")
    assert (count(CheckIn), count(AttendanceMark), count(AuditEvent)) == (0, 0, before)


@pytest.mark.parametrize("state", ["applied", "waitlisted", "withdrawn", "rejected"])
def test_an_enrollment_without_a_seat_does_not_count(room: Classroom, now: datetime, state: str) -> None:
    with transaction() as session:
        session.execute(sa.update(Enrollment).values(state=state))
    with pytest.raises(DomainError) as refused:
        arrive(room, now)
    assert refused.value.code == "no_seat"


def test_who_teaches_here_does_not_check_in_themselves(room: Classroom, now: datetime) -> None:
    with transaction():
        room.instructor.person_id = room.people[0]
        db.session.merge(room.instructor)
    with pytest.raises(Forbidden) as refused:
        arrive(room, now)
    assert refused.value.code == "own_class"
    assert count(CheckIn) == 0
    arrive(room, now, person=1)
    with transaction() as session:
        session.execute(sa.update(Staff).values(is_active=False))
    arrive(room, now)


# ---- when ----


@pytest.mark.parametrize(
    ("shift", "code"),
    [
        (timedelta(minutes=-61), "too_early"),
        (timedelta(days=-1), "too_early"),
        (timedelta(hours=6, seconds=1), "session_over"),
        (timedelta(days=1), "session_over"),
    ],
)
def test_only_from_an_hour_before_until_the_end(
    room: Classroom, now: datetime, shift: timedelta, code: str
) -> None:
    with pytest.raises(Conflict) as refused:
        arrive(room, now + shift)
    assert refused.value.code == code
    assert count(CheckIn) == 0


@pytest.mark.parametrize(
    ("state", "code"), [("finalized", "sheet_final"), ("cancelled", "batch_not_running")]
)
def test_a_closed_class_takes_nobody(db_session: Any, now: datetime, state: str, code: str) -> None:
    room = build(start=START, state=state)
    with pytest.raises(Conflict) as refused:
        arrive(room, now)
    assert refused.value.code == code
    assert (count(CheckIn), count(AttendanceMark)) == (0, 0)


# ---- the instructor's word stands ----


@pytest.mark.parametrize("mark", ["present", "late", "excused", "sick", "absent"])
def test_a_mark_of_the_instructor_stands(room: Classroom, now: datetime, mark: str) -> None:
    with transaction():
        services.record_attendance(
            session_id=room.sessions[0], enrollment_id=room.enrollments[0], mark=mark, actor=room.actor(),
            now=now,
        )  # fmt: skip
    before = stored(room)
    done = arrive(room, now + timedelta(minutes=50))
    assert (done.is_new, done.is_own, done.mark) == (True, False, mark)
    assert stored(room) == before
    assert (count(CheckIn), events("attendance.checked_in")) == (1, 1)


def test_a_cleared_cell_is_empty_again_and_keeps_its_history(room: Classroom, now: datetime) -> None:
    with transaction():
        services.mark_rest(session_id=room.sessions[0], mark="present", actor=room.actor(), now=now)
    with transaction():
        services.undo_rest(session_id=room.sessions[0], actor=room.actor(), now=now)
    arrive(room, now + timedelta(minutes=20))
    assert stored(room) == ("late", 20, 0, "qr", 3)
    assert queries.changes_of(room.sessions[0], room.enrollments[0])[0].old_mark == "cleared"


def test_the_instructor_may_correct_a_check_in(room: Classroom, now: datetime) -> None:
    arrive(room, now)
    with transaction():
        services.record_attendance(
            session_id=room.sessions[0], enrollment_id=room.enrollments[0], mark="absent", actor=room.actor(),
            now=now,
        )  # fmt: skip
    assert not arrive(room, now).is_new
    assert stored(room)[0] == "absent"  # type: ignore[index]


# ---- statements ----


@pytest.mark.parametrize("people", [2, 60])
def test_a_check_in_takes_four_statements_or_five_and_the_audit(
    db_session: Any, now: datetime, people: int, query_count: Callable[..., Any]
) -> None:
    room = build(start=START, people=people)
    with query_count(at_most=8) as seen:
        arrive(room, now)
    own = [text for text in seen.texts if "audit" not in text]
    assert len(own) <= 4 + (db.engine.dialect.name == "postgresql"), own
    assert sum("attendance_mark" in text for text in seen.writes) == 1
    with query_count(at_most=3):
        arrive(room, now)
