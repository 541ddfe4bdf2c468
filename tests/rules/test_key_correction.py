"""Corrected keys as plain values: what they change of a content, for which versions, and for whom."""

from __future__ import annotations

from typing import Any

import pytest

from portal.assessment.rules import keys
from portal.assessment.rules.content import content_problems, points, right_answer, right_id, shown
from portal.assessment.rules.keys import Corrected, KeyEdit, Stands, edit_of, edit_problems, fate_of, with_key

K, BK = "competent", "not_yet_competent"


def base(**more: Any) -> dict[str, Any]:
    return {"stem": "Mana?", "images": [], "explanation": "", **more}


OPTIONS = [{"id": i, "text": f"Pilihan {i}"} for i in "abcd"]
SINGLE = base(options=OPTIONS, key="a")
MULTIPLE = base(options=OPTIONS, key=["a", "b"])
TRUTH = base(key=True)
NUMBER = base(key="12.5", tolerance="0.5", unit="%")
PAIRS = [{"id": i, "left": f"kiri {i}", "right": f"kanan {i}"} for i in "abc"]
MATCHING = base(pairs=PAIRS, extra=[{"right": "kanan z"}])
CASE = base(
    parts=[
        {"id": "1", "kind": "single", **SINGLE},
        {"id": "2", "kind": "number", **NUMBER},
        {"id": "3", "kind": "matching", **MATCHING},
    ]
)
ALL = {
    "single": SINGLE, "multiple": MULTIPLE, "true_false": TRUTH, "number": NUMBER, "matching": MATCHING,
    "case": CASE,
}  # fmt: skip


@pytest.mark.parametrize("kind", ALL)
def test_a_key_put_back_as_it_stands_changes_nothing(kind: str) -> None:
    edit = edit_of(kind, ALL[kind])
    assert edit_problems(kind, ALL[kind], edit) == []
    assert with_key(kind, ALL[kind], edit) == ALL[kind]


@pytest.mark.parametrize("kind", ALL)
def test_an_annulled_question_gives_everybody_all_points_and_shows_the_same(kind: str) -> None:
    content = with_key(kind, ALL[kind], KeyEdit(is_void=True))
    for answer in (None, "", "b", ["c"], {}, "nonsens", right_answer(kind, ALL[kind])):
        assert points(kind, content, answer) == 1.0
    assert shown(kind, content) == shown(kind, ALL[kind])
    assert keys.same_options(content, ALL[kind])
    assert edit_of(kind, content).is_void
    # And back again.
    assert with_key(kind, content, edit_of(kind, ALL[kind])) == ALL[kind]


@pytest.mark.parametrize(
    ("kind", "edit", "worth"),
    [
        ("single", KeyEdit(("c",)), {"a": 0, "c": 1, None: 0}),
        ("single", KeyEdit(("c", "a")), {"a": 1, "b": 0, "c": 1}),
        ("number", KeyEdit(("12,5", "1250"), "0,5"), {"12.9": 1, "1250.4": 1, "14": 0, "x": 0}),
        ("number", KeyEdit(("13",), "0"), {"12.5": 0, "13": 1, "13.0": 1}),
        ("true_false", KeyEdit(("false",)), {True: 0, False: 1}),
    ],
)
def test_a_corrected_key_is_what_answers_are_judged_by(
    kind: str, edit: KeyEdit, worth: dict[Any, int]
) -> None:
    content = with_key(kind, ALL[kind], edit)
    assert content_problems(kind, content) == []
    assert {answer: points(kind, content, answer) for answer in worth} == worth


def test_several_right_answers_of_a_multiple_choice() -> None:
    content = with_key("multiple", MULTIPLE, KeyEdit(("c", "b")))
    assert content["key"] == ["b", "c"]
    assert points("multiple", content, ["a", "b"]) == 0
    assert points("multiple", content, ["b", "c"]) == 1


def test_pairs_are_put_together_anew_without_losing_an_offered_side() -> None:
    wanted = {"a": right_id("kanan z"), "b": right_id("kanan a"), "c": right_id("kanan c")}
    content = with_key("matching", MATCHING, KeyEdit(pairs=wanted))
    assert points("matching", content, wanted) == 1
    assert points("matching", content, right_answer("matching", MATCHING)) == pytest.approx(1 / 3)
    assert content["extra"] == [{"right": "kanan b"}]
    assert keys.same_options(content, MATCHING)
    assert shown("matching", content)["rights"] == shown("matching", MATCHING)["rights"]


def test_one_part_of_a_case_is_annulled_alone() -> None:
    edit = edit_of("case", CASE)
    parts = {**edit.parts, "2": KeyEdit(is_void=True)}
    content = with_key("case", CASE, KeyEdit(parts=parts))
    assert points("case", content, None) == pytest.approx(1 / 3)
    assert points("case", content, {"1": "a"}) == pytest.approx(2 / 3)
    assert keys.same_options(content, CASE)


