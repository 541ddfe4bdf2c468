"""A printed sheet comes back once, all or nothing, and never overwrites in silence."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from portal.attendance import papers, queries, services
from portal.attendance.models import AttendanceMark, PaperSheet
from portal.core.db import db, transaction
from portal.core.errors import Conflict, DomainError, Forbidden, NotFound
from portal.enrollment.models import Enrollment
from tests.support import classroom
from tests.support.classroom import Classroom, build


@pytest.fixture
def room(db_session: Any) -> Classroom:
    return build()


def printed(room: Classroom, now: datetime, session: int = 0) -> str:
    with transaction():
        return services.print_sheet(session_id=room.sessions[session], actor=room.actor(), now=now).code


def bring(
    room: Classroom, code: str, marks: dict[int, str], now: datetime, chosen: dict[int, str] | None = None,
    **more: Any,
) -> int:  # fmt: skip
    """Marks and sides by the index of the person."""
    wanted: dict[str, Any] = {"actor": room.actor(), "expected": {}} | more
    people = room.enrollments
    with transaction():
        return services.reconcile_sheet(
            session_id=room.sessions[0], code=code, marks={people[i]: m for i, m in marks.items()},
            chosen={people[i]: side for i, side in (chosen or {}).items()}, now=now, **wanted,
        )  # fmt: skip


def stored(room: Classroom) -> list[tuple[str, str]]:
    db.session.rollback()
    db.session.expire_all()
    found = {row.enrollment_id: row for row in db.session.scalars(sa.select(AttendanceMark))}
    rows = [found.get(number) for number in room.enrollments]
    return [(row.mark, row.evidence) if row else ("", "") for row in rows]


def tap(room: Classroom, now: datetime, mark: str, person: int = 0) -> None:
    with transaction():
        services.record_attendance(
            session_id=room.sessions[0], enrollment_id=room.enrollments[person], mark=mark,
            actor=room.actor(), now=now,
        )  # fmt: skip


def test_a_sheet_holds_the_people_as_they_were_printed(room: Classroom, now: datetime) -> None:
    code = printed(room, now)
    assert len(code) == 12
    with transaction() as session:
        session.execute(
            sa.update(Enrollment).where(Enrollment.id == room.enrollments[1]).values(state="withdrawn")
        )
    head, sheet = queries.get_printed(room.actor(), room.sessions[0], code)
    assert sheet.people == room.enrollments
    assert [row.name for row in queries.printed_rows(sheet)] == ["Peserta 001", "Peserta 003", "Peserta 004"]
    body = papers.sheet_pdf(
        head, sheet, queries.printed_rows(sheet), address="https://balai.example/x", now=now
    )
    assert body.startswith(b"%PDF-")


def test_a_sheet_can_be_printed_before_its_day_but_not_of_a_closed_class(
    db_session: Any, now: datetime
) -> None:
    printed(build(start=now + timedelta(days=3)), now)
    with pytest.raises(Conflict):
        printed(build(state="finalized"), now)
    with pytest.raises(DomainError) as refused:
        printed(build(people=0), now)
    assert refused.value.code == "nobody"


def test_a_signed_sheet_marks_those_it_names(room: Classroom, now: datetime) -> None:
    code = printed(room, now)
    assert bring(room, code, {0: "present", 1: "late", 2: "sick"}, now) == 3
    assert stored(room) == [("present", "paper"), ("late", "paper"), ("sick", "paper"), ("", "")]
    head = queries.get_sheet(room.actor(), room.sessions[0])
    assert {row.noted_at for row in db.session.scalars(sa.select(AttendanceMark))} == {head.starts_at}
    sheet = db.session.scalars(sa.select(PaperSheet)).one()
    assert (sheet.reconciled_by, sheet.reconciled_at) == (room.instructor.id, now)


def test_a_sheet_comes_back_once(room: Classroom, now: datetime) -> None:
    code = printed(room, now)
    bring(room, code, {0: "present"}, now)
    with pytest.raises(Conflict) as refused:
        bring(room, code, {1: "present"}, now + timedelta(hours=1))
    assert refused.value.code == "sheet_used"
    for word in ("Ratna Puspita", "22 November 2026", "09.00"):
        assert word in refused.value.message
    assert stored(room)[1] == ("", "")


def test_what_differs_is_chosen_and_nothing_is_overwritten_in_silence(room: Classroom, now: datetime) -> None:
    tap(room, now, "absent", 0)
    tap(room, now, "late", 1)
    tap(room, now, "present", 2)
    code = printed(room, now)
    marks = {0: "present", 1: "present", 2: "present", 3: "present"}
    with pytest.raises(Conflict) as refused:
        bring(room, code, marks, now, {0: "paper"})
    assert refused.value.code == "paper_conflicts"
    assert refused.value.details["enrollments"] == [room.enrollments[1]]
    assert stored(room)[3] == ("", "")
    assert bring(room, code, marks, now, {0: "paper", 1: "stored"}) == 2
    assert stored(room) == [("present", "paper"), ("late", "tap"), ("present", "tap"), ("present", "paper")]
    (change,) = queries.changes_of(room.sessions[0], room.enrollments[0])
    assert (change.old_mark, change.old_evidence) == ("absent", "tap")
    assert code in change.reason


def test_a_mark_changed_since_the_form_was_opened_is_a_conflict_and_saves_nothing(
    room: Classroom, now: datetime
) -> None:
    tap(room, now, "absent", 0)
    code = printed(room, now)
    with pytest.raises(Conflict) as refused:
        bring(
            room, code, {0: "present", 1: "present"}, now, {0: "paper"},
            expected={room.enrollments[0]: 0},
        )  # fmt: skip
    assert refused.value.code == "mark_conflict"
    assert stored(room)[1] == ("", "")
    bring(room, code, {0: "present"}, now, {0: "paper"}, expected={room.enrollments[0]: 1})


def test_nobody_who_is_not_on_the_sheet(room: Classroom, now: datetime) -> None:
    code = printed(room, now)
    other = build()
    with pytest.raises(DomainError) as refused, transaction():
        services.reconcile_sheet(
            session_id=room.sessions[0], code=code, marks={other.enrollments[0]: "present"}, expected={},
            chosen={}, actor=room.actor(), now=now,
        )  # fmt: skip
    assert refused.value.code == "outside_sheet"
    with pytest.raises(DomainError) as refused:
        bring(room, code, {}, now)
    assert refused.value.code == "nothing_on_paper"
    with pytest.raises(DomainError) as refused:
        bring(room, code, {0: "lulus"}, now)
    assert refused.value.code == "mark_unknown"
    assert db.session.scalars(sa.select(PaperSheet.reconciled_at)).one() is None


def test_foreign_sheets_and_ones_own_cooperative(room: Classroom, now: datetime) -> None:
    code = printed(room, now)
    other = build()
    with pytest.raises(NotFound):
        bring(room, code, {0: "present"}, now, actor=other.actor())
    with pytest.raises(NotFound):
        queries.get_printed(other.actor(), other.sessions[0], code)
    person = classroom.newcomer()
    classroom.hold_post(person, room.cooperatives[0])
    with pytest.raises(Forbidden):
        bring(room, code, {0: "present"}, now, actor=room.actor(person_id=person))


def test_a_large_sheet_costs_no_more(db_session: Any, now: datetime, query_count: Callable[..., Any]) -> None:
    counts = []
    for people in (5, 80):
        room = build(people=people)
        code, actor = printed(room, now), room.actor()
        with query_count(at_most=15) as seen:
            bring(room, code, dict.fromkeys(range(people), "present"), now, actor=actor)
        counts.append(len(seen))
    assert counts[0] == counts[1]
