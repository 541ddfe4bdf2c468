"""Placing many people at once."""

import pytest
import sqlalchemy as sa

from portal.core.audit import AuditEvent
from portal.core.db import db
from portal.core.errors import Conflict, Forbidden
from portal.enrollment import queries, services
from portal.enrollment.models import Nomination, State
from portal.enrollment.services import Placement
from tests.enrollment.world import admin_actor


def place(world, batch, people, state=State.CONFIRMED, **values):
    """Place people as chairs."""
    rows = [Placement(person, None, "chair", **values) for person in people]
    return world.run(services.place_people, batch_id=batch, placements=rows, state=state)


def test_placed_people_hold_seats_and_stand_on_the_roll(world):
    batch, people = world.batch(), [world.person(name) for name in ("Wati", "Agus", "Budi")]
    ids = place(world, batch, people)
    assert world.seats(batch) == 3
    rows = queries.roll(batch)
    assert [row.name for row in rows] == ["Agus", "Budi", "Wati"]
    assert {row.enrollment_id for row in rows} == set(ids.values())


def test_placing_again_changes_nothing(world):
    batch, people = world.batch(), [world.person(), world.person()]
    first = place(world, batch, people)
    assert place(world, batch, [*people, world.person()]).items() >= first.items()
    assert world.seats(batch) == 3


def test_seats_are_taken_all_or_none(world):
    batch = world.batch(quota=2)
    with pytest.raises(Conflict) as refused:
        place(world, batch, [world.person() for _ in range(3)])
    assert refused.value.code == "batch_full"
    assert (world.seats(batch), queries.roll(batch)) == (0, [])


@pytest.mark.parametrize(
    ("state", "seats"), [(State.OFFERED, 2), (State.RESERVE, 0), (State.WAITLISTED, 0), (State.APPLIED, 0)]
)
def test_each_state_takes_its_seats(world, state, seats):
    batch = world.batch()
    place(world, batch, [world.person(), world.person()], state)
    assert world.seats(batch) == seats


def test_people_of_another_class_on_the_same_days_are_named(world):
    person = world.person()
    place(world, world.batch(), [person])
    with pytest.raises(Conflict) as refused:
        place(world, world.batch(days=16), [person, world.person()])
    assert refused.value.details["person_ids"] == [person]


def test_nominations_become_placed(world, now):
    batch, person, cooperative = world.batch(), world.person(), world.cooperative()
    with world.write():
        row = Nomination(
            person_id=person,
            cooperative_id=cooperative,
            program_id=world.program_id,
            post="chair",
            created_at=now,
            updated_at=now,
        )
        db.session.add(row)
        db.session.flush()
        number = row.id
    place(world, batch, [person], nomination_id=number)
    db.session.expire_all()
    found = db.session.get(Nomination, number)
    assert (found.state, found.batch_id) == ("placed", batch)


def test_nobody_places_themselves(world):
    person = world.person()
    with pytest.raises(Forbidden):
        world.run(
            services.place_people,
            batch_id=world.batch(),
            placements=[Placement(person, None, "chair")],
            state=State.CONFIRMED,
            actor=admin_actor(world.center_id, person),
        )


def test_statements_are_bounded_and_each_case_is_recorded(world, query_count):
    small, large = world.batch(quota=100), world.batch(days=40, quota=200)
    few, many = [world.person() for _ in range(5)], [world.person() for _ in range(120)]
    with query_count() as first:
        place(world, small, few)
    with query_count() as second:
        place(world, large, many)
    assert len(second) == len(first) <= 12
    count = db.session.scalar(
        sa.select(sa.func.count()).select_from(AuditEvent).where(AuditEvent.action == "enrollment.placed")
    )
    assert count == 125


def test_closing_takes_the_same_statements_for_many(world, query_count):
    small, large = world.batch(quota=100), world.batch(days=40, quota=200)
    counts = []
    for batch, number in ((small, 6), (large, 90)):
        ids = world.placed(batch, number)
        outcomes = {
            n: (State.COMPLETED, State.NOT_COMPLETED, State.NO_SHOW)[i % 3] for i, n in enumerate(ids)
        }
        with query_count() as seen:
            world.run(services.close_enrollments, batch_id=batch, outcomes=outcomes)
        counts.append(len(seen))
    assert counts[0] == counts[1] <= 10


def test_the_center_list_takes_the_same_statements_for_10_and_300(world, query_count):
    small, large = world.batch(quota=20), world.batch(days=40, quota=400)
    world.placed(small, 10, State.APPLIED)
    world.placed(large, 300, State.APPLIED)
    counts = []
    for batch in (small, large):
        with query_count(at_most=2) as seen:
            page = queries.center_roll(batch, "pelamar")
            queries.tab_counts(batch)
        counts.append(len(seen))
    assert counts[0] == counts[1]
    assert len(page.items) == 50
    assert page.has_next
