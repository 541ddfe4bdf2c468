"""Copies of a batch, of a wave, in parallel; moving; states."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from portal.batches import services
from portal.batches.models import Batch, Booking, ClassSession
from portal.batches.queries import list_series
from portal.centers.services import add_holiday
from portal.core.db import db, transaction
from portal.core.errors import Conflict, DomainError, NotFound
from tests.batches.house import MONDAY, NOW, House


def days_of(batch: Batch) -> list[date]:
    """The days of a batch's sessions at its center."""
    statement = sa.select(ClassSession.starts_at).where(ClassSession.batch_id == batch.id)
    return [moment.date() for moment in db.session.scalars(statement.order_by(ClassSession.position))]


def copy(house: House, batch: Batch, day: date, **more: str) -> Batch:
    """copy_batch in a transaction."""
    with transaction():
        return services.copy_batch(batch_id=batch.id, starts_on=day, actor=house.actor, now=NOW, **more)


def test_copy_shifts_days_and_window_without_people(house: House) -> None:
    batch = house.make(publish=True)
    with transaction():
        services.take_seat(batch_id=batch.id)
    made = copy(house, batch, MONDAY + timedelta(days=7))
    assert days_of(made) == [MONDAY + timedelta(days=n) for n in (7, 8, 9)]
    assert made.closes_at - batch.closes_at == timedelta(days=7)
    assert (made.state, made.seats_taken, made.number) == ("draft", 0, 2)


def test_copy_skips_sundays_and_holidays(house: House) -> None:
    batch = house.make()
    with transaction():
        add_holiday(
            day=date(2026, 12, 22), name="Libur balai", center_id=house.center_id, actor=house.actor, now=NOW
        )
    assert days_of(copy(house, batch, date(2026, 12, 19))) == [
        date(2026, 12, 19),
        date(2026, 12, 21),
        date(2026, 12, 23),
    ]


def test_copy_that_clashes_lists_all_and_makes_nothing(house: House) -> None:
    batch = house.make()
    with pytest.raises(Conflict) as caught:
        copy(house, batch, MONDAY + timedelta(days=1))
    assert len(caught.value.details["clashes"]) == 4
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Batch)) == 1


def test_series_moves_as_a_whole(house: House) -> None:
    house.make(series="Gelombang 1")
    house.make(MONDAY + timedelta(days=3), series="Gelombang 1")
    with transaction():
        made = services.copy_series(
            series="Gelombang 1", center_id=house.center_id, starts_on=MONDAY + timedelta(days=14),
            new_series="Gelombang 2", actor=house.actor, now=NOW,
        )  # fmt: skip
    assert [batch.starts_on for batch in made] == [MONDAY + timedelta(days=14), MONDAY + timedelta(days=17)]
    assert [(name, count) for name, count, _day in list_series(house.actor, house.center_id)] == [
        ("Gelombang 2", 2),
        ("Gelombang 1", 2),
    ]


def test_series_is_all_or_nothing(house: House) -> None:
    house.make(series="Gelombang 1")
    house.make(MONDAY + timedelta(days=3), room=1, teachers=(1,), series="Gelombang 1")
    house.make(MONDAY + timedelta(days=17), days=1, room=1, teachers=(2,))
    with pytest.raises(Conflict) as caught, transaction():
        services.copy_series(
            series="Gelombang 1", center_id=house.center_id, starts_on=MONDAY + timedelta(days=14),
            actor=house.actor, now=NOW,
        )  # fmt: skip
    assert caught.value.details["clashes"][0]["message"].startswith("Salinan Angkatan 2: Ruang Padi 2")
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Batch)) == 3


def test_unknown_series_is_missing(house: House) -> None:
    with pytest.raises(NotFound), transaction():
        services.copy_series(
            series="", center_id=house.center_id, starts_on=MONDAY, actor=house.actor, now=NOW
        )


