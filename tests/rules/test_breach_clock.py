"""Three times 24 hours, to the second."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from portal.people.rules.breach import clock_of

FOUND = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)


def after(**spans: float) -> datetime:
    return FOUND + timedelta(**spans)


@pytest.mark.parametrize(
    ("now", "state", "percent", "left"),
    [
        (FOUND, "running", 0, timedelta(hours=72)),
        (after(hours=36), "running", 50, timedelta(hours=36)),
        (after(hours=72), "running", 100, timedelta(0)),
        (after(hours=72, seconds=1), "overdue", 100, timedelta(seconds=-1)),
        (after(days=30), "overdue", 100, timedelta(days=-27)),
        (after(minutes=-2), "running", 0, timedelta(hours=72, minutes=2)),
    ],
)
def test_the_clock_runs_until_both_are_told(now, state, percent, left):
    for told in ((None, None), (after(hours=1), None), (None, after(hours=1))):
        clock = clock_of(FOUND, *told, now)
        assert (clock.state, clock.percent, clock.left, clock.due_at) == (
            state,
            percent,
            left,
            after(hours=72),
        )


def test_the_later_of_the_two_decides_whether_it_was_in_time():
    assert clock_of(FOUND, after(hours=10), after(hours=72), after(days=9)).state == "in_time"
    assert clock_of(FOUND, after(hours=73), after(hours=10), after(days=9)).state == "late"
    assert clock_of(FOUND, after(hours=10), after(hours=20), after(days=9)).left is None
