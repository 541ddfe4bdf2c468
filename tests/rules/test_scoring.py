"""Points of a written test, unit by unit, and from where a unit is K."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from portal.assessment.rules import scoring
from portal.assessment.rules.content import right_id
from portal.assessment.rules.scoring import Drawn, UnitScore, reaches, shown_points, unit_scores, value_of

SINGLE = {"options": [{"id": "a", "text": "Ya"}, {"id": "b", "text": "Tidak"}], "key": "a", "stem": "?"}
MATCHING = {
    "stem": "?",
    "pairs": [{"id": i, "left": f"kiri {i}", "right": f"kanan {i}"} for i in "abc"],
    "extra": [],
}


def test_one_unit_never_hides_behind_another() -> None:
    items = [Drawn(1, 10, 1), Drawn(2, 10, 1), Drawn(3, 20, 1), Drawn(4, 20, 1)]
    scores = unit_scores(items, {1: "a", 2: "a", 3: "b"}, {1: ("single", SINGLE)})
    assert scores == {10: UnitScore(Fraction(2), 2), 20: UnitScore(Fraction(0), 2)}
    assert scoring.stored(scores) == {"10": [2.0, 2.0], "20": [0.0, 2.0]}


def test_three_thirds_are_one() -> None:
    items = [Drawn(n, 10, 1) for n in (1, 2, 3)]
    third = {"a": right_id("kanan a"), "b": right_id("kanan c"), "c": right_id("kanan b")}
    scores = unit_scores(items, {1: third, 2: third, 3: third}, {1: ("matching", MATCHING)})
    assert scores[10] == UnitScore(Fraction(1), 3)
    assert reaches(scores[10].points, 3, 33)
    assert not reaches(scores[10].points, 3, 34)


def test_no_answer_and_a_cleared_one_earn_nothing() -> None:
    scores = unit_scores([Drawn(1, 10, 1), Drawn(2, 10, 1)], {1: None}, {1: ("single", SINGLE)})
    assert scores[10] == UnitScore(Fraction(0), 2)


def test_an_attempt_without_questions_has_no_units() -> None:
    assert unit_scores([], {}, {}) == {}


@pytest.mark.parametrize("of", range(1, 41))
@pytest.mark.parametrize("worth", [1 / 3, 2 / 3, 1 / 7, 5 / 6, 1 / 9, 3 / 11])
def test_sums_of_parts_stay_exact(of: int, worth: float) -> None:
    def same(_kind: str, _content: dict[str, Any], _answer: Any) -> float:
        return worth

    items = [Drawn(n, 10, 1) for n in range(of)]
    score = unit_scores(items, {}, {1: ("single", {})}, same)[10]
    assert score.points == Fraction(worth).limit_denominator(20) * of
    # Through the stored float and back nothing is lost either.
    kept = scoring.stored({10: score})["10"]
    assert scoring.exact(kept[0]) == score.points


@pytest.mark.parametrize(
    ("points", "of", "needed", "value"),
    [
        (7, 10, 70, "competent"),
        (6.99, 10, 70, "not_yet_competent"),
        (6.9999, 10, 70, "not_yet_competent"),
        (0, 0, 0, "not_yet_competent"),
        (0, 10, 0, "competent"),
        (10, 10, 100, "competent"),
        (2, 3, 66, "competent"),
        (2, 3, 67, "not_yet_competent"),
        (0.1 + 0.2, 1, 30, "competent"),
        (1 / 3 + 1 / 3 + 1 / 3, 1, 100, "competent"),
        (4.35, 5, 87, "competent"),
        (2.9, 10, 29, "competent"),
        (5.7, 10, 57, "competent"),
        (7, 10, 70.5, "not_yet_competent"),
    ],
)
def test_k_from_the_needed_percentage(points: float, of: float, needed: float, value: str) -> None:
    assert value_of(points, of, needed) == value


@pytest.mark.parametrize("of", range(1, 31))
def test_every_whole_score_against_plain_integers(of: int) -> None:
    for points in range(of + 1):
        for needed in range(101):
            assert reaches(float(points), float(of), needed) == (points * 100 >= needed * of)


@pytest.mark.parametrize(
    ("points", "text"),
    [(7, "7"), (6.5, "6,5"), (0, "0"), (2 / 3, "0,66"), (6.999, "6,99"), (10.0, "10"), (1.05, "1,05")],
)
def test_points_as_people_read_them(points: float, text: str) -> None:
    assert shown_points(points) == text


@pytest.mark.parametrize(
    ("points", "of", "needed", "note"),
    [
        (4, 10, 70, "Uji tertulis: 4 dari 10, perlu 7"),
        (2.5, 5, 75, "Uji tertulis: 2,5 dari 5, perlu 3,75"),
        (1, 3, 67, "Uji tertulis: 1 dari 3, perlu 2,01"),
        (1.99, 3, 66.67, "Uji tertulis: 1,99 dari 3, perlu 2,01"),
    ],
)
def test_the_note_below_a_bk(points: float, of: float, needed: float, note: str) -> None:
    assert scoring.bk_note(points, of, needed) == note


def test_needed_percentages_by_unit() -> None:
    blueprint = [{"unit_id": 4, "count": 10, "needed_pct": 70}, {"unit_id": 5, "count": 3, "needed_pct": 100}]
    assert scoring.needed_pcts(blueprint) == {4: 70, 5: 100}
