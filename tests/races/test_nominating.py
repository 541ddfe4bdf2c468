"""A group is proposed whole or not at all, and no seat is promised twice, however many send at once."""

from collections import Counter

import sqlalchemy as sa

from portal.core import clock
from portal.core.db import db, transaction
from portal.enrollment.models import Enrollment, Nomination, NominationGroup
from portal.enrollment.services import nominating
from tests.enrollment.nominees import board, chair_of, holders
from tests.enrollment.world import World
from tests.support.races import CONCURRENT, ROUNDS, at_once

QUOTA = 16
REFUSED = {"too_few_seats", "over_cap", "nominated_already", "nobody_fits", "not_all_fit"}


def sender(cooperative_id, people, **wish):
    """One chair who sends the form."""

    def send():
        with transaction():
            nominating.nominate_group(
                cooperative_id=cooperative_id, people=holders(people), letter_number="",
                actor=chair_of(cooperative_id), now=clock.now(), **wish,
            )  # fmt: skip

    return send


def groups_of(batch_id):
    """{form key: states of the people of that group}, and how many seats are promised."""
    statement = (
        sa.select(NominationGroup.form_key, Enrollment.state, Nomination.state)
        .join(Enrollment, Enrollment.group_id == NominationGroup.id)
        .join(Nomination, Nomination.id == Enrollment.nomination_id)
        .where(NominationGroup.batch_id == batch_id, Enrollment.batch_id == batch_id)
    )
    found: dict[str, list[str]] = {}
    for key, state, nomination in db.session.execute(statement):
        assert nomination == "proposed"
        found.setdefault(key, []).append(state)
    return found


def forget(world):
    """Everybody left again: the next round finds them as they were before."""
    with world.write() as session:
        session.execute(sa.update(Enrollment).values(state="withdrawn"))
        session.execute(sa.update(Nomination).values(state="withdrawn"))


def test_a_group_never_half_succeeds(app, db_session, now):
    world = World(app)
    chairs = [(cooperative, board(world, cooperative, 1 + number % 4)) for number in range(CONCURRENT)
              for cooperative in [world.cooperative()]]  # fmt: skip
    for round_ in range(ROUNDS):
        batch = world.batch(days=10 + 4 * round_, quota=QUOTA)
        modes = ["all" if (number + round_) % 3 else "fit" for number in range(CONCURRENT)]
        jobs = [
            sender(
                cooperative, people, program_id=world.program_id, batch_id=batch, mode=modes[number],
                keep_together=False, form_key=f"{round_}-{number}",
            )
            for number, (cooperative, people) in enumerate(chairs)
        ]  # fmt: skip
        outcomes = at_once(app, jobs)
        assert set(outcomes) <= {"ok"} | REFUSED
        with world.inside():
            found = groups_of(batch)
        promised = 0
        for number, (outcome, (_cooperative, people)) in enumerate(zip(outcomes, chairs, strict=True)):
            states = Counter(found.get(f"{round_}-{number}", []))
            assert states.total() == (len(people) if outcome == "ok" else 0), "half a group"
            if outcome == "ok" and modes[number] == "all":
                assert set(states) == {"applied"}
            promised += states["applied"]
        assert promised == QUOTA
        assert world.seats(batch) == 0
        forget(world)


def test_one_form_sent_by_many_at_once_makes_one_group(app, db_session, now):
    world = World(app)
    cooperative = world.cooperative()
    people = board(world, cooperative, 4)
    for round_ in range(ROUNDS):
        batch = world.batch(days=10 + 4 * round_)
        job = sender(
            cooperative, people, program_id=world.program_id, batch_id=batch, mode="all",
            keep_together=False, form_key=f"same-{round_}",
        )  # fmt: skip
        assert at_once(app, [job] * CONCURRENT) == ["ok"] * CONCURRENT
        with world.inside():
            assert groups_of(batch) == {f"same-{round_}": ["applied"] * 4}
        forget(world)


def test_one_person_proposed_from_two_places_at_once_is_proposed_once(app, db_session, now):
    world = World(app)
    first, second = world.cooperative(), world.cooperative()
    people = board(world, first, 3)
    with world.write() as session:
        from datetime import date

        from portal.cooperatives.models import PostTerm

        for person in people:
            session.add(PostTerm(cooperative_id=second, person_id=person, post="member",
                                 starts_on=date(2026, 1, 1)))  # fmt: skip
    for round_ in range(ROUNDS):
        jobs = [
            sender(
                cooperative, order, program_id=world.program_id, batch_id=None, mode="all",
                keep_together=False, form_key=f"{round_}-{cooperative}-{turn}",
            )
            for turn in range(CONCURRENT // 2)
            for cooperative, order in ((first, people), (second, people[::-1]))
        ]  # fmt: skip
        outcomes = at_once(app, jobs)
        assert outcomes.count("ok") == 1
        assert set(outcomes) <= {"ok", "not_all_fit", "nobody_fits", "nominated_already"}
        forget(world)
