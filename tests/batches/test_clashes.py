"""Clashes by hours: room, instructor, assessor, leave, holiday; and what is offered instead."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from portal.batches.models import Batch, Booking
from portal.batches.services import schedule
from portal.centers.services import add_holiday, add_leave
from portal.core.db import db, transaction
from portal.core.errors import Conflict
from tests.batches.house import MONDAY, NOW, House


def refused(house: House, *args: object, **more: object) -> Conflict:
    """The Conflict that making a batch raises."""
    with pytest.raises(Conflict) as caught:
        house.make(*args, **more)
    assert (caught.value.code, caught.value.status) == ("schedule_clash", 409)
    return caught.value


def test_room_taken_names_room_batch_and_hours(house: House) -> None:
    house.make(days=1, start="08:00", end="11:00")
    error = refused(house, days=1, start="10:00", end="12:00", teachers=(1,))
    assert error.message == (
        "Ruang Padi 1 sudah dipakai Angkatan 1 (Program pembukuan), "
        "Senin 7 Desember 2026 pukul 08.00–11.00 WIB."
    )
    assert error.details["clashes"][0]["kind"] == "room"
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Batch)) == 1


def test_instructor_and_assessor_taken_name_the_person(house: House) -> None:
    house.make(days=1, start="08:00", end="11:00", teachers=(0,))
    assert refused(house, days=1, room=1, teachers=(0,)).message.startswith(
        "Ratna sudah bertugas di Angkatan 1"
    )
    plan = house.plan(sessions=[house.session(MONDAY, room=2, teachers=(1,), assessors=(0,))])
    assert refused(house, plan).message.startswith("Ratna sudah bertugas")


def test_online_class_needs_no_room_but_its_people(house: House) -> None:
    house.make(days=1)
    house.make(days=1, room=None, teachers=(1,))
    assert refused(house, days=1, room=None, teachers=(0,)).details["clashes"][0]["kind"] == "instructor"


def test_adjacent_sessions_do_not_clash(house: House) -> None:
    house.make(days=1, start="08:00", end="11:00")
    house.make(days=1, start="11:00", end="14:00")
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Batch)) == 2


def test_same_hours_elsewhere_or_another_day_do_not_clash(house: House) -> None:
    house.make(days=1)
    house.make(days=1, room=1, teachers=(1,))
    house.make(MONDAY + timedelta(days=1), days=1)
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Batch)) == 3


def test_leave_names_person_and_reason(house: House) -> None:
    with transaction():
        add_leave(
            staff_id=house.staff[0], starts_on=MONDAY + timedelta(days=1), ends_on=MONDAY + timedelta(days=4),
            reason="cuti tahunan", actor=house.actor, now=NOW,
        )  # fmt: skip
    error = refused(house)
    assert error.message.startswith("Ratna cuti pada Selasa 8 Desember 2026 (cuti tahunan).")
    assert [clash["index"] for clash in error.details["clashes"]] == [1, 2]
    house.make(days=1)


def test_holiday_of_the_center_names_the_day(house: House) -> None:
    with transaction():
        add_holiday(
            day=MONDAY, name="Ulang tahun balai", center_id=house.center_id, actor=house.actor, now=NOW
        )
    assert refused(house, days=1).message == "Senin 7 Desember 2026 hari libur: Ulang tahun balai."


def test_several_clashes_are_counted_and_listed(house: House) -> None:
    house.make()
    error = refused(house)
    assert len(error.details["clashes"]) == 6
    assert error.message.endswith("Masih ada 5 bentrok lain.")


def test_offers_other_room_then_other_hours(house: House) -> None:
    house.make(days=1, start="08:00", end="11:00")
    slots = refused(house, days=1, start="08:00", end="11:00", teachers=(1,)).details["slots"]
    assert len(slots) == 3
    assert slots[0]["room_id"] == house.rooms[1]
    assert slots[0]["text"] == "Senin 7 Desember 2026 pukul 08.00–11.00 WIB, Ruang Padi 2"
    assert (slots[2]["start"], slots[2]["room_id"]) == ("11:00", house.rooms[0])


def test_every_offer_can_be_taken(house: House) -> None:
    house.make(days=1)
    house.make(days=1, room=1, teachers=(1,))
    plan = house.plan(days=1, teachers=(2,))
    slots = refused(house, plan).details["slots"]
    assert slots
    for slot in slots:
        moved = replace(
            plan.sessions[0], day=slot["day"], start=slot["start"], end=slot["end"], room_id=slot["room_id"]
        )
        batch = house.make(replace(plan, sessions=[moved]))
        with transaction() as session:
            schedule.release(session, batch.id)


def test_offers_for_a_person_on_leave_avoid_the_leave(house: House) -> None:
    with transaction():
        add_leave(
            staff_id=house.staff[0], starts_on=MONDAY, ends_on=MONDAY + timedelta(days=2),
            actor=house.actor, now=NOW,
        )  # fmt: skip
    slots = refused(house, days=1).details["slots"]
    assert [slot["day"] for slot in slots] == [MONDAY + timedelta(days=n) for n in (3, 4, 5)]


def test_booking_key_is_the_guard_behind_the_check(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """A clash that the check cannot see yet comes out as the same Conflict."""
    house.make(days=1)
    seen: list[int] = []
    real = schedule.clashes_of

    def blind_once(*args: object, **more: object) -> object:
        seen.append(1)
        return [] if len(seen) == 1 else real(*args, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(schedule, "clashes_of", blind_once)
    error = refused(house, days=1, teachers=(1,))
    assert error.message.startswith("Ruang Padi 1 sudah dipakai Angkatan 1")
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Batch)) == 1


def test_sundays_may_be_taught_when_asked_for(house: House) -> None:
    sunday = date(2026, 12, 13)
    assert house.make(sunday, days=1).starts_on == sunday
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Booking)) == 60