def test_parallel_classes_share_days_and_series(house: House) -> None:
    batch = house.make()
    with transaction():
        made = services.copy_parallel(
            batch_id=batch.id,
            classes=[
                services.ParallelClass(house.rooms[1], [house.staff[1]]),
                services.ParallelClass(house.rooms[2], [house.staff[2]], [house.staff[2]]),
            ],
            actor=house.actor,
            now=NOW,
        )
    assert [days_of(one) for one in made] == [days_of(batch)] * 2
    assert {one.series for one in made} == {db.session.get(Batch, batch.id).series}
    assert [one.number for one in made] == [2, 3]


def test_parallel_needs_a_room(house: House) -> None:
    batch = house.make()
    with pytest.raises(DomainError) as caught, transaction():
        services.copy_parallel(batch_id=batch.id, classes=[], actor=house.actor, now=NOW)
    assert caught.value.code == "classes_missing"


def test_move_shifts_rows_in_place_and_republishes(house: House) -> None:
    batch = house.make(publish=True)
    rows = db.session.scalars(sa.select(ClassSession.id)).all()
    with transaction():
        services.set_batch_state(
            batch_id=batch.id, state="postponed", reason="Banjir", actor=house.actor, now=NOW
        )
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Booking)) == 0
    with transaction():
        moved = services.move_batch(
            batch_id=batch.id, starts_on=MONDAY + timedelta(days=1), actor=house.actor, now=NOW
        )
    assert (moved.state, moved.state_reason) == ("published", "")
    assert days_of(moved) == [MONDAY + timedelta(days=n) for n in (1, 2, 3)]
    assert db.session.scalars(sa.select(ClassSession.id)).all() == rows
    assert moved.slug.endswith("8-desember-2026")


def test_move_may_overlap_its_own_old_days_but_nobody_elses(house: House) -> None:
    batch = house.make()
    house.make(MONDAY + timedelta(days=3), days=1)
    with transaction():
        services.move_batch(
            batch_id=batch.id, starts_on=MONDAY - timedelta(days=2), actor=house.actor, now=NOW
        )
    with pytest.raises(Conflict), transaction():
        services.move_batch(
            batch_id=batch.id, starts_on=MONDAY + timedelta(days=2), actor=house.actor, now=NOW
        )
    assert db.session.get(Batch, batch.id).starts_on == MONDAY - timedelta(days=2)


def test_move_into_the_past_is_refused(house: House) -> None:
    batch = house.make()
    with pytest.raises(DomainError) as caught, transaction():
        services.move_batch(batch_id=batch.id, starts_on=date(2026, 11, 2), actor=house.actor, now=NOW)
    assert caught.value.field == "starts_on"


def test_cancelling_frees_the_room_and_needs_a_reason(house: House) -> None:
    batch = house.make(publish=True)
    with pytest.raises(DomainError) as caught, transaction():
        services.set_batch_state(batch_id=batch.id, state="cancelled", actor=house.actor, now=NOW)
    assert caught.value.field == "reason"
    with transaction():
        services.set_batch_state(
            batch_id=batch.id, state="cancelled", reason="Peserta kurang", actor=house.actor, now=NOW
        )
    house.make()


@pytest.mark.parametrize("target", ["draft", "finalized", "postponed"])
def test_illegal_move_of_a_draft_is_a_conflict(house: House, target: str) -> None:
    batch = house.make()
    if target == "draft":
        with transaction():
            services.publish_batch(batch_id=batch.id, actor=house.actor, now=NOW)
    with pytest.raises(Conflict) as caught, transaction():
        services.set_batch_state(batch_id=batch.id, state=target, reason="x", actor=house.actor, now=NOW)
    assert caught.value.code == "state_move"


def test_postponed_without_new_day_can_be_published_again_if_free(house: House) -> None:
    batch = house.make(publish=True)
    with transaction():
        services.set_batch_state(
            batch_id=batch.id, state="postponed", reason="Menunggu", actor=house.actor, now=NOW
        )
    house.make(days=1)
    with pytest.raises(Conflict), transaction():
        services.publish_batch(batch_id=batch.id, actor=house.actor, now=NOW)
