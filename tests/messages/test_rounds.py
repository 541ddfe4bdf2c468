"""What comes round by itself: reminders, offers that end, and seats that go to the next."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from portal.core.timers import run_timers
from portal.enrollment import rules, services, timers
from portal.enrollment.models import State
from tests.enrollment.world import World, self_actor
from tests.support.told import told


@pytest.fixture
def world(db_session: Any) -> World:
    from flask import current_app

    return World(current_app._get_current_object())  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("zone", "hour", "left"),
    [
        # Three days before the 26th: 8.00 in Jakarta is 1.00 UTC, in Jayapura 23.00 the day before
        ("Asia/Jakarta", datetime(2026, 11, 23, 0, 59, tzinfo=UTC), None),
        ("Asia/Jakarta", datetime(2026, 11, 23, 1, 0, tzinfo=UTC), 3),
        ("Asia/Jakarta", datetime(2026, 11, 23, 16, 59, tzinfo=UTC), 3),
        ("Asia/Jakarta", datetime(2026, 11, 23, 17, 0, tzinfo=UTC), None),
        ("Asia/Jakarta", datetime(2026, 11, 24, 3, 0, tzinfo=UTC), None),
        ("Asia/Jakarta", datetime(2026, 11, 25, 3, 0, tzinfo=UTC), 1),
        ("Asia/Jakarta", datetime(2026, 11, 26, 3, 0, tzinfo=UTC), None),
        ("Asia/Jayapura", datetime(2026, 11, 22, 23, 0, tzinfo=UTC), 3),
        ("Asia/Jayapura", datetime(2026, 11, 22, 22, 59, tzinfo=UTC), None),
    ],
)
def test_reminder_is_due_from_eight_in_the_morning_of_the_place(
    zone: str, hour: datetime, left: int | None
) -> None:
    assert rules.reminder_due(date(2026, 11, 26), hour, zone) == left


@pytest.mark.parametrize(
    ("total", "left", "ends"),
    [(48, 13, False), (48, 12, True), (48, 1, True), (48, 0, False), (10, 6, False), (10, 5, True)],
)
def test_offer_is_ending_in_its_last_half_and_last_twelve_hours(total: int, left: int, ends: bool) -> None:
    until = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
    now = until - timedelta(hours=left)
    assert rules.is_ending(until - timedelta(hours=total), until, now) is ends


def test_offer_that_nobody_was_reached_about_is_never_ending(now: datetime) -> None:
    assert not rules.is_ending(None, None, now)


@pytest.mark.parametrize(
    ("state", "day", "may"),
    [("published", 23, True), ("published", 22, False), ("postponed", 23, False), ("cancelled", 23, False)],
)
def test_seat_is_passed_on_only_before_the_first_day(state: str, day: int, may: bool, now: datetime) -> None:
    assert rules.may_pass_on(state, date(2026, 11, day), now, "Asia/Jakarta") is may


def test_confirmed_people_are_reminded_twice_and_never_doubly(world: World, clock: Any) -> None:
    batch = world.batch(days=5)
    confirmed = world.placed(batch, 2, State.CONFIRMED)
    world.placed(batch, 1, State.OFFERED)
    told_on = []
    for _half_hour in range(24 * 2 * 6):
        if timers.remind(clock.now):
            told_on.append((clock.now + timedelta(hours=7)).strftime("%d %H"))
        clock.move(minutes=30)
    assert told_on == ["24 08", "26 08"]
    messages = told("class.reminder")
    assert {message.row.person_id for message in messages} == {world.row(e).person_id for e in confirmed}
    assert [message.row.kind for message in messages] == ["class.reminder"] * 4
    assert messages[0].content.subject.startswith("3 hari lagi")
    assert messages[-1].content.subject.startswith("Besok")
    assert messages[0].row.expires_at is not None


def test_new_dates_are_reminded_of_anew(world: World, clock: Any) -> None:
    batch = world.batch(days=3)
    world.placed(batch, 1, State.CONFIRMED)
    assert timers.remind(clock.now) == 1
    world.run(
        services.postpone_batch,
        batch_id=batch,
        starts_on=clock.now.date() + timedelta(days=10),
        reason="Banjir di jalan.",
    )
    assert timers.remind(clock.now) == 0
    clock.move(days=7)
    assert timers.remind(clock.now) == 1


def reach(world: World, enrollment_id: int) -> None:
    """The person was reached: 48 hours begin."""
    world.run(services.record_contact, enrollment_id=enrollment_id, channel="call", outcome="reached")


def test_offer_is_told_once_more_before_it_ends(world: World, clock: Any) -> None:
    batch = world.batch(days=10)
    reached, silent = world.placed(batch, 2, State.OFFERED)
    reach(world, reached)
    assert timers.warn(clock.now) == 0
    clock.move(hours=37)
    assert [timers.warn(clock.now), timers.warn(clock.now)] == [1, 0]
    (message,) = told("offer.ending")
    assert message.row.person_id == world.row(reached).person_id != world.row(silent).person_id
    assert message.row.expires_at == world.row(reached).offer_until
    assert "24 November 2026, pukul 09.00 WIB" in message.content.sms


def test_overdue_offer_ends_by_itself_and_the_seat_goes_to_the_next(world: World, clock: Any) -> None:
    batch = world.batch(days=10, quota=2)
    reached, silent = world.placed(batch, 2, State.OFFERED)
    late = world.placed(batch, 1, State.WAITLISTED, priority=2)[0]
    pilot = world.placed(batch, 1, State.WAITLISTED, priority=0)[0]
    reach(world, reached)
    clock.move(hours=47)
    assert timers.end_offers(clock.now) == 0
    clock.move(hours=1)
    assert [timers.end_offers(clock.now), timers.end_offers(clock.now)] == [1, 0]
    states = [world.state(e) for e in (reached, silent, pilot, late)]
    assert states == ["expired", "offered", "offered", "waitlisted"]
    assert world.seats(batch) == 2
    assert [m.row.person_id for m in told("offer.expired")] == [world.row(reached).person_id]
    assert [m.row.person_id for m in told("seat.promoted")] == [world.row(pilot).person_id]


def test_overdue_offer_of_a_class_that_began_is_not_passed_on(world: World, clock: Any) -> None:
    batch = world.batch(days=1, quota=1)
    reached = world.placed(batch, 1, State.OFFERED)[0]
    waiting = world.placed(batch, 1, State.WAITLISTED)[0]
    reach(world, reached)
    clock.move(days=3)
    assert timers.end_offers(clock.now) == 1
    assert (world.state(reached), world.state(waiting)) == ("expired", "waitlisted")


def test_offer_with_nobody_behind_it_leaves_a_free_seat(world: World, clock: Any) -> None:
    batch = world.batch(days=10, quota=1)
    reached = world.placed(batch, 1, State.OFFERED)[0]
    reach(world, reached)
    clock.move(days=3)
    assert timers.end_offers(clock.now) == 1
    assert world.seats(batch) == 0


def test_person_who_answers_in_time_keeps_the_seat(world: World, clock: Any) -> None:
    batch = world.batch(days=10)
    seat = world.placed(batch, 1, State.OFFERED)[0]
    reach(world, seat)
    clock.move(hours=47)
    person = world.row(seat).person_id
    world.run(services.confirm_seat, enrollment_id=seat, actor=self_actor(person))
    clock.move(hours=2)
    assert timers.end_offers(clock.now) == 0
    assert world.state(seat) == "confirmed"


def test_the_worker_calls_all_three(db_session: Any, now: datetime) -> None:
    called = set(run_timers(now))
    assert called >= {"enrollment.reminders", "enrollment.offers_ending", "enrollment.offers_over"}
