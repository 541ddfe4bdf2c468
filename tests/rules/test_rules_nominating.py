"""Moves of nominations and the decision about a group, as tables and properties."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal.core.blockers import Blocker
from portal.core.errors import Conflict, DomainError
from portal.enrollment import rules_nominating as rules
from portal.enrollment.models import NominationState as N
from portal.enrollment.rules import Room
from portal.enrollment.rules_nominating import Candidate, Facts, Mode, Outcome, decide_group

NOW = datetime(2026, 11, 22, tzinfo=UTC)
WRONG = (Blocker("wrong", "Tidak bisa."),)
LEGAL = {
    ("proposed", "consented"), ("proposed", "placed"), ("proposed", "declined"), ("proposed", "withdrawn"),
    ("proposed", "rejected"), ("proposed", "replaced"), ("consented", "placed"), ("consented", "declined"),
    ("consented", "withdrawn"), ("consented", "rejected"), ("consented", "replaced"), ("placed", "declined"),
    ("placed", "withdrawn"), ("placed", "rejected"), ("placed", "replaced"), ("declined", "proposed"),
    ("withdrawn", "proposed"), ("rejected", "proposed"), ("replaced", "proposed"),
}  # fmt: skip


@pytest.mark.parametrize("old", sorted(N))
@pytest.mark.parametrize("new", sorted(N))
def test_a_nomination_moves_only_as_the_table_says(old, new):
    if (str(old), str(new)) in LEGAL:
        rules.check_nomination_move(old, new)
    else:
        with pytest.raises(DomainError) as refused:
            rules.check_nomination_move(old, new)
        assert refused.value.code == "illegal_move"


def test_the_deadline_is_the_end_of_the_registration():
    rules.check_before_deadline(None, NOW)
    rules.check_before_deadline(NOW + timedelta(seconds=1), NOW)
    with pytest.raises(Conflict):
        rules.check_before_deadline(NOW, NOW)
    assert rules.link_end(NOW, NOW) == NOW
    assert rules.link_end(None, NOW) == NOW + timedelta(days=30)


@pytest.mark.parametrize(
    ("facts", "codes"),
    [
        (Facts(), []),
        (Facts(is_erased=True, is_open=True), ["person_gone"]),
        (Facts(is_open=True, is_refusing=True), ["nominated_already", "help_refused"]),
        (Facts(has_certificate=True), ["has_certificate"]),
        (Facts(has_certificate=True, reasons=(Blocker("has_certificate", ""),)), ["has_certificate"]),
        (Facts(reasons=WRONG), ["wrong"]),
    ],
)
def test_every_reason_is_told(facts, codes):
    assert [blocker.code for blocker in rules.nominee_blockers(facts)] == codes


@pytest.mark.parametrize(
    ("group_id", "link", "state", "needs"),
    [
        (1, None, "proposed", True),
        (None, "x", "proposed", True),
        (None, None, "proposed", False),
        (1, "x", "consented", False),
        (1, "x", None, False),
    ],
)
def test_only_who_was_named_must_answer(group_id, link, state, needs):
    assert rules.needs_consent(group_id=group_id, link_hash=link, state=state) is needs


def people(count, blocked=()):
    return [Candidate(str(n), "chair", 1, blockers=WRONG if n in blocked else ()) for n in range(count)]


def said(decision):
    return [str(answer.outcome) for answer in decision.answers], [stop.code for stop in decision.stops]


@pytest.mark.parametrize(
    ("count", "blocked", "mode", "together", "room", "outcomes", "stops"),
    [
        (0, (), "all", False, Room(4), [], ["nobody_chosen"]),
        (1, (0,), "fit", False, Room(4), ["no"], ["nobody_fits"]),
        (2, (), "all", False, None, ["program"] * 2, []),
        (2, (1,), "fit", False, None, ["program", "no"], []),
        (2, (1,), "all", False, Room(4), ["seat", "no"], ["not_all_fit"]),
        (3, (), "all", False, Room(2), ["wait"] * 3, ["too_few_seats"]),
        (3, (), "all", True, Room(2), ["wait"] * 3, []),
        (3, (), "fit", False, Room(2), ["seat", "seat", "wait"], []),
        (3, (), "all", False, Room(9, cap=2), ["wait"] * 3, ["over_cap"]),
        (3, (), "fit", False, Room(9, cap=2), ["seat", "seat", "wait"], []),
        (2, (), "all", False, Room(2, pilots=1), ["wait"] * 2, ["too_few_seats"]),
        (2, (), "fit", True, Room(0), ["wait"] * 2, []),
    ],
)
def test_the_group_is_decided_as_a_whole(count, blocked, mode, together, room, outcomes, stops):
    found = decide_group(people(count, blocked), mode=mode, keep_together=together, room=room)
    assert said(found) == (outcomes, stops)


def test_places_on_the_waitlist_follow_class_and_time():
    group = [Candidate("a", "chair", 1, queue=2), Candidate("b", "chair", 1, queue=0),
             Candidate("c", "chair", 1, queue=2)]  # fmt: skip
    found = decide_group(
        group,
        mode="fit",
        keep_together=False,
        room=Room(0),
        waiting=[(0, 2), (2, 1), (3, 5)],
        reserves_left=3,
    )
    assert [(a.key, a.place, str(a.outcome)) for a in found.answers] == [
        ("a", 4, "wait"), ("b", 3, "reserve"), ("c", 6, "wait"),
    ]  # fmt: skip


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    posts=st.lists(st.sampled_from(["chair", "treasurer", "member"]), min_size=1, max_size=12),
    left=st.integers(0, 12),
    pilots=st.integers(0, 4),
    kept=st.integers(0, 4),
    cap=st.none() | st.integers(1, 6),
    mode=st.sampled_from(sorted(Mode)),
    together=st.booleans(),
    is_pilot=st.booleans(),
)
def test_no_decision_promises_more_than_there_is(posts, left, pilots, kept, cap, mode, together, is_pilot):
    room = Room(left, pilots, {"treasurer": kept}, cap)
    group = [Candidate(str(n), post, 1, is_pilot) for n, post in enumerate(posts)]
    found = decide_group(group, mode=mode, keep_together=together, room=room)
    seats = found.count(Outcome.SEAT)
    assert seats <= left
    assert cap is None or seats <= cap
    if mode == Mode.ALL:
        assert seats in (0, len(group))
        assert bool(found.stops) == (seats == 0 and not together)
    else:
        assert not found.stops
    waits = [answer.place for answer in found.answers if answer.place]
    assert waits == list(range(1, len(waits) + 1))
