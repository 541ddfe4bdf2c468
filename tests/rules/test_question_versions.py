"""What an edit changed, and what it keeps of the version before."""

from __future__ import annotations

from typing import Any

import pytest

from portal.assessment.rules.content import points, tidy
from portal.assessment.rules.versions import carried, changes
from tests.rules.test_question_content import ALL, CASE, KINDS, MATCHING, NUMBER, SINGLE, TRUTH


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_content_has_no_changes(kind: str) -> None:
    assert changes(kind, ALL[kind], ALL[kind]) == []
    assert carried(kind, ALL[kind], ALL[kind]) == ALL[kind]


@pytest.mark.parametrize(
    ("kind", "change", "labels"),
    [
        ("single", {"stem": "Berapa?"}, ["Pertanyaan"]),
        ("single", {"key": "b"}, ["Kunci"]),
        ("single", {"explanation": ""}, ["Pembahasan"]),
        ("single", {"options": SINGLE["options"][:2]}, ["Pilihan"]),
        ("single", {"void": True}, ["Penilaian"]),
        ("true_false", {"key": False}, ["Kunci"]),
        ("number", {"unit": "kg"}, ["Kunci"]),
        ("number", {"tolerance": "0"}, ["Toleransi"]),
        ("number", {"also": ["13.5"]}, ["Kunci"]),
        ("matching", {"extra": []}, ["Pengecoh"]),
        ("matching", {"pairs": MATCHING["pairs"][:3]}, ["Pasangan"]),
        ("case", {"images": []}, ["Gambar"]),
        ("case", {"parts": [{**CASE["parts"][0], "key": "b"}, *CASE["parts"][1:]]}, ["Bagian 1, kunci"]),
    ],
)
def test_changes_are_named(kind: str, change: dict[str, Any], labels: list[str]) -> None:
    assert [row.label for row in changes(kind, ALL[kind], {**ALL[kind], **change})] == labels


def test_a_change_tells_before_and_after() -> None:
    row = changes("true_false", TRUTH, {**TRUTH, "key": False})[0]
    assert (row.label, row.before, row.after) == ("Kunci", "Benar", "Salah")


def test_options_of_equal_text_keep_their_ids() -> None:
    written = [{"id": "b", "text": "Empat"}, {"id": "a", "text": "Enam"}, {"id": "c", "text": "Tujuh"}]
    kept = carried("single", SINGLE, {**SINGLE, "options": written, "key": "b"})
    assert [(row["text"], row["id"]) for row in kept["options"]][:2] == [("Empat", "a"), ("Enam", "c")]
    assert kept["options"][2]["id"] not in ("a", "c")
    assert kept["key"] == "a"
    assert points("single", kept, "a") == 1.0


def test_a_reworded_option_keeps_its_id() -> None:
    reworded = [{"id": "a", "text": "4"}, *SINGLE["options"][1:]]
    kept = carried("single", SINGLE, {**SINGLE, "options": reworded})
    assert [row["id"] for row in kept["options"]] == ["a", "b", "c"]


def test_what_a_corrected_key_added_stays_until_the_key_changes() -> None:
    old = {**NUMBER, "also": ["13.5"], "void": True}
    assert carried("number", old, {**NUMBER, "stem": "Berapa?"})["void"] is True
    assert "void" not in carried("number", old, {**NUMBER, "key": "13"})
    assert "also" not in carried("number", old, {**NUMBER, "unit": "kg"})
    assert tidy("number", old) == old


def test_parts_of_a_case_are_carried_one_by_one() -> None:
    old = {**CASE, "parts": [{**CASE["parts"][0], "void": True}, *CASE["parts"][1:]]}
    new = {**CASE, "parts": [CASE["parts"][0], {"id": "2", "kind": "true_false", **TRUTH}]}
    kept = carried("case", old, new)
    assert kept["parts"][0]["void"] is True
    assert kept["parts"][1] == {"id": "2", "kind": "true_false", **TRUTH}
