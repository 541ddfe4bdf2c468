"""The second assessor: where a second word is needed, who may give it, what the two words make."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.assessment import rules

K, BK = "competent", "not_yet_competent"
SOURCES = ("judged", "written", "retest", "appeal", "correction", "key")


@pytest.mark.parametrize(
    ("asked", "source", "first", "second", "state"),
    [
        (False, "judged", K, None, ""),
        (False, "judged", K, BK, ""),
        (True, "judged", K, None, "missing"),
        (True, "judged", K, K, "agreed"),
        (True, "judged", BK, BK, "agreed"),
        (True, "judged", K, BK, "disagreed"),
        (True, "judged", BK, K, "disagreed"),
        (True, "written", K, None, "missing"),
        (True, "retest", K, None, "missing"),
        (True, "retest", K, BK, "disagreed"),
        (True, "appeal", K, None, ""),
        (True, "correction", BK, None, ""),
        (True, "key", K, None, ""),
    ],
)
def test_what_two_words_make(asked: bool, source: str, first: str, second: str | None, state: str) -> None:
    assert rules.second_state(asked=asked, source=source, first=first, second=second) == state


BASE = {
    "is_assessor": True, "separate_assessor": False, "is_trainer": False, "user_id": 2, "person_id": 20,
    "first_user": 1, "first_person": 10,
}  # fmt: skip


@pytest.mark.parametrize(
    ("change", "codes"),
    [
        ({}, []),
        ({"is_assessor": False}, ["not_assessor"]),
        ({"is_trainer": True}, []),
        ({"is_trainer": True, "separate_assessor": True}, ["trainer_may_not_judge"]),
        ({"first_user": 2}, ["same_judge"]),
        ({"first_person": 20}, ["same_judge"]),
        ({"person_id": None, "first_person": None}, []),
        ({"user_id": None, "first_user": None}, []),
        ({"first_user": 2, "is_assessor": False}, ["not_assessor"]),
    ],
)
def test_who_may_give_the_second_word(change: dict[str, object], codes: list[str]) -> None:
    assert [b.code for b in rules.second_blockers(**{**BASE, **change})] == codes  # type: ignore[arg-type]


@given(st.booleans(), st.sampled_from(SOURCES), st.sampled_from([K, BK]), st.sampled_from([K, BK, None]))
def test_only_an_agreeing_word_or_none_needed_lets_the_sheet_be_signed(
    asked: bool, source: str, first: str, second: str | None
) -> None:
    state = rules.second_state(asked=asked, source=source, first=first, second=second)
    may_sign = state in ("", "agreed")
    assert may_sign == (not asked or source not in rules.NEEDS_SECOND or second == first)


@given(st.integers(1, 5), st.integers(1, 5), st.integers(1, 5) | st.none(), st.integers(1, 5) | st.none())
def test_the_two_judges_are_two_people(
    user: int, first: int, person: int | None, first_person: int | None
) -> None:
    facts = {**BASE, "user_id": user, "first_user": first, "person_id": person, "first_person": first_person}
    free = not rules.second_blockers(**facts)  # type: ignore[arg-type]
    assert free == (user != first and (person is None or person != first_person))
