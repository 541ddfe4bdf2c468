"""What a mark keeps besides its value, and that a late change says why."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from portal.attendance import queries, services
from portal.attendance.labels import reason_text
from portal.attendance.models import AttendanceChange, AttendanceMark, Evidence
from portal.attendance.rules import reasons
from portal.core.db import db, transaction
from portal.core.errors import DomainError
from tests.support.classroom import Classroom, build


@pytest.fixture
def room(db_session: Any) -> Classroom:
    return build()


def mark(room: Classroom, now: datetime, value: str = "present", session: int = 2, **more: Any) -> Any:
    with transaction():
        return services.record_attendance(
            session_id=room.sessions[session], enrollment_id=room.enrollments[0], mark=value,
            actor=room.actor(), now=now, **more,
        )  # fmt: skip


def row(room: Classroom, session: int = 2) -> AttendanceMark:
    db.session.rollback()
    return db.session.get_one(AttendanceMark, (room.sessions[session], room.enrollments[0]))


def changes(room: Classroom, session: int = 2) -> list[queries.Change]:
    return queries.changes_of(room.sessions[session], room.enrollments[0])


def test_a_mark_keeps_its_evidence_minutes_remark_and_when_it_was_noted(
    room: Classroom, now: datetime
) -> None:
    noted = now - timedelta(hours=3)
    mark(
        room, now, "late", hours_missed=1, minutes=50, remark="  Ban bocor ", evidence=Evidence.OFFLINE,
        noted_at=noted,
    )  # fmt: skip
    found = row(room)
    assert (found.minutes, found.remark, found.evidence, found.noted_at, found.recorded_at) == (
        50, "Ban bocor", "offline", noted, now,
    )  # fmt: skip


def test_a_change_keeps_how_the_old_value_was_proven_and_why(room: Classroom, now: datetime) -> None:
    mark(room, now, "late", evidence=Evidence.CARD, minutes=20)
    mark(room, now, "sick", reason="Surat dokter menyusul")
    (change,) = changes(room)
    assert (change.old_mark, change.new_mark, change.old_evidence, change.reason) == (
        "late", "sick", "card", "Surat dokter menyusul",
    )  # fmt: skip
    assert (row(room).minutes, row(room).evidence) == (0, "tap")


def test_a_remark_alone_is_stored_without_a_line_of_history(room: Classroom, now: datetime) -> None:
    mark(room, now)
    mark(room, now, remark="Duduk di depan")
    assert (row(room).remark, row(room).version, changes(room)) == ("Duduk di depan", 2, [])
    mark(room, now, "sick")
    assert row(room).remark == "Duduk di depan"
    mark(room, now, "sick", remark="")
    assert row(room).remark == ""


def test_the_same_mark_keeps_its_minutes_when_asked_to(room: Classroom, now: datetime) -> None:
    mark(room, now, "late", hours_missed=1, minutes=50)
    mark(room, now, "late", hours_missed=None)
    assert (row(room).minutes, row(room).version) == (50, 1)


@pytest.mark.parametrize(
    ("more", "field"),
    [({"minutes": 1441}, "minutes"), ({"remark": "x" * 301}, "remark"), ({"reason": "x" * 301}, "reason")],
)
def test_what_is_too_much_is_told_beside_its_field(
    room: Classroom, now: datetime, more: dict[str, Any], field: str
) -> None:
    with pytest.raises(DomainError) as refused:
        mark(room, now, "late", **more)
    assert refused.value.field == field


def test_the_first_mark_of_a_past_session_needs_no_reason_a_change_does(
    room: Classroom, now: datetime
) -> None:
    mark(room, now, "absent", session=0)
    with pytest.raises(DomainError) as refused:
        mark(room, now, "present", session=0)
    assert (refused.value.code, refused.value.field, refused.value.status) == ("reason_needed", "reason", 422)
    assert row(room, 0).mark == "absent"
    mark(room, now, "present", session=0, reason="Tertukar nama")
    assert (row(room, 0).mark, changes(room, 0)[0].reason) == ("present", "Tertukar nama")
    mark(room, now, "present", session=0, remark="Sudah dicek")


def test_the_day_is_that_of_the_place(room: Classroom, now: datetime) -> None:
    mark(room, now, session=0)
    midnight = datetime(2026, 11, 20, 17, 0, tzinfo=now.tzinfo)
    mark(room, midnight - timedelta(seconds=1), "sick", session=0)
    with pytest.raises(DomainError):
        mark(room, midnight, "absent", session=0)


def test_many_at_once_need_a_reason_only_for_what_changes(room: Classroom, now: datetime) -> None:
    session = room.sessions[0]

    def send(marks: dict[int, str], reason: str = "") -> int:
        with transaction():
            return services.record_many(
                session_id=session, marks=marks, reason=reason, actor=room.actor(), now=now
            )

    assert send(dict.fromkeys(room.enrollments[:2], "present")) == 2
    assert send(dict.fromkeys(room.enrollments, "present")) == 2
    with pytest.raises(DomainError) as refused:
        send(dict.fromkeys(room.enrollments, "absent"))
    assert refused.value.code == "reason_needed"
    assert row(room, 0).mark == "present"
    assert send(dict.fromkeys(room.enrollments, "absent"), "Daftar tertukar") == 4


def test_many_at_once_keep_evidence_minutes_and_a_remark(room: Classroom, now: datetime) -> None:
    first, second = room.enrollments[:2]
    with transaction():
        services.record_many(
            session_id=room.sessions[2], marks={first: "late", second: "present"}, minutes={first: 30},
            remark="Dari daftar", evidence=Evidence.PAPER, noted_at=now - timedelta(hours=1),
            actor=room.actor(), now=now,
        )  # fmt: skip
    found = row(room)
    assert (found.minutes, found.remark, found.evidence) == (30, "Dari daftar", "paper")
    assert found.noted_at == now - timedelta(hours=1)


def test_a_mark_made_without_signal_on_its_day_says_so_by_itself(room: Classroom, now: datetime) -> None:
    noted = datetime(2026, 11, 20, 6, 0, tzinfo=now.tzinfo)
    mark(room, now, session=0)
    mark(room, now, "sick", session=0, evidence=Evidence.OFFLINE, noted_at=noted)
    assert "tanpa sinyal" in changes(room, 0)[0].reason
    with pytest.raises(DomainError):
        mark(room, now, "absent", session=0, evidence=Evidence.OFFLINE, noted_at=now)


def test_ones_own_slip_of_the_last_hour_is_undone_without_a_typed_reason(
    room: Classroom, now: datetime
) -> None:
    def undo(at: datetime, reason: str = "") -> Any:
        with transaction():
            return services.undo_mark(
                session_id=room.sessions[0], enrollment_id=room.enrollments[0], reason=reason,
                actor=room.actor(), now=at,
            )  # fmt: skip

    mark(room, now, session=0)
    assert undo(now + timedelta(minutes=5)).mark == "cleared"
    mark(room, now, session=0)
    with pytest.raises(DomainError) as refused:
        undo(now + timedelta(hours=2))
    assert refused.value.code == "reason_needed"
    undo(now + timedelta(hours=2), "Keliru orang")
    assert changes(room, 0)[0].reason == "Keliru orang"


def test_a_tap_is_refused_as_it_was_before_the_lock(
    room: Classroom, now: datetime, query_count: Callable[..., Any]
) -> None:
    """A stale version costs one read, the name, and no write."""
    mark(room, now)
    actor = room.actor()
    with pytest.raises(DomainError), query_count(at_most=2) as seen, transaction():
        services.record_attendance(
            session_id=room.sessions[2], enrollment_id=room.enrollments[0], mark="sick", expected_version=0,
            actor=actor, now=now,
        )  # fmt: skip
    assert seen.writes == []


def test_reasons_of_the_portal_itself_are_codes_that_are_said_to_who_reads(
    room: Classroom, now: datetime
) -> None:
    mark(room, now)
    with transaction():
        services.undo_mark(
            session_id=room.sessions[2], enrollment_id=room.enrollments[0], actor=room.actor(), now=now
        )
    stored = db.session.scalars(sa.select(AttendanceChange.reason).order_by(AttendanceChange.id)).all()
    assert stored[-1] == reasons.UNDONE
    assert changes(room)[0].reason == "Diurungkan."


@pytest.mark.parametrize(
    ("stored", "said"),
    [
        (reasons.UNDONE, "Diurungkan."),
        (reasons.OFFLINE, "Dicatat tanpa sinyal pada hari pertemuan."),
        (reasons.from_paper("KHB-12"), "Dari lembar kertas KHB-12."),
        # Rows of before, and words of people.
        ("Dari lembar kertas KHB-12.", "Dari lembar kertas KHB-12."),
        ("Keliru orang", "Keliru orang"),
        ("", ""),
    ],
)
def test_a_stored_reason_is_said_in_words(app: Any, stored: str, said: str) -> None:
    with app.test_request_context():
        assert reason_text(stored) == said
