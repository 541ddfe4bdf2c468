"""Reaching people: what starts the countdown, what each outcome does, who may record it."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from portal.core.db import db
from portal.core.errors import DomainError, Forbidden
from portal.enrollment import queries, services
from portal.enrollment.models import Contact, State
from tests.enrollment.world import admin_actor, self_actor


def reach(world, enrollment_id, outcome, **values):
    """Record a call."""
    return world.run(
        services.record_contact,
        enrollment_id=enrollment_id,
        **{"channel": "call", "outcome": outcome, **values},
    )


@pytest.fixture
def offered(world):
    """One offered seat in a batch two weeks away."""
    return world.placed(world.batch(days=14), 1, State.OFFERED)[0]


def test_only_a_contact_starts_the_countdown(world, offered, now):
    reach(world, offered, "no_answer")
    reach(world, offered, "wrong_number")
    assert world.row(offered).offer_until is None
    reach(world, offered, "reached")
    row = world.row(offered)
    assert (row.contact_at, row.offer_until, row.state) == (now, now + timedelta(hours=48), "offered")


def test_a_second_contact_does_not_prolong_the_countdown(world, offered, clock, now):
    reach(world, offered, "reached")
    clock.move(hours=20)
    reach(world, offered, "reached", now=clock.now)
    assert world.row(offered).offer_until == now + timedelta(hours=48)


def test_the_countdown_ends_with_the_first_class_at_the_latest(world, now):
    [soon] = world.placed(world.batch(days=1), 1, State.OFFERED)
    reach(world, soon, "reached")
    assert world.row(soon).offer_until < now + timedelta(hours=48)


def test_opening_the_page_is_a_contact_of_the_person_alone(world, offered, now):
    person = world.row(offered).person_id
    world.run(services.open_offer, enrollment_id=offered, actor=self_actor(person + 1))
    assert world.row(offered).contact_at is None
    world.run(services.open_offer, enrollment_id=offered, actor=self_actor(person))
    assert world.row(offered).offer_until == now + timedelta(hours=48)


def test_accepted_confirms_and_declined_frees_the_seat(world):
    batch = world.batch()
    yes, no = world.placed(batch, 2, State.OFFERED)
    reach(world, yes, "accepted")
    reach(world, no, "declined")
    assert (world.state(yes), world.state(no), world.seats(batch)) == ("confirmed", "withdrawn", 1)
    assert world.row(yes).contact_at is not None


def test_an_answer_without_an_offer_is_refused(world):
    found = world.enroll(world.batch())
    with pytest.raises(DomainError) as refused:
        reach(world, found.id, "accepted")
    assert refused.value.code == "not_offered"
    reach(world, found.id, "no_answer")


@pytest.mark.parametrize("values", [{"channel": "pigeon"}, {"outcome": "maybe"}])
def test_unknown_words_are_refused(world, offered, values):
    with pytest.raises(DomainError):
        world.run(
            services.record_contact,
            enrollment_id=offered,
            **{"channel": "call", "outcome": "reached", **values},
        )


def test_nobody_records_their_own_contact(world, offered):
    person = world.row(offered).person_id
    with pytest.raises(Forbidden):
        reach(world, offered, "accepted", actor=admin_actor(world.center_id, person))
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Contact)) == 0


def test_the_list_shows_who_was_not_reached_and_the_tries(world, offered):
    admin = admin_actor(world.center_id)
    reach(world, offered, "no_answer", note="Coba sore", actor=admin)
    [row] = queries.contact_list(admin).items
    assert (row.enrollment_id, row.phone, [t.note for t in row.tries]) == (
        offered,
        "+6281234567890",
        ["Coba sore"],
    )
    assert row.tries[0].made_by == admin.user_id
    assert queries.count_to_contact(admin) == 1
    reach(world, offered, "reached")
    assert queries.contact_list(admin).items == []


def test_the_list_is_scoped_to_the_centers(world, offered):
    other = admin_actor(world.center("balai-lain"))
    assert queries.contact_list(other).items == []
    assert queries.count_to_contact(other) == 0


def test_the_list_takes_two_statements_for_10_and_60_people(world, query_count):
    batch = world.batch(quota=100)
    admin = admin_actor(world.center_id)
    for count in (10, 50):
        for number in world.placed(batch, count, State.OFFERED)[:3]:
            reach(world, number, "no_answer")
        with query_count(at_most=2):
            queries.contact_list(admin)
