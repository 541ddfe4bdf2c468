"""The certificate's code and number: how they are drawn, read back from people's hands, and printed.

A code is 11 random Crockford base32 characters (55 bits) and one check character over GF(32), so that a
slip of the pen is told from an unknown certificate without asking the database.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from datetime import date
from typing import Literal

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
CODE_LENGTH = 12

#: Powers of alpha = 2 in GF(32) modulo x^5 + x^2 + 1. They differ from each other and from 0 and their
#: pairwise sums are not 0: every single substitution and every swap of two positions changes the sum.
WEIGHTS = (1, 2, 4, 8, 16, 5, 10, 20, 13, 26, 17, 7)

_VALUES = {character: value for value, character in enumerate(ALPHABET)}
# What people type for what they see; U stays invalid, as Crockford has it.
_FOLDED = str.maketrans("abcdefghijklmnopqrstuvwxyzOIL", "ABCDEFGH1JK1MN0PQRSTUVWXYZ011")
# Everything that separates groups on paper or arrives with a paste: blanks and every kind of hyphen.
_SEPARATORS = re.compile(r"[\s\u00ad\u200b-\u200d\u2060\ufeff\u2010-\u2015\u2212-]+")
_ROMAN_MONTHS = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII")


@dataclass(frozen=True)
class CodeReading:
    """A typed code: either `code` in its 12-character form, or the `problem` with the text.

    `typo`: right length and alphabet, wrong check character. `shape`: not a code at all.
    """

    code: str | None
    problem: Literal["typo", "shape"] | None


def new_code() -> str:
    """Draw a code from the system's random source: 55 bits and the check character, no hyphens."""
    drawn = secrets.randbits(5 * (CODE_LENGTH - 1))
    body = "".join(ALPHABET[drawn >> shift & 31] for shift in range(0, 5 * (CODE_LENGTH - 1), 5))
    return body + check_character(body)


def check_character(body: str) -> str:
    """Return the character that makes `body` (11 characters of ALPHABET) a valid code."""
    if len(body) != CODE_LENGTH - 1:
        raise ValueError("a check character belongs to 11 characters")
    return _CHECKS[_weighted_sum(body)]


def parse_code(text: str) -> CodeReading:
    """Read what a person typed: case, spaces and hyphens do not count; O, I, L are read as 0, 1, 1."""
    code = _SEPARATORS.sub("", text).translate(_FOLDED)
    if len(code) != CODE_LENGTH or any(character not in _VALUES for character in code):
        return CodeReading(None, "shape")
    if _weighted_sum(code) != 0:
        return CodeReading(None, "typo")
    return CodeReading(code, None)


def normalize_code(text: str) -> str | None:
    """Return the code in its stored form, or None for anything that is not a valid code."""
    return parse_code(text).code


def is_valid_code(text: str) -> bool:
    """Whether `text` is a code as people may type it; case, spaces, hyphens and O, I, L do not matter."""
    return normalize_code(text) is not None


def is_stored_code(code: str) -> bool:
    """Whether `code` is in the one form that is stored and signed: 12 upper-case characters, no hyphens."""
    known = len(code) == CODE_LENGTH and all(character in _VALUES for character in code)
    return known and _weighted_sum(code) == 0


def print_code(code: str) -> str:
    """Return the code as it is printed: `7K2M-9QXR-4TB9`."""
    return "-".join(code[start : start + 4] for start in range(0, len(code), 4))


def format_number(serial: int, program_code: str, center_code: str, issued_on: date) -> str:
    """Return the office number, such as `0001/KOP-PGR/BPVP-SKA/VII/2025`.

    `issued_on` is in the center's zone. Serials count from 1 per center, program and
    calendar year; beyond 9999 they grow a digit.
    """
    if serial < 1:
        raise ValueError("serials count from 1")
    return f"{serial:04d}/{program_code}/{center_code}/{_ROMAN_MONTHS[issued_on.month - 1]}/{issued_on.year}"


def _weighted_sum(code: str) -> int:
    total = 0
    for products, character in zip(_PRODUCTS, code, strict=False):
        total ^= products[character]
    return total


def _multiply(left: int, right: int) -> int:
    """Multiply in GF(32) with x^5 + x^2 + 1."""
    product = 0
    while right:
        if right & 1:
            product ^= left
        left <<= 1
        if left & 0b100000:
            left ^= 0b100101
        right >>= 1
    return product


# Worked out once: each weight times each character's value, and the check character of each sum.
_PRODUCTS = [{letter: _multiply(weight, value) for letter, value in _VALUES.items()} for weight in WEIGHTS]
_CHECKS = {_PRODUCTS[-1][letter]: letter for letter in ALPHABET}
