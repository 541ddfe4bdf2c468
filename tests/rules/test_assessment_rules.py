"""Verdicts: who judges, what a verdict needs, what is blank, how it ends."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal.assessment import rules
from portal.assessment.rules import UnitNeed

UNITS = [UnitNeed(1, 1), UnitNeed(2, 2), UnitNeed(3, 3, is_required=False)]
TODAY = date(2026, 11, 22)


@pytest.mark.parametrize(
    ("judge", "cooperatives", "code"),
    [
        (None, {5}, None),
        (7, set(), None),
        (1, set(), "own_result"),
        (7, {5}, "own_cooperative"),
        (7, {6}, None),
    ],
)
def test_nobody_judges_their_own(judge: int | None, cooperatives: set[int], code: str | None) -> None:
    found = rules.judge_blockers(
        judge_person=judge, judge_cooperatives=cooperatives, person_id=1, cooperative_id=5
    )
    assert [b.code for b in found] == ([code] if code else [])


@pytest.mark.parametrize(
    ("state", "starts_on", "separate", "trainer", "code"),
    [
        ("published", TODAY, False, True, None),
        ("published", TODAY, True, False, None),
        ("published", TODAY, True, True, "trainer_may_not_judge"),
        ("published", date(2026, 11, 23), False, False, "batch_not_begun"),
        ("finalized", TODAY, False, False, "sheet_final"),
        ("postponed", TODAY, False, False, "batch_not_running"),
        ("cancelled", TODAY, False, False, "batch_not_running"),
        ("draft", TODAY, False, False, "batch_not_running"),
    ],
)
def test_when_a_batch_takes_verdicts(
    state: str, starts_on: date, separate: bool, trainer: bool, code: str | None
) -> None:
    found = rules.batch_blockers(
        batch_state=state, starts_on=starts_on, today=TODAY, separate_assessor=separate, is_trainer=trainer
    )
    assert [b.code for b in found] == ([code] if code else [])


@pytest.mark.parametrize(
    ("state", "today", "trainer", "code"),
    [
        ("finalized", TODAY, False, None),
        ("published", TODAY, False, None),
        ("cancelled", TODAY, False, "batch_not_running"),
        ("finalized", TODAY, True, "trainer_may_not_judge"),
    ],
)
def test_retests_and_second_words_go_on_after_signing(
    state: str, today: date, trainer: bool, code: str | None
) -> None:
    found = rules.batch_blockers(
        batch_state=state, starts_on=today, today=today, separate_assessor=True, is_trainer=trainer,
        after_signing=True,
    )  # fmt: skip
    assert [b.code for b in found] == ([code] if code else [])


@pytest.mark.parametrize(
    ("value", "note", "code"),
    [
        ("competent", "", None),
        ("competent", "Rapi", None),
        ("not_yet_competent", "Buku kas belum seimbang", None),
        ("not_yet_competent", "", "note_needed"),
        ("not_yet_competent", "  \n ", "note_needed"),
        ("not_yet_competent", "x" * 1001, "note_long"),
        ("pending", "", "value_unknown"),
        ("", "", "value_unknown"),
    ],
)
def test_what_a_verdict_needs(value: str, note: str, code: str | None) -> None:
    found = rules.verdict_problem(value, note)
    assert (found.code if found else None) == code


def test_blank_units_are_the_required_ones_without_a_verdict() -> None:
    assert [u.id for u in rules.blank_units(UNITS, {})] == [1, 2]
    assert [u.id for u in rules.blank_units(UNITS, {2: "not_yet_competent"})] == [1]
    assert rules.blank_units(UNITS, {1: "competent", 2: "competent"}) == []


# A busy machine is no fault of the rules.
steady = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
verdicts = st.dictionaries(st.integers(1, 3), st.sampled_from(["competent", "not_yet_competent"]))


@steady
@given(verdicts)
def test_competent_means_no_blank_and_no_required_bk(values: dict[int, str]) -> None:
    competent = rules.is_competent(UNITS, values)
    assert competent is (values.get(1) == values.get(2) == "competent")
    if competent:
        assert rules.blank_units(UNITS, values) == []


@pytest.mark.parametrize(
    ("came", "enough", "competent", "state"),
    [
        (False, False, False, "no_show"),
        (False, False, True, "no_show"),
        (True, True, True, "completed"),
        (True, False, True, "not_completed"),
        (True, True, False, "not_completed"),
    ],
)
def test_how_an_enrollment_ends(came: bool, enough: bool, competent: bool, state: str) -> None:
    assert rules.outcome(came=came, attended_enough=enough, competent=competent) == state
