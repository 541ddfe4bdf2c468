"""Offers, confirmation, the waitlist in its order, leaving and coming back."""

from datetime import timedelta

import pytest

from portal.core.errors import Conflict, DomainError, Forbidden, NotFound
from portal.enrollment import services
from portal.enrollment.models import State
from tests.enrollment.world import admin_actor, self_actor


def test_an_offer_takes_a_seat_and_no_countdown_runs(world):
    batch = world.batch()
    found = world.enroll(batch)
    world.run(services.offer_seat, enrollment_id=found.id)
    row = world.row(found.id)
    assert (row.state, row.offer_until, row.contact_at) == ("offered", None, None)
    assert world.seats(batch) == 1


def test_confirming_keeps_the_seat_and_twice_is_once(world, now):
    batch = world.batch()
    [offered] = world.placed(batch, 1, State.OFFERED)
    person = world.row(offered).person_id
    for _ in range(2):
        world.run(services.confirm_seat, enrollment_id=offered, actor=self_actor(person))
    row = world.row(offered)
    assert (row.state, row.confirmed_at) == ("confirmed", now)
    assert world.seats(batch) == 1


def test_the_last_seat_is_not_offered_twice(world):
    batch = world.batch(quota=1)
    first, second = (world.placed(batch, 1, State.APPLIED)[0] for _ in range(2))
    world.run(services.offer_seat, enrollment_id=first)
    with pytest.raises(Conflict) as refused:
        world.run(services.offer_seat, enrollment_id=second)
    assert refused.value.code == "batch_full"
    assert (world.state(second), world.seats(batch)) == ("applied", 1)


def test_bulk_offers_are_all_or_nothing(world):
    batch = world.batch(quota=2)
    three = world.placed(batch, 3, State.APPLIED)
    with pytest.raises(Conflict):
        world.run(services.offer_seats, batch_id=batch, enrollment_ids=three)
    assert world.seats(batch) == 0
    assert world.run(services.offer_seats, batch_id=batch, enrollment_ids=[*three[:2], three[0]]) == 2
    assert [world.state(number) for number in three] == ["offered", "offered", "applied"]


def test_bulk_offers_refuse_rows_of_another_batch(world):
    batch, other = world.batch(), world.batch(days=40)
    mine, foreign = world.placed(batch, 1, State.APPLIED), world.placed(other, 1, State.APPLIED)
    with pytest.raises(NotFound):
        world.run(services.offer_seats, batch_id=batch, enrollment_ids=mine + foreign)
    assert world.state(mine[0]) == "applied"
    with pytest.raises(DomainError):
        world.run(services.offer_seats, batch_id=batch, enrollment_ids=[])


@pytest.mark.parametrize("service", [services.offer_seat, services.move_to_waitlist, services.make_reserve])
def test_staff_never_act_for_themselves(world, service):
    batch, person = world.batch(), world.person()
    found = world.enroll(batch, person)
    with pytest.raises(Forbidden):
        world.run(service, enrollment_id=found.id, actor=admin_actor(world.center_id, person))
    assert world.state(found.id) == "applied"


def test_leaving_frees_the_seat(world):
    batch = world.batch()
    [held] = world.placed(batch)
    person = world.row(held).person_id
    world.run(services.withdraw, enrollment_id=held, reason=" sakit ", actor=self_actor(person))
    row = world.row(held)
    assert (row.state, row.state_reason, world.seats(batch)) == ("withdrawn", "sakit", 0)
    world.run(services.withdraw, enrollment_id=held, actor=self_actor(person))
    assert world.seats(batch) == 0


def test_rejecting_needs_a_reason_and_can_be_taken_back(world):
    found = world.enroll(world.batch())
    with pytest.raises(DomainError) as refused:
        world.run(services.reject, enrollment_id=found.id, reason="x")
    assert refused.value.field == "reason"
    world.run(services.reject, enrollment_id=found.id, reason="Berkas belum lengkap")
    assert world.row(found.id).state_reason == "Berkas belum lengkap"
    world.run(services.reconsider, enrollment_id=found.id)
    assert world.state(found.id) == "applied"


def test_reserves_are_as_many_as_the_batch_has(world):
    batch = world.batch(reserve_seats=1)
    first, second = world.placed(batch, 2, State.APPLIED)
    world.run(services.make_reserve, enrollment_id=first)
    with pytest.raises(Conflict) as refused:
        world.run(services.make_reserve, enrollment_id=second)
    assert refused.value.code == "reserves_full"
    assert world.seats(batch) == 0


