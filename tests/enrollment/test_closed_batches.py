"""Nobody comes into a batch that is cancelled or signed, whichever address is sent again."""

from typing import Any

import pytest
import sqlalchemy as sa

from portal.batches.models import Batch
from portal.core.db import db
from portal.core.errors import Conflict
from portal.enrollment import services
from portal.enrollment.models import State
from portal.enrollment.services.placing import Placement, place_people
from tests.enrollment.world import self_actor

WAYS_IN: list[tuple[State, Any]] = [
    (State.APPLIED, services.make_reserve),
    (State.APPLIED, services.move_to_waitlist),
    (State.APPLIED, services.offer_seat),
    (State.REJECTED, services.reconsider),
    (State.OFFERED, services.confirm_seat),
]


def _end(world: Any, batch: int, state: str) -> None:
    with world.write() as session:
        session.execute(sa.update(Batch).where(Batch.id == batch).values(state=state))


@pytest.mark.parametrize("state", ["cancelled", "finalized"])
@pytest.mark.parametrize(("before", "use_case"), WAYS_IN)
def test_no_step_leads_into_a_batch_that_is_over(
    world: Any, state: str, before: State, use_case: Any
) -> None:
    batch = world.batch(reserve_seats=2)
    [person] = world.placed(batch, 1, before)
    _end(world, batch, state)
    with pytest.raises(Conflict) as refused:
        world.run(use_case, enrollment_id=person)
    assert refused.value.code == "batch_closed"
    db.session.expire_all()
    assert world.row(person).state == before


def test_a_reserve_is_not_placed_in_a_cancelled_batch(world: Any) -> None:
    batch, person = world.batch(), world.person()
    _end(world, batch, "cancelled")
    with pytest.raises(Conflict) as refused:
        world.run(
            place_people, batch_id=batch, placements=[Placement(person, None, "chair")], state=State.RESERVE
        )
    assert refused.value.code == "batch_closed"


def test_the_offer_of_a_cancelled_batch_starts_no_countdown(world: Any) -> None:
    batch = world.batch()
    [offered] = world.placed(batch, 1, State.OFFERED)
    world.run(services.cancel_batch, batch_id=batch, reason="Peserta terlalu sedikit")
    person = world.row(offered).person_id
    world.run(services.open_offer, enrollment_id=offered, actor=self_actor(person))
    db.session.expire_all()
    assert world.row(offered).contact_at is None
    assert world.row(offered).offer_until is None
