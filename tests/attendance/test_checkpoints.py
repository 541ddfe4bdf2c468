"""Checkpoints of a session, who did not come back, and devices that checked in several people."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from portal.attendance import queries
from portal.attendance.models import CheckIn, Checkpoint, DeviceReview
from portal.attendance.rules.checkpoints import Part
from portal.attendance.services import checkpoints as parts_service
from portal.attendance.services import devices
from portal.attendance.services.checkpoints import PartsWrong
from portal.core.audit import check_chain
from portal.core.db import db, transaction
from portal.core.errors import Conflict, DomainError, Forbidden, NotFound
from tests.support.checkin import (
    START,
    arrive,
    count,
    events,
    stored,
    two_parts,
)
from tests.support.classroom import Classroom, build


@pytest.fixture
def room(db_session: Any) -> Classroom:
    """Four people; the first session begins now and lasts six hours."""
    return build(start=START)


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
