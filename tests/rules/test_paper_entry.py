"""What is keyed in from a printed test, as plain values."""

from __future__ import annotations

import random
from typing import Any

import pytest

from portal.assessment.rules import paper
from portal.assessment.rules.content import points, right_answer, right_id, shown, shuffled
from portal.assessment.rules.paper import Keyer, Unreadable, read_typed, shown_typed, turn_of

OPTIONS = [{"id": i, "text": f"Pilihan {i}"} for i in "abcd"]
SINGLE: dict[str, Any] = {"stem": "Mana?", "options": OPTIONS, "key": "a"}
PAIRS = [{"id": i, "left": f"kiri {i}", "right": f"kanan {i}"} for i in "abc"]
MATCHING: dict[str, Any] = {"stem": "Pasangkan", "pairs": PAIRS, "extra": [{"right": "kanan z"}]}
NUMBER: dict[str, Any] = {"stem": "Berapa?", "key": "12.5", "tolerance": "0", "unit": "%"}
TRUTH: dict[str, Any] = {"stem": "Benar?", "key": True}
CASE: dict[str, Any] = {
    "stem": "Koperasi Maju",
    "parts": [
        {"id": "x", "kind": "single", **SINGLE},
        {"id": "y", "kind": "matching", **MATCHING},
        {"id": "z", "kind": "number", **NUMBER},
    ],
}
RIGHTS = [right_id(f"kanan {i}") for i in "zcab"]


def view(kind: str) -> dict[str, Any]:
    """As printed: options in the order D C A B, right sides z c a b."""
    contents: dict[str, tuple[dict[str, Any], Any]] = {
        "single": (SINGLE, list("dcab")), "multiple": ({**SINGLE, "key": ["a"]}, list("dcab")),
        "matching": (MATCHING, RIGHTS), "number": (NUMBER, None), "true_false": (TRUTH, None),
    }  # fmt: skip
    return shown(kind, *contents[kind])


@pytest.mark.parametrize(
    ("kind", "typed", "answer"),
    [
        ("single", "a", "d"),
        ("single", " C ", "a"),
        ("single", "", None),
        ("single", "  ", None),
        ("single", "-", None),
        ("multiple", "ac", ["a", "d"]),
        ("multiple", "C, A", ["a", "d"]),
        ("multiple", "cca", ["a", "d"]),
        ("true_false", "b", True),
        ("true_false", "S", False),
        ("true_false", "salah", False),
        ("number", "12,5", "12.5"),
        ("number", "1.500", "1500"),
        ("number", "–3", "-3"),
        ("matching", "cda", {"a": right_id("kanan a"), "b": right_id("kanan b"), "c": right_id("kanan z")}),
        ("matching", "c - b", {"a": right_id("kanan a"), "c": right_id("kanan c")}),
        ("matching", "---", None),
    ],
)
def test_what_is_keyed_in_is_an_answer(kind: str, typed: str, answer: Any) -> None:
    assert read_typed(view(kind), typed) == answer


@pytest.mark.parametrize(
    ("kind", "typed", "says"),
    [
        ("single", "e", "A sampai D"),
        ("single", "ab", "Hanya satu huruf"),
        ("single", "1", "A sampai D"),
        ("multiple", "ae", "A sampai D"),
        ("true_false", "x", "B (benar)"),
        ("number", "dua", "angka"),
        ("number", "1e9", "angka"),
        ("matching", "ab", "3 huruf"),
        ("matching", "abz", "A sampai D"),
        ("single", "a" * 61, "Terlalu panjang"),
    ],
)
def test_what_the_sheet_does_not_offer_is_refused(kind: str, typed: str, says: str) -> None:
    with pytest.raises(Unreadable) as refused:
        read_typed(view(kind), typed)
    assert says in str(refused.value)


@pytest.mark.parametrize(
    ("kind", "hint"),
    [
        ("single", "A–D"), ("multiple", "huruf A–D"), ("true_false", "B atau S"), ("number", "angka"),
        ("matching", "3 huruf A–D"),
    ],
)  # fmt: skip
def test_the_hint_says_what_may_be_keyed_in(kind: str, hint: str) -> None:
    assert paper.hint_of(view(kind)) == hint


