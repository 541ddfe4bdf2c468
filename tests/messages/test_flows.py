"""What the use cases tell: seats, moves, schedule, results, certificates; each once."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from portal.assessment.services import finalize_sheet
from portal.attendance.models import AttendanceMark
from portal.batches.models import ClassSession
from portal.batches.services import plan_of, update_batch
from portal.batches.services.making import load_for_change
from portal.centers.models import Room
from portal.core.db import db, transaction
from portal.core.permissions import SYSTEM
from portal.enrollment import services
from portal.enrollment.models import Enrollment, State
from portal.enrollment.services import notices
from portal.people.models import Person
from tests.enrollment.world import World, admin_actor, self_actor
from tests.support.issuing import change, fail_unit, issue, sign_class
from tests.support.queries import count_statements
from tests.support.told import told


@pytest.fixture
def world(db_session: Any) -> World:
    from flask import current_app

    return World(current_app._get_current_object())  # type: ignore[attr-defined]


def kinds() -> dict[str, int]:
    """How many messages of each kind there are."""
    return dict(Counter(message.row.kind for message in told()))


def person_of(world: World, enrollment_id: int) -> int:
    return int(world.row(enrollment_id).person_id)


def forget() -> None:
    """What was told while a test set its scene."""
    with transaction() as session:
        session.execute(sa.text("delete from outbox_message"))


def test_offer_confirmation_and_leaving_are_told_once_each(world: World) -> None:
    batch = world.batch()
    seat = world.placed(batch, 1, State.OFFERED)[0]
    assert kinds() == {"seat.offered": 1}
    me = self_actor(person_of(world, seat))
    for _again in range(2):
        world.run(services.confirm_seat, enrollment_id=seat, actor=me)
    for _again in range(2):
        world.run(services.withdraw, enrollment_id=seat, actor=me)
    assert kinds() == {"seat.offered": 1, "seat.confirmed": 1, "enrollment.withdrawn": 1}
    assert "Anda sudah mundur" in told("enrollment.withdrawn")[0].content.text


def test_reserve_waitlist_promotion_and_rejection_are_told(world: World) -> None:
    batch = world.batch(quota=2)
    first, second = (world.enroll(batch).id for _place in range(2))
    world.run(services.make_reserve, enrollment_id=first)
    world.run(services.move_to_waitlist, enrollment_id=second)
    world.run(services.promote_next, batch_id=batch)
    world.run(services.reject, enrollment_id=second, reason="Berkas belum lengkap.")
    assert kinds() == {"seat.reserve": 1, "seat.waitlisted": 1, "seat.promoted": 1, "enrollment.rejected": 1}
    assert told("seat.promoted")[0].row.person_id == person_of(world, first)
    assert "Berkas" not in told("enrollment.rejected")[0].words


def test_placing_forty_people_costs_as_many_statements_as_placing_two(world: World) -> None:
    counts = []
    for people in (2, 16):
        batch = world.batch(days=20 + people)
        ids = [world.person() for _one in range(people)]
        rows = [services.Placement(person_id, None, "chair") for person_id in ids]
        with count_statements(at_most=60) as seen:
            world.run(services.place_people, batch_id=batch, placements=rows, state=State.OFFERED)
        counts.append(len(seen))
    assert counts[0] == counts[1]
    assert kinds() == {"seat.offered": 18}


def test_new_dates_reach_everybody_with_a_seat_in_bounded_statements(world: World, now: datetime) -> None:
    batch = world.batch()
    offered = world.placed(batch, 2, State.OFFERED)
    world.placed(batch, 4, State.CONFIRMED)
    world.placed(batch, 1, State.WAITLISTED)
    forget()
    admin = admin_actor(world.center_id)
    first = (now + timedelta(days=30)).date()
    with count_statements(at_most=60) as few:
        world.run(
            services.postpone_batch, batch_id=batch, starts_on=first, reason="Banjir di jalan.", actor=admin
        )
    assert kinds() == {"batch.postponed": 6}
    larger = world.batch(days=40)
    world.placed(larger, 14, State.CONFIRMED)
    with count_statements(at_most=60) as many:
        world.run(
            services.postpone_batch,
            batch_id=larger,
            starts_on=(now + timedelta(days=60)).date(),
            reason="Banjir di jalan.",
            actor=admin,
        )
    assert abs(len(many) - len(few)) <= 4
    message = told("batch.postponed", person_of(world, offered[0]))[0]
    assert "Banjir di jalan." in message.content.text
    assert "Tanggal lama" in message.content.text
    assert not message.content.attachments  # only who confirmed has the dates in the calendar


def test_cancelling_tells_those_with_a_choice_and_those_without(world: World) -> None:
    batch = world.batch()
    seat = world.placed(batch, 1, State.CONFIRMED)[0]
    waiting = world.placed(batch, 1, State.WAITLISTED)[0]
    forget()
    world.run(
        services.cancel_batch, batch_id=batch, reason="Listrik padam.", actor=admin_actor(world.center_id)
    )
    assert kinds() == {"batch.cancelled": 2}
    with_seat, without = (told("batch.cancelled", person_of(world, one))[0] for one in (seat, waiting))
    assert "pindah ke angkatan lain" in with_seat.content.text
    assert "dapat mendaftar di angkatan lain" in without.content.text


def test_answers_to_new_dates_are_told(world: World, now: datetime) -> None:
    batch, other = world.batch(), world.batch(days=50)
    keeps, moves, leaves = world.placed(batch, 1, State.OFFERED) + world.placed(batch, 2, State.CONFIRMED)
    world.run(
        services.postpone_batch,
        batch_id=batch,
        starts_on=(now + timedelta(days=30)).date(),
        reason="Banjir di jalan.",
        actor=admin_actor(world.center_id),
    )
    forget()
    for seat, choice, target in ((keeps, "keep", None), (moves, "move", other), (leaves, "leave", None)):
        actor = self_actor(person_of(world, seat))
        world.run(
            services.answer_move, enrollment_id=seat, choice=choice, target_batch_id=target, actor=actor
        )
    assert kinds() == {"seat.confirmed": 2, "enrollment.withdrawn": 1}
    moved = told("seat.confirmed", person_of(world, moves))[0]
    assert [one.name for one in moved.content.attachments] == ["pelatihan.ics", "jadwal-lama.ics"]
    assert [moved.calendar(0)["METHOD"], moved.calendar(1)["METHOD"]] == ["PUBLISH", "CANCEL"]


def test_another_room_is_told_to_those_with_a_seat_and_the_same_one_is_not(
    world: World, now: datetime
) -> None:
    batch = world.batch()
    world.placed(batch, 2, State.CONFIRMED)
    world.placed(batch, 1, State.WAITLISTED)
    forget()
    with transaction() as session:
        session.add(Room(center_id=world.center_id, name="Ruang Jati", capacity=40))
        session.flush()
        room_id = session.scalar(sa.select(Room.id).where(Room.name == "Ruang Jati"))
    admin = admin_actor(world.center_id)

    def save(room: int | None, **more: Any) -> None:
        with transaction():
            plan = plan_of(*load_for_change(batch, admin))
            changes = {"mode": "in_person", **more} | ({"room_id": room} if room else {})
            sessions = [replace(entry, **changes) for entry in plan.sessions]
            update_batch(batch_id=batch, plan=replace(plan, sessions=sessions), actor=admin, now=now)

    save(None, topic="Materi lain")
    assert "batch.changed" not in kinds()
    save(room_id)
    assert kinds() == {"batch.changed": 2}
    assert "Ruang Jati" in told("batch.changed")[0].content.text
    save(room_id)
    assert kinds() == {"batch.changed": 2}


def test_signed_results_are_told_to_those_who_came_without_saying_how(db_session: Any, now: datetime) -> None:
    signed = sign_class(now, people=3)
    fail_unit(signed, 1)
    with transaction() as session:
        session.execute(sa.text("delete from assessment_sheet"))
        session.execute(sa.text("update batch set state = 'published'"))
        session.execute(
            sa.text("delete from attendance_mark where enrollment_id = :gone"),
            {"gone": signed.room.enrollments[2]},
        )
        session.execute(
            sa.insert(AttendanceMark.__table__),
            [
                {"session_id": s, "enrollment_id": signed.room.enrollments[2], "mark": "absent",
                 "hours_missed": 0, "evidence": "tap", "version": 1, "recorded_at": now}
                for s in signed.room.sessions
            ],
        )  # fmt: skip
    with transaction():
        finalize_sheet(batch_id=signed.room.batch_id, actor=signed.room.assessor_actor(), now=now)
    came = {message.row.person_id for message in told("result.published")}
    assert came == set(signed.room.people[:2])
    first, second = (told("result.published", person)[0].content for person in signed.room.people[:2])
    # Word for word the same, whoever passed
    for form in ("subject", "text", "sms"):
        one, other = (getattr(content, form) for content in (first, second))
        assert one.replace(f"angkatan/{signed.room.enrollments[0]}", "") == other.replace(
            f"angkatan/{signed.room.enrollments[1]}", ""
        )


def test_certificates_are_told_when_issued_and_at_every_change(db_session: Any, now: datetime) -> None:
    signed = sign_class(now, people=3)
    certificates = issue(signed, now)
    assert kinds() == {"certificate.issued": 3}
    for action, more in (("suspend", {}), ("unsuspend", {}), ("replace", {"name": "Siti Aminah"})):
        change(signed, certificates[0], action, now, **more)
    change(signed, certificates[1], "revoke", now)
    assert kinds() == {
        "certificate.issued": 3, "certificate.suspended": 1, "certificate.restored": 1,
        "certificate.replaced": 1, "certificate.revoked": 1,
    }  # fmt: skip
    for message in told():
        assert "rahasia" not in message.words
        assert certificates[0].code not in message.words


def test_issuing_more_certificates_costs_no_more_statements_for_telling(
    db_session: Any, now: datetime
) -> None:
    counts = []
    for people in (2, 12):
        signed = sign_class(now, people=people)
        with count_statements(at_most=200) as seen:
            issue(signed, now)
        counts.append(sum("outbox_message" in line or "message_preference" in line for line in seen.texts))
    assert counts[0] == counts[1]


def test_application_is_confirmed_and_help_is_told_to_the_person(world: World, now: datetime) -> None:
    batch = world.batch()
    enrollment = world.enroll(batch)
    with transaction():
        row = db.session.get(Enrollment, enrollment.id)
        notices.received(row, now=now)
        row.helped_by = 1
        row.version += 1
        db.session.flush()
        notices.received(row, now=now)
    plain, helped = told("enrollment.received")
    assert "mendaftarkan Anda" in helped.content.text
    assert "mendaftarkan Anda" not in plain.content.text
    assert db.session.get(Person, enrollment.person_id) is not None
    assert world.run(services.withdraw, enrollment_id=enrollment.id, actor=SYSTEM).state == "withdrawn"


def test_sessions_stay_the_same_events_through_every_change(world: World, now: datetime) -> None:
    batch = world.batch()
    seat = world.placed(batch, 1, State.OFFERED)[0]
    person = person_of(world, seat)
    world.run(services.confirm_seat, enrollment_id=seat, actor=self_actor(person))
    admin = admin_actor(world.center_id)
    moved = (now + timedelta(days=30)).date()
    world.run(
        services.postpone_batch, batch_id=batch, starts_on=moved, reason="Banjir di jalan.", actor=admin
    )
    world.run(services.cancel_batch, batch_id=batch, reason="Listrik padam.", actor=admin)
    files = [message.calendar() for message in told() if message.content.attachments]
    assert [str(file["METHOD"]) for file in files] == ["PUBLISH", "PUBLISH", "CANCEL"]
    events = [list(file.walk("VEVENT")) for file in files]
    uids = [sorted(str(event["UID"]) for event in part) for part in events]
    assert uids[0] == uids[1] == uids[2]
    assert len(uids[0]) == 3
    sequences = [int(part[0]["SEQUENCE"]) for part in events]
    assert sequences == sorted(set(sequences))
    starts = [part[0]["DTSTART"].dt for part in events]
    assert starts[0].tzinfo.key == "Asia/Pontianak"  # type: ignore[union-attr]
    assert starts[1].date() == moved
    assert {str(event["STATUS"]) for event in events[2]} == {"CANCELLED"}
    assert all("ORGANIZER" in event for part in events for event in part)
    assert db.session.scalar(sa.select(sa.func.count()).select_from(ClassSession)) == 3


def test_link_of_an_online_class_is_in_the_calendar_of_a_confirmed_seat_alone(
    room: Any, now: datetime
) -> None:
    seat = room.enrollments[0]
    with transaction():
        services.confirm_seat(enrollment_id=seat, actor=self_actor(room.people[0]), now=now)
    (message,) = told("seat.confirmed")
    assert "https://kelas.example/13" in message.content.attachments[0].text
    assert "kelas.example" not in message.words
    with transaction():
        services.withdraw(enrollment_id=seat, actor=self_actor(room.people[0]), now=now)
    (gone,) = told("enrollment.withdrawn")
    assert "kelas.example" not in gone.content.attachments[0].text
    assert str(gone.calendar()["METHOD"]) == "CANCEL"