def test_promotion_goes_by_reserve_then_priority_then_time(world, now):
    batch = world.batch(quota=5)
    late_pilot = world.enroll(
        batch, cooperative_id=world.cooperative(is_pilot=True), now=now + timedelta(hours=3)
    )
    early = world.enroll(batch, now=now + timedelta(hours=1))
    later = world.enroll(batch, now=now + timedelta(hours=2))
    reserve = world.enroll(batch, now=now + timedelta(hours=5))
    for one in (early, later, late_pilot):
        world.run(services.move_to_waitlist, enrollment_id=one.id)
    world.run(services.make_reserve, enrollment_id=reserve.id)
    order = [world.run(services.promote_next, batch_id=batch).id for _ in range(4)]
    assert order == [reserve.id, late_pilot.id, early.id, later.id]
    with pytest.raises(Conflict) as refused:
        world.run(services.promote_next, batch_id=batch)
    assert refused.value.code == "nobody_waits"


def test_promotion_into_a_full_batch_is_refused(world):
    batch = world.batch(quota=1)
    world.placed(batch)
    waiting = world.enroll(batch, waitlist=True)
    with pytest.raises(Conflict) as refused:
        world.run(services.promote_next, batch_id=batch)
    assert refused.value.code == "batch_full"
    assert world.state(waiting.id) == "waitlisted"


def test_a_seat_given_back_goes_to_the_next_in_line(world):
    batch = world.batch(quota=1)
    [held] = world.placed(batch)
    waiting = world.enroll(batch, waitlist=True)
    world.run(services.withdraw, enrollment_id=held)
    assert world.run(services.promote_next, batch_id=batch).id == waiting.id
    assert world.seats(batch) == 1


def test_an_overdue_offer_cannot_be_confirmed(world, clock):
    batch = world.batch()
    [offered] = world.placed(batch, 1, State.OFFERED)
    person = world.row(offered).person_id
    world.run(services.open_offer, enrollment_id=offered, actor=self_actor(person))
    clock.move(hours=48)
    with pytest.raises(Conflict) as refused:
        world.run(services.confirm_seat, enrollment_id=offered, actor=self_actor(person), now=clock.now)
    assert refused.value.code == "offer_over"
    assert world.run(services.expire_offers, batch_id=batch, now=clock.now) == 1
    assert (world.state(offered), world.seats(batch)) == ("expired", 0)


def test_silence_keeps_an_offer_for_ever(world, clock):
    batch = world.batch(days=200)
    [offered] = world.placed(batch, 1, State.OFFERED)
    clock.move(days=100)
    assert world.run(services.expire_offers, batch_id=batch, now=clock.now) == 0
    world.run(services.confirm_seat, enrollment_id=offered, now=clock.now)
    assert world.state(offered) == "confirmed"


def test_expire_ends_an_application(world):
    found = world.enroll(world.batch())
    world.run(services.expire, enrollment_id=found.id, reason="Angkatan sudah dimulai")
    assert world.state(found.id) == "expired"


def test_a_missing_enrollment_is_not_found(world):
    with pytest.raises(NotFound):
        world.run(services.offer_seat, enrollment_id=424242)


def test_closing_sets_outcomes_and_refuses_foreign_ids(world):
    batch, other = world.batch(), world.batch(days=40)
    held, offered = world.placed(batch, 3), world.placed(batch, 1, State.OFFERED)
    foreign = world.placed(other)
    outcomes = {
        held[0]: State.COMPLETED,
        held[1]: State.NOT_COMPLETED,
        held[2]: State.NO_SHOW,
        offered[0]: State.COMPLETED,
    }
    with pytest.raises(NotFound):
        world.run(
            services.close_enrollments, batch_id=batch, outcomes=outcomes | {foreign[0]: State.COMPLETED}
        )
    assert world.state(held[0]) == "confirmed"
    assert world.run(services.close_enrollments, batch_id=batch, outcomes=outcomes) == 4
    assert world.run(services.close_enrollments, batch_id=batch, outcomes=outcomes) == 0
    assert [world.state(n) for n in (*held, *offered)] == [
        "completed",
        "not_completed",
        "no_show",
        "completed",
    ]
    assert world.row(offered[0]).confirmed_at is not None
    assert world.seats(batch) == 4
    world.run(services.close_enrollments, batch_id=batch, outcomes={held[1]: State.COMPLETED})
    with pytest.raises(DomainError):
        world.run(services.close_enrollments, batch_id=batch, outcomes={held[0]: State.NO_SHOW})
