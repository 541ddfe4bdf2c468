"""The last places under caps, kept seats and groups: never one too many, groups whole or not at all."""

from __future__ import annotations

from functools import partial
from typing import Any

import sqlalchemy as sa

from portal.core import clock
from portal.core.db import db, transaction
from portal.core.permissions import SYSTEM
from portal.enrollment import services
from portal.enrollment.models import Enrollment, NominationGroup, State
from portal.enrollment.rules import PLACE_STATES
from tests.enrollment.world import World
from tests.support.races import CONCURRENT, ROUNDS, at_once

LAST = 3


def _do(service: Any, **values: Any) -> Any:
    def job() -> None:
        with transaction():
            service(actor=SYSTEM, **values)

    return job


def _apply(batch: int, person: int, cooperative: int | None, now: Any, post: str = "chair") -> Any:
    return _do(
        services.enroll_person, batch_id=batch, person_id=person, cooperative_id=cooperative, post=post,
        waitlist=True, now=now,
    )  # fmt: skip


def _held(world: World, batch: int, *where: Any) -> int:
    with world.inside():
        statement = sa.select(sa.func.count()).where(
            Enrollment.batch_id == batch, Enrollment.state.in_(sorted(PLACE_STATES)), *where
        )
        return db.session.scalar(statement) or 0


def test_the_last_places_under_a_cap_go_to_exactly_as_many(app: Any, db_session: Any, now: Any) -> None:
    """Half of one cooperative, half of another: the capped one gets its two and never more, and applying,
    placing and offering from the waitlist do not pass each other."""
    world = World(app)
    capped, other = world.cooperative(), world.cooperative()
    people = world.people(CONCURRENT)
    for round_ in range(ROUNDS):
        batch = world.batch(days=10 + 4 * round_, quota=2 + LAST, cooperative_cap=2)
        jobs = []
        for number, person in enumerate(people):
            cooperative = capped if number % 2 else other
            if number % 4 < 2:
                jobs.append(_apply(batch, person, cooperative, now))
            else:
                placement = services.Placement(person, cooperative, "chair")
                jobs.append(
                    _do(
                        services.place_people,
                        batch_id=batch,
                        placements=[placement],
                        state=State.OFFERED,
                        now=now,
                    )
                )
        assert set(at_once(app, jobs)) <= {"ok", "cooperative_full"}
        for cooperative in (capped, other):
            assert _held(world, batch, Enrollment.cooperative_id == cooperative) == 2
        seats = _held(world, batch, Enrollment.state == State.OFFERED)
        assert world.seats(batch) == seats <= 4


def test_kept_seats_are_there_when_their_holders_come(app: Any, db_session: Any, now: Any) -> None:
    world = World(app)
    people = world.people(CONCURRENT)
    for round_ in range(ROUNDS):
        batch = world.batch(days=10 + 4 * round_, quota=LAST, post_quotas={"treasurer": 1})
        posts = ["treasurer" if number % 20 == 0 else "chair" for number in range(CONCURRENT)]
        jobs = [_apply(batch, person, None, now, post) for person, post in zip(people, posts, strict=True)]
        assert set(at_once(app, jobs)) == {"ok"}
        assert _held(world, batch) == LAST
        assert _held(world, batch, Enrollment.post == "treasurer") >= 1


def _group(world: World, batch: int, cooperative: int, size: int) -> list[int]:
    with world.write():
        row = NominationGroup(
            cooperative_id=cooperative, program_id=world.program_id, batch_id=batch, mode="all",
            keep_together=True, form_key=f"r{next(world._count)}", made_at=clock.now(),
        )  # fmt: skip
        group = int(world._add(row).id)
    people = [services.Placement(world.person(), cooperative, "chair", group_id=group) for _ in range(size)]
    found = world.run(
        services.place_people, batch_id=batch, placements=people, state=State.WAITLISTED, now=clock.now()
    )
    return list(found.values())


def test_a_group_against_single_offers_moves_whole_or_not_at_all(app: Any, db_session: Any, now: Any) -> None:
    world = World(app)
    cooperative = world.cooperative()
    for round_ in range(ROUNDS):
        batch = world.batch(days=10 + 4 * round_, quota=LAST)
        group = _group(world, batch, cooperative, LAST)
        singles = world.placed(batch, 4, State.APPLIED)
        offers = [partial(services.offer_seat, enrollment_id=number) for number in singles]
        nexts = [partial(services.offer_next, batch_id=batch)]
        jobs = [_do(job, now=now) for job in (nexts + offers) * 8]
        outcomes = at_once(app, jobs)
        assert len(jobs) == CONCURRENT
        assert set(outcomes) <= {"ok", "batch_full", "nobody_waits", "illegal_move"}
        states = [world.state(number) for number in group]
        assert len(set(states)) == 1
        taken = sum(world.state(number) == "offered" for number in (*group, *singles))
        assert world.seats(batch) == taken == LAST


def test_a_shared_waitlist_gives_each_seat_once(app: Any, db_session: Any, now: Any) -> None:
    """Forty times the next, in two batches that share their people: no person twice, no seat twice."""
    world = World(app)
    for round_ in range(ROUNDS):
        pool = [
            world.batch(days=10 + 8 * round_ + 4 * side, quota=LAST, waitlist_pool=f"R{round_}")
            for side in (0, 1)
        ]
        for batch in pool:
            world.placed(batch, 5, State.WAITLISTED)
        jobs = [_do(services.offer_next, batch_id=pool[n % 2], now=now) for n in range(CONCURRENT)]
        outcomes = at_once(app, jobs)
        assert outcomes.count("ok") == 2 * LAST
        assert set(outcomes) == {"ok", "batch_full"}
        with world.inside():
            offered = db.session.scalars(
                sa.select(Enrollment.person_id).where(
                    Enrollment.batch_id.in_(pool), Enrollment.state == State.OFFERED
                )
            ).all()
        assert len(set(offered)) == len(offered) == 2 * LAST
        assert [world.seats(batch) for batch in pool] == [LAST, LAST]
