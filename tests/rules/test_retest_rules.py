"""Re-tests are of BK units only; observations and what a verdict may say against them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.assessment import rules
from portal.assessment.rules.observing import unmet

K, BK = "competent", "not_yet_competent"
MET, NOT, UNSEEN = "met", "not_met", "not_observed"


@pytest.mark.parametrize(
    ("value", "has_open", "codes"),
    [
        (BK, False, []),
        (BK, True, ["retest_open"]),
        (K, False, ["retest_competent"]),
        (K, True, ["retest_competent"]),
        (None, False, ["retest_pending"]),
        (None, True, ["retest_pending"]),
    ],
)
def test_only_bk_is_tested_again_once_at_a_time(value: str | None, has_open: bool, codes: list[str]) -> None:
    assert [b.code for b in rules.retest_blockers(value=value, has_open=has_open)] == codes


@pytest.mark.parametrize(
    ("is_open", "value", "codes"),
    [
        (True, BK, []),
        (False, BK, ["retest_closed"]),
        (True, K, ["retest_overtaken"]),
        (True, None, ["retest_overtaken"]),
        (False, K, ["retest_closed"]),
    ],
)
def test_when_a_retest_gives_a_result(is_open: bool, value: str | None, codes: list[str]) -> None:
    assert [b.code for b in rules.closing_blockers(is_open=is_open, value=value)] == codes


@pytest.mark.parametrize(
    ("criteria", "note", "interview", "problem"),
    [
        ({1: MET}, "", "", None),
        ({1: NOT, 2: UNSEEN}, "", "", None),
        ({}, "Rapi", "", None),
        ({1: UNSEEN}, "", "Menjawab lancar", None),
        ({}, " ", "", ("observation_empty", "criteria")),
        ({1: UNSEEN, 2: UNSEEN}, "", " ", ("observation_empty", "criteria")),
        ({9: MET}, "", "", ("criteria_foreign", "criteria")),
        ({1: "baik"}, "", "", ("criteria_unknown", "criteria")),
        ({1: MET}, "x" * 1001, "", ("note_long", "note")),
        ({1: MET}, "", "x" * 2001, ("interview_long", "interview")),
    ],
)
def test_what_an_observation_needs(
    criteria: dict[int, str], note: str, interview: str, problem: tuple[str, str] | None
) -> None:
    found = rules.observation_problem(criteria, note, interview, [1, 2])
    assert (found and (found[0].code, found[1])) == problem


@pytest.mark.parametrize(
    ("value", "note", "unmet_count", "is_stopped"),
    [
        (K, "", 0, False),
        (K, "", 1, True),
        (K, "  ", 2, True),
        (K, "Diperlihatkan sesudahnya", 1, False),
        (BK, "", 1, False),
        (BK, "Belum", 0, False),
    ],
)
def test_k_against_an_observation_needs_a_word(
    value: str, note: str, unmet_count: int, is_stopped: bool
) -> None:
    found = rules.against_observation(value, note, unmet_count)
    assert (found is not None and found.code == "note_over_observation") == is_stopped


@pytest.mark.parametrize(
    ("criteria", "value"),
    [
        ({1: MET, 2: MET}, K),
        ({1: MET, 2: NOT}, BK),
        ({1: MET}, ""),
        ({1: MET, 2: UNSEEN}, ""),
        ({}, ""),
        ({1: UNSEEN, 2: NOT}, BK),
    ],
)
def test_what_an_observation_proposes(criteria: dict[int, str], value: str) -> None:
    assert rules.observed_value(criteria, [1, 2]) == value


@given(st.dictionaries(st.integers(1, 50), st.sampled_from([MET, NOT, UNSEEN])))
def test_unmet_is_what_was_seen_not_to_be_met(criteria: dict[int, str]) -> None:
    found = unmet({str(key): seen for key, seen in criteria.items()})
    assert found == sorted(key for key, seen in criteria.items() if seen == NOT)
    assert (rules.observed_value(criteria, list(criteria)) == BK) == bool(found)
