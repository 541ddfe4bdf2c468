"""What ends in the next 90 days, and which service with it."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.readiness.rules import Held, Holding, Line, LineState, Need, Proof, judge_line
from portal.readiness.rules_forecast import DAYS, EndKind, endings, joined
from tests.rules.test_readiness_rules import EARLIER, HELD, HOLDINGS, ITEMS, KEU, LINES, ON

SOON, FAR_OFF = ON + timedelta(days=30), ON + timedelta(days=DAYS + 1)
LINE = Line(5, "x", (Need(("treasurer",), frozenset({KEU})),), ("annual_meeting",))


def told(holdings, held, items, line=LINE):
    verdict = judge_line(line, kind="village", holdings=holdings, held=held, items=items, training={}, on=ON)
    found = endings(holdings=holdings, held=held, items=items, lines=[(line, verdict)], on=ON)
    return [(one.kind, one.day, one.lines) for one in found]


def treasurer(until=None, person=1, since=EARLIER):
    return Holding(person, "treasurer", since, until)


@pytest.mark.parametrize(
    ("holdings", "held", "items", "expected"),
    [
        ([treasurer()], [Held(KEU, EARLIER, None)], {"annual_meeting": None}, []),
        (
            [treasurer()],
            [Held(KEU, EARLIER, SOON)],
            {"annual_meeting": None},
            [(EndKind.CERTIFICATE, SOON, (5,))],
        ),
        (
            [treasurer()],
            [Held(KEU, EARLIER, SOON, Proof.VERIFIED)],
            {"annual_meeting": None},
            [(EndKind.OUTSIDE, SOON, (5,))],
        ),
        ([treasurer()], [Held(KEU, EARLIER, SOON, Proof.REPORTED)], {"annual_meeting": None}, []),
        (
            [treasurer()],
            [Held(KEU, EARLIER, SOON), Held(KEU, EARLIER, FAR_OFF)],
            {"annual_meeting": None},
            [],
        ),
        (
            [treasurer(SOON)],
            [Held(KEU, EARLIER, None)],
            {"annual_meeting": None},
            [(EndKind.TERM, SOON, (5,))],
        ),
        ([treasurer()], [Held(KEU, EARLIER, None)], {"annual_meeting": SOON}, [(EndKind.ITEM, SOON, (5,))]),
        ([treasurer()], [Held(KEU, EARLIER, None)], {"annual_meeting": ON}, [(EndKind.ITEM, ON, (5,))]),
        ([treasurer()], [Held(KEU, EARLIER, None)], {"annual_meeting": FAR_OFF}, []),
        ([treasurer()], [Held(9, EARLIER, SOON)], {}, [(EndKind.CERTIFICATE, SOON, ())]),
        ([], [Held(KEU, EARLIER, SOON)], {}, []),
    ],
)
def test_what_ends_within_ninety_days_is_told_with_its_service(holdings, held, items, expected):
    assert told(holdings, {1: held}, items) == expected


def test_a_term_that_is_taken_over_is_told_only_where_a_service_ends_with_it():
    next_one = treasurer(None, person=2, since=SOON + timedelta(days=1))
    assert told([treasurer(SOON), next_one], {}, {}) == []
    held = {1: [Held(KEU, EARLIER, None)]}
    assert told([treasurer(SOON), next_one], held, {"annual_meeting": None}) == [(EndKind.TERM, SOON, (5,))]


def test_terms_that_follow_each_other_are_one():
    first, second = treasurer(SOON), treasurer(FAR_OFF, since=SOON + timedelta(days=1))
    other = treasurer(person=2, since=SOON + timedelta(days=1))
    assert joined([second, first]) == [treasurer(FAR_OFF)]
    assert joined([first, other]) == [first, other]
    assert joined([first, treasurer(since=SOON + timedelta(days=2))])[0].ends_on == SOON
    assert joined([treasurer(), second]) == [treasurer()]


@given(LINES, HOLDINGS, HELD, ITEMS)
def test_every_service_that_stops_within_ninety_days_is_foretold(line, holdings, held, items):
    verdict = judge_line(line, kind="village", holdings=holdings, held=held, items=items, training={}, on=ON)
    found = endings(holdings=holdings, held=held, items=items, lines=[(line, verdict)], on=ON)
    stops = (
        verdict.state == LineState.READY
        and verdict.ready_until is not None
        and verdict.ready_until <= ON + timedelta(days=DAYS)
    )
    assert any(one.lines for one in found) == stops
    assert all(one.day == verdict.ready_until for one in found if one.lines)
    assert [one.day for one in found] == sorted(one.day for one in found)


@given(
    st.lists(
        st.builds(
            Holding,
            st.just(1),
            st.just("chair"),
            st.dates(date(2026, 1, 1), date(2026, 3, 1)),
            st.none() | st.dates(date(2026, 3, 1), date(2026, 5, 1)),
        ),
        max_size=6,
    )
)
def test_joining_terms_changes_no_day(holdings):
    def covers(terms, day):
        return any(t.starts_on <= day and (t.ends_on is None or t.ends_on >= day) for t in terms)

    days = [date(2025, 12, 30) + timedelta(days=n) for n in range(0, 140, 3)]
    assert [covers(holdings, day) for day in days] == [covers(joined(holdings), day) for day in days]
