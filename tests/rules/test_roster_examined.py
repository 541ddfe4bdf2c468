"""Examination of the roster preview: many regencies, layouts and formats, every defect, exact answers."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from portal.core.spreadsheets import Book, Sheet, SheetError, read_book
from portal.enrollment.roster.header import classify
from portal.enrollment.roster.preview import check_roster, preview_roster
from portal.enrollment.roster.table import find_roster
from portal.people.rules import clean_nik, parse_phone, parse_post
from tests.support import sheets
from tests.support.roster_exam import TODAY, Layout, make_exam
from tests.support.rosters import country

Writer = Callable[[list[list[Any]]], bytes]
SINTANG = (
    ("DAFTAR USULAN PESERTA PELATIHAN PENGURUS KOPERASI DESA/KELURAHAN MERAH PUTIH",),
    ("TAHUN 2026",),
    (),
)


def csv(delimiter: str, encoding: str = "utf-8") -> Writer:
    return lambda rows: sheets.csv_bytes(rows, delimiter=delimiter, encoding=encoding)


def covered(rows: list[list[Any]]) -> bytes:
    return sheets.xlsx(rows, before=[["SURAT PENGANTAR"], ["Nomor: 1/2026"], ["Isi lembar Usulan saja."]])


def straight(text: str) -> str:
    return text.replace("’", "'").lower()


def curly(text: str) -> str:
    return text.replace("'", "’") + " "


TEXT: dict[str, Any] = {"typed": False}
CASES: dict[str, tuple[str, Layout, Writer]] = {
    "Kabupaten Bogor": ("32.01", Layout(above=SINTANG), sheets.xlsx),
    "Kota Bogor": ("32.71", Layout(**TEXT, titles=1), csv(";")),
    "Kabupaten Sukabumi": ("32.02", Layout(titles=2, shuffle=True, above=((), (), *SINTANG)), sheets.xls),
    "Kota Sukabumi": ("32.72", Layout(titles=3, above=SINTANG, footer_at="name"), sheets.ods),
    "Kabupaten Tegal": ("33.28", Layout(**TEXT, latin=True, titles=1, shuffle=True), csv("\t", "cp1252")),
    "Kota Tegal": ("33.76", Layout(above=SINTANG, case=str.upper, footer_at="nik"), covered),
    "Kabupaten Kediri": ("35.06", Layout(**TEXT, titles=2, above=SINTANG), csv(",", "utf-8-sig")),
    "Kota Kediri": ("35.71", Layout(extra=("x_nip", "x_npwp", "x_email", "x_address", "x_age")), sheets.xlsx),
    "Kepulauan Seribu": ("31.01", Layout(titles=3, village="Kel. {}", shuffle=True), sheets.xlsx),
    "Jakarta Selatan": ("31.74", Layout(**TEXT, latin=True, village="Kelurahan {}"), csv(";", "cp1252")),
    "Kota Jayapura": (
        "91.71",
        Layout(rename=(("district", "Distrik"), ("village", "Kelurahan/Kampung")), above=SINTANG),
        sheets.xlsx,
    ),
    "Jayawijaya": (
        "95.01",
        Layout(**TEXT, district="Distrik {}", village="Kampung {}", rename=(("district", "DISTRIK"),)),
        csv(","),
    ),
    "Banda Aceh": (
        "11.71",
        Layout(rename=(("village", "Gampong"),), cooperative="Koperasi Gampong Merah Putih"),
        sheets.ods,
    ),
    "Aceh Utara": (
        "11.08",
        Layout(shuffle=True, case=str.lower, titles=1, prefer="()-./", people=200),
        sheets.xls,
    ),
    "Badung": (
        "51.03",
        Layout(village="Desa {}", district="Kec. {}", above=SINTANG, footer_at="birth"),
        sheets.xlsx,
    ),
    "Kupang, one name twice": ("53.01", Layout(titles=2, footer_at="district"), covered),
    "Ambon, one name twice": ("81.71", Layout(**TEXT, titles=3, shuffle=True), csv("\t", "utf-8-sig")),
    "Nias Selatan, apostrophes": (
        "12.14",
        Layout(prefer="'’", case=curly, people=150, above=SINTANG),
        sheets.xlsx,
    ),
    "Toraja Utara, apostrophes": ("73.26", Layout(prefer="'’", case=straight, titles=1), sheets.ods),
    "Halmahera Utara, brackets": (
        "82.03",
        Layout(prefer="()", extra=("x_coop_number", "x_family")),
        sheets.xlsx,
    ),
    "Labuhan Batu Utara, digits": ("12.23", Layout(prefer="0123456789", footer_at="village"), sheets.xls),
    "Muaro Jambi, Roman numerals": ("15.05", Layout(prefer="IVX", case=str.title, titles=2), sheets.xlsx),
    "Lima Puluh Kota": (
        "13.07",
        Layout(
            rename=(("village", "Nagari"),),
            cooperative="Koperasi Nagari Merah Putih",
            footer_at="cooperative",
        ),
        sheets.xlsx,
    ),
    "Sleman": (
        "34.04",
        Layout(
            rename=(("village", "Kalurahan"), ("district", "Kapanewon")),
            cooperative="Koperasi Kalurahan Merah Putih",
        ),
        sheets.xlsx,
    ),
    "Jayapura, desa adat": ("91.03", Layout(above=SINTANG, people=250, footer_at="phone"), sheets.xlsx),
    "Tempat dan tanggal lahir": (
        "61.05",
        Layout(birth_place="Nanga Pinoh", rename=(("birth", "Tempat, Tanggal Lahir"),), extra=("x_school",)),
        sheets.xlsx,
    ),
    "TTL and every other column": (
        "64.02",
        Layout(
            **TEXT,
            birth_place="Tenggarong",
            rename=(("birth", "TTL"),),
            shuffle=True,
            extra=("x_nip", "x_coop_number", "x_family", "x_regency", "x_mother", "x_age", "x_address"),
        ),
        csv(";"),
    ),
    "place of birth apart": (
        "94.04",
        Layout(extra=("x_place", "x_mother", "x_npwp"), shuffle=True, prefer="/", footer_at="sex"),
        sheets.xls,
    ),
    "without number, sex, note": ("63.03", Layout(without=("number", "sex", "note"), titles=1), sheets.ods),
}


def seen(content: bytes) -> dict[str, Any]:
    answer = preview_roster(content, country(), today=TODAY).to_json()
    for name in ("bad_rows", "warnings"):
        answer[name] = [(issue["row"], issue["reason"]) for issue in answer[name]]
    return answer


@pytest.mark.parametrize("case", CASES)
def test_examined_roster_gives_exactly_the_answer(case: str) -> None:
    regency, layout, write = CASES[case]
    exam = make_exam(regency, layout, seed=len(case))
    preview = preview_roster(write(exam.grid), country(), today=TODAY)
    assert seen(write(exam.grid)) == exam.answer()
    assert [person.nik for person in preview.people] == exam.niks


def exam_of_sintang(number: int) -> list[list[Any]]:
    """The Sintang sheet with up to 60 cells damaged at random, the same for the same number."""
    rng = random.Random(number)
    content = (Path(__file__).parents[1] / "data" / "sintang-nominations.xlsx").read_bytes()
    rows = [list(row) for row in read_book(content).sheets[0].rows]
    for _ in range(rng.randint(1, 60)):
        row, column = rng.randrange(5, 849), rng.randrange(11)
        rows[row][column] = rng.choice(DAMAGE + (rows[rng.randrange(5, 849)][column],) * 6)
    return rows


DAMAGE: tuple[Any, ...] = (
    *(
        "",
        " ",
        "-",
        "'",
        "0",
        "=1+1",
        "\u00a0",
        "Ä" * 40_000,
        "\x00",
        "١٢٣",
        "\u202eabc",
        "Ketua",
        "NIK",
        "Jumlah",
    ),
    *(0, -1, 1e300, float("nan"), float("inf"), 6105011203850001, True, date(1, 1, 1), date(9999, 12, 31)),
    *("31/04/1990", "6105011203850001", "Mengetahui,", "99999999999999999999", "Ladang", "\ud800", "1e999"),
)


@pytest.mark.parametrize("number", range(16))
def test_damaged_sintang_keeps_every_promise(number: int) -> None:
    rows = exam_of_sintang(number)
    table = find_roster(Book("xlsx", (Sheet("Usulan", rows),)))
    preview = check_roster(table, country(), today=TODAY)
    people, bad = [p.row for p in preview.people], [i.row for i in preview.bad_rows]
    assert people == sorted(people)
    assert bad == sorted(bad)
    assert [w.row for w in preview.warnings] == sorted(w.row for w in preview.warnings)
    assert len({*people, *bad}) == len(people) + len(bad)
    assert {w.row for w in preview.warnings} <= set(people)
    full = {n for n, row in enumerate(rows, 1) if 5 < n < 850 and sum(c != "" for c in row[1:]) > 4}
    assert full == {*people, *bad}
    row_of = {p.nik: p.row for p in preview.people}
    assert len(row_of) == len(people)
    for issue in preview.bad_rows:
        if issue.reason == "duplicate_in_file":
            assert row_of[clean_nik(str(rows[issue.row - 1][5]))] < issue.row
    answer = preview.to_json()
    assert sum(answer["posts"].values()) == answer["people"] == len(people)
    assert sum(answer["kinds"].values()) == answer["cooperatives"]


def test_the_longest_roster_is_read_in_seconds() -> None:
    exam = make_exam("61.05", Layout(people=18_000), seed=4)
    content = sheets.xlsx(exam.grid)
    started = time.process_time()
    assert seen(content) == exam.answer()
    assert time.process_time() - started < 10


HEADERS = {
    "cooperative": ("KOPERASI DESA/KELURAHAN MERAH PUTIH", "Nama Kopdeskel", "Nama KDMP/KKMP"),
    "village": ("Kampung/Kelurahan", "Gampong", "Lembang", "Tiyuh", "Alamat (Desa/Kelurahan)"),
    "district": ("Distrik/Kecamatan", "Kapanewon", "Asal Kecamatan"),
    "name": ("N A M A", "Nama Pendaftar", "Nama Sesuai KTP-el", "Nama Pengurus/Pengawas/Pengelola"),
    "nik": ("N.I.K.", "No. KTP", "NIK (16 digit)", "No. Identitas (KTP)"),
    "sex": ("P/L", "J.K", "JENKEL"),
    "birth": ("TTL", "Tgl Lhr", "Tanggal Kelahiran", "Tgl/Bln/Thn Lahir", "Tempat dan Tanggal Lahir"),
    "post": ("Jbt", "Jabatan dlm Koperasi", "Jabatan (Pengurus/Pengawas/Pengelola)"),
    "phone": ("Telephone", "No. WhatsApp", "Nomor Ponsel"),
    None: (
        *(
            "NIP",
            "NPWP",
            "Nomor Induk Koperasi (NIK)",
            "NIK Koperasi",
            "No. KK",
            "NIK Istri",
            "Alamat sesuai KTP",
        ),
        *("Masa Jabatan", "No. SK Jabatan", "Tahun Lahir", "Tempat Lahir", "Tanggal Lahir Anak", "Kode Desa"),
        *("HP Kepala Desa", "Telp Kantor Desa", "Nama Kepala Desa", "Nama Ibu Kandung", "Umur", "Alamat"),
    ),
}


@pytest.mark.parametrize(("field", "title"), [(f, t) for f, titles in HEADERS.items() for t in titles])
def test_column_titles_name_the_field_they_hold(field: str | None, title: str) -> None:
    assert classify(title) == field


@pytest.mark.parametrize(
    ("text", "post"),
    [
        ("Wk. Ketua Bidang Keanggotaan", "vice_chair_membership"),
        ("Wakabid Usaha", "vice_chair_business"),
        ("Wakil Bidang Usaha", "vice_chair_business"),
        ("Sekretaris Koperasi Desa", "secretary"),
        ("Sekretaris Desa", None),
        ("Bendahara Desa", None),
        ("Wakil Ketua", None),
        ("Kepala Desa", None),
        ("Pengurus", None),
    ],
)
def test_posts_are_those_of_a_cooperative(text: str, post: str | None) -> None:
    assert parse_post(text) == post


@pytest.mark.parametrize(
    ("text", "phone"),
    [
        ("HP: 0812-3456-7890", "+6281234567890"),
        ("WA 0812 3456 7890", "+6281234567890"),
        ("O81234567890", None),
        ("x81234567890", None),
        ("-", None),
        ("0565-21234", None),
    ],
)
def test_letters_before_a_phone_are_a_label_or_a_slip(text: str, phone: str | None) -> None:
    assert parse_phone(text) == phone


SIGNATURES = [
    ["", "", "", "", "NIP", "197001011990031001"],
    ["", "", "", "", "Drs. Budi", "NIP. 197001011990031001"],
]


def test_nip_under_a_signature_is_no_nik_and_a_numbered_name_is_a_row() -> None:
    grid = make_exam("61.05", Layout(blank_every=0), seed=2).grid[:-6]
    before = seen(sheets.xlsx(grid))
    assert seen(sheets.xlsx([*grid, [], *SIGNATURES])) == before
    half = [[900, "", "", "", "Budi"], [901, "", "", "", "", "6105011203850099"], [902]]
    after = seen(sheets.xlsx([*grid, *half]))
    assert after["bad_rows"][-2:] == [(len(grid) + 1, "post_missing"), (len(grid) + 2, "name_missing")]
    assert len(after["bad_rows"]) == len(before["bad_rows"]) + 2


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty_file"),
        (b"%PDF-1.4\n", "not_a_spreadsheet"),
        (b"\x89PNG\r\n\x1a\n" + bytes(99), "not_a_spreadsheet"),
        (b"a,b,c\n1,2,3\n", "no_header"),
        (b"Nama,NIK,Jabatan,Desa,Kecamatan\n", "no_people"),
        (b"Nama,NIK,Jabatan\n" + b"Siti,6105015703740001,Ketua\n" * 200_000, "too_many_rows"),
    ],
)
def test_unreadable_files_say_why(content: bytes, code: str) -> None:
    with pytest.raises(SheetError) as caught:
        preview_roster(content, country(), today=TODAY)
    assert caught.value.code == code


@pytest.mark.parametrize("blank", [" ", "\u00a0", "\t\n"])
def test_row_of_white_space_is_a_blank_row(blank: str) -> None:
    grid = make_exam("61.05", Layout(), seed=3).grid
    assert seen(sheets.xlsx([*grid, [blank], ["", "", blank]])) == seen(sheets.xlsx(grid))
