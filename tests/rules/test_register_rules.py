"""Registers of cooperatives: headers by their words, places by names, every reason why a row stays out."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.cooperatives.labels_register import COLUMN_TITLES, REASONS
from portal.cooperatives.rules.places import Places, TypedPlace
from portal.cooperatives.rules.register_header import FIELDS, classify, read_header
from portal.cooperatives.rules.register_row import BadRow, RegisterRow, group_role, parse_row, read_day
from portal.regions.rules import RegionIndex, RegionRow

TODAY = date(2026, 11, 22)
ROWS = (
    ("61", "Kalimantan Barat", "province"), ("32", "Jawa Barat", "province"),
    ("61.05", "Kabupaten Sintang", "regency"), ("32.04", "Kabupaten Bandung", "regency"),
    ("32.73", "Kota Bandung", "city"), ("61.05.01", "Sintang", "district"),
    ("61.05.02", "Tempunak", "district"),
    ("32.04.01", "Sukasari", "district"), ("32.73.01", "Sukasari", "district"),
    ("61.05.01.1001", "Baning Kota", "urban_village"), ("61.05.01.2002", "Teluk Kelansam", "village"),
    ("61.05.02.2001", "Sidomulyo", "village"), ("61.05.02.2002", "Kembar", "village"),
    ("61.05.02.1003", "Kembar", "urban_village"), ("61.05.01.2004", "Ganda", "village"),
    ("61.05.01.2005", "Ganda", "village"), ("32.04.01.2001", "Sidomulyo", "village"),
    ("32.73.01.1001", "Sidomulyo", "urban_village"),
)  # fmt: skip
PLACES = Places(RegionIndex(RegionRow(*row) for row in ROWS))

TITLES = {
    "Nama Koperasi": "name", "KOPERASI": "name", "Nama KDMP": "name", "Jenis Koperasi": "kind",
    "Provinsi": "province", "Kab./Kota": "regency", "Kecamatan": "district", "Desa / Kelurahan": "village",
    "Nama Desa": "village", "Kode Desa": "code", "Kode Wilayah (Kemendagri)": "code",
    "Nomor Induk Koperasi": "number", "NIK Koperasi": "number", "No. Koperasi": "number",
    "ID SIMKOPDES": "simkopdes", "Percontohan?": "pilot", "Mock Up": "pilot",
    "Nomor Badan Hukum": "legal_number", "No AHU": "legal_number", "Tgl. Pengesahan": "legal_on",
    "Desa lain yang dilayani": "villages", "Kelompok Pihak": "groups", "No": None, "Alamat": None,
    "Ketua Koperasi": None, "Alasan": None, "": None, "Nomor HP": None,
}  # fmt: skip


@pytest.mark.parametrize("title", TITLES)
def test_a_column_is_known_by_its_words(title: str) -> None:
    assert classify(title) == TITLES[title]


def test_the_titles_of_an_export_are_read_again_in_any_order() -> None:
    assert tuple(COLUMN_TITLES) == FIELDS
    for titles in (list(COLUMN_TITLES.values()), list(COLUMN_TITLES.values())[::-1]):
        found = read_header(titles)
        assert found is not None
        assert {field: titles[column] for field, column in found.items()} == COLUMN_TITLES


@pytest.mark.parametrize(
    "cells", [["Nama Koperasi", "Jenis"], ["Desa", "Kecamatan"], ["REGISTRI 2026"], [1, 2]]
)
def test_rows_without_a_name_and_a_place_are_no_header(cells: list[Any]) -> None:
    assert read_header(cells) is None


FOUND = {
    "by code": (TypedPlace(code="6105012002"), "61.05.01.2002"),
    "by dotted code": (TypedPlace(code="61.05.01.2002"), "61.05.01.2002"),
    "by all names": (
        TypedPlace("", "Kalimantan Barat", "Sintang", "Sintang", "Baning Kota"),
        "61.05.01.1001",
    ),
    "with words before": (
        TypedPlace("", "Prov. Kalimantan Barat", "Kab. Sintang", "Kec. Sintang", "Kel. Baning Kota"),
        "61.05.01.1001",
    ),
    "kota is not kabupaten": (TypedPlace("", "", "Kota Bandung", "Sukasari", "Sidomulyo"), "32.73.01.1001"),
    "without a district": (TypedPlace("", "", "Sintang", "", "Sidomulyo"), "61.05.02.2001"),
    "without a regency": (TypedPlace("", "", "", "Tempunak", "Sidomulyo"), "61.05.02.2001"),
    "twins told apart": (TypedPlace("", "", "", "Tempunak", "Kelurahan Kembar"), "61.05.02.1003"),
    "nothing": (TypedPlace(), "village_missing"),
    "a code that is none": (TypedPlace(code="6105019999"), "unknown_code"),
    "a province that is none": (TypedPlace("", "Atlantis", "", "", "Ganda"), "unknown_province"),
    "a regency that is none": (TypedPlace("", "", "Atlantis", "", "Ganda"), "unknown_regency"),
    "a regency elsewhere": (TypedPlace("", "Jawa Barat", "Sintang", "", "Ganda"), "unknown_regency"),
    "a district that is none": (TypedPlace("", "", "Sintang", "Atlantis", "Ganda"), "unknown_district"),
    "a village that is none": (TypedPlace("", "", "", "Sintang", "Atlantis"), "unknown_village"),
    "a village alone": (TypedPlace(village="Sidomulyo"), "unknown_district"),
    "several districts": (TypedPlace("", "", "", "Sukasari", "Sidomulyo"), "ambiguous_village"),
    "two desa of one name": (TypedPlace("", "", "", "Sintang", "Ganda"), "ambiguous_village"),
    "twins": (TypedPlace("", "", "", "Tempunak", "Kembar"), "ambiguous_village"),
}


@pytest.mark.parametrize("case", FOUND)
def test_where_a_row_lies(case: str) -> None:
    typed, expected = FOUND[case]
    found = PLACES.find(typed)
    assert (found.code or found.reason) == expected


def test_a_district_is_enough_for_a_kind_without_a_village() -> None:
    typed = TypedPlace("", "", "Sintang", "Tempunak", "")
    assert PLACES.find(typed, needs_village=False).code == "61.05.02"
    assert PLACES.find(TypedPlace(code="610502"), needs_village=False).code == "61.05.02"
    assert PLACES.find(typed).reason == "village_missing"


GOOD = {"name": "KDMP Teluk Kelansam", "code": "61.05.01.2002"}
REFUSED = {
    "name_missing": {"name": " - "},
    "name_too_long": {"name": "Koperasi " + "a" * 160},
    "kind_unknown": {"kind": "perseroan"},
    "village_missing": {"code": ""},
    "unknown_code": {"code": "99.99.99.9999"},
    "number_invalid": {"number": 3.1e20},
    "simkopdes_invalid": {"simkopdes": "a b#c"},
    "pilot_unknown": {"pilot": "mungkin"},
    "legal_date": {"legal_on": "31/02/2025"},
    "legal_future": {"legal_on": date(2027, 1, 1)},
    "unknown_further_village": {"villages": "Atlantis"},
    "village_twice": {"villages": "Baning Kota; 6105011001"},
    "group_twice": {"kind": "multipihak", "groups": "Pekerja; pekerja (pekerja)"},
    "groups_wrong_kind": {"groups": "Pekerja"},
}


@pytest.mark.parametrize("reason", REFUSED)
def test_every_reason_is_found_and_has_words(reason: str) -> None:
    with pytest.raises(BadRow) as bad:
        parse_row(GOOD | REFUSED[reason], PLACES, TODAY)
    assert bad.value.reason == reason
    assert str(REASONS[reason]).endswith(".")


def test_the_seat_is_no_further_village() -> None:
    with pytest.raises(BadRow, match="village_twice"):
        parse_row(GOOD | {"villages": "Teluk Kelansam"}, PLACES, TODAY)


def test_a_whole_row_is_read() -> None:
    cells = {
        "name": " Koperasi  Multipihak Angkut ", "kind": "Koperasi Multi-Pihak",
        "province": "Kalimantan Barat",
        "regency": "Kab. Sintang", "district": "Sintang", "village": "Baning Kota", "number": 6105010001.0,
        "simkopdes": " SK 77 ", "pilot": "Ya", "legal_number": "AHU-1", "legal_on": datetime(2025, 7, 1, 9),
        "villages": "Teluk Kelansam, Sidomulyo", "groups": "Sopir (pekerja); Toko (pengguna jasa)",
    }  # fmt: skip
    row = parse_row(cells, PLACES, TODAY)
    assert row == RegisterRow(
        name="Koperasi Multipihak Angkut", kind="multi_stakeholder", region_code="61.05.01.1001",
        number="6105010001", simkopdes="SK77", is_pilot=True, legal_number="AHU-1", legal_on=date(2025, 7, 1),
        villages=("61.05.01.2002", "61.05.02.2001"), groups=(("Sopir", "worker"), ("Toko", "service_user")),
    )  # fmt: skip
    assert RegisterRow.from_json(row.to_json()) == row


def test_what_is_blank_says_nothing() -> None:
    row = parse_row(GOOD, PLACES, TODAY)
    assert row.to_json() == {"name": "KDMP Teluk Kelansam", "kind": "village", "region_code": "61.05.01.2002"}


KINDS = {
    "Koperasi Desa Merah Putih": "village", "KDMP": "village",
    "Koperasi Kelurahan Merah Putih": "urban_village",
    "KKMP": "urban_village", "village": "village", "urban_village": "urban_village", "KDKMP": "village",
    "Koperasi Desa/Kelurahan Merah Putih": "village", "Koperasi serikat pekerja/buruh": "union",
    "Koperasi pekerja/buruh": "worker", "Koperasi pengemudi dan kurir": "driver_courier",
    "Koperasi kemitraan": "partnership", "Koperasi yang belum berdiri": "prospective", "lainnya": "other",
    "multi_stakeholder": "multi_stakeholder", "driver_courier": "driver_courier", "worker": "worker",
    "union": "union", "partnership": "partnership", "prospective": "prospective", "other": "other",
    "Koperasi lain": "other", "": "village",
}  # fmt: skip


@pytest.mark.parametrize("typed", KINDS)
def test_kinds_by_their_words(typed: str) -> None:
    assert parse_row(GOOD | {"kind": typed}, PLACES, TODAY).kind == KINDS[typed]


def test_without_a_kind_the_village_tells_desa_from_kelurahan() -> None:
    row = parse_row({"name": "Koperasi Merah Putih Baning", "code": "61.05.01.1001"}, PLACES, TODAY)
    assert row.kind == "urban_village"


DAYS = {
    "31/12/2025": date(2025, 12, 31), "2025-12-31": date(2025, 12, 31), "1 Juli 2025": date(2025, 7, 1),
    "01-07-2025": date(2025, 7, 1), "12/13/2025": None, "tahun lalu": None, "": None,
}  # fmt: skip


@pytest.mark.parametrize("typed", DAYS)
def test_days_as_people_write_them(typed: str) -> None:
    assert read_day(typed) == DAYS[typed]


def test_an_excel_serial_is_a_day() -> None:
    assert read_day(45839) == date(2025, 7, 1)
    assert read_day(5) is None


@pytest.mark.parametrize(
    ("text", "role"),
    [("Pengemudi", "worker"), ("Toko (pengguna jasa)", "service_user"), ("PT Aplikasi (penyedia platform)",
      "platform_provider"), ("Warga", "other"), ("Pekerja (pengguna)", "service_user")],
)  # fmt: skip
def test_the_role_of_a_group_by_its_words(text: str, role: str) -> None:
    assert group_role(text) == role


CELLS = st.one_of(
    st.text(max_size=30), st.integers(), st.floats(), st.booleans(), st.dates(), st.datetimes(), st.just("")
)


@given(st.dictionaries(st.sampled_from(FIELDS), CELLS))
def test_any_cells_are_a_row_or_have_a_reason_with_words(cells: dict[str, Any]) -> None:
    row, reason = None, ""
    try:
        row = parse_row(cells, PLACES, TODAY)
    except BadRow as bad:
        reason = bad.reason
    assert (row is None) == (reason in REASONS)
    if row is not None:
        assert RegisterRow.from_json(row.to_json()) == row
        assert len(row.match_key) <= 200
