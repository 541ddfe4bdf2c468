"""Rosters of many regencies in many shapes: every count against what was put in."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

from portal.enrollment.roster.preview import RosterPreview, preview_roster
from tests.support import sheets
from tests.support.rosters import FIELDS, TODAY, Made, Shape, country, make_roster

Writer = Callable[[list[list[Any]]], bytes]


def cp1252(rows: list[list[Any]]) -> bytes:
    return sheets.csv_bytes(rows, delimiter=";", encoding="cp1252")


def tabs(rows: list[list[Any]]) -> bytes:
    return sheets.csv_bytes(rows, delimiter="\t", encoding="utf-8-sig", end="\n")


def curly(text: str) -> str:
    return text.replace("'", "’")


def straight_lower(text: str) -> str:
    return text.replace("’", "'").lower()


TEXT = {"date_cells": False}
WITHOUT = lambda *names: tuple(f for f in FIELDS if f not in names)  # noqa: E731
CASES: dict[str, tuple[str, Shape, Writer]] = {
    "curly apostrophes, shuffled, header in row 1": (
        "12.14",
        Shape(shuffle=True, titles=(), prefer="'", case=curly, header_words=1, villages=120),
        sheets.xlsx,
    ),
    "city of kelurahan alone, semicolons, Windows-1252": ("61.71", Shape(**TEXT, case=curly), cp1252),
    "desa adat and Distrik, OpenDocument": (
        "91.03",
        Shape(header_words=3, district="Distrik {}", village="Kampung {}", villages=150),
        sheets.ods,
    ),
    "apostrophes at word ends, lower case": (
        "73.26",
        Shape(prefer="'", case=straight_lower, header_words=2),
        sheets.xlsx,
    ),
    "slashes in districts and villages, tabs, BOM": ("95.04", Shape(**TEXT, prefer="/", villages=200), tabs),
    "brackets, old Excel": ("21.03", Shape(prefer="()", shuffle=True), sheets.xls),
    "desa and kelurahan of one name in one district": ("12.01", Shape(villages=300), sheets.xlsx),
    "leading blank rows and columns, upper case": (
        "35.07",
        Shape(blank_rows=3, blank_columns=2, titles=(), case=str.upper, villages=400),
        sheets.xlsx,
    ),
    "Kec. and Desa before the names": (
        "33.02",
        Shape(district="Kec. {}", village="Desa {}", shuffle=True, villages=120),
        sheets.xlsx,
    ),
    "Kecamatan and Kel. before the names": (
        "31.74",
        Shape(**TEXT, district="KECAMATAN {}", village="Kel. {}", case=str.title),
        sheets.csv_bytes,
    ),
    "without phone, birth date, sex, number and note": (
        "62.12",
        Shape(columns=("district", "village", "cooperative", "post", "nik", "name"), footer=False),
        sheets.xls,
    ),
    "without a cooperative column": (
        "64.03",
        Shape(columns=WITHOUT("cooperative"), shuffle=True),
        sheets.ods,
    ),
    "highland Papua, plain csv": ("95.01", Shape(**TEXT, villages=300, header_words=1), sheets.csv_bytes),
    "commas in village names": ("12.07", Shape(**TEXT, prefer=",", villages=90), cp1252),
}


def seen(preview: RosterPreview) -> dict[str, Any]:
    answer = preview.to_json()
    for name in ("bad_rows", "warnings"):
        answer[name] = [(issue["row"], issue["reason"]) for issue in answer[name]]
    return answer


def without_two_chairs(answer: dict[str, Any]) -> dict[str, Any]:
    return answer | {"warnings": [w for w in answer["warnings"] if w[1] != "two_chairs"]}


@pytest.mark.parametrize("case", CASES)
def test_roster_of_another_regency_gives_exactly_what_was_put_in(case: str) -> None:
    regency, shape, write = CASES[case]
    made = make_roster(regency, shape, seed=len(case))
    preview = preview_roster(write(made.grid), country(), today=TODAY)
    assert seen(preview) == made.expected()
    found = [(p.nik, p.village_code, p.post, p.kind) for p in preview.people[: len(made.rows)]]
    assert found == [(r["nik"], r["village"], r["post"], r["kind"]) for r in made.rows]
    if "birth" in shape.columns:
        assert [p.birth_date for p in preview.people[: len(made.rows)]] == [r["birth"] for r in made.rows]
    if "phone" in shape.columns:
        assert all(p.phone and p.phone.startswith("+62812") for p in preview.people[: len(made.rows)])


def one(regency: str = "61.05", **shape: Any) -> Made:
    return make_roster(regency, Shape(**shape), seed=7)


def body(made: Made) -> list[list[Any]]:
    """The rows of people of a roster without titles, footer and bad rows."""
    return [row for row in made.grid[1:] if row]


PLAIN: dict[str, Any] = {"titles": (), "footer": False, "spoil": False}


def test_header_in_two_rows_with_merged_groups_is_read() -> None:
    made = one(**PLAIN)
    top = ["No", "Koperasi", "", "", "Peserta", "", "", "", "Jabatan", "No. HP", "Ket"]
    under = ["", "Nama", "Desa/Kel", "Kecamatan", "Nama", "NIK", "L/P", "Tgl Lahir", "", "", ""]
    grid = [["USULAN"], top, under, *body(made)]
    for merges in ((), ((1, 1, 1, 3), (1, 4, 1, 7), (1, 0, 2, 0))):
        preview = preview_roster(sheets.xlsx(grid, merges=merges), country(), today=TODAY)
        assert seen(preview) == made.expected()
        assert preview.people[0].row == 4
    assert seen(preview_roster(sheets.ods(grid), country(), today=TODAY)) == made.expected()


def test_places_in_vertically_merged_cells_reach_every_row() -> None:
    made = one(**PLAIN)
    full = [made.grid[0], *body(made)]
    grid = grouped(made, (1, 2, 3))
    starts = [n for n, row in enumerate(grid) if row[2]] + [len(grid)]
    merges = [
        (top, column, below - 1, column)
        for top, below in pairwise(starts)
        if below - top > 1
        for column in (1, 2, 3)
    ]
    assert merges
    preview = preview_roster(sheets.xlsx(grid, merges=merges), country(), today=TODAY)
    assert seen(preview) == made.expected()
    assert [p.village_code for p in preview.people] == [r["village"] for r in made.rows]
    assert len(preview.people) == len(full) - 1


def grouped(made: Made, columns: tuple[int, ...]) -> list[list[Any]]:
    grid = [list(row) for row in [made.grid[0], *body(made)]]
    for at in range(len(grid) - 1, 1, -1):
        if made.rows[at - 1]["village"] == made.rows[at - 2]["village"]:
            for column in columns:
                grid[at][column] = ""
    return grid


@pytest.mark.parametrize("columns", [(1, 2, 3), (2, 3), (1, 2)])
def test_places_written_once_above_a_group_reach_every_row(columns: tuple[int, ...]) -> None:
    made = one(**PLAIN)
    if 1 not in columns:
        made.grid = [[cell for n, cell in enumerate(row) if n != 1] for row in made.grid]
        columns = tuple(column - 1 for column in columns)
    preview = preview_roster(sheets.csv_bytes(grouped(made, columns)), country(), today=TODAY)
    assert seen(preview) == made.expected()


def test_one_blank_district_or_village_is_a_bad_row() -> None:
    made = one(**PLAIN)
    made.grid[3][3] = made.grid[5][2] = ""
    preview = preview_roster(sheets.xlsx(made.grid), country(), today=TODAY)
    assert [(i.row, i.reason) for i in preview.bad_rows] == [(4, "unknown_district"), (6, "unknown_village")]


def test_district_in_banner_rows_serves_the_rows_below() -> None:
    made = one(**PLAIN)
    rows = sorted(zip(body(made), made.rows, strict=True), key=lambda pair: pair[1]["village"][:8])
    grid: list[list[Any]] = [[c for n, c in enumerate(made.grid[0]) if n != 3]]
    last = ""
    for row, facts in rows:
        if facts["village"][:8] != last:
            last = facts["village"][:8]
            grid.append(["", f"KECAMATAN {country().names[last].upper()}"])
        grid.append([c for n, c in enumerate(row) if n != 3])
    assert seen(preview_roster(sheets.xlsx(grid), country(), today=TODAY)) == made.expected()


def test_header_repeated_on_every_page_and_column_numbers_are_no_people() -> None:
    made = one(**PLAIN)
    header, people = made.grid[0], body(made)
    numbers = list(range(1, len(header) + 1))
    grid = [["JUDUL"], header, numbers, *people[:20], [], ["LANJUTAN"], header, *people[20:]]
    grid += [[n] for n in range(900, 905)] + [["", "Jumlah", "", "", len(people)]]
    assert seen(preview_roster(sheets.xlsx(grid), country(), today=TODAY)) == made.expected()


def test_signatures_of_three_people_below_are_no_people() -> None:
    made = one(**PLAIN)
    grid = [
        *made.grid,
        [],
        ["", "Mengetahui,", "", "", "Menyetujui,", "", "", "", "Dibuat oleh,"],
        ["", "Kepala Dinas", "", "", "Camat Sintang", "", "", "", "Ketua Forum"],
        ["", "Drs. Agus", "", "", "Budi, S.E.", "", "", "", "Siti"],
        ["", "NIP. 196501011990031001", "", "", "NIP. 197001011995032002", "", "", "", "-"],
    ]
    assert seen(preview_roster(sheets.xlsx(grid), country(), today=TODAY)) == made.expected()


def test_instruction_sheet_with_an_example_in_front_is_passed_over() -> None:
    made = one(**PLAIN)
    example = [["Contoh pengisian:"], made.grid[0], made.grid[1]]
    preview = preview_roster(sheets.xlsx(made.grid, before=example), country(), today=TODAY)
    assert seen(preview) == made.expected()


def test_two_chairs_of_one_cooperative_are_warned_at_the_second() -> None:
    made = one(**PLAIN)
    made.grid[1][8] = made.grid[2][8] = "Ketua"
    made.grid[2][1:4] = made.grid[1][1:4]
    preview = preview_roster(sheets.xlsx(made.grid), country(), today=TODAY)
    assert [(w.row, w.reason) for w in preview.warnings if w.reason == "two_chairs"] == [(3, "two_chairs")]


def test_nik_of_a_region_that_is_gone_is_a_warning() -> None:
    made = one(**PLAIN)
    made.grid[1][5] = "9999" + made.rows[0]["nik"][4:]
    preview = preview_roster(sheets.xlsx(made.grid), country(), today=TODAY)
    assert [(w.row, w.reason) for w in preview.warnings] == [(2, "unknown_region_code")]
    assert len(preview.people) == made.people


def test_same_pairs_in_two_regencies_are_settled_by_the_title() -> None:
    index = country()
    names: dict[tuple[str, str], set[str]] = {}
    for code, name in index.names.items():
        if code.count(".") == 3:
            names.setdefault((index.names[code[:8]], name), set()).add(code[:5])
    (district, village), regencies = next((k, v) for k, v in sorted(names.items()) if len(v) == 2)
    for code in sorted(regencies):
        grid = [[f"Pemerintah {index.names[code]}"], ["Nama", "NIK", "Jabatan", "Desa", "Kecamatan"]]
        grid.append(["Siti", "6105015703740001", "Ketua", village, district])
        preview = preview_roster(sheets.xlsx(grid), index, today=TODAY)
        assert (preview.regency, preview.people[0].village_code[:5]) == (code, code)


def test_other_kinds_of_cooperatives_are_counted_beside_the_villages() -> None:
    made = one(**PLAIN)
    made.grid[1][1] = "Koperasi Multi Pihak Tani Jaya"
    made.grid[2][1] = "Koperasi Pengemudi Bersatu"
    answer = preview_roster(sheets.xlsx(made.grid), country(), today=TODAY).to_json()
    assert (answer["kinds"]["multi_stakeholder"], answer["kinds"]["driver_courier"]) == (1, 1)
