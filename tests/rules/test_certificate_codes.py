"""Codes and numbers: the published vectors, every slip of the pen, and what people type."""

from __future__ import annotations

from datetime import date
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.certificates.codes import (
    ALPHABET,
    check_character,
    format_number,
    is_stored_code,
    is_valid_code,
    new_code,
    normalize_code,
    parse_code,
    print_code,
)

BODIES = st.text(ALPHABET, min_size=11, max_size=11)


@pytest.mark.parametrize(
    ("body", "check"), [("0123456789A", "5"), ("ZZZZZZZZZZZ", "5"), ("BA1A1KVP7QT", "J"), ("0" * 11, "0")]
)
def test_check_character_published_vector_matches(body: str, check: str) -> None:
    assert check_character(body) == check
    assert is_valid_code(body + check)


def test_check_character_wrong_length_is_refused() -> None:
    with pytest.raises(ValueError):
        check_character("0123")


def test_new_code_many_draws_are_valid_and_differ() -> None:
    codes = {new_code() for _ in range(500)}
    assert len(codes) == 500
    assert all(is_stored_code(code) for code in codes)


@given(BODIES)
def test_parse_code_any_single_substitution_is_a_typo(body: str) -> None:
    code = body + check_character(body)
    for place in range(12):
        for other in ALPHABET.replace(code[place], ""):
            assert parse_code(code[:place] + other + code[place + 1 :]).problem == "typo"


@given(BODIES)
def test_parse_code_any_swap_of_two_places_is_a_typo(body: str) -> None:
    code = body + check_character(body)
    for left, right in combinations(range(12), 2):
        swapped = list(code)
        swapped[left], swapped[right] = swapped[right], swapped[left]
        expected = None if code[left] == code[right] else "typo"
        assert parse_code("".join(swapped)).problem == expected


@pytest.mark.parametrize(
    "typed",
    [
        "BA1A1KVP7QTJ", "BA1A-1KVP-7QTJ", "ba1a 1kvp 7qtj", "  ba1a1kvp7qtj\n", "BAIA-LKVP-7QTJ",
        "baia-lkvp-7qtj", "BA1A–1KVP—7QTJ", "BA1A\u00a01KVP\u20117QTJ", "BA1A\u200b1KVP7QTJ",
    ],
)  # fmt: skip
def test_normalize_code_as_people_type_it_is_read(typed: str) -> None:
    assert normalize_code(typed) == "BA1A1KVP7QTJ"


def test_normalize_code_letter_o_is_read_as_zero() -> None:
    assert normalize_code("o123456789a5") == "0123456789A5"


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "BA1A",
        "BA1A1KVP7QTJ0",
        "BA1A1KVP7QTU",
        "UUUUUUUUUUUU",
        "BA1A1KVP7Q!J",
        "٠١٢٣٤٥٦٧٨٩٠١",
        "\u0131" * 12,
    ],
)
def test_parse_code_other_shapes_are_not_called_a_typo(typed: str) -> None:
    reading = parse_code(typed)
    assert (reading.code, reading.problem) == (None, "shape")


@given(st.text())
def test_parse_code_any_text_gives_a_code_or_a_problem(typed: str) -> None:
    reading = parse_code(typed)
    assert (reading.code is None) != (reading.problem is None)
    assert reading.code is None or is_stored_code(reading.code)


@pytest.mark.parametrize("text", ["ba1a1kvp7qtj", "BA1A-1KVP-7QTJ", "bala ikvp 7qtj"])
def test_a_code_as_typed_is_valid_and_only_its_one_form_is_stored(text: str) -> None:
    assert is_valid_code(text)
    assert not is_stored_code(text)
    assert is_stored_code(str(normalize_code(text)))


@pytest.mark.parametrize("text", ["BA1A1KVP7QTK", "UA1A1KVP7QTJ", "BA1A1KVP7QT", "BA1A1KVP7QTJ0", ""])
def test_what_is_no_code_is_neither(text: str) -> None:
    assert not is_valid_code(text)
    assert not is_stored_code(text)


def test_print_code_is_grouped_in_fours() -> None:
    assert print_code("BA1A1KVP7QTJ") == "BA1A-1KVP-7QTJ"


def test_format_number_as_offices_write_it() -> None:
    assert format_number(1, "KOP-PGR", "BPVP-SKA", date(2025, 7, 1)) == "0001/KOP-PGR/BPVP-SKA/VII/2025"
    assert format_number(12345, "KOP-PGR", "BPVP-SKA", date(2025, 12, 31)).startswith("12345/")
    with pytest.raises(ValueError):
        format_number(0, "KOP-PGR", "BPVP-SKA", date(2025, 7, 1))
