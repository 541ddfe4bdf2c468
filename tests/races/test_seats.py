"""The last seat goes to exactly one, on either engine, however many ask at once."""

import threading
from functools import partial

from portal.core.db import db, transaction
from portal.core.errors import DomainError
from portal.core.permissions import SYSTEM
from portal.enrollment import services
from portal.enrollment.models import State
from portal.enrollment.queries import tab_counts
from tests.enrollment.world import World, self_actor
from tests.support.races import CONCURRENT, ROUNDS

THREADS = CONCURRENT
HALF = THREADS // 2


def race(app, jobs):
    """Run the callables at the same moment, each in its own context; the outcomes in order."""
    start = threading.Barrier(len(jobs))
    outcomes = [""] * len(jobs)

    def run(index, job):
        with app.app_context():
            try:
                start.wait()
                with transaction():
                    job()
                outcomes[index] = "ok"
            except DomainError as error:
                outcomes[index] = error.code
            finally:
                db.session.remove()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(jobs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def test_the_last_seat_is_offered_to_exactly_one(app, now):
    world = World(app)
    for round_ in range(ROUNDS):
        batch = world.batch(days=10 + 4 * round_, quota=1)
        ids = world.placed(batch, THREADS, State.APPLIED)
        outcomes = race(
            app, [partial(services.offer_seat, enrollment_id=number, actor=SYSTEM, now=now) for number in ids]
        )
        assert sorted(outcomes) == ["batch_full"] * (THREADS - 1) + ["ok"]
        assert world.seats(batch) == 1
        assert sorted(world.state(number) for number in ids) == ["applied"] * (THREADS - 1) + ["offered"]


def test_the_last_place_is_applied_for_by_exactly_one(app, now):
    world = World(app)
    people = world.people(THREADS)
    for round_ in range(ROUNDS):
        batch = world.batch(days=10 + 4 * round_, quota=1)
        outcomes = race(
            app,
            [
                partial(
                    services.enroll_person,
                    batch_id=batch,
                    person_id=person,
                    cooperative_id=None,
                    post="chair",
                    actor=SYSTEM,
                    now=now,
                )
                for person in people
            ],
        )
        assert sorted(outcomes) == ["batch_full"] * (THREADS - 1) + ["ok"]


def test_one_person_at_once_is_one_row(app, now):
    world = World(app)
    for round_ in range(ROUNDS):
        batch, person = world.batch(days=10 + 4 * round_), world.person()
        job = partial(
            services.enroll_person,
            batch_id=batch,
            person_id=person,
            cooperative_id=None,
            post="chair",
            actor=SYSTEM,
            now=now,
        )
        outcomes = race(app, [job] * THREADS)
        assert sorted(outcomes) == ["already_enrolled"] * (THREADS - 1) + ["ok"]


def test_confirming_against_leaving_has_one_winner_and_true_seats(app, now):
    world = World(app)
    for round_ in range(ROUNDS):
        batch = world.batch(days=10 + 4 * round_, quota=2)
        [offered] = world.placed(batch, 1, State.OFFERED)
        actor = self_actor(world.row(offered).person_id)
        outcomes = race(
            app,
            [
                partial(services.confirm_seat, enrollment_id=offered, actor=actor, now=now),
                partial(services.withdraw, enrollment_id=offered, actor=actor, now=now),
            ]
            * (THREADS // 2),
        )
        # Who confirms may still leave; who left never comes back by confirming.
        assert outcomes[1::2] == ["ok"] * HALF
        assert set(outcomes[::2]) <= {"ok", "illegal_move"}
        assert world.state(offered) == State.WITHDRAWN
        assert world.seats(batch) == 0


def test_applying_against_cancelling_leaves_nobody_behind(app, now):
    """A batch is cancelled once; thirty-nine apply at that moment."""
    world = World(app)
    people = world.people(THREADS - 1)
    for round_ in range(ROUNDS):
        batch = world.batch(days=10 + 4 * round_)
        applying = [
            partial(
                services.enroll_person,
                batch_id=batch,
                person_id=person,
                cooperative_id=None,
                post="chair",
                actor=SYSTEM,
                now=now,
            )
            for person in people
        ]
        cancel = partial(
            services.cancel_batch, batch_id=batch, reason="Gedung dipakai", actor=SYSTEM, now=now
        )
        outcomes = race(app, [*applying[:HALF], cancel, *applying[HALF:]])
        assert outcomes.pop(HALF) == "ok"
        assert set(outcomes) <= {"ok", "batch_full", "phase_cancelled"}
        with app.app_context():
            assert tab_counts(batch)["pelamar"] == 0
