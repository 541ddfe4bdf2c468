"""Item statistics: known values, worked out by hand, and what makes a question doubtful."""

from __future__ import annotations

import math
from typing import Any

import pytest

from portal.assessment.rules.statistics import ENOUGH, Row, correlation, statistics, wilson

OPTIONS = [{"id": "a", "text": "Kas"}, {"id": "b", "text": "Bank"}, {"id": "c", "text": "Piutang"}]
SINGLE = {"stem": "x", "options": OPTIONS, "key": "a"}


@pytest.mark.parametrize(
    ("share", "count", "low", "high"),
    [
        # Newcombe 1998, table I, method 3 (Wilson): 81/263, 15/148, 0/20, 1/29
        (81 / 263, 263, 0.2553, 0.3662),
        (15 / 148, 148, 0.0624, 0.1605),
        (0.0, 20, 0.0, 0.1611),
        (1 / 29, 29, 0.0061, 0.1718),
        # By hand: z2 = 3.8415; (0.5 + 0.19207) / 1.38415 = 0.5 +- 1.96 / 1.38415 * sqrt(0.025 + 0.0096037)
        (0.5, 10, 0.2366, 0.7634),
        (1.0, 10, 0.7225, 1.0),
    ],
)
def test_the_wilson_interval_has_known_values(share: float, count: int, low: float, high: float) -> None:
    found = wilson(share, count)
    assert (found.value, round(found.low, 4), round(found.high, 4)) == (share, low, high)


def test_a_correlation_worked_out_by_hand() -> None:
    # x 0 0 1 1 1, y 1 2 3 3 6: means 0.6 and 3; sums of products 3, of squares 1.2 and 14; r = 3 / sqrt(16.8)
    found = correlation([(0, 1), (0, 2), (1, 3), (1, 3), (1, 6)])
    assert found is not None
    assert found.value == pytest.approx(3 / math.sqrt(16.8))
    # atanh 0.731925 = 0.932861; half 1.959964 / sqrt 2 = 1.385904
    assert found.low == pytest.approx(math.tanh(0.932861 - 1.385904), abs=1e-5)
    assert found.high == pytest.approx(math.tanh(0.932861 + 1.385904), abs=1e-5)


def test_fishers_interval_has_a_known_value() -> None:
    # r = 0.5 in 28 pairs: z 0.549306 +- 1.959964 / 5 gives 0.156 to 0.736
    x = [0.0, 1.0] * 14
    ys = [value * 0.5 for value in x]
    noise = [math.sqrt(0.75) * 0.5 * sign for sign in ([1, 1, -1, -1] * 7)]
    found = correlation([(a, b + c) for a, b, c in zip(x, ys, noise, strict=True)])
    assert found is not None
    assert found.value == pytest.approx(0.5)
    assert (round(found.low, 3), round(found.high, 3)) == (0.156, 0.736)


@pytest.mark.parametrize(
    "pairs",
    [
        [],
        [(0, 1), (1, 2), (1, 3)],
        [(1, 1), (1, 2), (1, 3), (1, 4)],
        [(0, 2), (1, 2), (0, 2), (1, 2)],
    ],
)
def test_without_enough_pairs_or_variance_there_is_no_correlation(pairs: list[tuple[float, float]]) -> None:
    assert correlation(pairs) is None


def test_a_perfect_correlation_has_no_width() -> None:
    found = correlation([(0, 0), (0, 0), (1, 1), (1, 1)])
    assert found is not None
    assert (found.value, found.low, found.high) == (1.0, 1.0, 1.0)


def test_under_ten_answers_nothing_is_said() -> None:
    rows = [Row(1.0, i / 10, "a") for i in range(ENOUGH - 1)]
    found = statistics("single", SINGLE, rows)
    assert (found.answers, found.is_enough, found.options, found.flags) == (9, False, (), ())


def test_distractors_are_counted_by_thirds() -> None:
    answers = ["b", "b", "c", "c", "a", "b", "a", "a", "a", "a", "a", None]
    rows = [Row(float(answer == "a"), i / 12, answer) for i, answer in enumerate(answers)]
    found = statistics("single", SINGLE, rows[::-1])
    assert (found.answers, found.third, found.blank) == (12, 4, 1)
    assert [(o.id, o.is_key, o.count, o.strong, o.weak) for o in found.options] == [
        ("a", True, 6, 3, 0),
        ("b", False, 3, 0, 2),
        ("c", False, 2, 0, 2),
    ]
    assert found.facility is not None
    assert found.facility.value == 0.5
    assert found.correlation is not None
    assert found.correlation.value > 0.5
    assert found.flags == ()


def rows_of(answers: str, kind: str = "single") -> list[Row]:
    """Rows from the weakest to the strongest; "a" is right."""
    return [Row(float(answer == "a"), i / len(answers), answer) for i, answer in enumerate(answers)]


FLAGS = [
    ("a" * 19 + "b", ["easy", "flat", "distractor"]),
    ("a" * 20, ["easy", "distractor"]),
    ("bcbcbcbcbcbcbcbcbcaa", ["hard"]),
    ("aaaaaaaccbbbbbbbbbbb", ["flat", "key"]),
    ("cbacbacbacbacbacbacba", []),
    ("abcabcabcabcabcabcabc", ["flat"]),
    ("bbbbbbaabaaaaaaaaaaa", ["distractor"]),
    ("bcbcbbcaacbaaaaabaaa", []),
]


@pytest.mark.parametrize(("answers", "codes"), FLAGS)
def test_what_makes_a_question_doubtful(answers: str, codes: list[str]) -> None:
    assert [flag.code for flag in statistics("single", SINGLE, rows_of(answers)).flags] == codes


def test_the_flag_of_a_wrong_key_names_the_other_option() -> None:
    flags = statistics("single", SINGLE, rows_of("aaaaaaaccbbbbbbbbbbb")).flags
    assert "«Bank»" in flags[-1].message


@pytest.mark.parametrize("kind", ["matching", "number", "case"])
def test_kinds_without_options_have_no_distractors(kind: str) -> None:
    content: dict[str, Any] = {"stem": "x"}
    found = statistics(kind, content, [Row(i % 2, i / 20, {"1": "x"}) for i in range(20)])
    assert found.options == ()
    assert found.facility is not None


def test_choices_of_several_options_count_each() -> None:
    content = {**SINGLE, "key": ["a", "b"]}
    rows = [Row(1.0, 0.5, ["a", "b"])] * 6 + [Row(0.5, 0.2, ["a"])] * 6
    found = statistics("multiple", content, rows)
    assert [option.count for option in found.options] == [12, 6, 0]
    assert found.facility is not None
    assert found.facility.value == 0.75


def test_true_false_has_two_options() -> None:
    rows = [Row(float(i % 3 > 0), i / 12, i % 3 > 0) for i in range(12)]
    found = statistics("true_false", {"stem": "x", "key": True}, rows)
    assert [(option.text, option.is_key, option.count) for option in found.options] == [
        ("Benar", True, 8),
        ("Salah", False, 4),
    ]


def test_answers_without_a_rest_leave_only_the_facility() -> None:
    found = statistics("single", SINGLE, [Row(1.0, None, "a")] * 8 + [Row(0.0, None, "b")] * 4)
    assert found.correlation is None
    assert found.third == 0
    assert [flag.code for flag in found.flags] == ["distractor"]
