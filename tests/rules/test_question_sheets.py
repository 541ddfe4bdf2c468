"""Questions as rows of a sheet, there and back."""

from __future__ import annotations

from typing import Any

import pytest

from portal.assessment.rules.content import right_answer
from portal.assessment.rules.gift import Written
from portal.assessment.rules.sheets import COLUMNS, NoHeader, cell_text, read_rows, to_rows
from portal.assessment.rules.versions import carried
from portal.core.spreadsheets import read_book, write_xlsx
from tests.rules.test_question_content import ALL, KINDS

HEADER = list(COLUMNS)


def sheet(*rows: dict[str, Any]) -> list[list[Any]]:
    return [HEADER, *([row.get(title, "") for title in HEADER] for row in rows)]


def good(**changes: Any) -> dict[str, Any]:
    row = {"Jenis": "pilihan ganda", "Nama": "Satu", "Soal": "2 + 2?", "Pilihan A": "4", "Pilihan B": "5"}
    return {**row, "Kunci": "A", **{name.replace("_", " "): value for name, value in changes.items()}}


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_written_is_read_back_as_the_same(kind: str) -> None:
    content = {**ALL[kind], "images": []}
    file = write_xlsx(HEADER, to_rows([Written(7, "Soal satu", kind, content)]))
    reading = read_rows(read_book(file).sheets[0].rows)
    assert reading.refusals == []
    assert [(draft.name, draft.kind) for draft in reading.drafts] == [("Soal satu", kind)]
    # Letters are made anew for a new question; beside the question that is there they are its own.
    assert carried(kind, content, reading.drafts[0].content) == content


def test_cells_that_a_sheet_would_run_are_neutral_and_come_back() -> None:
    options = [{"id": "a", "text": "=1+1"}, {"id": "b", "text": "-3"}, {"id": "c", "text": "@x"}]
    content = {"stem": "+62?", "images": [], "explanation": "", "options": options, "key": "a"}
    file = write_xlsx(HEADER, to_rows([Written(1, "=N", "single", content)]))
    rows = read_book(file).sheets[0].rows
    assert rows[1][1] == "'=N"
    draft = read_rows(rows).drafts[0]
    assert (draft.name, carried("single", content, draft.content)) == ("=N", content)


def test_the_header_is_found_in_any_order_below_a_title() -> None:
    rows = [
        ["Soal unit 3"],
        [],
        ["Kunci", "Soal *", "Jenis", "Nama"],
        ["Benar", "Air basah?", "Benar Salah", "X"],
        [True, "Api panas?", "b/s", "Y"],
    ]
    drafts = read_rows(rows).drafts
    assert [(draft.line, draft.name, draft.content["key"]) for draft in drafts] == [
        (4, "X", True),
        (5, "Y", True),
    ]


def test_without_a_header_the_file_is_refused() -> None:
    with pytest.raises(NoHeader):
        read_rows([["Nama", "Alamat"], ["a", "b"]])


BAD: list[tuple[dict[str, Any], str]] = [
    ({"Jenis": "esai"}, "Jenis soal"),
    ({"Jenis": ""}, "Jenis soal"),
    ({"Nama": ""}, "Nama kosong"),
    ({"Nama": "x" * 121}, "120"),
    ({"Soal": ""}, "Tulis pertanyaannya"),
    ({"Kunci": ""}, "Kunci harus huruf"),
    ({"Kunci": "C"}, "Kunci harus huruf"),
    ({"Kunci": "A, B"}, "satu kunci"),
    ({"Pilihan_B": ""}, "Jumlah pilihan"),
    ({"Pilihan_B": "4"}, "pilihan yang sama"),
    ({"Jenis": "angka", "Kunci": "banyak"}, "bukan angka"),
    ({"Jenis": "angka", "Kunci": "2", "Toleransi": "x"}, "Toleransi bukan angka"),
    ({"Jenis": "benar salah", "Kunci": "mungkin"}, "benar atau salah"),
    ({"Jenis": "menjodohkan"}, "kiri → kanan"),
    ({"Jenis": "kasus"}, "Jumlah bagian"),
    ({"Bagian_dari": "Tak ada"}, "tidak ada di baris"),
]


@pytest.mark.parametrize(("change", "word"), BAD, ids=str)
def test_a_bad_row_is_told_why_with_its_cells(change: dict[str, Any], word: str) -> None:
    reading = read_rows(sheet(good(Nama="Nol"), good(**change)))
    assert [draft.name for draft in reading.drafts] == ["Nol"]
    assert len(reading.refusals) == 1
    refusal = reading.refusals[0]
    assert word in refusal.reason
    assert (refusal.line, len(refusal.cells)) == (3, len(HEADER))


def test_a_name_twice_is_refused_the_second_time() -> None:
    reading = read_rows(sheet(good(), good(Soal="3 + 3?")))
    assert len(reading.drafts) == 1
    assert "baris 2" in reading.refusals[0].reason


def test_pairs_and_distractors_are_read() -> None:
    row = {
        "Jenis": "Menjodohkan", "Nama": "J", "Soal": "Pasangkan", "Pilihan A": "Ketua -> Memimpin",
        "Pilihan B": "Bendahara → Uang", "Pengecoh": "Menjual\nMenulis",
    }  # fmt: skip
    content = read_rows(sheet(row)).drafts[0].content
    assert content["extra"] == [{"right": "Menjual"}, {"right": "Menulis"}]
    assert list(right_answer("matching", content)) == ["a", "b"]


def test_parts_stand_below_their_case() -> None:
    case = {"Jenis": "kasus", "Nama": "K", "Soal": "Sebuah koperasi."}
    part = {"Jenis": "angka", "Soal": "Berapa?", "Kunci": 2.5, "Bagian dari": "K"}
    drafts = read_rows(sheet(case, part, {**part, "Kunci": 3}, good())).drafts
    assert [(draft.line, draft.kind) for draft in drafts] == [(2, "case"), (5, "single")]
    assert [row["key"] for row in drafts[0].content["parts"]] == ["2.5", "3"]


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (1.125, "1,125"),
        (12.0, "12"),
        (1500, "1500"),
        (None, ""),
        ("'=a", "=a"),
        ("'a", "'a"),
        (True, "Benar"),
    ],
)
def test_cells_become_text(cell: Any, text: str) -> None:
    assert cell_text(cell) == text


def test_more_than_the_limit_is_told_once() -> None:
    reading = read_rows(sheet(*(good(Nama=str(number)) for number in range(505))))
    assert len(reading.drafts) == 500
    assert len(reading.refusals) == 1
