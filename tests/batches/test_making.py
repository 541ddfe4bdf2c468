"""Making and changing a batch: what is stored, frozen, numbered, refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from portal.batches import services
from portal.batches.models import Batch, Booking, ClassSession, SessionStaff
from portal.batches.queries import get_batch, get_batch_for_center, total_hours, unit_hours
from portal.catalog.models import Curriculum
from portal.core import clock
from portal.core.audit import AuditEvent
from portal.core.db import db, transaction
from portal.core.errors import Conflict, DomainError, NotFound
from portal.core.permissions import SYSTEM, Permission
from tests.batches.house import MONDAY, NOW, House, build_house


def test_create_stores_sessions_staff_and_bookings(house: House) -> None:
    batch = house.make(house.plan(teachers=(0, 1)))
    sessions = db.session.scalars(sa.select(ClassSession).order_by(ClassSession.position)).all()
    assert [s.position for s in sessions] == [1, 2, 3]
    assert sessions[0].starts_at == clock.at(MONDAY, 8, 0, house.zone)
    assert db.session.scalar(sa.select(sa.func.count()).select_from(SessionStaff)) == 6
    # 7.5 hours are 30 quarter hours, for a room and two people, on three days
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Booking)) == 30 * 3 * 3
    assert (batch.starts_on, batch.ends_on) == (MONDAY, MONDAY + timedelta(days=2))
    assert batch.slug == "pembukuan-surakarta-7-desember-2026"
    assert (batch.state, batch.mode, total_hours(batch.id)) == ("draft", "in_person", 24)
    assert list(unit_hours(batch.id).values()) == [8, 8, 8]


def test_create_is_audited(house: House) -> None:
    batch = house.make()
    event = db.session.scalars(sa.select(AuditEvent).where(AuditEvent.action == "batch.created")).one()
    assert (event.object_id, event.scope) == (str(batch.id), f"center:{house.center_id}")


def test_numbers_run_by_center_program_and_year(house: House) -> None:
    other = build_house("bbpvp-medan", "BBPVP-MDN", "12.71", like=house)
    numbers = [house.make(MONDAY + timedelta(days=7 * n)).number for n in range(3)]
    assert numbers == [1, 2, 3]
    assert other.make().number == 1
    assert house.make(date(2027, 1, 11)).number == 1


def test_batch_freezes_the_curriculum_in_force(house: House) -> None:
    first = house.make()
    with transaction() as session:
        session.execute(sa.update(Curriculum).values(retired_on=date(2026, 12, 1)))
        new = Curriculum(program_id=house.program_id, version=2, hours=16, published_on=date(2026, 12, 2))
        session.add(new)
    second = house.make(MONDAY + timedelta(days=7))
    assert first.curriculum_id == house.curriculum_id
    assert second.curriculum_id == new.id


def test_mode_follows_the_sessions(house: House) -> None:
    mixed = [house.session(MONDAY, room=None), house.session(MONDAY + timedelta(days=1))]
    assert house.make(house.plan(sessions=mixed)).mode == "mixed"
    away = house.make(house.plan(MONDAY + timedelta(days=14), room=3, teachers=(1,)))
    assert away.mode == "offsite"


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"quota": 0}, "quota_range", "quota"),
        ({"quota": 25}, "room_small", "quota"),
        ({"reserve_seats": 99}, "reserve_range", "reserve_seats"),
        ({"pilot_seats": 17}, "pilot_range", "pilot_seats"),
        ({"closes_at": NOW - timedelta(days=9)}, "window_order", "closes_at"),
        ({"closes_at": NOW + timedelta(days=90)}, "window_late", "closes_at"),
        ({"sessions": ()}, "sessions_missing", "starts_on"),
    ],
)
def test_impossible_plan_is_refused_at_its_field(house: House, change: dict, code: str, field: str) -> None:
    with pytest.raises(DomainError) as caught:
        house.make(house.plan(**change))
    assert (caught.value.code, caught.value.field) == (code, field)
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Batch)) == 0


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"start": "8.10"}, "not_on_quarter"),
        ({"start": "pagi"}, "clock_invalid"),
        ({"end": "07:00"}, "ends_before_start"),
        ({"hours": 0}, "hours_range"),
        ({"link": "javascript:alert(1)"}, "link_invalid"),
        ({"room_id": 999_999}, "room_unknown"),
        ({"room_id": None}, "room_missing"),
        ({"instructor_ids": [999_999]}, "staff_unknown"),
        ({"mode": "hologram"}, "mode_unknown"),
        ({"topic": "x" * 161}, "topic_too_long"),
    ],
)
def test_impossible_session_is_refused_with_its_index(house: House, change: dict, code: str) -> None:
    good = house.session(MONDAY)
    bad = replace(house.session(MONDAY + timedelta(days=1)), **change)
    with pytest.raises(DomainError) as caught:
        house.make(house.plan(sessions=[good, bad]))
    assert (caught.value.code, caught.value.details["index"]) == (code, 1)


def test_assessor_must_be_allowed_to_assess(house: House) -> None:
    with pytest.raises(DomainError) as caught:
        house.make(house.plan(sessions=[house.session(MONDAY, assessors=(1,))]))
    assert caught.value.code == "staff_unknown"


def test_foreign_center_is_as_missing(house: House) -> None:
    other = build_house("bbpvp-medan", "BBPVP-MDN", "12.71", like=house)
    batch = other.make()
    for call in (
        lambda: services.create_batch(plan=other.plan(), actor=house.actor, now=NOW),
        lambda: services.update_batch(batch_id=batch.id, plan=other.plan(), actor=house.actor, now=NOW),
        lambda: services.publish_batch(batch_id=batch.id, actor=house.actor, now=NOW),
        lambda: services.move_batch(batch_id=batch.id, starts_on=MONDAY, actor=house.actor, now=NOW),
        lambda: services.copy_batch(batch_id=batch.id, starts_on=MONDAY, actor=house.actor, now=NOW),
    ):
        with pytest.raises(NotFound), transaction():
            call()
    with pytest.raises(NotFound):
        get_batch_for_center(house.actor, batch.id, Permission.BATCH_VIEW)
    assert get_batch_for_center(SYSTEM, batch.id, Permission.BATCH_VIEW).id == batch.id


def test_draft_is_not_public_and_published_is(house: House) -> None:
    batch = house.make()
    with pytest.raises(NotFound):
        get_batch(batch.id)
    with transaction():
        services.publish_batch(batch_id=batch.id, actor=house.actor, now=NOW)
    found = get_batch(batch.id)
    assert found.sessions[0].room.name == "Ruang Padi 1"
    assert found.sessions[0].staff[0].staff.name == "Ratna"
    assert found.center.slug == house.slug


def test_publish_needs_sessions(house: House) -> None:
    batch = house.make(house.plan(sessions=(), starts_on=MONDAY))
    with pytest.raises(DomainError) as caught, transaction():
        services.publish_batch(batch_id=batch.id, actor=house.actor, now=NOW)
    assert caught.value.code == "sessions_missing"


def test_update_keeps_session_rows_and_moves_bookings(house: House) -> None:
    batch = house.make()
    before = db.session.scalars(sa.select(ClassSession.id).order_by(ClassSession.position)).all()
    with transaction():
        services.update_batch(
            batch_id=batch.id, plan=house.plan(days=2, room=1, quota=12), expected_version=1,
            actor=house.actor, now=NOW,
        )  # fmt: skip
    after = db.session.scalars(sa.select(ClassSession).order_by(ClassSession.position)).all()
    assert [s.id for s in after] == before[:2]
    assert {s.room_id for s in after} == {house.rooms[1]}
    held = set(db.session.scalars(sa.select(Booking.resource).distinct()))
    assert held == {f"room:{house.rooms[1]}", f"staff:{house.staff[0]}"}
    assert db.session.get(Batch, batch.id).version == 2


def test_update_of_an_old_version_is_a_conflict(house: House) -> None:
    batch = house.make()
    with pytest.raises(Conflict) as caught, transaction():
        services.update_batch(
            batch_id=batch.id, plan=house.plan(), expected_version=7, actor=house.actor, now=NOW
        )
    assert caught.value.code == "batch_changed"


def test_update_with_people_keeps_times_and_seats(house: House) -> None:
    batch = house.make()
    with transaction():
        services.take_seats(batch_id=batch.id, count=5)

    def change(plan: services.BatchPlan) -> str:
        try:
            with transaction():
                services.update_batch(batch_id=batch.id, plan=plan, actor=house.actor, now=NOW)
        except DomainError as error:
            return error.code
        return "done"

    assert change(house.plan(start="09:00", end="16:00")) == "times_held"
    assert change(house.plan(quota=4)) == "quota_below_seats"
    assert change(house.plan(room=1)) == "done"
