"""Places kept for pilots and posts, caps, and the order of the waitlist: tables and properties."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.enrollment import rules
from portal.enrollment.rules import Holdings, Room, Somebody, Waiter
from portal.enrollment.rules.queue import NOMINATED, OTHER, PILOT, POST

NOW = datetime(2026, 11, 22, 2, tzinfo=UTC)
CHAIR, TREASURER = Somebody(post="chair"), Somebody(post="treasurer")
PILOT_CHAIR = Somebody(post="chair", is_pilot=True)


def room(**values: Any) -> Room:
    held = values.pop("held", Holdings())
    return rules.room_of(**{"quota": 10, "seats_taken": 0, "held": held, "now": NOW} | values)


@pytest.mark.parametrize(
    ("values", "chair", "treasurer", "pilot"),
    [
        ({}, 10, 10, 10),
        ({"post_quotas": {"treasurer": 4}}, 6, 10, 10),
        ({"post_quotas": {"treasurer": 4}, "pilot_seats": 3}, 3, 7, 10),
        ({"post_quotas": {"treasurer": 4}, "held": Holdings(posts={"treasurer": 3})}, 9, 10, 10),
        ({"post_quotas": {"treasurer": 4}, "held": Holdings(posts={"treasurer": 9})}, 10, 10, 10),
        ({"post_quotas": {"treasurer": 4}, "kept_until": NOW}, 10, 10, 10),
        ({"post_quotas": {"treasurer": 4}, "kept_until": NOW + timedelta(seconds=1)}, 6, 10, 10),
        # Pilots first: of two seats that both want, the pilots' are set apart before the posts'.
        ({"seats_taken": 8, "post_quotas": {"treasurer": 4}, "pilot_seats": 1}, 0, 1, 2),
        ({"seats_taken": 9, "post_quotas": {"treasurer": 4}, "pilot_seats": 1}, 0, 0, 1),
        ({"seats_taken": 12, "post_quotas": {"treasurer": 4}}, 0, 0, 0),
        ({"held": Holdings(applied=4)}, 6, 6, 6),
        ({"held": Holdings(applied=4), "with_screening": False}, 10, 10, 10),
    ],
)
def test_places_by_who_one_is(values: Any, chair: int, treasurer: int, pilot: int) -> None:
    found = [rules.places_for(room(**values), who) for who in (CHAIR, TREASURER, PILOT_CHAIR)]
    assert found == [chair, treasurer, pilot]


@pytest.mark.parametrize(("held", "left"), [(0, 2), (1, 1), (2, 0), (5, 0)])
def test_the_cap_of_a_cooperative(held: int, left: int) -> None:
    capped = room(cooperative_cap=2, held=Holdings(cooperatives={7: held}))
    assert rules.places_for(capped, Somebody(7, "chair")) == left
    assert rules.places_for(capped, Somebody(8, "chair")) == 2
    assert rules.places_for(capped, Somebody(None, "chair")) == 10
    assert capped.refusal(Somebody(7, "chair")) == ("" if left else "capped")


def test_people_are_seated_in_turn_and_together() -> None:
    one = room(quota=3, post_quotas={"treasurer": 1}, cooperative_cap=2)
    people = [Somebody(1, "chair"), Somebody(1, "secretary"), Somebody(1, "treasurer"), Somebody(2, "member")]
    assert rules.seat_in_turn(one, people) == ["", "", "capped", "kept"]
    two = room(quota=2, post_quotas={"treasurer": 1})
    # Named in any order: the treasurer takes the kept seat.
    assert rules.seat_together(two, [CHAIR, TREASURER]) == ""
    assert rules.seat_together(two, [CHAIR, CHAIR]) == "kept"
    assert rules.seat_together(two, [CHAIR, TREASURER, TREASURER]) == "full"


rooms = st.builds(
    rules.room_of,
    quota=st.integers(1, 30),
    seats_taken=st.integers(0, 30),
    held=st.builds(
        Holdings,
        applied=st.integers(0, 10),
        pilots=st.integers(0, 10),
        posts=st.dictionaries(st.sampled_from(["chair", "treasurer", "manager"]), st.integers(0, 6)),
        cooperatives=st.dictionaries(st.integers(1, 3), st.integers(0, 6)),
    ),
    pilot_seats=st.integers(0, 30),
    post_quotas=st.dictionaries(st.sampled_from(["chair", "treasurer", "manager"]), st.integers(1, 8)),
    cooperative_cap=st.none() | st.integers(1, 5),
    now=st.just(NOW),
)
people = st.builds(
    Somebody,
    cooperative_id=st.none() | st.integers(1, 3),
    post=st.sampled_from(["chair", "treasurer", "manager", "member"]),
    is_pilot=st.booleans(),
)


@given(rooms, st.lists(people, max_size=40))
def test_kept_seats_are_never_negative_nor_more_than_are_left(found: Room, comers: list[Somebody]) -> None:
    for who in comers:
        assert found.kept_pilots >= 0
        assert found.kept_posts() >= 0
        assert found.kept_pilots + found.kept_posts() <= found.left
        assert 0 <= rules.places_for(found, who) <= found.left
        # Whoever is kept for never has less than somebody for whom nothing is kept.
        assert found.for_(who) >= found.for_(Somebody(post="nobody"))
        if found.refusal(who):
            assert rules.places_for(found, who) == 0
        else:
            before, found = found, found.after(who)
            assert found.left == before.left - 1
    assert found.left >= 0


@given(rooms, st.lists(people, max_size=20))
def test_never_more_are_seated_than_seats_and_caps_allow(found: Room, comers: list[Somebody]) -> None:
    seated = [who for who, why in zip(comers, rules.seat_in_turn(found, comers), strict=True) if not why]
    assert len(seated) <= found.left
    for cooperative in (1, 2, 3):
        under = found.under_cap(cooperative)
        mine = sum(who.cooperative_id == cooperative for who in seated)
        assert under is None or mine <= max(under, 0)


@pytest.mark.parametrize(
    ("priority", "post", "moved", "expected"),
    [
        (0, "treasurer", None, PILOT),
        (1, "treasurer", None, POST),
        (2, "treasurer", None, POST),
        (1, "chair", None, NOMINATED),
        (2, "chair", None, OTHER),
        (2, "chair", PILOT, PILOT),
        (0, "chair", OTHER, OTHER),
    ],
)
def test_the_class_in_the_queue(priority: int, post: str, moved: int | None, expected: int) -> None:
    assert rules.queue_class(priority, post, {"treasurer"}, moved) == expected


@pytest.mark.parametrize(
    ("same", "regions", "home", "expected"),
    [
        (True, ["35"], None, True),
        (False, ["61.05"], "61.05.01.2001", True),
        (False, ["61.05"], "61.06.01.2001", False),
        (False, [], "61.06.01.2001", True),
        (False, [], "35.06.01.2001", False),
        (False, [], None, False),
    ],
)
def test_what_a_pool_reaches(same: bool, regions: list[str], home: str | None, expected: bool) -> None:
    found = rules.reaches(same_center=same, regions=regions, center_region="61.05", region_code=home)
    assert found is expected


waiters = st.lists(
    st.builds(
        Waiter,
        id=st.integers(1, 60),
        person_id=st.integers(1, 60),
        batch_id=st.just(1),
        priority=st.integers(0, 3),
        queued_at=st.integers(0, 5).map(lambda n: NOW + timedelta(microseconds=n)),
        cooperative_id=st.none() | st.integers(1, 3),
        post=st.sampled_from(["chair", "treasurer", "member"]),
        is_pilot=st.booleans(),
        group_id=st.none() | st.integers(1, 3),
        is_reserve=st.booleans(),
        hindrance=st.sampled_from(["", "", "", "busy"]),
    ),
    max_size=25,
    unique_by=(lambda one: one.id, lambda one: one.person_id),
)


@given(waiters, rooms, st.randoms(use_true_random=False))
def test_the_next_is_the_same_however_the_line_is_read(line: list[Waiter], found: Room, dice: Any) -> None:
    shuffled = list(line)
    dice.shuffle(shuffled)
    turn = rules.next_in_line(line, found)
    assert rules.next_in_line(shuffled, found) == turn
    keys = [rules.line_key(one) for one in line]
    assert len(set(keys)) == len(keys)


@given(waiters, rooms)
def test_a_group_moves_whole_and_nobody_passes_who_could_come(line: list[Waiter], found: Room) -> None:
    turn = rules.next_in_line(line, found)
    chosen = {one.id for one in turn.chosen}
    assert not any(one.hindrance for one in turn.chosen)
    assert len(chosen) <= found.left
    assert not chosen & set(turn.passed)
    assert rules.seat_together(found, turn.chosen) == ""
    for one in turn.chosen:
        if one.group_id is not None and not one.is_reserve:
            mates = {other.id for other in line if other.group_id == one.group_id and not other.is_reserve}
            assert mates == chosen
    for unit in rules.units(line):
        if not rules.why_not(unit, found):
            assert chosen == {one.id for one in unit}
            break
    else:
        assert not chosen


@given(waiters.filter(lambda line: len(line) >= 2), st.data())
def test_moving_somebody_leaves_everybody_else_in_their_order(line: list[Waiter], data: Any) -> None:
    mover, before = data.draw(st.permutations([one.id for one in line]))[:2]
    slot = rules.slot_before(line, mover, before)
    after = []
    for one in line:
        if one.id == mover:
            after.append(rules.moved_to(one, slot.priority, slot.queued_at))
        else:
            after.append(rules.moved_to(one, one.priority, slot.shifted.get(one.id, one.queued_at)))
    old = [one.id for one in sorted(line, key=rules.queue_key) if one.id != mover]
    at = old.index(before)
    assert [one.id for one in sorted(after, key=rules.queue_key)] == [*old[:at], mover, *old[at:]]


def test_nobody_moves_before_themselves_or_somebody_who_left() -> None:
    line = [Waiter(1, 1, 1, 0, NOW), Waiter(2, 2, 1, 0, NOW)]
    with pytest.raises(ValueError, match="oneself"):
        rules.slot_before(line, 1, 1)
    with pytest.raises(KeyError):
        rules.slot_before(line, 1, 99)
