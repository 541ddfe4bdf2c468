"""A change of the board as a plan: what ends, what begins, and every reason against it."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.cooperatives.rules.board import SOLE_POSTS
from portal.cooperatives.rules.change import Beginning, Term, plan_change

TODAY = date(2026, 11, 22)
START = date(2025, 1, 1)
DAY = timedelta(days=1)
BOARD = [Term(1, 11, "chair", START), Term(2, 12, "secretary", START), Term(3, 13, "treasurer", START)]


def plan(terms=BOARD, *, endings=(), begins=(), on=TODAY, **more):
    return plan_change(
        terms, endings={i: f"t{i}" for i in endings}, beginnings=begins, effective_on=on, today=TODAY, **more
    )


def codes(found):
    return [(one.code, one.key) for one in found.problems]


def test_a_new_chair_follows_the_old_one_the_day_after():
    found = plan(endings=[1], begins=[Beginning("t1", "chair", 14)])
    assert found.problems == ()
    assert found.ended == ((1, TODAY - DAY),)
    assert found.kept == 2


def test_a_treasurer_becomes_chair_when_both_rows_say_so():
    begins = [Beginning("t1", "chair", 13), Beginning("t3", "treasurer", 15)]
    assert plan(endings=[1, 3], begins=begins).problems == ()
    refused = plan(endings=[1], begins=begins[:1])
    assert codes(refused) == [("person_overlaps", "t1")]
    assert refused.problems[0].other_post == "treasurer"


def test_a_member_who_takes_a_post_is_no_longer_an_ordinary_member():
    terms = [*BOARD, Term(4, 20, "member", START)]
    found = plan(terms, endings=[1], begins=[Beginning("t1", "chair", 20)])
    assert found.problems == ()
    assert dict(found.ended) == {1: TODAY - DAY, 4: TODAY - DAY}


@pytest.mark.parametrize(
    ("how", "wanted"),
    [
        ({"begins": [Beginning("n0", "chair", 14)]}, [("two_holders", "n0")]),
        (
            {"terms": [*BOARD, Term(9, 19, "chair", START)], "begins": [Beginning("n0", "manager", 14)]},
            [("two_holders", "t9")],
        ),
        ({"begins": [Beginning("n0", "manager", 12)]}, [("person_overlaps", "n0")]),
        (
            {"begins": [Beginning("n0", "manager", 14), Beginning("n1", "supervisor_member", 14)]},
            [("person_twice", "n1")],
        ),
        (
            {"begins": [Beginning("n0", "manager", 14, ends_on=TODAY - DAY)]},
            [("end_before_start", "n0")],
        ),
        ({"endings": [1], "on": START}, [("began_later", "t1")]),
        ({"endings": [7]}, [("ended_already", "t7")]),
        ({"endings": [1], "on": TODAY + DAY}, [("future", "effective_on")]),
        ({"endings": [2], "on": date(1980, 1, 1), "terms": [Term(2, 1, "secretary", date(1970, 1, 1))]},
         [("too_old", "effective_on")]),
        ({"endings": [1], "last_change": TODAY, "on": TODAY - DAY}, [("before_last", "effective_on")]),
        ({"endings": [1], "last_change": TODAY, "on": TODAY - DAY, "is_correction": True}, []),
        ({"endings": [1], "last_change": TODAY}, []),
    ],
)  # fmt: skip
def test_what_cannot_be_is_said_beside_its_row(how, wanted):
    assert codes(plan(how.pop("terms", BOARD), **how)) == wanted


def test_a_term_that_has_ended_may_not_end_again_but_its_last_day_may_be_the_same():
    past = [Term(1, 11, "chair", START, TODAY - DAY)]
    assert plan(past, endings=[1]).problems == ()
    assert codes(plan([replace(past[0], ends_on=TODAY - 2 * DAY)], endings=[1])) == [("ended_already", "t1")]


def test_a_correction_of_the_past_must_fit_what_came_later():
    terms = [Term(1, 11, "chair", START, TODAY - DAY), Term(2, 12, "chair", TODAY)]
    past = TODAY - 30 * DAY
    open_ended = plan(terms, endings=[1], begins=[Beginning("t1", "chair", 13)], on=past, is_correction=True)
    assert codes(open_ended) == [("two_holders", "t1")]
    fitted = [Beginning("t1", "chair", 13, ends_on=TODAY - DAY)]
    assert plan(terms, endings=[1], begins=fitted, on=past, is_correction=True).problems == ()


def apply(terms, found, on):
    ended = dict(found.ended)
    after = [replace(t, ends_on=ended.get(t.id, t.ends_on)) for t in terms]
    top = max((t.id for t in terms), default=0)
    return after + [
        Term(top + n, one.person_id, one.post, on, one.ends_on) for n, one in enumerate(found.begun, 1)
    ]


def meets(one, two):
    return max(one.starts_on, two.starts_on) <= min(one.ends_on or date.max, two.ends_on or date.max)


POSTS = ("chair", "secretary", "treasurer", "supervisor_chair", "supervisor_member", "member", "founder")
days = st.integers(0, 400).map(lambda n: START + n * DAY)
beginning = st.tuples(st.sampled_from(POSTS), st.integers(1, 6), st.none() | days)
step = st.tuples(
    days, st.sets(st.integers(1, 30), max_size=4), st.lists(beginning, max_size=4), st.booleans()
)


@settings(max_examples=400)
@given(st.lists(step, max_size=8))
def test_no_sequence_of_changes_leaves_overlaps_or_two_holders_of_a_sole_post(steps):
    terms, last = [], None
    for on, endings, begins, is_correction in steps:
        found = plan(
            terms,
            endings=[i for i in endings if any(t.id == i for t in terms)],
            begins=[Beginning(f"n{n}", post, who, end) for n, (post, who, end) in enumerate(begins)],
            on=on,
            last_change=last,
            is_correction=is_correction,
        )
        if found.problems:
            continue
        terms = apply(terms, found, on)
        last = max(on, last or on)
        assert all(t.ends_on is None or t.ends_on >= t.starts_on for t in terms)
        for index, one in enumerate(terms):
            for two in terms[index + 1 :]:
                same = one.person_id == two.person_id or (one.post == two.post and one.post in SOLE_POSTS)
                assert not (same and meets(one, two)), (one, two)
