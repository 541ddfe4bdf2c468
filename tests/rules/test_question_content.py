"""Contents of questions: what may be stored, what a candidate sees, what an answer is worth."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.assessment.rules import content as rules
from portal.assessment.rules.content import parse_answer, parse_number, points, right_id

OPTIONS = [{"id": "a", "text": "Empat"}, {"id": "b", "text": "Lima"}, {"id": "c", "text": "Enam"}]
SINGLE: dict[str, Any] = {
    "stem": "2 + 2?",
    "images": [],
    "explanation": "Hitung.",
    "options": OPTIONS,
    "key": "a",
}
MULTIPLE = {**SINGLE, "key": ["a", "c"]}
TRUTH: dict[str, Any] = {"stem": "Air itu basah.", "images": [], "explanation": "", "key": True}
MATCHING: dict[str, Any] = {
    "stem": "Pasangkan",
    "images": [],
    "explanation": "",
    "pairs": [
        {"id": "a", "left": "Ketua", "right": "Memimpin"},
        {"id": "b", "left": "Bendahara", "right": "Mencatat uang"},
        {"id": "c", "left": "Pengawas", "right": "Memeriksa"},
        {"id": "d", "left": "Sekretaris", "right": "Menulis"},
    ],
    "extra": [{"right": "Menjual"}],
}
NUMBER: dict[str, Any] = {
    "stem": "Bunga?",
    "images": [],
    "explanation": "",
    "key": "12.5",
    "tolerance": "0.5",
    "unit": "%",
}
CASE: dict[str, Any] = {
    "stem": "Sebuah koperasi.",
    "images": [{"sha256": "ab" * 32, "alt": "Neraca"}],
    "explanation": "",
    "parts": [
        {"id": "1", "kind": "single", **SINGLE},
        {"id": "2", "kind": "number", **NUMBER},
        {"id": "3", "kind": "matching", **MATCHING},
    ],
}
ALL: dict[str, dict[str, Any]] = {
    "single": SINGLE,
    "multiple": MULTIPLE,
    "true_false": TRUTH,
    "matching": MATCHING,
    "number": NUMBER,
    "case": CASE,
}
KINDS = list(ALL)


def codes(kind: str, content: dict[str, Any]) -> list[str]:
    return [problem.code for problem in rules.content_problems(kind, content)]


@pytest.mark.parametrize("kind", KINDS)
def test_a_good_content_has_no_problems_and_is_tidy_already(kind: str) -> None:
    assert codes(kind, ALL[kind]) == []
    assert rules.tidy(kind, ALL[kind]) == ALL[kind]


@pytest.mark.parametrize("kind", KINDS)
def test_the_right_answer_is_worth_one_and_reads_as_itself(kind: str) -> None:
    answer = rules.right_answer(kind, ALL[kind])
    assert points(kind, ALL[kind], answer) == 1.0
    assert parse_answer(kind, ALL[kind], answer) == answer
    assert parse_answer(kind, ALL[kind], json.loads(json.dumps(answer))) == answer
    assert points(kind, ALL[kind], None) == 0.0


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_candidate_sees_holds_no_key(kind: str) -> None:
    content = ALL[kind]
    order = rules.shuffled(kind, content, random.Random(3))
    told = json.dumps(rules.shown(kind, content, order))
    for word in ("key", "tolerance", "explanation", "pairs", "Hitung."):
        assert word not in told


def test_the_page_of_a_matching_question_does_not_tell_the_pairs() -> None:
    view = rules.shown("matching", MATCHING)
    rights = [row["id"] for row in view["rights"]]
    assert rights == sorted(rights)
    assert len(rights) == 5
    assert not set(rights) & {pair["id"] for pair in MATCHING["pairs"]}
    assert [row["text"] for row in view["lefts"]] == ["Ketua", "Bendahara", "Pengawas", "Sekretaris"]


@pytest.mark.parametrize(
    ("kind", "answer", "worth"),
    [
        ("single", "a", 1.0),
        ("single", "b", 0.0),
        ("single", ["a"], 0.0),
        ("multiple", ["a", "c"], 1.0),
        ("multiple", ["a"], 0.5),
        ("multiple", ["a", "b"], 0.0),
        ("multiple", ["a", "b", "c"], 0.5),
        ("multiple", ["b"], 0.0),
        ("multiple", "a", 0.0),
        ("true_false", True, 1.0),
        ("true_false", False, 0.0),
        ("true_false", 1, 0.0),
        ("number", "12.5", 1.0),
        ("number", "13", 1.0),
        ("number", "12", 1.0),
        ("number", "13.01", 0.0),
        ("number", "x", 0.0),
        ("matching", {"a": right_id("Memimpin"), "b": right_id("Menjual")}, 0.25),
        ("matching", {"a": "a"}, 0.0),
        ("matching", "a", 0.0),
        ("case", {"1": "a"}, 1 / 3),
        ("case", {"1": "a", "2": "12.4", "3": {"c": right_id("Memeriksa")}}, (1 + 1 + 0.25) / 3),
    ],
)
def test_points(kind: str, answer: Any, worth: float) -> None:
    assert points(kind, ALL[kind], answer) == pytest.approx(worth)


@pytest.mark.parametrize(
    ("kind", "raw", "answer"),
    [
        ("single", "", None),
        ("single", "b", "b"),
        ("multiple", ["c", "a", "c"], ["a", "c"]),
        ("multiple", "b", ["b"]),
        ("multiple", [""], None),
        ("multiple", [], None),
        ("true_false", "true", True),
        ("true_false", "Salah", False),
        ("true_false", False, False),
        ("number", "12,50", "12.5"),
        ("number", "  ", None),
        ("matching", {"a": right_id("Menulis"), "b": ""}, {"a": right_id("Menulis")}),
        ("matching", {"a": ""}, None),
        ("case", {"1": "", "2": ""}, None),
        ("case", {"1": "c", "2": "1.000"}, {"1": "c", "2": "1000"}),
    ],
)
def test_answers_are_read(kind: str, raw: Any, answer: Any) -> None:
    assert parse_answer(kind, ALL[kind], raw) == answer


@pytest.mark.parametrize(
    ("kind", "raw"),
    [
        ("single", "z"),
        ("single", ["a"]),
        ("single", {"a": "a"}),
        ("multiple", ["a", "z"]),
        ("multiple", [["a"]]),
        ("multiple", {"a": "b"}),
        ("true_false", "mungkin"),
        ("true_false", 1),
        ("number", "dua belas"),
        ("number", 12.5),
        ("number", "1e5"),
        ("number", "9" * 61),
        ("matching", "a"),
        ("matching", {"z": right_id("Menulis")}),
        ("matching", {"a": "a"}),
        ("matching", {"a": [right_id("Menulis")]}),
        ("case", {"9": "a"}),
        ("case", {"1": "z"}),
        ("case", ["1"]),
    ],
)
def test_foreign_answers_are_refused(kind: str, raw: Any) -> None:
    with pytest.raises(ValueError):
        parse_answer(kind, ALL[kind], raw)


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("12,5", "12.5"),
        ("12.5", "12.5"),
        ("1.500", "1500"),
        ("1.500,25", "1500.25"),
        ("0.125", "0.125"),
        ("1,125", "1.1250"),
        ("1.1250", "1.1250"),
        ("-0", "0"),
        ("+7", "7"),
        ("\u22123", "-3"),
        ("007", "7"),
        ("2.500.000", "2500000"),
        ("1 000", "1000"),
    ],
)
def test_numbers_are_read_as_indonesians_write_them(typed: str, read: str) -> None:
    assert parse_number(typed) == read
    assert parse_number(read) == read


@pytest.mark.parametrize("typed", ["", "1,2,3", "1.50.0", "--1", "1e3", "NaN", "٣", "0,1234567", "1" * 13])
def test_what_is_no_number_is_refused(typed: str) -> None:
    with pytest.raises(ValueError):
        parse_number(typed)


@given(st.decimals(min_value=-(10**9), max_value=10**9, places=4))
def test_a_number_read_is_read_again_as_itself(value: Any) -> None:
    read = parse_number(format(value, "f").replace(".", ","))
    assert parse_number(read) == read
    assert parse_number(rules.number_shown(read)) == read


@given(st.lists(st.text(min_size=1), unique=True, min_size=2, max_size=8))
def test_letters_are_distinct_and_do_not_depend_on_the_order(texts: list[str]) -> None:
    letters = dict(zip(texts, rules.letter_ids(texts), strict=True))
    assert sorted(letters.values()) == list("abcdefgh")[: len(texts)]
    backwards = texts[::-1]
    assert dict(zip(backwards, rules.letter_ids(backwards), strict=True)) == letters


def test_new_letters_leave_those_that_stand() -> None:
    assert set(rules.letter_ids(["x", "y"], taken=["a", "c"])) == {"b", "d"}


@pytest.mark.parametrize("kind", ["single", "multiple", "matching", "case"])
def test_a_shuffle_follows_its_seed_and_loses_nothing(kind: str) -> None:
    content = ALL[kind]
    first = rules.shuffled(kind, content, random.Random(11))
    assert first == rules.shuffled(kind, content, random.Random(11))
    view = rules.shown(kind, content, first)
    if kind == "case":
        assert [row["id"] for row in view["parts"][0]["options"]] == first["1"]
    else:
        rows = view["rights"] if kind == "matching" else view["options"]
        assert [row["id"] for row in rows] == first
        assert len({tuple(rules.shuffled(kind, content, random.Random(i))) for i in range(20)}) > 1


PROBLEMS: list[tuple[str, dict[str, Any], list[str]]] = [
    ("single", {"stem": ""}, ["stem_missing"]),
    ("single", {"stem": "x" * 4001}, ["stem_long"]),
    ("single", {"key": "z"}, ["key_missing"]),
    ("single", {"options": OPTIONS[:1]}, ["options_count"]),
    ("single", {"options": [*OPTIONS, {"id": "d", "text": "empat"}]}, ["options_same"]),
    ("single", {"options": [*OPTIONS, {"id": "c", "text": "Tujuh"}]}, ["options_ids"]),
    ("single", {"options": [*OPTIONS, {"id": "d", "text": "x" * 501}]}, ["options_long"]),
    ("single", {"images": [{"sha256": "ab" * 32, "alt": ""}]}, ["images_alt"]),
    ("single", {"images": [{"sha256": "../etc", "alt": "x"}]}, ["images_unknown"]),
    ("single", {"images": [{"sha256": "ab" * 32, "alt": "x"}] * 5}, ["images_many"]),
    ("multiple", {"key": []}, ["key_missing"]),
    ("multiple", {"key": ["a", "z"]}, ["key_missing"]),
    ("multiple", {"key": ["a", "b", "c"]}, ["key_all"]),
    ("true_false", {"key": None}, ["key_missing"]),
    ("true_false", {"key": "true"}, ["key_missing"]),
    ("number", {"key": "12,5"}, ["key_number"]),
    ("number", {"key": ""}, ["key_number"]),
    ("number", {"tolerance": "-1"}, ["tolerance_number"]),
    ("number", {"tolerance": "NaN"}, ["tolerance_number"]),
    ("number", {"unit": "x" * 21}, ["unit_long"]),
    ("matching", {"pairs": MATCHING["pairs"][:1]}, ["pairs_count"]),
    ("matching", {"extra": [{"right": "memimpin"}]}, ["extra_same"]),
    ("matching", {"extra": [{"right": str(i)} for i in range(5)]}, ["extra_many"]),
    ("case", {"parts": []}, ["parts_count"]),
    ("case", {"parts": [{"id": "1", "kind": "case", **CASE}]}, ["parts_1_kind_unknown"]),
    ("case", {"parts": [{"id": "1", "kind": "number", **NUMBER, "key": "x"}]}, ["parts_1_key_number"]),
]


@pytest.mark.parametrize(("kind", "change", "found"), PROBLEMS, ids=str)
def test_problems(kind: str, change: dict[str, Any], found: list[str]) -> None:
    assert codes(kind, {**ALL[kind], **change}) == found


def test_half_a_pair_and_equal_sides_are_told() -> None:
    pairs = [{"id": "a", "left": "Satu", "right": ""}, {"id": "b", "left": "satu", "right": "x"}]
    assert codes("matching", {**MATCHING, "pairs": pairs}) == ["pairs_half", "pairs_same"]
    same = [{"id": "a", "left": "Satu", "right": "x"}, {"id": "b", "left": "Dua", "right": "X"}]
    assert codes("matching", {**MATCHING, "pairs": same}) == ["pairs_one_right"]


def test_an_unknown_kind_is_refused() -> None:
    assert codes("essay", SINGLE) == ["kind_unknown"]


def test_a_content_is_tidied() -> None:
    messy = {
        "stem": " Satu\r\nDua\x00 ",
        "options": [{"id": "a", "text": " x "}, {"id": "b", "text": " "}],
        "key": ["c", "a", "a"],
        "secret": 1,
    }
    assert rules.tidy("multiple", messy) == {
        "stem": "Satu\nDua",
        "images": [],
        "explanation": "",
        "options": [{"id": "a", "text": "x"}],
        "key": ["a", "c"],
    }


def test_pictures_of_a_case_are_found_in_its_parts_too() -> None:
    part = {"id": "1", "kind": "single", **SINGLE, "images": [{"sha256": "cd" * 32, "alt": "x"}]}
    content = {**CASE, "parts": [part, {**part, "id": "2"}]}
    assert rules.images_of(content) == ["ab" * 32, "cd" * 32]
