"""Reasons that say something, and data that say little until then."""

from __future__ import annotations

from datetime import date

import pytest

from portal.people.labels import mask_birth, mask_email, mask_name, mask_phone
from portal.people.rules.unmasking import reason_code, reason_problem, unknown_fields


@pytest.mark.parametrize(
    ("reason", "problem"),
    [
        ("seat_call", None),
        ("  identity_check ", None),
        ("owner_help: menelepon balik", None),
        ("owner_help: ok", "reason_missing"),
        ("Diminta orangnya di loket", None),
        ("", "reason_missing"),
        ("    ", "reason_missing"),
        ("abcd", "reason_missing"),
        ("......", "reason_missing"),
        ("- - - - - -", "reason_missing"),
        ("x" * 200, None),
        ("x" * 201, "reason_long"),
        ("lain: abcde", None),
    ],
)
def test_a_reason_is_a_listed_one_or_says_something(reason, problem):
    assert reason_problem(reason) == problem


def test_a_listed_reason_is_recognized_with_and_without_words():
    assert (reason_code("seat_call"), reason_code("seat_call: besok"), reason_code("seat")) == (
        "seat_call", "seat_call", "",
    )  # fmt: skip


def test_unknown_fields_are_named():
    assert unknown_fields(["phone", "salary"]) == {"salary"}


def test_masked_data_say_little():
    assert mask_phone("+6281234560042") == "•••• 0042"
    assert mask_email("sri.wahyuni@contoh.id") == "s•••@contoh.id"
    assert mask_birth(date(1985, 3, 5)) == "•• •••• 1985"
    assert mask_name("Sri Wahyuni Lestari") == "Sri W. L."
    assert mask_name("Suharto") == "Suharto"
    assert [mask_phone(None), mask_email(""), mask_birth(None), mask_name("")] == [""] * 4
