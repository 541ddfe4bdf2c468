"""What a file that comes after the verdicts does to them, and what a test proposes again."""

from __future__ import annotations

import pytest

from portal.assessment.rules import keys, late
from portal.assessment.rules.late import late_fate
from portal.assessment.rules.proposals import Proposed, Standing, plan

BLIND, OPEN = {"is_blind": True}, {"retest_open": True}


@pytest.mark.parametrize(
    ("fate", "is_signed", "may_judge", "more", "wanted"),
    [
        (keys.CHANGED, False, True, {}, keys.CHANGED),
        (keys.CHANGED, False, False, {}, late.LEFT),
        (keys.CHANGED, True, True, {}, late.ASKED),
        (keys.CHANGED, True, False, {}, late.ASKED),
        (keys.CERTIFIED, True, True, {}, late.ASKED),
        (keys.CERTIFIED, False, True, {}, keys.CERTIFIED),
        (keys.POINTS, True, True, {}, keys.POINTS),
        (keys.POINTS, False, True, BLIND, late.LEFT),
        (keys.CHANGED, False, True, BLIND, late.LEFT),
        (keys.CHANGED, True, True, BLIND, late.LEFT),
        (keys.BY_HAND, False, True, {}, keys.BY_HAND),
        (keys.BY_HAND, True, True, OPEN, late.RETEST),
        (keys.UNJUDGED, False, True, OPEN, late.RETEST),
        (keys.UNJUDGED, False, True, {}, keys.UNJUDGED),
        (keys.CLOSED, False, True, {}, keys.CLOSED),
    ],
)
def test_what_becomes_of_a_verdict(
    fate: str, is_signed: bool, may_judge: bool, more: dict[str, bool], wanted: str
) -> None:
    assert late_fate(fate, is_signed=is_signed, may_judge=may_judge, **more) == wanted


CELL = (1, 2)
NEW = Proposed(7, 3.0, 3.0, 60.0, "competent")


def stands(source: str, attempt: int = 7, points: float = 1.0, value: str = "not_yet_competent", **more: int):
    of_test = {"attempt": attempt, "score": points, "of": 3.0, "needed": 60.0}
    return Standing(value, source, {"written": of_test, **more})


@pytest.mark.parametrize(
    ("standing", "group"),
    [
        (None, "apply"),
        (stands("written"), "apply"),
        (stands("written", attempt=6), "apply"),
        (stands("written", points=3.0, value="competent"), "same"),
        (stands("key", key=4), "apply"),
        (stands("key", points=3.0, value="competent", key=4), "same"),
        (stands("key", attempt=6, key=4), "kept"),
        (stands("judged"), "kept"),
        (stands("correction"), "kept"),
        (Standing("competent", "judged", {}), "kept"),
    ],
)
def test_what_a_test_proposes_where_something_stands(standing: Standing | None, group: str) -> None:
    found = plan({CELL: NEW}, {CELL: standing} if standing else {}, ())
    assert {name: getattr(found, name) for name in ("apply", "same", "kept", "own")} == {
        name: (CELL,) if name == group else () for name in ("apply", "same", "kept", "own")
    }