@pytest.mark.parametrize("kind", ["single", "multiple", "true_false", "number", "matching"])
@pytest.mark.parametrize("seed", range(12))
def test_an_answer_goes_to_the_letters_and_back(kind: str, seed: int) -> None:
    contents: dict[str, dict[str, Any]] = {
        "single": SINGLE,
        "multiple": {**SINGLE, "key": ["b", "d"]},
        "true_false": TRUTH,
    }
    content = {**contents, "number": NUMBER, "matching": MATCHING}[kind]
    printed = shown(kind, content, shuffled(kind, content, random.Random(seed)))
    answer = right_answer(kind, content)
    typed = shown_typed(printed, answer)
    assert read_typed(printed, typed) == answer
    assert points(kind, content, read_typed(printed, typed)) == 1
    assert shown_typed(printed, None) == ""


def sheet() -> list[tuple[int, dict[str, Any]]]:
    return [
        (1, view("single")),
        (2, shown("case", CASE, {"x": list("dcab"), "y": RIGHTS})),
        (3, view("number")),
    ]


def test_a_whole_sheet_with_a_case_line_by_line() -> None:
    lines = {"1": "c", "2a": "a", "2b": "c-b", "2c": "", "3": ""}
    answers, wrong = paper.read_sheet(sheet(), lines)
    assert wrong == {}
    assert answers == {
        1: "a",
        2: {"x": "d", "y": {"a": right_id("kanan a"), "c": right_id("kanan c")}},
        3: None,
    }
    assert paper.typed_sheet(sheet(), answers) == {"1": "C", "2a": "A", "2b": "C-B", "2c": "", "3": ""}


def test_an_empty_sheet_answers_nothing() -> None:
    answers, wrong = paper.read_sheet(sheet(), {})
    assert (answers, wrong) == ({1: None, 2: None, 3: None}, {})


def test_every_line_that_cannot_be_read_is_named() -> None:
    _answers, wrong = paper.read_sheet(sheet(), {"1": "z", "2c": "banyak", "3": "7"})
    assert set(wrong) == {"1", "2c"}


def test_lines_that_differ() -> None:
    first = {"1": "A", "2a": "", "3": "7"}
    assert paper.differing_lines(first, {"1": "A", "2a": "", "3": "7"}) == []
    assert paper.differing_lines(first, {"1": "B", "2a": "C", "3": "7"}) == ["1", "2a"]


def test_the_code_of_a_sheet_is_short_safe_and_its_own() -> None:
    codes = {paper.sheet_code(f"{seed:032x}") for seed in range(500)}
    assert len(codes) == 500
    assert all(len(code) == 8 and not set(code) & set("OI01") for code in codes)
    code = paper.sheet_code("0" * 32)
    assert paper.same_code(f" {code[:4].lower()}-{code[4:]} ", code)
    assert not paper.same_code(code[:-1], code)


ANDI, ANDI_AGAIN, RATNA, NAMELESS = Keyer(1, 10), Keyer(2, 10), Keyer(3, 30), Keyer(4, None)


@pytest.mark.parametrize(
    ("me", "first", "second", "turn", "code"),
    [
        (ANDI, None, None, 1, None),
        (ANDI, ANDI, None, 1, None),
        (ANDI_AGAIN, ANDI, None, 1, None),  # another account, the same person
        (RATNA, ANDI, None, 2, None),
        (NAMELESS, ANDI, None, 2, None),
        (NAMELESS, NAMELESS, None, 1, None),
        (RATNA, ANDI, RATNA, 2, None),
        (ANDI, ANDI, RATNA, 2, "keyed_twice"),
        (NAMELESS, ANDI, RATNA, 2, "keyed_twice"),
    ],
)
def test_two_people_key_in(
    me: Keyer, first: Keyer | None, second: Keyer | None, turn: int, code: str | None
) -> None:
    found, blocker = turn_of(me, first, second)
    assert (found, blocker.code if blocker else None) == (turn, code)
