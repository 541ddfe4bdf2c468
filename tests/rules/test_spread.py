"""Spreading people over classes: together, evenly, pilots first, nobody twice, nobody lost."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.enrollment.rules import Room, Somebody, seat_together
from portal.enrollment.rules.places import CAPPED, KEPT
from portal.enrollment.rules_spread import (
    BUSY,
    HELD_BACK,
    NO_CLASS,
    NO_SEATS,
    UNPREPARED,
    ClassOption,
    Nominee,
    Spread,
    arrange,
    spread,
)

FIRST = date(2026, 12, 7)


def person(number: int, district: int = 1, cooperative: int | None = None, **more: Any) -> Nominee:
    facts: dict[str, Any] = {
        "nomination_id": number,
        "person_id": 1000 + number,
        "name": f"Orang {number:03d}",
        "post": "chair",
        "cooperative_id": cooperative if cooperative is not None else number,
        "cooperative": f"Koperasi {cooperative or number}",
        "kind": "village",
        "region_code": f"61.05.{district:02d}.2001",
    }
    return Nominee(**facts | more)


def pairs(count: int, district: int = 1, start: int = 1, **more: Any) -> list[Nominee]:
    """`count` people, two a cooperative."""
    return [person(start + n, district, 500 + (start + n - 1) // 2, **more) for n in range(count)]


def option(batch_id: int, free: int = 16, wave: int = 0, **more: Any) -> ClassOption:
    first = FIRST + timedelta(days=7 * wave)
    return ClassOption(batch_id, first, first + timedelta(days=2), free, **more)


def sizes(found: Spread) -> list[int]:
    return [len(plan.seated) for plan in found.classes]


def test_everybody_in_one_class_when_it_holds_them() -> None:
    found = spread(pairs(10), [option(1), option(2, wave=1)])
    assert sizes(found) == [10, 0]
    assert found.unplaced == ()


def test_as_few_classes_as_needed_about_even() -> None:
    found = spread([person(n) for n in range(1, 34)], [option(n, wave=n) for n in range(1, 6)])
    assert sizes(found) == [11, 11, 11, 0, 0]


def test_cooperatives_stay_together() -> None:
    found = spread(pairs(90), [option(n, wave=n) for n in range(1, 8)])
    for plan in found.classes:
        assert all(count == 2 for count in Counter(n.cooperative_id for n in plan.seated).values())
    assert sum(sizes(found)) == 90


def test_a_cooperative_is_parted_only_when_no_class_has_room_for_all() -> None:
    people = pairs(6)
    found = spread(people, [option(1, 3), option(2, 3, 1)])
    assert sizes(found) == [3, 3]
    assert found.unplaced == ()


def test_districts_stay_together_in_the_order_of_their_codes() -> None:
    people = [*pairs(16, 9, 1), *pairs(16, 2, 101), *pairs(16, 5, 201)]
    found = spread(people, [option(n, wave=n) for n in (1, 2, 3)])
    assert [plan.districts for plan in found.classes] == [["61.05.02"], ["61.05.05"], ["61.05.09"]]


def test_a_class_of_two_districts_takes_neighbors() -> None:
    people = [*pairs(8, 1, 1), *pairs(8, 2, 101), *pairs(8, 20, 201), *pairs(8, 21, 301)]
    found = spread(people, [option(1), option(2, wave=1)])
    assert [plan.districts for plan in found.classes] == [["61.05.01", "61.05.02"], ["61.05.20", "61.05.21"]]


def test_posts_go_to_the_classes_meant_for_them() -> None:
    people = [person(n, post="supervisor_chair" if n % 2 else "chair", cooperative=n // 2) for n in range(20)]
    found = spread(people, [option(1, posts=("chair",)), option(2, posts=("supervisor_chair",))])
    for plan in found.classes:
        assert {n.post for n in plan.seated} == set(plan.option.posts)


@pytest.mark.parametrize(
    ("audience", "reason"),
    [
        ({"posts": ("manager",)}, NO_CLASS),
        ({"kinds": ("union",)}, NO_CLASS),
        ({"regions": ("61.06",)}, NO_CLASS),
    ],
)
def test_who_is_meant_nowhere_is_left_over_with_the_reason(audience: dict[str, Any], reason: str) -> None:
    found = spread([person(1)], [option(1, **audience)])
    assert [why for _who, why in found.unplaced] == [reason]


def test_who_is_in_another_class_on_the_same_days_gets_another_wave_or_the_reason() -> None:
    busy = person(1, busy=((FIRST, FIRST),))
    assert sizes(spread([busy], [option(1), option(2, wave=1)])) == [0, 1]
    assert spread([busy], [option(1)]).unplaced == ((busy, BUSY),)


def test_pilots_go_first_when_seats_do_not_suffice() -> None:
    people = [person(n, is_pilot=n > 15) for n in range(1, 21)]
    found = spread(people, [option(1, 8)])
    assert {n.nomination_id for n in found.classes[0].seated} >= {16, 17, 18, 19, 20}
    assert len(found.unplaced) == 12
    assert {why for _who, why in found.unplaced} == {NO_SEATS}


def test_kept_seats_are_for_pilots_alone() -> None:
    plain = spread([person(n) for n in range(1, 17)], [option(1, 16, kept=4)])
    assert sizes(plain) == [12]
    mixed = spread([person(n, is_pilot=n <= 4) for n in range(1, 17)], [option(1, 16, kept=4)])
    assert sizes(mixed) == [16]


def test_the_overflow_becomes_reserves_then_is_left_over() -> None:
    found = spread([person(n) for n in range(1, 22)], [option(1, 16, reserves=2)])
    plan = found.classes[0]
    assert (len(plan.seated), len(plan.reserves), len(found.unplaced)) == (16, 2, 3)


def test_no_class_at_all_leaves_everybody_over() -> None:
    assert len(spread(pairs(4), []).unplaced) == 4


def test_the_same_people_in_any_order_give_the_same_proposal() -> None:
    people, options = [*pairs(40, 3), *pairs(40, 1, 101)], [option(n, wave=n % 3) for n in range(1, 7)]
    backwards = spread(reversed(people), reversed(options))
    assert backwards.choices() == spread(people, options).choices()


@settings(max_examples=80, deadline=None)
@given(
    groups=st.lists(st.tuples(st.integers(1, 6), st.integers(1, 4), st.booleans()), max_size=40),
    seats=st.lists(st.tuples(st.integers(0, 16), st.integers(0, 2), st.integers(0, 4)), max_size=8),
)
def test_nobody_is_lost_twice_or_over_the_quota(
    groups: list[tuple[int, int, bool]], seats: list[tuple[int, int, int]]
) -> None:
    people, number = [], 0
    for cooperative, (district, size, is_pilot) in enumerate(groups, 1):
        for _turn in range(size):
            number += 1
            people.append(person(number, district, cooperative, is_pilot=is_pilot))
    options = [
        option(n, free, wave=n % 3, reserves=reserves, kept=min(kept, free))
        for n, (free, reserves, kept) in enumerate(seats, 1)
    ]
    found = spread(people, options)
    placed = [n.nomination_id for p in found.classes for n in (*p.seated, *p.reserves)]
    assert sorted(placed + [n.nomination_id for n, _why in found.unplaced]) == [
        n.nomination_id for n in people
    ]
    for plan in found.classes:
        assert len(plan.seated) <= plan.option.free
        assert len(plan.reserves) <= plan.option.reserves
    open_seats = sum(min(p.room(False), p.room(True)) for p in found.classes)
    assert not (found.unplaced and open_seats > 0)
    again, problems = arrange(people, options, found.choices())
    assert problems == []
    assert again.choices() == found.choices()


def test_arranging_names_every_class_with_too_many() -> None:
    people = [person(n) for n in range(1, 6)]
    found, problems = arrange(people, [option(1, 3), option(2, 3)], dict.fromkeys(range(1, 5), (1, False)))
    assert [(p.code, p.batch_id, p.count, p.room) for p in problems] == [("over_seats", 1, 4, 3)]
    assert [why for _who, why in found.unplaced] == [HELD_BACK]


def test_arranging_refuses_reserves_over_the_number_and_people_who_are_not_meant() -> None:
    people = [person(1), person(2, post="manager"), person(3), person(4, busy=((FIRST, FIRST),))]
    options = [option(1, 3, posts=("chair",), reserves=0)]
    choices = {1: (1, True), 2: (1, False), 3: (1, False), 4: (1, False)}
    codes = {problem.code for problem in arrange(people, options, choices)[1]}
    assert codes == {"over_reserves", "not_meant", "busy"}


def test_a_class_that_is_gone_holds_its_people_back() -> None:
    found, problems = arrange([person(1)], [option(1)], {1: (99, False)})
    assert (found.unplaced[0][1], problems) == (HELD_BACK, [])


def test_who_lacks_a_certificate_goes_to_a_class_that_does_not_ask_for_it() -> None:
    people = [person(1, unprepared_for=frozenset({1})), person(2)]
    found = spread(people, [option(1), option(2, wave=1)])
    assert found.choices()[1] == (2, False)
    assert UNPREPARED not in {reason for _nominee, reason in found.unplaced}


def test_who_lacks_it_for_every_class_is_left_over_with_that_reason() -> None:
    lacks = person(1, unprepared_for=frozenset({1, 2}), lacks="Sertifikat itu belum ada.")
    busy = person(2, busy=((FIRST, FIRST + timedelta(days=60)),), unprepared_for=frozenset({1, 2}))
    found = spread([lacks, busy, person(3)], [option(1), option(2, wave=1)])
    assert {nominee.nomination_id: reason for nominee, reason in found.unplaced} == {1: UNPREPARED, 2: BUSY}


def test_nobody_is_put_by_hand_into_a_class_they_are_not_prepared_for() -> None:
    _found, problems = arrange([person(1, unprepared_for=frozenset({1}))], [option(1)], {1: (1, False)})
    assert [problem.code for problem in problems] == ["unprepared"]


# ---- seats kept and the most of one cooperative ----


def test_no_more_of_a_cooperative_in_a_class_than_may_come() -> None:
    people = [person(n, cooperative=7) for n in range(1, 6)]
    found = spread(people, [option(1, cap=2), option(2, wave=1, cap=2)])
    assert sizes(found) == [2, 2]
    assert [why for _who, why in found.unplaced] == [CAPPED]


def test_who_sits_there_already_counts_towards_the_most() -> None:
    people = [person(n, cooperative=7) for n in (1, 2)]
    found = spread([*people, person(3, cooperative=8)], [option(1, cap=2, cooperatives={7: 1}, reserves=1)])
    plan = found.classes[0]
    assert sorted(n.cooperative_id for n in plan.seated) == [7, 8]
    # Waiting is open to everybody.
    assert [n.cooperative_id for n in plan.reserves] == [7]


def test_seats_kept_for_a_post_are_left_to_it() -> None:
    people = [person(n) for n in range(1, 5)] + [person(9, post="treasurer")]
    found = spread(people, [option(1, 4, post_seats={"treasurer": 2})])
    assert sorted(n.post for n in found.classes[0].seated) == ["chair", "chair", "treasurer"]
    assert {why for _who, why in found.unplaced} == {KEPT}


def test_the_reason_is_the_one_that_stands_in_the_way() -> None:
    full, capped = [option(1, 1)], [option(1, 9, cap=1)]
    two = [person(n, cooperative=7) for n in (1, 2)]
    assert [why for _who, why in spread(two, full).unplaced] == [NO_SEATS]
    assert [why for _who, why in spread(two, capped).unplaced] == [CAPPED]
    assert spread(two, [*capped, option(2, wave=1)]).unplaced == ()


def test_arranging_says_what_a_class_keeps_and_which_cooperative_has_too_many() -> None:
    people = [person(n, cooperative=7) for n in (1, 2, 3)]
    here = dict.fromkeys((1, 2, 3), (1, False))
    _found, problems = arrange(people, [option(1, 9, cap=2, cooperatives={7: 1})], here)
    assert [(p.code, p.count, p.room, p.name) for p in problems] == [("over_cap", 3, 1, "Koperasi 7")]
    _found, problems = arrange(people, [option(1, 3, post_seats={"treasurer": 1})], here)
    assert [p.code for p in problems] == ["kept"]
    # As reserves they take no seat.
    waits = dict.fromkeys((1, 2, 3), (1, True))
    assert arrange(people, [option(1, 9, cap=2, reserves=3)], waits)[1] == []


@settings(max_examples=80, deadline=None)
@given(
    groups=st.lists(
        st.tuples(
            st.integers(1, 4), st.integers(1, 5), st.booleans(),
            st.lists(st.sampled_from(["chair", "treasurer", "manager"]), min_size=5, max_size=5),
        ),
        max_size=14,
    ),
    classes=st.lists(
        st.tuples(
            st.integers(0, 9), st.integers(0, 3), st.integers(0, 3), st.integers(0, 3),
            st.none() | st.integers(1, 3),
        ),
        max_size=5,
    ),
)  # fmt: skip
def test_what_is_proposed_holds_with_kept_seats_and_the_most_of_a_cooperative(
    groups: Any, classes: Any
) -> None:
    people, number = [], 0
    for cooperative, (district, size, is_pilot, posts) in enumerate(groups, 1):
        for turn in range(size):
            number += 1
            people.append(person(number, district, cooperative, is_pilot=is_pilot, post=posts[turn]))
    options = [
        option(
            n, free, wave=n, reserves=reserves, kept=min(pilots, free), post_seats={"treasurer": seats},
            cap=cap, cooperatives={1: 1},
        )
        for n, (free, pilots, seats, reserves, cap) in enumerate(classes, 1)
    ]  # fmt: skip
    found = spread(people, options)
    placed = [n.nomination_id for p in found.classes for n in (*p.seated, *p.reserves)]
    assert sorted(placed + [n.nomination_id for n, _why in found.unplaced]) == [
        n.nomination_id for n in people
    ]
    # What confirming asks, class by class (services/caps.py).
    for plan in found.classes:
        one = plan.option
        room = Room(one.free, one.kept, one.post_seats, one.cap, one.cooperatives)
        comers = [Somebody(n.cooperative_id, n.post, n.is_pilot) for n in plan.seated]
        assert seat_together(room, comers) == ""
        assert len(plan.reserves) <= one.reserves
    assert arrange(people, options, found.choices())[1] == []
    # Nobody is left over who could still have a seat.
    for nominee, _why in found.unplaced:
        assert all(plan.refusal([nominee]) for plan in found.classes)
