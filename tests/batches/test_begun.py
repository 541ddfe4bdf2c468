"""A batch in which people have sat: its days and its lesson hours stay."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from portal.batches import services
from portal.batches.models import Batch
from portal.batches.services.copying import plan_of
from portal.batches.services.making import House as Loaded
from portal.core.db import db, transaction
from portal.core.errors import Conflict, DomainError
from tests.batches.house import MONDAY, NOW, House

LATER = NOW + timedelta(days=16)


@pytest.fixture
def batch(house: House) -> Any:
    made = house.make(publish=True)
    with transaction() as session:
        session.execute(sa.update(Batch).where(Batch.id == made.id).values(seats_taken=2))
    return made


def test_it_is_not_put_off_any_more(house: House, batch: Any) -> None:
    who = {"batch_id": batch.id, "actor": house.actor, "now": LATER}
    moves = [
        lambda: services.move_batch(starts_on=MONDAY + timedelta(days=28), **who),
        lambda: services.set_batch_state(state="postponed", reason="Gedung diperbaiki", **who),
    ]
    for move in moves:
        with pytest.raises(Conflict) as refused, transaction():
            move()
        assert refused.value.code == "batch_begun"
    assert db.session.get(Batch, batch.id).state == "published"


def test_its_lesson_hours_stay_and_its_rooms_may_change(house: House, batch: Any) -> None:
    plan = plan_of(db.session.get(Batch, batch.id), Loaded(house.center_id))
    first, *rest = plan.sessions
    with pytest.raises(DomainError) as refused, transaction():
        shorter = replace(plan, sessions=[replace(first, hours=2), *rest])
        services.update_batch(batch_id=batch.id, plan=shorter, actor=house.actor, now=LATER)
    assert refused.value.code == "hours_held"
    with transaction():
        moved = replace(plan, sessions=[replace(first, room_id=house.rooms[1]), *rest])
        services.update_batch(batch_id=batch.id, plan=moved, actor=house.actor, now=LATER)
