"""Every way into a batch, tried on a full one by many at once: nobody gets in and the count stays."""

from __future__ import annotations

from typing import Any

import pytest

from portal.core.db import transaction
from portal.core.permissions import SYSTEM
from portal.enrollment import services
from portal.enrollment.models import State
from tests.enrollment.world import World, self_actor
from tests.support.races import CONCURRENT, at_once

WAYS = ("apply", "offer", "offer_many", "next", "place", "place_confirmed", "helped", "move_here", "reserve")


def _job(world: World, way: str, batch: int, now: Any) -> Any:
    """One try to get into a full batch."""
    waiting = world.placed(batch, 1, State.WAITLISTED)[0]
    person = world.person()
    placement = services.Placement(world.person(), None, "chair")
    values: dict[str, Any] = {"actor": SYSTEM, "now": now}

    def enroll(**more: Any) -> None:
        services.enroll_person(
            batch_id=batch, person_id=person, cooperative_id=None, post="chair", **more, **values
        )

    def place(state: State) -> None:
        services.place_people(batch_id=batch, placements=[placement], state=state, **values)

    ways: dict[str, Any] = {
        "apply": enroll,
        "helped": lambda: enroll(helped_by=9001),
        "offer": lambda: services.offer_seat(enrollment_id=waiting, **values),
        "offer_many": lambda: services.offer_seats(batch_id=batch, enrollment_ids=[waiting], **values),
        "next": lambda: services.offer_next(batch_id=batch, **values),
        "place": lambda: place(State.OFFERED),
        "place_confirmed": lambda: place(State.CONFIRMED),
    }
    if way == "reserve":
        reserve = world.placed(batch, 1, State.RESERVE)[0]
        return lambda: services.offer_seat(enrollment_id=reserve, **values)
    if way == "move_here":
        old = world.batch(days=60)
        number = world.placed(old, 1, State.CONFIRMED)[0]
        world.run(services.cancel_batch, batch_id=old, reason="Gedung dipakai")
        own = {"actor": self_actor(world.row(number).person_id), "now": now}
        return lambda: services.answer_move(enrollment_id=number, choice="move", target_batch_id=batch, **own)
    return ways[way]


def _whole(job: Any) -> Any:
    def run() -> None:
        with transaction():
            job()

    return run


@pytest.mark.parametrize("way", WAYS)
def test_nobody_gets_into_a_full_batch(app: Any, db_session: Any, now: Any, way: str) -> None:
    world = World(app)
    batch = world.batch(quota=2)
    world.placed(batch, 2)
    jobs = [_whole(_job(world, way, batch, now)) for _turn in range(4)]
    assert set(at_once(app, jobs)) == {"batch_full"}
    assert world.seats(batch) == 2


def test_all_ways_at_once_fill_a_batch_and_stop(app: Any, db_session: Any, now: Any) -> None:
    world = World(app)
    batch = world.batch(quota=5)
    jobs = [_whole(_job(world, WAYS[turn % len(WAYS)], batch, now)) for turn in range(CONCURRENT)]
    outcomes = at_once(app, jobs)
    assert set(outcomes) <= {"ok", "batch_full", "illegal_move"}
    assert "batch_full" in outcomes
    assert world.seats(batch) <= 5
