"""A card before the instructor's camera: once a checkpoint, late by the clock, a mark that stands stands."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from portal.attendance import queries, services
from portal.attendance.models import AttendanceMark, CheckIn, Checkpoint
from portal.core.db import db, transaction
from portal.core.errors import Conflict, DomainError, Forbidden, NotFound
from portal.enrollment.models import Enrollment
from tests.support import classroom
from tests.support.classroom import Classroom, build

START = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)  # 08.00 at the place, the third session


@pytest.fixture
def room(db_session: Any) -> Classroom:
    made = build()
    give_cards(made)
    return made


def card(number: int) -> str:
    return f"CARD{number:012d}"


def give_cards(room: Classroom, first: int = 0) -> None:
    """Cards as they are printed: 16 characters."""
    with transaction() as session:
        for index, enrollment_id in enumerate(room.enrollments, first):
            session.execute(
                sa.update(Enrollment).where(Enrollment.id == enrollment_id).values(card_token=card(index))
            )


def scan(room: Classroom, text: str, at: datetime, actor: Any = None, session: int = 2) -> services.Scanned:
    with transaction():
        return services.scan_card(
            session_id=room.sessions[session], text=text, actor=actor or room.actor(), now=at
        )


def mark(room: Classroom, person: int = 0) -> AttendanceMark:
    db.session.rollback()
    db.session.expire_all()
    return db.session.get_one(AttendanceMark, (room.sessions[2], room.enrollments[person]))


def seen(room: Classroom) -> int:
    return db.session.scalar(sa.select(sa.func.count()).select_from(CheckIn)) or 0


def test_a_card_marks_its_person_present(room: Classroom) -> None:
    found = scan(room, f"HTTP://BALAI.EXAMPLE/K/{card(0)}", START + timedelta(minutes=2))
    assert (found.name, found.is_new, found.mark) == ("Peserta 001", True, "present")
    stored = mark(room)
    assert (stored.mark, stored.evidence, stored.recorded_by) == ("present", "card", room.instructor.id)
    line = db.session.scalars(sa.select(CheckIn)).one()
    assert (line.evidence, line.device, line.position) == ("card", "", 1)


@pytest.mark.parametrize(
    ("minutes", "became", "missed"), [(15, "present", 0), (16, "late", 0), (50, "late", 1), (135, "late", 3)]
)
def test_late_by_the_clock(room: Classroom, minutes: int, became: str, missed: int) -> None:
    scan(room, card(0), START + timedelta(minutes=minutes))
    stored = mark(room)
    assert (stored.mark, stored.hours_missed) == (became, missed)
    assert stored.minutes == (minutes if became == "late" else 0)


def test_the_same_card_again_changes_nothing(room: Classroom) -> None:
    scan(room, card(0), START)
    again = scan(room, card(0), START + timedelta(hours=1))
    assert (again.is_new, again.at, again.mark) == (False, START, "present")
    assert (seen(room), mark(room).version) == (1, 1)


def test_what_an_instructor_marked_stands(room: Classroom) -> None:
    with transaction():
        services.record_attendance(
            session_id=room.sessions[2], enrollment_id=room.enrollments[0], mark="excused",
            actor=room.actor(), now=START,
        )  # fmt: skip
    found = scan(room, card(0), START + timedelta(minutes=5))
    assert (found.is_new, found.mark) == (True, "excused")
    assert (mark(room).mark, mark(room).evidence, seen(room)) == ("excused", "tap", 1)


def test_a_later_checkpoint_counts_what_was_missed_between(room: Classroom) -> None:
    with transaction() as session:
        session.add_all(
            Checkpoint(
                session_id=room.sessions[2], position=position, label=f"Bagian {position}",
                starts_at=START + timedelta(hours=3 * (position - 1)), hours=4,
            )
            for position in (1, 2)
        )  # fmt: skip
    scan(room, card(0), START)
    scan(room, card(0), START + timedelta(hours=3))
    assert (mark(room).mark, seen(room)) == ("present", 2)
    scan(room, card(1), START + timedelta(hours=3))
    assert (mark(room, 1).mark, mark(room, 1).hours_missed) == ("late", 4)


def test_cards_that_are_not_of_this_class_say_no_more_than_that(room: Classroom) -> None:
    other = build()
    give_cards(other, first=50)
    with transaction() as session:
        session.execute(
            sa.update(Enrollment).where(Enrollment.id == room.enrollments[3]).values(state="waitlisted")
        )
    cases = (
        (card(50), "card_elsewhere"),
        (card(3), "no_seat"),
        ("ZZZZZZZZZZZZZZZZ", "card_unknown"),
        ("halo", "card_shape"),
        ("https://balai.example/V/BA1A1KVP7QTJ", "card_shape"),
    )
    for text, code in cases:
        with pytest.raises(DomainError) as refused:
            scan(room, text, START)
        assert (refused.value.code, refused.value.field) == (code, "code")
        assert "Peserta" not in refused.value.message
    assert seen(room) == 0


def test_the_clock_of_the_session_decides(room: Classroom) -> None:
    for at, code in (
        (START - timedelta(minutes=61), "too_early"),
        (START + timedelta(hours=6, seconds=1), "session_over"),
    ):
        with pytest.raises(Conflict) as refused:
            scan(room, card(0), at)
        assert refused.value.code == code


def test_ones_own_card_and_those_of_ones_cooperative(room: Classroom) -> None:
    with pytest.raises(Forbidden) as refused:
        scan(room, card(0), START, room.actor(person_id=room.people[0]))
    assert refused.value.code == "own_mark"
    person = classroom.newcomer()
    classroom.hold_post(person, room.cooperatives[1])
    with pytest.raises(Forbidden):
        scan(room, card(1), START, room.actor(person_id=person))
    assert seen(room) == 0


def test_a_foreign_session_is_not_found_and_an_assessor_may_not(room: Classroom) -> None:
    other = build()
    with pytest.raises(NotFound):
        scan(room, card(0), START, other.actor())
    with pytest.raises(Forbidden):
        scan(room, card(0), START, room.assessor_actor())


def test_a_scan_costs_the_same_in_a_large_class(db_session: Any, query_count: Callable[..., Any]) -> None:
    counts = []
    for people in (4, 60):
        room = build(people=people)
        give_cards(room, first=100 * people)
        actor = room.actor()
        with query_count(at_most=11) as statements:
            scan(room, card(100 * people), START, actor)
        counts.append(len(statements))
    assert counts[0] == counts[1]


def test_the_latest_scans_are_the_newest_first(room: Classroom) -> None:
    for index in range(4):
        scan(room, card(index), START + timedelta(minutes=index))
    assert [one.name for one in queries.latest_scans(room.sessions[2])] == [
        "Peserta 004", "Peserta 003", "Peserta 002", "Peserta 001",
    ]  # fmt: skip
