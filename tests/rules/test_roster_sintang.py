"""The Sintang roster: exactly what the contract says, and no cell that crashes."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal.core.spreadsheets import Book, Sheet, SheetError, read_book
from portal.enrollment.roster.cells import parse_date, text_of
from portal.enrollment.roster.header import classify
from portal.enrollment.roster.preview import (
    REASONS,
    WARNINGS,
    RosterPerson,
    RosterPreview,
    bad_rows_file,
    check_roster,
    preview_roster,
)
from portal.enrollment.roster.table import find_roster
from portal.people.rules import clean_nik
from tests.support import sheets
from tests.support.rosters import TODAY, country

DATA = Path(__file__).parents[1] / "data"
EXPECTED = json.loads((DATA / "sintang-nominations.expected.json").read_text())


@pytest.fixture(scope="module")
def preview() -> RosterPreview:
    return preview_roster((DATA / "sintang-nominations.xlsx").read_bytes(), country(), today=TODAY)


def facts(person: RosterPerson) -> dict[str, Any]:
    return {
        "village_code": person.village_code,
        "kind": person.kind,
        "nik": person.nik,
        "birth": person.birth_date.isoformat() if person.birth_date else None,
        "post": person.post,
        "phone": person.phone,
    }


def test_sintang_gives_exactly_the_expected_answer(preview: RosterPreview) -> None:
    answer = preview.to_json()
    assert list(answer) == ["regency", "cooperatives", "people", "kinds", "posts", "bad_rows", "warnings"]
    assert answer["regency"] == "61.05"
    for name in ("cooperatives", "people", "kinds", "posts"):
        assert answer[name] == EXPECTED[name]
    for name, expected in (("bad_rows", "bad_rows"), ("warnings", "warned_rows")):
        assert [{"row": i["row"], "reason": i["reason"]} for i in answer[name]] == EXPECTED[expected]
    assert facts(preview.people[0]) == EXPECTED["first"]
    assert facts(preview.people[-1]) == EXPECTED["last"]
    json.dumps(answer)


def test_messages_say_something_and_never_show_a_nik(preview: RosterPreview) -> None:
    niks = {
        nik
        for row in preview.table.rows
        if isinstance(row.cells["nik"], str) and len(nik := clean_nik(row.text("nik"))) >= 12
    }
    for issue in (*preview.bad_rows, *preview.warnings):
        assert issue.message.endswith(".")
        assert len(issue.message) > 10
        assert not any(nik[:12] in issue.message or nik[-8:] in issue.message for nik in niks)
    assert not any(nik in repr(preview) + repr(preview.people[0]) for nik in niks)


def test_bad_rows_come_back_as_a_file_that_can_be_corrected_and_read_again(preview: RosterPreview) -> None:
    content = bad_rows_file(preview)
    rows = read_book(content).sheets[0].rows
    assert (rows[0][0], rows[0][-1]) == ("Baris", "Alasan")
    assert [row[0] for row in rows[1:]] == [issue["row"] for issue in EXPECTED["bad_rows"]]
    assert not any(str(cell).startswith(("=", "+", "@")) for row in rows for cell in row)
    again = preview_roster(content, country(), today=TODAY)
    kept = {i.reason for i in again.bad_rows} - {"duplicate_in_file"}
    assert kept == {i["reason"] for i in EXPECTED["bad_rows"]} - {"duplicate_in_file"}


def test_same_file_gives_the_same_preview_whatever_its_format(preview: RosterPreview) -> None:
    rows = preview.table.sheet.rows
    for content in (sheets.xls(rows), sheets.ods(rows)):
        assert preview_roster(content, country(), today=TODAY).to_json() == preview.to_json()
    as_text = sheets.csv_bytes([[text_of(cell) for cell in row] for row in rows], delimiter=";")
    answer = preview_roster(as_text, country(), today=TODAY).to_json()
    # A .csv has no numbers: the spoilt NIK of row 538 is then read as its digits, which end in 0000.
    changed = [b["reason"] for b in answer["bad_rows"] if b["row"] == 538]
    assert changed == ["nik_not_text"] or changed == ["nik_serial"]
    assert answer["people"] == EXPECTED["people"]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (sheets.xlsx([["Nama", "Alamat"], ["Siti", "Sintang"]]), "no_header"),
        (sheets.xlsx([["Nama", "NIK", "Jabatan"]]), "no_people"),
        (b"hello world", "no_header"),
    ],
)
def test_file_that_is_no_roster_is_refused_with_a_code(content: bytes, code: str) -> None:
    with pytest.raises(SheetError) as refused:
        preview_roster(content, country(), today=TODAY)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        (date(1994, 5, 12), date(1994, 5, 12)),
        (datetime(1994, 5, 12, 7, 30), date(1994, 5, 12)),
        (34466.0, date(1994, 5, 12)),
        ("12/05/1994", date(1994, 5, 12)),
        ("12-5-1994", date(1994, 5, 12)),
        ("12.05.94", date(1994, 5, 12)),
        ("12 Mei 1994", date(1994, 5, 12)),
        ("12 mei 94", date(1994, 5, 12)),
        ("12-Agt-1994", date(1994, 8, 12)),
        ("3 Nopember 1970", date(1970, 11, 3)),
        ("12 August 1994", date(1994, 8, 12)),
        ("1994-05-12", date(1994, 5, 12)),
        ("1994-05-12 00:00:00", date(1994, 5, 12)),
        ("1994-05-12T00:00:00", date(1994, 5, 12)),
        ("Sintang, 12 Mei 1994", date(1994, 5, 12)),
        ("NANGA PINOH, 12-05-1994", date(1994, 5, 12)),
        ("'12/05/1994", date(1994, 5, 12)),
        ("01/01/2035", date(2035, 1, 1)),
        ("1/1/30", date(1930, 1, 1)),
        ("31/02/1985", None),
        ("12/13/1985", None),
        ("29/02/1985", None),
        ("kemarin", None),
        ("12 Mai 1994", None),
        ("12/05/0094", None),
        (date(1024, 1, 1), None),
        (time(7, 0), None),
        (timedelta(days=3), None),
        (True, None),
        (1994, date(1905, 6, 16)),
        (12.0, None),
        (1e300, None),
        (float("nan"), None),
        ("", None),
    ],
)
def test_birth_date_cells(cell: Any, expected: date | None) -> None:
    assert parse_date(cell, TODAY) == expected


@pytest.mark.parametrize(
    ("words", "field"),
    [
        ("N I K", "nik"),
        ("No. KTP", "nik"),
        ("NIK (16 digit)", "nik"),
        ("NIK Koperasi", None),
        ("Nomor Induk Koperasi", None),
        ("Nomor Induk Kependudukan", "nik"),
        ("Nama Pengurus Koperasi", "name"),
        ("Nama sesuai KTP", "name"),
        ("Nama Koperasi Desa/Kelurahan Merah Putih", "cooperative"),
        ("Nama Desa", "village"),
        ("Desa/\nKelurahan", "village"),
        ("Kepala Desa", None),
        ("Jabatan di Koperasi", "post"),
        ("Tempat Lahir", None),
        ("Tempat/Tgl Lahir", "birth"),
        ("L / P", "sex"),
        ("No. HP/WA", "phone"),
        ("No", "number"),
        ("Alamat", None),
        ("Kab/Kota", "regency"),
        ("Ket.", "note"),
        ("DAFTAR NAMA PESERTA PELATIHAN", None),
    ],
)
def test_header_words_name_their_field(words: str, field: str | None) -> None:
    assert classify(words) == field


CELLS = st.one_of(
    st.text(max_size=60),
    st.sampled_from(
        ["Nama", "NIK", "Jabatan", "6105015703740001", "Ladang", "Kec. Sintang", "Ketua", "Mengetahui,"]
    ),
    st.floats(),
    st.integers(),
    st.booleans(),
    st.dates(),
    st.datetimes(),
    st.times(),
    st.timedeltas(),
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.lists(CELLS, max_size=11), min_size=1, max_size=6), st.booleans())
def test_no_cell_content_crashes_a_preview(rows: list[list[Any]], has_header: bool) -> None:
    header: list[Any] = [
        "No",
        "Koperasi",
        "Desa",
        "Kecamatan",
        "Nama",
        "NIK",
        "L/P",
        "Tgl Lahir",
        "Jabatan",
        "HP",
    ]
    grid = [header, *rows] if has_header else rows
    try:
        preview = check_roster(find_roster(Book("xlsx", (Sheet("x", grid),))), country(), today=TODAY)
    except SheetError:
        return
    assert {i.reason for i in preview.bad_rows} <= set(REASONS)
    assert {i.reason for i in preview.warnings} <= set(WARNINGS)
    assert len(preview.people) + len(preview.bad_rows) == len(preview.table.rows)
    json.dumps(preview.to_json())
    bad_rows_file(preview)


@settings(max_examples=150, deadline=None)
@given(
    st.binary(max_size=400),
    st.sampled_from([b"", b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"\xff\xfe"]),
)
def test_no_bytes_crash_the_reader(content: bytes, start: bytes) -> None:
    with suppress(SheetError):
        preview_roster(start + content, country(), today=TODAY)
