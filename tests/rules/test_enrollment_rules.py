"""Moves, eligibility, seats, the queue and the countdown, without a database."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

import pytest

from portal.batches.rules import Phase
from portal.core.errors import Conflict, DomainError, Forbidden
from portal.enrollment import rules
from portal.enrollment.models import SEAT_STATES, State
from portal.enrollment.rules import Applicant, BatchFacts

NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
OPEN = BatchFacts(phase=Phase.OPEN, starts_on=date(2026, 12, 7), free=5)


def codes(batch=OPEN, **person):
    return [blocker.code for blocker in rules.eligibility(batch, Applicant(**person))]


LEGAL = {(old, new) for old, news in rules.LEGAL_MOVES.items() for new in news}


@pytest.mark.parametrize("old", State)
@pytest.mark.parametrize("new", State)
def test_every_pair_of_states_is_decided(old, new):
    if (old, new) in LEGAL:
        assert rules.check_move(old, new) is None
    else:
        with pytest.raises(DomainError) as refused:
            rules.check_move(old, new)
        assert refused.value.code == "illegal_move"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("applied", "offered"),
        ("offered", "confirmed"),
        ("confirmed", "completed"),
        ("confirmed", "not_completed"),
        ("confirmed", "no_show"),
        ("waitlisted", "offered"),
        ("reserve", "offered"),
        ("offered", "expired"),
        ("confirmed", "withdrawn"),
        ("withdrawn", "applied"),
    ],
)
def test_the_ways_of_the_flow_are_legal(old, new):
    rules.check_move(old, new)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("applied", "confirmed"),
        ("applied", "completed"),
        ("waitlisted", "confirmed"),
        ("completed", "withdrawn"),
        ("rejected", "offered"),
        ("no_show", "completed"),
        ("expired", "confirmed"),
    ],
)
def test_shortcuts_are_refused(old, new):
    with pytest.raises(DomainError):
        rules.check_move(old, new)


@pytest.mark.parametrize(
    ("old", "new", "change"),
    [
        (None, "applied", 0),
        (None, "confirmed", 1),
        ("applied", "offered", 1),
        ("offered", "confirmed", 0),
        ("offered", "expired", -1),
        ("confirmed", "no_show", 0),
        ("confirmed", "withdrawn", -1),
        ("waitlisted", "withdrawn", 0),
    ],
)
def test_seats_follow_the_state(old, new, change):
    assert rules.seat_change(old, new) == change


def test_seat_states_are_those_of_the_flow():
    assert {str(state) for state in SEAT_STATES} == {
        "offered",
        "confirmed",
        "completed",
        "not_completed",
        "no_show",
    }


def test_staff_never_act_on_their_own_case():
    rules.check_not_self(1, 2)
    rules.check_not_self(None, 2)
    with pytest.raises(Forbidden):
        rules.check_not_self(2, 2)


@pytest.mark.parametrize(
    ("batch", "person", "expected"),
    [
        ({}, {}, []),
        ({"phase": Phase.NOT_OPEN}, {}, ["phase_not_open"]),
        ({"phase": Phase.CLOSED}, {}, ["phase_closed"]),
        ({"phase": Phase.CANCELLED}, {}, ["phase_cancelled"]),
        ({"phase": Phase.WAITLIST, "free": 0}, {}, []),
        ({"kinds": ["village"]}, {"kind": "worker"}, ["kind_not_meant"]),
        ({"kinds": ["village"]}, {"kind": "village"}, []),
        ({"posts": ["chair"]}, {"post": "member"}, ["post_not_meant"]),
        ({"regions": ["61.05"]}, {"region_code": "61.05.01.2001"}, []),
        ({"regions": ["61.05"]}, {"region_code": "61.06.01.2001"}, ["region_not_meant"]),
        ({"regions": ["61.05"]}, {"region_code": "61.050"}, ["region_not_meant"]),
        ({}, {"has_certificate": True}, ["has_certificate"]),
        ({}, {"overlapping": ["Lain"]}, ["overlapping"]),
        ({"free": 2, "free_for_person": 0}, {}, ["pilot_window"]),
        ({"free": 2, "free_for_person": 0}, {"is_pilot": True}, []),
        ({"free": 0, "free_for_person": 0}, {}, []),
        ({}, {"state_here": State.APPLIED}, ["already_enrolled"]),
        ({}, {"state_here": State.CONFIRMED}, ["already_enrolled"]),
        ({}, {"state_here": State.WITHDRAWN}, []),
        ({}, {"state_here": State.EXPIRED}, []),
        ({}, {"state_here": State.REJECTED}, ["was_rejected"]),
        (
            {"kinds": ["village"], "posts": ["chair"]},
            {"kind": "worker", "post": "member", "has_certificate": True},
            ["kind_not_meant", "post_not_meant", "has_certificate"],
        ),
    ],
)
def test_eligibility_names_every_reason(batch, person, expected):
    facts = BatchFacts(**{"phase": Phase.OPEN, "starts_on": date(2026, 12, 7), "free": 5} | batch)
    assert codes(facts, **person) == expected


def test_every_blocker_says_what_helps():
    facts = BatchFacts(
        phase=Phase.CLOSED, starts_on=date(2026, 12, 7), free=1, free_for_person=0, kinds=["village"]
    )
    found = rules.eligibility(facts, Applicant(kind="worker", overlapping=["X"], has_certificate=True))
    assert len(found) == 5
    assert all(blocker.message.endswith(".") and blocker.remedy for blocker in found)


def test_only_the_pilot_window_leaves_the_waitlist_open():
    facts = BatchFacts(
        phase=Phase.OPEN, starts_on=date(2026, 12, 7), free=2, free_for_person=0, posts=["chair"]
    )
    found = rules.eligibility(facts, Applicant(post="member"))
    assert [b.code for b in found] == ["post_not_meant", "pilot_window"]
    assert [b.code for b in rules.hard_blockers(found)] == ["post_not_meant"]


@pytest.mark.parametrize(
    ("values", "left"),
    [
        ({"seats_taken": 10, "applied": 0}, 6),
        ({"seats_taken": 10, "applied": 6}, 0),
        ({"seats_taken": 16, "applied": 3}, 0),
        ({"seats_taken": 8, "applied": 0, "pilot_seats": 6}, 2),
        ({"seats_taken": 8, "applied": 0, "pilot_seats": 6, "pilot_held": 4}, 6),
        ({"seats_taken": 8, "applied": 0, "pilot_seats": 6, "is_pilot": True}, 8),
        ({"seats_taken": 8, "applied": 0, "pilot_seats": 6, "pilot_until": NOW}, 8),
        ({"seats_taken": 8, "applied": 0, "pilot_seats": 6, "pilot_until": NOW + timedelta(seconds=1)}, 2),
    ],
)
def test_places_count_screening_and_the_pilots(values, left):
    held = rules.Holdings(applied=values.get("applied", 0), pilots=values.get("pilot_held", 0))
    room = rules.room_of(
        quota=16, seats_taken=values["seats_taken"], held=held, now=NOW,
        pilot_seats=values.get("pilot_seats", 0), kept_until=values.get("pilot_until"),
    )  # fmt: skip
    assert rules.places_for(room, rules.Somebody(is_pilot=values.get("is_pilot", False))) == left


@pytest.mark.parametrize(
    ("is_pilot", "is_nominated", "expected"),
    [(True, True, 0), (True, False, 0), (False, True, 1), (False, False, 2)],
)
def test_priority_classes(is_pilot, is_nominated, expected):
    assert rules.priority_class(is_pilot=is_pilot, is_nominated=is_nominated) == expected


@dataclass
class Entry:
    id: int
    priority: int
    queued_at: datetime


LINE = [
    Entry(1, 2, NOW),
    Entry(2, 1, NOW + timedelta(minutes=5)),
    Entry(3, 1, NOW + timedelta(minutes=1)),
    Entry(4, 0, NOW + timedelta(days=3)),
    Entry(5, 1, NOW + timedelta(minutes=1)),
]


def test_the_waitlist_goes_by_priority_then_time_then_number():
    assert [entry.id for entry in sorted(LINE, key=rules.queue_key)] == [4, 3, 5, 2, 1]
    assert [rules.waitlist_rank(LINE, number) for number in (4, 3, 5, 2, 1, 99)] == [1, 2, 3, 4, 5, None]


def test_reserves_go_before_the_waitlist():
    line = [rules.Waiter(e.id, e.id, 1, e.priority, e.queued_at) for e in LINE]
    room = rules.Room(left=1)
    reserve = replace(line[0], is_reserve=True)
    assert [one.id for one in rules.next_in_line([reserve, *line[1:]], room).chosen] == [1]
    assert [one.id for one in rules.next_in_line(line, room).chosen] == [4]
    assert rules.next_in_line([], room).chosen == ()


def test_the_countdown_lasts_48_hours_from_the_contact():
    assert rules.offer_deadline(NOW) == NOW + timedelta(hours=48)
    assert rules.offer_deadline(NOW, NOW + timedelta(days=9)) == NOW + timedelta(hours=48)
    assert rules.offer_deadline(NOW, NOW + timedelta(hours=20)) == NOW + timedelta(hours=20)
    assert rules.offer_deadline(NOW, NOW - timedelta(hours=1)) == NOW + timedelta(hours=48)


def test_silence_never_ends_an_offer():
    assert not rules.is_offer_over(None, NOW + timedelta(days=900))
    rules.check_offer_open(None, NOW)
    assert rules.is_offer_over(NOW, NOW)
    with pytest.raises(Conflict):
        rules.check_offer_open(NOW, NOW)


@pytest.mark.parametrize(
    ("state", "step"),
    [
        ("applied", 0),
        ("waitlisted", 0),
        ("offered", 1),
        ("confirmed", 2),
        ("completed", 3),
        ("withdrawn", -1),
    ],
)
def test_steps_of_the_timeline(state, step):
    assert rules.step_of(state) == step
