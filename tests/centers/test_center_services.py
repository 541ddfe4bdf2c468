"""Reference data, rooms, people, leave and holidays."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa

from portal.centers import queries, services
from portal.centers import reference as files
from portal.centers.models import Holiday, TrainingCenter
from portal.core.db import db, transaction
from portal.core.errors import Conflict, DomainError, NotFound
from portal.core.permissions import SYSTEM, Permission
from tests.batches.house import NOW, House, build_house


@pytest.fixture
def house(db_session: Any) -> House:
    """A center with rooms and people."""
    return build_house("balai-uji", "UJI-1")


def load() -> dict[str, int]:
    """load_centers in a transaction."""
    with transaction():
        return services.load_centers(actor=SYSTEM, now=NOW)


def test_load_twice_adds_nothing_the_second_time(db_session: Any) -> None:
    first = load()
    assert first == {"centers": len(files.load_centers()), "holidays": len(files.load_holidays())}
    assert load() == {"centers": 0, "holidays": 0}


def test_load_keeps_what_the_center_entered(db_session: Any) -> None:
    load()
    with transaction() as session:
        session.execute(
            sa.update(TrainingCenter)
            .where(TrainingCenter.slug == "bpvp-surakarta")
            .values(address="Jalan Bhayangkara 38", phone="0271", name="Nama lama")
        )
    load()
    center = queries.get_center("bpvp-surakarta")
    assert (center.address, center.phone) == ("Jalan Bhayangkara 38", "0271")
    assert center.name != "Nama lama"


def test_examples_can_be_left_out(db_session: Any) -> None:
    with transaction():
        services.load_centers(actor=SYSTEM, now=NOW, examples=False)
    assert not db.session.scalars(
        sa.select(TrainingCenter.id).where(TrainingCenter.source_status == "example")
    ).all()


@pytest.mark.parametrize(
    ("given", "code", "field"),
    [
        ({"name": " "}, "name_missing", "name"),
        ({"name": "x" * 81}, "name_too_long", "name"),
        ({"name": "RUANG  padi 1"}, "name_taken", "name"),
        ({"name": "Baru", "capacity": 0}, "capacity_range", "capacity"),
        ({"name": "Baru", "is_offsite": True}, "address_missing", "address"),
    ],
)
def test_impossible_room_is_refused(house: House, given: dict[str, Any], code: str, field: str) -> None:
    with pytest.raises(DomainError) as caught, transaction():
        services.add_room(center_id=house.center_id, actor=house.actor, now=NOW, **given)
    assert (caught.value.code, caught.value.field) == (code, field)


def test_staff_needs_a_task(house: House) -> None:
    with pytest.raises(DomainError) as caught, transaction():
        services.add_staff(
            center_id=house.center_id, name="Wulan", can_instruct=False, actor=house.actor, now=NOW
        )
    assert caught.value.field == "tasks"


def test_leave_in_order_and_not_twice(house: House) -> None:
    person = house.staff[0]

    def leave(first: int, last: int) -> None:
        with transaction():
            services.add_leave(
                staff_id=person, starts_on=date(2027, 1, first), ends_on=date(2027, 1, last),
                actor=house.actor, now=NOW,
            )  # fmt: skip

    leave(4, 8)
    with pytest.raises(DomainError):
        leave(12, 11)
    with pytest.raises(Conflict):
        leave(8, 9)
    leave(9, 9)
    found = queries.leaves_between([person], date(2027, 1, 8), date(2027, 1, 9))
    assert len(found[person]) == 2


def test_national_holiday_is_not_a_centers_to_declare(house: House) -> None:
    with pytest.raises(NotFound), transaction():
        services.add_holiday(day=date(2027, 2, 1), name="Libur", actor=house.actor, now=NOW)
    with transaction():
        services.add_holiday(day=date(2027, 2, 1), name="Libur", actor=SYSTEM, now=NOW)
    with pytest.raises(Conflict), transaction():
        services.add_holiday(
            day=date(2027, 2, 1), name="Sama", center_id=house.center_id, actor=house.actor, now=NOW
        )
    found = queries.holidays_between(house.center_id, date(2027, 1, 1), date(2027, 12, 31))
    assert found == {date(2027, 2, 1): "Libur"}
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Holiday)) == 1


def test_scope_narrows_to_own_centers(house: House) -> None:
    other = build_house("balai-lain", "UJI-2", "12.71", like=house)
    assert [c.slug for c in queries.list_own_centers(house.actor, Permission.BATCH_VIEW)] == ["balai-uji"]
    with pytest.raises(NotFound):
        queries.choose_center(house.actor, Permission.BATCH_VIEW, other.slug)
    for call in (
        lambda: services.add_room(center_id=other.center_id, name="X", actor=house.actor, now=NOW),
        lambda: services.add_staff(center_id=other.center_id, name="X", actor=house.actor, now=NOW),
        lambda: services.add_leave(
            staff_id=other.staff[0],
            starts_on=date(2027, 1, 4),
            ends_on=date(2027, 1, 4),
            actor=house.actor,
            now=NOW,
        ),
    ):
        with pytest.raises(NotFound), transaction():
            call()


def test_staff_of_an_account(house: House) -> None:
    with transaction():
        made = services.add_staff(
            center_id=house.center_id, name="Wulan", user_id=house.admin.id, actor=house.actor, now=NOW
        )
    assert queries.staff_ids_of_user(house.admin.id) == {made.id}
    assert queries.find_user_id(house.admin.login.upper()) == house.admin.id
