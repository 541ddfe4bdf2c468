"""Seats: one conditional UPDATE, never oversold, never below zero."""

from __future__ import annotations

from typing import Any

import pytest

from portal.batches import services
from portal.batches.models import Batch
from portal.core.db import db, transaction
from portal.core.errors import Conflict, NotFound
from tests.batches.house import NOW, House


def test_last_seat_goes_to_exactly_one(house: House) -> None:
    batch = house.make(publish=True, quota=2)
    with transaction():
        services.take_seat(batch_id=batch.id)
        services.take_seat(batch_id=batch.id)
    with pytest.raises(Conflict) as caught, transaction():
        services.take_seat(batch_id=batch.id)
    assert caught.value.code == "batch_full"
    assert db.session.get(Batch, batch.id).seats_taken == 2


def test_taking_a_seat_is_one_statement(house: House, query_count: Any) -> None:
    number = house.make(publish=True).id
    with transaction(), query_count(at_most=1) as seen:
        services.take_seat(batch_id=number)
    assert len(seen.writes) == 1


def test_loaded_batch_sees_the_new_count(house: House) -> None:
    batch = house.make(publish=True)
    with transaction() as session:
        loaded = session.get(Batch, batch.id)
        services.take_seats(batch_id=batch.id, count=3)
        assert loaded.seats_taken == 3


def test_many_seats_are_all_or_none(house: House) -> None:
    batch = house.make(publish=True)
    with transaction():
        services.take_seats(batch_id=batch.id, count=16)
        services.release_seats(batch_id=batch.id, count=4)
    with pytest.raises(Conflict), transaction():
        services.take_seats(batch_id=batch.id, count=5)
    assert db.session.get(Batch, batch.id).seats_taken == 12


def test_release_stops_at_zero(house: House) -> None:
    batch = house.make(publish=True)
    with pytest.raises(Conflict) as caught, transaction():
        services.release_seat(batch_id=batch.id)
    assert caught.value.code == "no_seat_taken"


def test_cancelled_batch_gives_no_seats_and_unknown_is_missing(house: House) -> None:
    batch = house.make(publish=True)
    with transaction():
        services.set_batch_state(batch_id=batch.id, state="cancelled", reason="x", actor=house.actor, now=NOW)
    with pytest.raises(Conflict) as caught, transaction():
        services.take_seat(batch_id=batch.id)
    assert caught.value.code == "batch_closed"
    with pytest.raises(NotFound), transaction():
        services.take_seat(batch_id=999_999)
