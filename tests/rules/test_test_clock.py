"""The clock of a written test: deadlines, what counts, when it closes, who may start."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from portal.assessment.rules import clock as rules

OPENS = datetime(2026, 11, 30, 1, 0, tzinfo=UTC)
CLOSES = OPENS + timedelta(hours=3)
MINUTE, TICK = timedelta(minutes=1), timedelta(microseconds=1)

DEADLINES = [
    ("at once", 0, 0, 60),
    ("late enough to be cut", 150, 0, 180),
    ("exactly fitting", 120, 0, 180),
    ("extra time", 0, 30, 90),
    ("late with extra time", 150, 30, 210),
    ("late, extra only partly needed", 140, 30, 210),
    ("after the end, by extra time", 190, 30, 210),
]


@pytest.mark.parametrize(("begun", "extra", "ends"), [row[1:] for row in DEADLINES],
                         ids=[row[0] for row in DEADLINES])  # fmt: skip
def test_the_deadline(begun, extra, ends):
    found = rules.deadline_of(started_at=OPENS + begun * MINUTE, minutes=60, extra=extra, closes_at=CLOSES)
    assert found == OPENS + ends * MINUTE


@pytest.mark.parametrize(
    ("after", "in_time", "closes", "left"),
    [
        (-MINUTE, True, False, 60_000), (timedelta(0), True, False, 0), (TICK, False, False, 0),
        (rules.GRACE, False, False, 0), (rules.GRACE + TICK, False, True, 0), (-TICK, True, False, 0),
        (timedelta(milliseconds=-1), True, False, 1),
    ],
)  # fmt: skip
def test_what_counts_and_when_it_closes(after, in_time, closes, left):
    moment = CLOSES + after
    assert rules.is_in_time(moment, CLOSES) is in_time
    assert rules.may_close(CLOSES, moment) is closes
    assert rules.left_ms(CLOSES, moment) == left


STARTS = [
    ({}, ""),
    ({"now": OPENS}, ""),
    ({"now": OPENS - TICK}, "test_not_open"),
    ({"now": CLOSES - TICK}, ""),
    ({"now": CLOSES}, "test_over"),
    ({"now": CLOSES, "extra": 10}, ""),
    ({"now": CLOSES + 10 * MINUTE, "extra": 10}, "test_over"),
    ({"state": "draft"}, "test_not_published"),
    ({"state": "cancelled"}, "test_cancelled"),
    ({"has_units": False}, "nothing_open"),
]


@pytest.mark.parametrize(("changes", "code"), STARTS, ids=[str(row[0]) for row in STARTS])
def test_who_may_start(changes, code):
    facts = {"state": "published", "opens_at": OPENS, "closes_at": CLOSES, "extra": 0, "now": OPENS + MINUTE,
             "opens": "besok"} | changes  # fmt: skip
    assert [one.code for one in rules.start_blockers(**facts)] == ([code] if code else [])


WINDOWS = [
    ((OPENS, CLOSES, 60), []),
    ((None, CLOSES, 60), ["opens"]),
    ((OPENS, None, 60), ["closes"]),
    ((OPENS, OPENS, 60), ["closes"]),
    ((CLOSES, OPENS, 60), ["closes"]),
    ((OPENS, OPENS + timedelta(days=31), 600), []),
    ((OPENS, OPENS + timedelta(days=31, minutes=1), 600), ["closes"]),
    ((OPENS, CLOSES, 0), ["minutes"]),
    ((OPENS, CLOSES, 601), ["minutes"]),
    ((None, None, None), ["minutes", "opens", "closes"]),
]


@pytest.mark.parametrize(("given", "fields"), WINDOWS, ids=range(len(WINDOWS)))
def test_when_a_test_is_held(given, fields):
    assert [field for field, _problem in rules.window_problems(*given)] == fields


@pytest.mark.parametrize(
    ("minutes", "reason", "field"),
    [
        (0, "hapus", None), (600, "x", None), (601, "x", "minutes"), (-1, "x", "minutes"),
        (None, "x", "minutes"),
        (5, "", "reason"), (5, "  ", "reason"),
    ],
)  # fmt: skip
def test_extra_time(minutes, reason, field):
    problem = rules.extra_problem(minutes, reason)
    assert (problem[0] if problem else None) == field
