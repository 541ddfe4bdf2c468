"""Lists as people send them: which cell is the code, which lines are strange, whose QR it is."""

from __future__ import annotations

import pytest

from portal.certificates.rules import print_code
from portal.verification.lines import read_cell, read_lines, rows_of_text

BASE = "https://balai.example"
ONE, TWO = "BA1A1KVP7QTJ", "0123456789A5"
SLIP = ONE[:-1] + ("0" if ONE[-1] != "0" else "1")


@pytest.mark.parametrize(
    ("cell", "code", "fragment", "problem"),
    [
        (ONE, ONE, None, None),
        (f"  {print_code(ONE).lower()} ", ONE, None, None),
        (SLIP, None, None, "typo"),
        ("Budi", None, None, "shape"),
        (f"HTTPS://BALAI.EXAMPLE/V/{ONE}#AAAA", ONE, "AAAA", None),
        (f"https://balai.example/v/{print_code(ONE)}", ONE, None, None),
        (f"https://balai.example/en/V/{ONE}#AAAA", ONE, "AAAA", None),
        (f"https://balai.example/V/{SLIP}#AAAA", None, "AAAA", "typo"),
        (f"https://balai-example.id/V/{ONE}#AAAA", None, None, "foreign"),
        (f"http://balai.example/V/{ONE}", None, None, "foreign"),
        ("\ud800" * 3, None, None, "shape"),
    ],
)
def test_cell_is_a_code_a_qr_or_strange(cell, code, fragment, problem):
    line = read_cell(cell, BASE)
    assert (line.code, line.fragment, line.problem) == (code, fragment, problem)
    assert line.text.encode("utf-8") is not None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"{ONE}\n\n{TWO}\n", [(1, ONE, None), (3, TWO, None)]),
        (f"kode\n{ONE}", [(2, ONE, None)]),
        (f"No;Nama;Kode\n1;Dewi Lestari;{ONE}\n2;Bambang;{TWO}", [(2, ONE, None), (3, TWO, None)]),
        (f"Dewi\t{print_code(ONE)}", [(1, ONE, None)]),
        (f"{ONE}\nentah apa\n{SLIP}", [(1, ONE, None), (2, None, "shape"), (3, None, "typo")]),
        ("\n \n", []),
        (f"Dewi,{SLIP}", [(1, None, "typo")]),
    ],
)
def test_text_is_read_line_by_line_with_its_number(text, expected):
    found = read_lines(rows_of_text(text), BASE)
    assert [(line.number, line.code, line.problem) for line in found] == expected


def test_the_column_of_most_codes_is_the_one_that_counts():
    """A name of twelve letters can be a right code by chance."""
    rows = [[ONE, TWO], ["Dewi Lestari", "ZZZZZZZZZZZ5"], ["Bambang", "000000000000"]]
    assert read_lines(rows, BASE)[0].code == TWO