@pytest.mark.parametrize(
    ("kind", "edit", "found"),
    [
        ("single", KeyEdit(), [("key", "key_missing")]),
        ("single", KeyEdit(("z",)), [("key", "key_missing")]),
        ("single", KeyEdit(("a", "b", "c", "d")), [("key", "key_all")]),
        ("multiple", KeyEdit(("a", "z")), [("key", "key_missing")]),
        ("multiple", KeyEdit(("a", "b", "c", "d")), [("key", "key_all")]),
        ("true_false", KeyEdit(("maybe",)), [("key", "key_missing")]),
        ("true_false", KeyEdit(("true", "false")), [("key", "key_missing")]),
        ("number", KeyEdit(("dua belas",)), [("key", "key_number")]),
        ("number", KeyEdit(()), [("key", "key_number")]),
        ("number", KeyEdit(tuple(map(str, range(7)))), [("key", "key_many")]),
        ("number", KeyEdit(("1",), "-1"), [("tolerance", "tolerance_number")]),
        ("number", KeyEdit(("1",), "sedikit"), [("tolerance", "tolerance_number")]),
        ("matching", KeyEdit(pairs={"a": "rforeign"}), [(f"pair-{i}", "pair_missing") for i in "abc"]),
        ("single", KeyEdit(is_void=True), []),
        ("case", KeyEdit(is_void=True), []),
        (
            "case",
            KeyEdit(parts={"1": KeyEdit(("a",)), "3": KeyEdit(is_void=True)}),
            [("2-key", "key_number")],
        ),
    ],
)
def test_what_is_wrong_with_a_typed_key(kind: str, edit: KeyEdit, found: list[tuple[str, str]]) -> None:
    problems = edit_problems(kind, ALL[kind], edit)
    assert [(field, problem.code) for field, problem in problems] == found
    assert all(problem.message for _field, problem in problems)


@pytest.mark.parametrize(
    ("other", "same"),
    [
        ({**SINGLE, "key": "d"}, True),
        ({**SINGLE, "stem": "Yang mana?", "images": [{"sha256": "0" * 64, "alt": "x"}]}, True),
        ({**SINGLE, "options": list(reversed(OPTIONS))}, True),
        ({**SINGLE, "explanation": "Sebab a."}, True),
        ({**SINGLE, "void": True, "also": ["b"]}, True),
        ({**SINGLE, "options": OPTIONS[:3]}, False),
        ({**SINGLE, "options": [{"id": "a", "text": "Lain"}, *OPTIONS[1:]]}, False),
    ],
)
def test_same_options(other: dict[str, Any], same: bool) -> None:
    assert keys.same_options(SINGLE, other) is same


def test_a_part_with_other_options_is_another_question() -> None:
    parts = [{**CASE["parts"][0], "options": OPTIONS[:2]}, *CASE["parts"][1:]]
    assert not keys.same_options(CASE, {**CASE, "parts": parts})
    assert not keys.same_options(NUMBER, {**NUMBER, "unit": "kg"})


def test_the_newest_fitting_correction_judges_a_version() -> None:
    new_key = Corrected(1, 2, 20, {**SINGLE, "key": "b"})
    newer = Corrected(1, 5, 50, {**SINGLE, "key": "c"})
    other = Corrected(1, 7, 70, {**SINGLE, "options": OPTIONS[:3], "key": "b"})
    found = [new_key, newer, other]
    assert keys.in_force(1, SINGLE, found) == newer
    assert keys.in_force(4, SINGLE, found) == newer
    assert keys.in_force(5, SINGLE, found) is None
    assert keys.in_force(6, SINGLE, found) is None
    assert keys.in_force(1, {**SINGLE, "options": OPTIONS[:3]}, found) == other
    assert keys.in_force(1, SINGLE, []) is None


@pytest.mark.parametrize(
    ("stands", "proposed", "is_open", "certificate", "fate"),
    [
        (None, K, True, False, keys.UNJUDGED),
        (Stands(K, "written", 7), K, True, False, keys.POINTS),
        (Stands(BK, "written", 7), K, True, False, keys.CHANGED),
        (Stands(K, "written", 7), BK, True, False, keys.CHANGED),
        (Stands(K, "key", 7), BK, True, False, keys.CHANGED),
        (Stands(K, "retest", 7), BK, True, False, keys.CHANGED),
        (Stands(K, "written", 7), BK, True, True, keys.CERTIFIED),
        (Stands(BK, "written", 7), K, True, True, keys.CHANGED),
        (Stands(K, "written", 7), BK, False, False, keys.CLOSED),
        (Stands(BK, "judged", None), K, True, False, keys.BY_HAND),
        (Stands(BK, "appeal", None), K, True, False, keys.BY_HAND),
        (Stands(BK, "correction", 7), K, True, False, keys.BY_HAND),
        # It rests on another attempt: a re-test that did not ask this question, or asked it elsewhere.
        (Stands(K, "written", 8), BK, True, False, keys.BY_HAND),
        (Stands(K, "retest", None), BK, True, False, keys.BY_HAND),
        (Stands(BK, "judged", None), BK, True, False, keys.POINTS),
    ],
)
def test_what_happens_to_a_verdict(
    stands: Stands | None, proposed: str, is_open: bool, certificate: bool, fate: str
) -> None:
    found = fate_of(
        attempt_id=7, proposed=proposed, stands=stands, is_open=is_open, has_certificate=certificate
    )
    assert found == fate


@pytest.mark.parametrize(
    ("reason", "code"), [("", "reason_needed"), ("  ", "reason_needed"), ("x" * 501, "reason_long")]
)
def test_a_correction_says_why(reason: str, code: str) -> None:
    problem = keys.reason_problem(reason)
    assert problem is not None
    assert problem.code == code
    assert keys.reason_problem("Kunci tertukar") is None
