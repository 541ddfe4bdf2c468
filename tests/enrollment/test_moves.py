"""Postponing and cancelling: everybody with a seat chooses."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from portal.batches.models import Batch
from portal.core.db import db
from portal.core.errors import Conflict, DomainError, Forbidden
from portal.enrollment import queries, services
from portal.enrollment.models import Enrollment, MoveChoice, State
from tests.enrollment.world import self_actor

REASON = "Gedung sedang diperbaiki"


def postpone(world, batch, days=50, **values):
    """Move the first day to `days` after the clock."""
    from portal.core import clock

    day = clock.now().date() + timedelta(days=days)
    return world.run(
        services.postpone_batch, batch_id=batch, **{"starts_on": day, "reason": REASON, **values}
    )


def answer(world, enrollment_id, choice, target=None):
    """The person's own answer."""
    person = world.row(enrollment_id).person_id
    return world.run(
        services.answer_move,
        enrollment_id=enrollment_id,
        choice=choice,
        target_batch_id=target,
        actor=self_actor(person),
    )


def stored(batch):
    """The batch as stored now."""
    db.session.expire_all()
    return db.session.get(Batch, batch)


def test_postponing_moves_the_dates_and_asks_everybody_with_a_seat(world):
    batch = world.batch()
    held = world.placed(batch, 2)
    [offered] = world.placed(batch, 1, State.OFFERED)
    world.placed(batch, 1, State.WAITLISTED)
    before = stored(batch).starts_on
    done = postpone(world, batch)
    assert (done.asked, done.ended) == (3, 0)
    assert stored(batch).starts_on > before
    assert stored(batch).state == "published"
    rows = db.session.scalars(sa.select(MoveChoice).order_by(MoveChoice.enrollment_id)).all()
    assert [row.enrollment_id for row in rows] == [*held, offered]
    assert {(row.choice, row.cause, row.old_starts_on) for row in rows} == {("pending", "postponed", before)}
    assert world.seats(batch) == 3


def test_postponing_without_a_date_waits_for_one(world):
    batch = world.batch()
    world.placed(batch)
    postpone(world, batch, starts_on=None)
    assert (stored(batch).state, stored(batch).state_reason) == ("postponed", REASON)
    postpone(world, batch)
    assert stored(batch).state == "published"
    assert db.session.scalar(sa.select(sa.func.count()).select_from(MoveChoice)) == 1


def test_a_countdown_begins_anew_after_postponing(world):
    batch = world.batch()
    [offered] = world.placed(batch, 1, State.OFFERED)
    world.run(services.record_contact, enrollment_id=offered, channel="call", outcome="reached")
    postpone(world, batch)
    assert (world.row(offered).contact_at, world.row(offered).offer_until) == (None, None)


@pytest.mark.parametrize("reason", ["", "abc", "    "])
def test_a_reason_is_needed(world, reason):
    batch = world.batch()
    with pytest.raises(DomainError) as refused:
        postpone(world, batch, reason=reason)
    assert refused.value.field == "reason"
    with pytest.raises(DomainError):
        world.run(services.cancel_batch, batch_id=batch, reason=reason)


def test_the_same_day_is_no_postponement(world):
    batch = world.batch()
    with pytest.raises(DomainError) as refused:
        postpone(world, batch, starts_on=stored(batch).starts_on)
    assert refused.value.code == "same_day"


def test_keeping_confirms(world):
    batch = world.batch()
    [offered] = world.placed(batch, 1, State.OFFERED)
    postpone(world, batch)
    answer(world, offered, "keep")
    assert world.state(offered) == "confirmed"
    with pytest.raises(Conflict) as refused:
        answer(world, offered, "leave")
    assert refused.value.code == "no_choice"


def test_moving_gives_one_seat_back_and_takes_another(world):
    batch, target = world.batch(), world.batch(days=30)
    [held] = world.placed(batch)
    postpone(world, batch)
    kept = answer(world, held, "move", target)
    assert (world.state(held), world.state(kept.id)) == ("withdrawn", "confirmed")
    assert (world.seats(batch), world.seats(target)) == (0, 1)
    assert world.row(kept.id).reference != world.row(held).reference
    choice = db.session.scalar(sa.select(MoveChoice))
    assert (choice.choice, choice.target_batch_id) == ("move", target)


def test_a_full_target_changes_nothing(world):
    batch, target = world.batch(), world.batch(days=30, quota=1)
    [held] = world.placed(batch)
    world.placed(target)
    postpone(world, batch)
    with pytest.raises(Conflict) as refused:
        answer(world, held, "move", target)
    assert refused.value.code == "batch_full"
    assert (world.state(held), world.seats(batch), world.seats(target)) == ("confirmed", 1, 1)
    assert queries.choices_of(batch) == {"pending": 1}


def test_only_batches_of_the_program_are_targets(world):
    batch = world.batch()
    [held] = world.placed(batch)
    postpone(world, batch)
    for target in (None, 999_999, batch):
        with pytest.raises(DomainError) as refused:
            answer(world, held, "move", target)
        assert refused.value.code == "target_unknown"


def test_leaving_frees_the_seat(world):
    batch = world.batch()
    [held] = world.placed(batch)
    postpone(world, batch)
    answer(world, held, "leave")
    assert (world.state(held), world.seats(batch)) == ("withdrawn", 0)


def test_nobody_else_answers(world):
    batch = world.batch()
    [held] = world.placed(batch)
    postpone(world, batch)
    with pytest.raises(Forbidden):
        world.run(services.answer_move, enrollment_id=held, choice="leave", actor=self_actor(10**6))


def test_an_unknown_answer_is_refused(world):
    batch = world.batch()
    [held] = world.placed(batch)
    postpone(world, batch)
    with pytest.raises(DomainError) as refused:
        answer(world, held, "perhaps")
    assert refused.value.field == "choice"


def test_cancelling_asks_seats_and_lets_the_others_go(world):
    batch, target = world.batch(), world.batch(days=30)
    [held] = world.placed(batch)
    others = [world.placed(batch, 1, state)[0] for state in (State.APPLIED, State.WAITLISTED, State.RESERVE)]
    done = world.run(services.cancel_batch, batch_id=batch, reason=REASON)
    assert (done.asked, done.ended) == (1, 3)
    assert stored(batch).state == "cancelled"
    assert {world.state(number) for number in others} == {"expired"}
    assert REASON in world.row(others[0]).state_reason
    with pytest.raises(DomainError):
        answer(world, held, "keep")
    assert world.state(answer(world, held, "move", target).id) == "confirmed"


def test_postponing_again_asks_again(world):
    batch = world.batch()
    [held] = world.placed(batch)
    postpone(world, batch)
    answer(world, held, "keep")
    postpone(world, batch, days=70)
    assert queries.choices_of(batch) == {"keep": 1, "pending": 1}


def test_a_cancelled_batch_takes_nobody(world):
    batch = world.batch()
    found = world.enroll(batch)
    world.run(services.cancel_batch, batch_id=batch, reason=REASON)
    with pytest.raises(DomainError):
        world.run(services.offer_seat, enrollment_id=found.id)
    assert db.session.get(Enrollment, found.id).state == "expired"
