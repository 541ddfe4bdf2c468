"""Checking in by the own phone: once, with the mark that follows; refusals change nothing; few statements."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from portal.attendance import queries, services
from portal.attendance.models import AttendanceChange, AttendanceMark, CheckIn, Checkpoint, DeviceReview
from portal.attendance.rules import tokens
from portal.attendance.rules.checkpoints import Part
from portal.attendance.services import checkin, devices, screen
from portal.attendance.services import checkpoints as parts_service
from portal.attendance.services.checkpoints import PartsWrong
from portal.attendance.services.keys import projector_key
from portal.batches.models import ClassSession
from portal.centers.models import Room, Staff
from portal.core.audit import AuditEvent, check_chain
from portal.core.db import db, transaction
from portal.core.errors import Conflict, DomainError, Forbidden, NotFound, TooMany
from portal.core.permissions import ANONYMOUS, Grant, GrantedActor, Role
from portal.enrollment.models import Enrollment
from tests.support import classroom
from tests.support.classroom import Classroom, build

START = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)  # `now` of the tests: 09.00 WIB
DEVICE = "d" * 32


@pytest.fixture
def room(db_session: Any) -> Classroom:
    """Four people; the first session begins now and lasts six hours."""
    return build(start=START)


def trainee(room: Classroom, person: int = 0) -> GrantedActor:
    return GrantedActor(900 + person, room.people[person], "Peserta", (Grant(Role.TRAINEE, "self", ""),))


def arrive(room: Classroom, now: datetime, person: int = 0, **more: Any) -> checkin.CheckedIn:
    wanted: dict[str, Any] = {
        "session_id": room.sessions[0], "position": 1, "evidence": "qr", "at": now, "device": DEVICE,
        "actor": trainee(room, person), "now": now, **more,
    }  # fmt: skip
    with transaction():
        return checkin.check_in(**wanted)


def give_card(room: Classroom, person: int = 0, card: str = "7K2M9QXR4TB9A0C1") -> str:
    with transaction() as session:
        session.execute(
            sa.update(Enrollment).where(Enrollment.id == room.enrollments[person]).values(card_token=card)
        )
    return card


def two_parts(room: Classroom, now: datetime = START) -> list[Part]:
    parts = [Part(1, START, 4), Part(2, START + timedelta(hours=4), 4, "Setelah makan siang")]
    with transaction():
        return parts_service.set_checkpoints(
            session_id=room.sessions[0], parts=parts, actor=room.actor(), now=now
        )


def stored(room: Classroom, person: int = 0, session: int = 0) -> tuple[Any, ...] | None:
    row = db.session.execute(
        sa.select(
            AttendanceMark.mark, AttendanceMark.minutes, AttendanceMark.hours_missed,
            AttendanceMark.evidence, AttendanceMark.version,
        ).where(
            AttendanceMark.session_id == room.sessions[session],
            AttendanceMark.enrollment_id == room.enrollments[person],
        )
    ).first()  # fmt: skip
    return tuple(row) if row else None


def count(table: Any) -> int:
    return db.session.scalar(sa.select(sa.func.count()).select_from(table)) or 0


def events(action: str) -> int:
    return db.session.scalar(
        sa.select(sa.func.count()).select_from(AuditEvent).where(AuditEvent.action == action)
    ) or 0  # fmt: skip


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
def test_a_check_in_takes_at_most_six_statements_and_the_audit(
    db_session: Any, now: datetime, people: int, query_count: Callable[..., Any]
) -> None:
    room = build(start=START, people=people)
    with query_count(at_most=9) as seen:
        arrive(room, now)
    own = [text for text in seen.texts if "audit" not in text]
    assert len(own) <= 5 + (db.engine.dialect.name == "postgresql"), own
    assert sum("attendance_mark" in text for text in seen.writes) == 1
    with query_count(at_most=3):
        arrive(room, now)


# ---- checkpoints ----


def test_checkpoints_are_kept_and_the_same_again_is_no_change(room: Classroom, now: datetime) -> None:
    parts = two_parts(room)
    assert (len(parts), count(Checkpoint), events("attendance.checkpoints_set")) == (2, 2, 1)
    two_parts(room)
    assert events("attendance.checkpoints_set") == 1
    head = queries.get_sheet(room.actor(), room.sessions[0])
    assert queries.parts_of_hall(head) == parts
    assert list(check_chain(db.session())) == []


def test_seen_at_both_checkpoints_is_one_mark_that_goes_on(room: Classroom, now: datetime) -> None:
    two_parts(room)
    arrive(room, now + timedelta(minutes=50))
    assert stored(room) == ("late", 50, 1, "qr", 1)
    arrive(room, now + timedelta(hours=4), position=2)
    assert stored(room) == ("late", 50, 1, "qr", 1)
    assert (count(CheckIn), events("attendance.checked_in")) == (2, 1)


def test_late_back_extends_the_mark_and_keeps_the_old_one(room: Classroom, now: datetime) -> None:
    two_parts(room)
    arrive(room, now)
    done = arrive(room, now + timedelta(hours=5), position=2, evidence="code")
    assert (done.mark, done.minutes, done.hours_missed) == ("late", 60, 1)
    assert stored(room) == ("late", 60, 1, "code", 2)
    (change,) = queries.changes_of(room.sessions[0], room.enrollments[0])
    assert (change.old_mark, change.new_mark, change.old_evidence) == ("present", "late", "qr")


def test_only_the_afternoon_costs_the_morning(room: Classroom, now: datetime) -> None:
    two_parts(room)
    arrive(room, now + timedelta(hours=4), position=2)
    assert stored(room) == ("late", 240, 4, "qr", 1)


def test_a_checkpoint_that_is_gone_is_refused(room: Classroom, now: datetime) -> None:
    with pytest.raises(Conflict) as refused:
        arrive(room, now, position=2)
    assert refused.value.code == "checkpoint_gone"
    assert count(CheckIn) == 0


def test_checkpoints_that_counted_people_cannot_vanish(room: Classroom, now: datetime) -> None:
    two_parts(room)
    arrive(room, now + timedelta(hours=4), position=2)
    with pytest.raises(PartsWrong) as refused, transaction():
        parts_service.set_checkpoints(session_id=room.sessions[0], parts=[], actor=room.actor(), now=now)
    assert [one.code for one in refused.value.blockers] == ["part_used-2"]
    assert count(Checkpoint) == 2


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        ([Part(1, START, 4), Part(2, START + timedelta(hours=4), 3)], "parts_sum"),
        ([Part(1, START, 4), Part(2, START + timedelta(hours=7), 4)], "part_outside-2"),
    ],
)
def test_wrong_checkpoints_store_nothing(
    room: Classroom, now: datetime, parts: list[Part], code: str
) -> None:
    with pytest.raises(PartsWrong) as refused, transaction():
        parts_service.set_checkpoints(session_id=room.sessions[0], parts=parts, actor=room.actor(), now=now)
    assert refused.value.code == code
    assert count(Checkpoint) == 0


def test_checkpoints_of_a_foreign_or_signed_class_are_refused(room: Classroom, now: datetime) -> None:
    parts = [Part(1, START, 4), Part(2, START + timedelta(hours=4), 4)]
    for actor, kind in ((build().actor(), NotFound), (room.assessor_actor(), Forbidden)):
        with pytest.raises(kind), transaction():
            parts_service.set_checkpoints(session_id=room.sessions[0], parts=parts, actor=actor, now=now)
    signed = build(start=START, state="finalized")
    with pytest.raises(Conflict), transaction():
        parts_service.set_checkpoints(
            session_id=signed.sessions[0], parts=parts, actor=signed.actor(), now=now
        )


def left(room: Classroom, people: list[int], now: datetime, **more: Any) -> int:
    rows = {row.enrollment_id: row for row in queries.sheet_rows(room.sessions[0])}
    expected = {room.enrollments[one]: rows[room.enrollments[one]].version for one in people}
    with transaction():
        return parts_service.record_left_early(**{
            "session_id": room.sessions[0], "expected": expected, "actor": room.actor(), "now": now, **more,
        })  # fmt: skip


def test_who_did_not_come_back_is_listed_and_marked_with_what_they_missed(
    room: Classroom, now: datetime
) -> None:
    two_parts(room)
    arrive(room, now, 0)
    arrive(room, now + timedelta(minutes=50), 1)
    arrive(room, now, 2)
    noon = now + timedelta(hours=4, minutes=10)
    arrive(room, noon, 2, position=2)
    live = queries.live(queries.sheet_rows(room.sessions[0]), queries.check_ins(room.sessions[0]), 2)
    assert [row.enrollment_id for row in live.gone] == room.enrollments[:2]
    assert [row.enrollment_id for row, _at in live.here] == [room.enrollments[2]]
    assert [row.enrollment_id for row in live.missing] == [room.enrollments[3]]
    assert left(room, [0, 1], noon) == 2
    assert stored(room, 0) == ("left_early", 120, 4, "tap", 2)
    assert stored(room, 1) == ("left_early", 120, 5, "tap", 2)  # an hour late in the morning as well
    back = arrive(room, noon, 0, position=2)
    assert (back.is_own, stored(room, 0)) == (False, ("left_early", 120, 4, "tap", 2))


@pytest.mark.parametrize("people", [[], [2], [0, 2], [3]])
def test_who_is_back_or_never_came_is_not_marked_as_gone(
    room: Classroom, now: datetime, people: list[int]
) -> None:
    two_parts(room)
    noon = now + timedelta(hours=4)
    arrive(room, now, 0)
    arrive(room, noon, 2, position=2)
    with pytest.raises(DomainError) as refused:
        left(room, people, noon)
    assert refused.value.code == "not_gone"
    assert stored(room, 0) == ("present", 0, 0, "qr", 1)


def test_a_stale_page_of_the_gone_is_a_conflict_and_nobody_marks_their_own(
    room: Classroom, now: datetime
) -> None:
    two_parts(room)
    arrive(room, now, 0)
    noon = now + timedelta(hours=4)
    with pytest.raises(Conflict):
        left(room, [0], noon, expected={room.enrollments[0]: 0})
    with pytest.raises(Forbidden):
        left(room, [0], noon, actor=room.actor(person_id=room.people[0]))
    assert stored(room, 0) == ("present", 0, 0, "qr", 1)


# ---- the projector's token ----


def shown(room: Classroom, now: datetime, session: int = 0) -> screen.Screen:
    hall = queries.find_hall(room.sessions[session])
    assert hall is not None
    return screen.screen(hall, queries.parts_of_hall(hall), now)


def scan(token: str, now: datetime, **more: Any) -> screen.Scan:
    return screen.exchange(**{"token": token, "device": DEVICE, "now": now, **more})


def test_a_scan_becomes_a_ticket_without_a_write(
    room: Classroom, now: datetime, query_count: Callable[..., Any]
) -> None:
    token = shown(room, now).token
    with query_count(at_most=2) as seen:
        made = scan(token, now + timedelta(seconds=39))
    assert seen.writes == []
    ticket = screen.open_ticket(ticket=made.ticket, device=DEVICE, now=now + timedelta(minutes=10))
    assert (ticket.session_id, ticket.position) == (room.sessions[0], 1)
    assert ticket.scanned_at == int((now + timedelta(seconds=39)).timestamp())


def test_twenty_four_people_may_use_one_token(room: Classroom, now: datetime) -> None:
    token = shown(room, now).token
    assert len({scan(token, now, device=f"{n:032x}").ticket for n in range(24)}) == 24


def test_a_stale_token_is_refused_unless_the_device_scanned_it_in_time(
    room: Classroom, now: datetime
) -> None:
    token, later = shown(room, now).token, now + timedelta(seconds=40)
    with pytest.raises(screen.Stale) as refused:
        scan(token, later)
    assert (refused.value.code, refused.value.status) == ("token_stale", 410)
    assert refused.value.message == "Kode ini sudah berganti. Pindai lagi yang ada di layar."
    ticket = scan(token, now).ticket
    assert scan(token, now + timedelta(minutes=9), ticket=ticket).ticket == ticket
    for changes in ({"device": "e" * 32}, {"now": now + timedelta(minutes=11)}):
        with pytest.raises(screen.Stale):
            scan(**{"token": token, "now": later, "ticket": ticket, **changes})


def test_a_token_is_bound_to_its_room(room: Classroom, now: datetime) -> None:
    token = shown(room, now).token
    with transaction() as session:
        hall = Room(center_id=room.center_id, name="Ruang 2", capacity=20)
        session.add(hall)
        session.flush()
        session.execute(
            sa.update(ClassSession).where(ClassSession.id == room.sessions[0])
            .values(mode="in_person", room_id=hall.id)
        )  # fmt: skip
    with pytest.raises(NotFound) as refused:
        scan(token, now)
    assert refused.value.code == "token_unknown"
    assert scan(shown(room, now).token, now).hall.room == "Ruang 2"


def test_a_token_is_bound_to_its_checkpoint(room: Classroom, now: datetime) -> None:
    two_parts(room)
    hall = queries.find_hall(room.sessions[0])
    assert hall is not None
    place = tokens.Place(hall.session_id, hall.room_id, 2)
    token = tokens.make_token(projector_key(), place, int(now.timestamp()))
    with pytest.raises(screen.Stale):
        scan(token, now)
    noon = now + timedelta(hours=4)
    assert shown(room, noon).part.position == 2
    assert scan(shown(room, noon).token, noon).position == 2


@pytest.mark.parametrize("token", ["", "TIDAKADA", "A" * 32, "7" * 32, "x" * 500])
def test_a_forged_token_is_unknown(room: Classroom, now: datetime, token: str) -> None:
    with pytest.raises(NotFound):
        scan(token, now)


def test_a_token_of_a_session_that_is_over_or_signed_says_so(room: Classroom, now: datetime) -> None:
    end = now + timedelta(hours=6)
    token = shown(room, end).token
    with pytest.raises(Conflict) as refused:
        scan(token, end + timedelta(seconds=5))
    assert refused.value.code == "session_over"
    with transaction() as session:
        session.execute(sa.text("update batch set state = 'finalized'"))
    with pytest.raises(Conflict) as refused:
        scan(shown(room, now).token, now)
    assert refused.value.code == "sheet_final"


# ---- the typed code ----


def type_code(room: Classroom, typed: str, now: datetime, **more: Any) -> checkin.CheckedIn:
    with transaction():
        return checkin.check_in_by_code(
            **{"typed": typed, "device": DEVICE, "actor": trainee(room), "now": now, **more}
        )


def test_a_typed_code_checks_in_for_two_minutes_at_most(room: Classroom, now: datetime) -> None:
    code = shown(room, now).code
    with pytest.raises(DomainError) as refused:
        type_code(room, code, now + timedelta(seconds=120))
    assert (refused.value.code, refused.value.field) == ("code_unknown", "code")
    done = type_code(room, f" {code[:3].lower()}-{code[3:]} ", now + timedelta(seconds=100))
    assert (done.is_new, stored(room)) == (True, ("present", 0, 0, "code", 1))


def test_the_code_of_another_class_is_none(room: Classroom, now: datetime) -> None:
    other = build(start=START, like=room)
    for code in (shown(other, now).code, shown(room, now, session=1).code, "AAAAAA"):
        with pytest.raises(DomainError) as refused:
            type_code(room, code, now)
        assert refused.value.code == "code_unknown"
    assert count(CheckIn) == 0


def test_a_code_with_a_card_needs_no_account(room: Classroom, now: datetime) -> None:
    card = give_card(room, 2)
    done = type_code(room, shown(room, now).code, now, actor=ANONYMOUS, card=card)
    assert done.enrollment_id == room.enrollments[2]


@pytest.mark.parametrize(("card", "code"), [("", "nothing_open"), ("0" * 16, "card_unknown")])
def test_a_code_without_a_class_of_now_says_so(room: Classroom, now: datetime, card: str, code: str) -> None:
    with pytest.raises(DomainError) as refused:
        type_code(room, "AAAAAA", now + timedelta(days=9), card=card)
    assert refused.value.code == code


def test_too_many_wrong_codes_stop_that_person_alone_and_not_for_long(room: Classroom, now: datetime) -> None:
    code = shown(room, now).code
    for _ in range(10):
        with transaction():
            checkin.count_code_miss(person_id=room.people[0], now=now)
    with pytest.raises(TooMany) as refused:
        type_code(room, code, now)
    assert 0 < refused.value.details["retry_after"] <= 600
    assert type_code(room, code, now, actor=trainee(room, 1)).is_new
    assert arrive(room, now).is_new  # their QR goes on working
    later = now + timedelta(minutes=11)
    assert not type_code(room, shown(room, later).code, later).is_new


# ---- devices ----


def review(room: Classroom, now: datetime, **more: Any) -> None:
    (device,) = queries.devices_of(room.sessions[0])
    with transaction():
        devices.review_device(**{
            "session_id": room.sessions[0], "device": device.device, "people": len(device.people),
            "note": " suami istri ", "actor": room.actor(), "now": now, **more,
        })  # fmt: skip


def test_one_device_with_several_people_raises_a_flag_and_blocks_nothing(
    room: Classroom, now: datetime
) -> None:
    arrive(room, now, 0)
    assert queries.devices_of(room.sessions[0]) == []
    arrive(room, now, 1)
    arrive(room, now, 2, device="e" * 32)
    arrive(room, now, 3, device="")
    (device,) = queries.devices_of(room.sessions[0])
    assert [name for name, _at in device.people] == ["Peserta 001", "Peserta 002"]
    assert device.is_open


def test_one_person_at_two_checkpoints_is_no_shared_device(room: Classroom, now: datetime) -> None:
    two_parts(room)
    arrive(room, now)
    arrive(room, now + timedelta(hours=4), position=2)
    assert queries.devices_of(room.sessions[0]) == []


def test_a_flag_is_looked_at_with_a_note_and_opens_again_for_more_people(
    room: Classroom, now: datetime
) -> None:
    arrive(room, now, 0)
    arrive(room, now, 1)
    review(room, now)
    (device,) = queries.devices_of(room.sessions[0])
    assert (device.is_open, device.note, device.reviewed_by) == (False, "suami istri", "Ratna Puspita")
    arrive(room, now, 2)
    (device,) = queries.devices_of(room.sessions[0])
    assert device.is_open
    review(room, now, people=2)  # a page from before the third: still open
    assert queries.devices_of(room.sessions[0])[0].is_open
    review(room, now)
    assert not queries.devices_of(room.sessions[0])[0].is_open
    assert (count(DeviceReview), events("attendance.device_reviewed")) == (1, 3)


@pytest.mark.parametrize(
    ("changes", "kind", "code"),
    [
        ({"note": "  "}, DomainError, "note_needed"),
        ({"note": "x" * 301}, DomainError, "note_long"),
        ({"device": "0" * 32}, NotFound, "not_found"),
    ],
)
def test_a_review_needs_a_note_and_its_device(
    room: Classroom, now: datetime, changes: dict[str, Any], kind: Any, code: str
) -> None:
    arrive(room, now, 0)
    arrive(room, now, 1)
    with pytest.raises(kind) as refused:
        review(room, now, **changes)
    assert refused.value.code == code
    with pytest.raises(NotFound):
        review(room, now, actor=build().actor())
    assert count(DeviceReview) == 0
