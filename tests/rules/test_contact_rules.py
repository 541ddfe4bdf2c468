"""What is typed to say who, codes, and how a family is told apart."""

import pytest

from portal.accounts.rules.contact import (
    Identifier,
    hint_of,
    new_code,
    normal_digits,
    read_contact,
    read_identifier,
    tell_apart,
)


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("0812-3456-7890", "phone", "+6281234567890"),
        (" +62 812 3456 7890 ", "phone", "+6281234567890"),
        ("81234567890", "phone", "+6281234567890"),
        ("Sri.W@Contoh.ID", "email", "sri.w@contoh.id"),
        ("Sri.W", "login", "sri.w"),
        ("12345", "login", "12345"),
        ("sri@", "login", "sri@"),
        ("a@b@c.id", "login", "a@b@c.id"),
        ("@contoh.id", "login", "@contoh.id"),
        ("sri@contoh", "login", "sri@contoh"),
        ("", "login", ""),
    ],
)
def test_what_is_typed_is_a_phone_an_address_or_a_name(text, kind, value):
    assert read_identifier(text) == Identifier(kind, value)
    assert (read_contact(text) is not None) == (kind != "login")


@pytest.mark.parametrize(
    "text",
    [
        "x" * 5000,
        "9" * 5000,
        "a" * 300 + "@contoh.id",
        "sri@contoh.id\nbcc:x@y.id",
        "sri wahyuni@contoh.id",
        "<b>@x.id",
    ],
)
def test_nonsense_is_no_contact_and_stays_short(text):
    assert read_contact(text) is None
    assert len(read_identifier(text).value) <= 200


def test_codes_are_six_digits_and_differ():
    codes = {new_code() for _turn in range(200)}
    assert all(len(code) == 6 and code.isdigit() for code in codes)
    assert len(codes) > 190


@pytest.mark.parametrize(
    ("text", "code"), [("123 456", "123456"), ("123-456\n", "123456"), ("12٣456", "12456"), ("", "")]
)
def test_a_typed_code_is_its_digits(text, code):
    assert normal_digits(text) == code


def test_a_family_is_told_apart_by_call_name_and_sign_in_name_where_that_is_the_same():
    family = [("Hj. Sri Wahyuni", "sri"), ("Budi Hartono", "budi"), ("Sri Lestari", "sri.lestari")]
    assert tell_apart(family) == ["Sri (sri)", "Budi", "Sri (sri.lestari)"]


def test_a_hint_shows_an_end_or_a_host():
    assert hint_of("phone", "+6281234567890") == "•••• 7890"
    assert hint_of("email", "sri.w@contoh.id") == "s•••@contoh.id"
