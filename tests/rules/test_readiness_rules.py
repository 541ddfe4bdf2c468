"""When a cooperative is ready to run a service, and until when: tables and properties."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.readiness.rules import (
    GapReason,
    Held,
    Holding,
    Line,
    LineState,
    Need,
    Proof,
    judge_line,
)
from portal.readiness.rules_forecast import pillars

ON = date(2026, 11, 30)
LATER, EARLIER = ON + timedelta(days=40), ON - timedelta(days=1)
BUK, KEU, PGW = 1, 2, 3
LINE = Line(
    7,
    "internal_finance",
    (
        Need(("treasurer",), frozenset({KEU})),
        Need(("supervisor_chair", "supervisor_member"), frozenset({PGW, KEU}), 2),
    ),
    ("statutes",),
)
BOARD = [
    Holding(1, "treasurer", EARLIER),
    Holding(2, "supervisor_chair", EARLIER),
    Holding(3, "supervisor_member", EARLIER),
]
ALL = {1: [Held(KEU, EARLIER, None)], 2: [Held(PGW, EARLIER, None)], 3: [Held(PGW, EARLIER, None)]}


def judged(*, line=LINE, kind="village", holdings=BOARD, held=ALL, items=None, training=None, on=ON):
    items = {"statutes": None} if items is None else items
    return judge_line(
        line, kind=kind, holdings=holdings, held=held, items=items, training=training or {}, on=on
    )


def without(person):
    return {one: held for one, held in ALL.items() if one != person}


@pytest.mark.parametrize(
    ("changes", "state", "reasons"),
    [
        ({}, LineState.READY, []),
        ({"held": without(1)}, LineState.NEARLY, [GapReason.UNTRAINED]),
        ({"items": {}}, LineState.NEARLY, [GapReason.ITEM_MISSING]),
        ({"items": {"statutes": EARLIER}}, LineState.NEARLY, [GapReason.ITEM_OLD]),
        ({"items": {"statutes": ON}}, LineState.READY, []),
        (
            {"held": without(1), "items": {}},
            LineState.NOT_READY,
            [GapReason.UNTRAINED, GapReason.ITEM_MISSING],
        ),
        ({"holdings": BOARD[1:]}, LineState.NEARLY, [GapReason.VACANT]),
        ({"held": without(1), "training": {1: {KEU}}}, LineState.NEARLY, [GapReason.IN_TRAINING]),
        ({"held": without(1), "training": {1: {BUK}}}, LineState.NEARLY, [GapReason.UNTRAINED]),
        (
            {"held": {}, "training": {1: {KEU}, 2: {PGW}, 3: {PGW}}},
            LineState.NEARLY,
            [GapReason.IN_TRAINING] * 3,
        ),
        (
            {"held": {1: [Held(KEU, EARLIER, None, Proof.VERIFIED)], 2: ALL[2], 3: ALL[3]}},
            LineState.READY,
            [],
        ),
        (
            {"held": {1: [Held(KEU, EARLIER, None, Proof.REPORTED)], 2: ALL[2], 3: ALL[3]}},
            LineState.NEARLY,
            [GapReason.UNTRAINED],
        ),
        (
            {"held": {1: [Held(KEU, EARLIER, EARLIER)], 2: ALL[2], 3: ALL[3]}},
            LineState.NEARLY,
            [GapReason.UNTRAINED],
        ),
        (
            {"held": {1: [Held(KEU, ON + timedelta(days=1), None)], 2: ALL[2], 3: ALL[3]}},
            LineState.NEARLY,
            [GapReason.UNTRAINED],
        ),
        (
            {"holdings": [Holding(1, "treasurer", EARLIER, EARLIER), *BOARD[1:]]},
            LineState.NEARLY,
            [GapReason.VACANT],
        ),
    ],
)
def test_a_line_is_judged_by_who_is_there_and_which_papers(changes, state, reasons):
    verdict = judged(**changes)
    assert verdict.state == state
    assert [gap.reason for gap in verdict.gaps] == reasons
    assert verdict.met + len(verdict.gaps) == verdict.wanted == 4


def test_one_person_counts_once_in_a_need_and_again_in_another():
    both = [
        Holding(1, "treasurer", EARLIER),
        Holding(1, "supervisor_chair", EARLIER),
        Holding(1, "supervisor_member", EARLIER),
    ]
    verdict = judged(holdings=both, held={1: [Held(KEU, EARLIER, None)]})
    assert [gap.reason for gap in verdict.gaps] == [GapReason.VACANT]


@pytest.mark.parametrize(
    ("kinds", "kind", "is_judged"),
    [
        (frozenset(), "village", True),
        (frozenset(), "prospective", False),
        (frozenset({"village"}), "worker", False),
        (frozenset({"prospective"}), "prospective", True),
    ],
)
def test_a_line_is_for_its_kinds_and_not_for_those_still_being_founded(kinds, kind, is_judged):
    line = Line(1, "x", LINE.needs, LINE.items, kinds)
    assert (judged(line=line, kind=kind) is not None) == is_judged


def test_who_could_close_a_gap_is_named_those_in_class_first():
    verdict = judged(
        held=without(3), training={3: {PGW}}, holdings=[*BOARD, Holding(9, "supervisor_member", EARLIER)]
    )
    assert [(gap.person_id, gap.post) for gap in verdict.gaps] == [(3, "supervisor_member")]


def test_an_outside_record_counts_only_where_the_need_takes_it():
    strict = Line(1, "x", (Need(("treasurer",), frozenset({KEU}), 1, takes_external=False),))
    held = {1: [Held(KEU, EARLIER, None, Proof.VERIFIED)]}
    assert judged(line=strict, held=held).state == LineState.NOT_READY


def test_pillars_stand_by_need():
    verdict = judged(held=without(2), training={2: {PGW}})
    assert pillars(LINE, verdict) == [["up"], ["up", "soon"]]
    assert pillars(LINE, judged(held=without(3))) == [["up"], ["up", "down"]]
    twice = Line(1, "x", (LINE.needs[0], LINE.needs[0]))
    assert pillars(twice, judged(line=twice, held={})) == [["down"], ["down"]]


# -- properties ------------------------------------------------------------------------------------

POSTS = ("chair", "secretary", "treasurer", "supervisor_member")
DAYS = st.integers(0, 120).map(lambda days: ON + timedelta(days=days))
ENDS = st.none() | DAYS
PEOPLE = st.integers(1, 6)
NEEDS = st.builds(
    Need,
    st.lists(st.sampled_from(POSTS), min_size=1, max_size=3, unique=True).map(tuple),
    st.frozensets(st.sampled_from([BUK, KEU, PGW]), min_size=1),
    st.integers(1, 3),
    st.booleans(),
)
LINES = st.builds(
    Line,
    st.just(1),
    st.just("x"),
    st.lists(NEEDS, min_size=1, max_size=3).map(tuple),
    st.lists(st.sampled_from(["statutes", "annual_meeting"]), max_size=2, unique=True).map(tuple),
)
HOLDINGS = st.lists(st.builds(Holding, PEOPLE, st.sampled_from(POSTS), st.just(EARLIER), ENDS), max_size=10)
HELDS = st.lists(
    st.builds(Held, st.sampled_from([BUK, KEU, PGW]), st.just(EARLIER), ENDS, st.sampled_from(Proof)),
    max_size=3,
)
HELD = st.dictionaries(PEOPLE, HELDS, max_size=6)
ITEMS = st.dictionaries(st.sampled_from(["statutes", "annual_meeting"]), ENDS, max_size=2)
TRAINING = st.dictionaries(PEOPLE, st.frozensets(st.sampled_from([BUK, KEU, PGW])), max_size=6)
RANK = {LineState.NOT_READY: 0, LineState.NEARLY: 1, LineState.READY: 2}


def rank(verdict):
    return RANK[verdict.state]


@given(LINES, HOLDINGS, HELD, ITEMS, TRAINING, PEOPLE, st.sampled_from([BUK, KEU, PGW]))
def test_a_certificate_more_never_makes_a_line_less_ready(
    line, holdings, held, items, training, person, program
):
    about = {"line": line, "holdings": holdings, "items": items, "training": training}
    more = {**held, person: [*held.get(person, ()), Held(program, EARLIER, None)]}
    before, after = judged(held=held, **about), judged(held=more, **about)
    assert rank(after) >= rank(before)
    assert after.met >= before.met


@given(LINES, HOLDINGS, HELD, ITEMS, TRAINING, st.data())
def test_a_holder_less_never_makes_a_line_more_ready(line, holdings, held, items, training, data):
    about = {"line": line, "held": held, "items": items, "training": training}
    gone = data.draw(st.integers(0, max(len(holdings) - 1, 0)))
    fewer = holdings[:gone] + holdings[gone + 1 :]
    assert rank(judged(holdings=fewer, **about)) <= rank(judged(holdings=holdings, **about))


@given(LINES, HOLDINGS, HELD, ITEMS)
def test_ready_until_is_the_last_day_on_which_the_line_is_ready(line, holdings, held, items):
    about = {"line": line, "holdings": holdings, "held": held, "items": items}
    verdict = judged(**about)
    if verdict.state != LineState.READY:
        assert verdict.ready_until is None
        assert verdict.gaps
        return
    if verdict.ready_until is None:
        assert judged(on=ON + timedelta(days=4000), **about).state == LineState.READY
        return
    assert judged(on=verdict.ready_until, **about).state == LineState.READY
    assert judged(on=verdict.ready_until + timedelta(days=1), **about).state != LineState.READY


@given(LINES, HOLDINGS, HELD, ITEMS, TRAINING)
def test_what_is_there_and_what_is_missing_are_the_whole(line, holdings, held, items, training):
    verdict = judged(line=line, holdings=holdings, held=held, items=items, training=training)
    drawn = pillars(line, verdict)
    papers = sum(bool(gap.item) for gap in verdict.gaps)
    assert verdict.met + len(verdict.gaps) == verdict.wanted
    assert [len(need) for need in drawn] == [need.count for need in line.needs]
    down = sum(state != "up" for need in drawn for state in need)
    assert down == len(verdict.gaps) - papers
