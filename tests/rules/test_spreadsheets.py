"""Files from people: read by content, refused before they can hurt; exports that no program will run."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Callable
from datetime import date, datetime

import pytest

from portal.core import sheet_guard
from portal.core.spreadsheets import SheetError, neutral, read_book, write_csv, write_xlsx
from tests.support import sheets

ROWS = [["", "", ""], ["", "a’b", 12.5], ["", date(1990, 5, 12), "x"]]


def refusal(content: bytes) -> str:
    with pytest.raises(SheetError) as refused:
        read_book(content)
    assert refused.value.message.endswith(".")
    return refused.value.code


@pytest.mark.parametrize("write", [sheets.xlsx, sheets.ods, sheets.xls])
def test_cells_keep_place_and_type(write: Callable[[list[list[object]]], bytes]) -> None:
    book = read_book(write(ROWS))
    assert (book.kind, book.sheets[0].rows) == (write.__name__, ROWS)


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_csv_of_any_delimiter_and_encoding(delimiter: str, encoding: str) -> None:
    rows = [
        ["Judul, dengan; tanda"],
        [],
        ["Nama", "Alamat", "No"],
        ["Siti, S.E., M.M.", "baris\nkedua", "1’"],
    ]
    rows += [["Budi, S.Pd", "x", "2"]] * 3
    book = read_book(sheets.csv_bytes(rows, delimiter=delimiter, encoding=encoding))
    assert (book.kind, book.sheets[0].rows) == ("csv", rows)


def test_excels_delimiter_line_is_no_row() -> None:
    assert read_book(b"sep=;\r\na;b,c\r\n").sheets[0].rows == [["a", "b,c"]]


def with_entry(content: bytes, name: str, change: Callable[[bytes], bytes]) -> bytes:
    target = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as old,
        zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for entry in old.infolist():
            data = old.read(entry)
            new.writestr(entry.filename, change(data) if entry.filename == name else data)
    return target.getvalue()


SHEET = "xl/worksheets/sheet1.xml"
GOOD = sheets.xlsx([["a"]])


def other_zip() -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("word/document.xml", "<w/>")
    return target.getvalue()


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty_file"),
        (b" \r\n\r\n", "empty_file"),
        (b";;;\n;;;\n", "empty_file"),
        (sheets.xlsx([]), "empty_file"),
        (b"%PDF-1.7 ...", "not_a_spreadsheet"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00", "not_a_spreadsheet"),
        (b"<!DOCTYPE html><table></table>", "not_a_spreadsheet"),
        (b"GIF89a\x00\x01", "not_a_spreadsheet"),
        (other_zip(), "not_a_spreadsheet"),
        (sheets.ole(b"x" * 100, name="WordDocument"), "not_a_spreadsheet"),
        (sheets.ole(b"x" * 100, name="EncryptedPackage"), "encrypted"),
        (GOOD[:-40], "damaged"),
        (b"PK\x03\x04 and nothing else", "damaged"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\xff" * 600, "damaged"),
        (b"x" * (13 * 1024 * 1024), "too_large"),
        (b"a;b\n" * 20_001, "too_many_rows"),
        (b"a;b\n" * 200_000, "too_many_rows"),
        (with_entry(GOOD, SHEET, lambda d: d.replace(b"<sheetData>", b"<sheetData><row r='x'>")), "damaged"),
        (
            with_entry(
                GOOD, SHEET, lambda d: d.replace(b"<worksheet", b"<!DOCTYPE worksheet []><worksheet", 1)
            ),
            "doctype",
        ),
    ],
)
def test_file_is_refused_with_its_code(content: bytes, code: str) -> None:
    assert refusal(content) == code


def test_doctype_in_another_encoding_is_refused() -> None:
    evil = '<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'.encode("utf-16")
    assert refusal(with_entry(GOOD, "xl/styles.xml", lambda _: evil)) == "doctype"


def test_value_far_away_is_refused_before_the_parser_takes_memory() -> None:
    far = with_entry(
        GOOD,
        SHEET,
        lambda d: d.replace(
            b"</sheetData>", b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
        ),
    )
    assert refusal(far) == "too_many_rows"
    wide = [["a"], *[[""] * 2000 + ["b"]] * 900]
    assert refusal(sheets.xlsx(wide)) == "too_wide"
    record = struct.pack("<HHHHHd", 0x0203, 14, 65535, 255, 0, 1.0)
    assert refusal(sheets.xls_from_records(record)) == "too_many_rows"


def test_repeated_rows_and_cells_of_ods_are_counted() -> None:
    cell = (
        '<table:table-cell office:value-type="string" table:number-columns-repeated="{}">'
        "<text:p>a</text:p></table:table-cell>"
    )
    row = '<table:table-row table:number-rows-repeated="{}">{}</table:table-row>'
    assert refusal(sheets.ods_from_xml(row.format(1_048_000, cell.format(1)))) == "too_many_rows"
    assert refusal(sheets.ods_from_xml(row.format(1_048_000, cell.format(16_384)))) == "too_many_rows"
    assert refusal(sheets.ods_from_xml(row.format(100, cell.format(16_384)))) == "too_wide"
    hidden = row.format(1_048_000, "<table:table-cell><text:p>a</text:p></table:table-cell>")
    assert refusal(sheets.ods_from_xml(hidden)) == "too_many_rows"


def test_encrypted_ods_is_said_so() -> None:
    manifest = (
        '<manifest:file-entry manifest:full-path="content.xml">'
        "<manifest:encryption-data/></manifest:file-entry>"
    )
    assert refusal(sheets.ods_from_xml("", manifest=manifest)) == "encrypted"


def test_archive_with_too_much_inside_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "<a/>")
        for number in range(600):
            archive.writestr(f"xl/media/{number}.bin", b"")
    assert refusal(target.getvalue()) == "too_many_entries"
    monkeypatch.setattr(sheet_guard, "MAX_UNPACKED", 50_000)
    assert refusal(with_entry(GOOD, SHEET, lambda d: d + b" " * 60_000)) == "too_many_entries"


def test_archive_that_lies_about_a_size_is_refused() -> None:
    bomb = with_entry(GOOD, SHEET, lambda d: d + b" " * 1_000_000)
    size = struct.pack("<I", len(zipfile.ZipFile(io.BytesIO(bomb)).read(SHEET)))
    assert refusal(bomb.replace(size, struct.pack("<I", 1000))) == "damaged"


def test_two_hundred_thousand_rows_are_refused() -> None:
    rows = b"".join(b'<row r="%d"><c r="A%d"><v>1</v></c></row>' % (n, n) for n in range(1, 200_001))
    content = with_entry(GOOD, SHEET, lambda d: d.replace(b"</sheetData>", rows + b"</sheetData>"))
    assert refusal(content) == "too_many_rows"


def test_long_list_beside_the_table_is_left_out() -> None:
    book = read_book(sheets.xlsx([["a", "b"]], before=[["x"]] * 20_001))
    assert [sheet.name for sheet in book.sheets] == ["Lembar1"]


@pytest.mark.parametrize("text", ["=1+1", "+62812", "-1", "@SUM(A1)", "\tx", "\rx"])
def test_exports_run_no_formula(text: str) -> None:
    assert neutral(text) == "'" + text
    assert neutral(text[1:] + "=") == text[1:] + "="
    sheet = read_book(write_xlsx(["=A", "B"], [[text, 5]])).sheets[0]
    assert sheet.rows[0][0] == "'=A"
    assert str(sheet.rows[1][0]).startswith("'")
    xml = zipfile.ZipFile(io.BytesIO(write_xlsx(["A"], [[text]]))).read(SHEET)
    assert b"<f>" not in xml
    assert ("'" + text[0]).encode() in write_csv(["A"], [[text]])


def test_exports_keep_long_digits_dates_and_odd_characters() -> None:
    row = [
        "0812",
        "6105015703740001",
        date(1990, 5, 12),
        datetime(2020, 1, 2, 3, 4),
        7,
        None,
        True,
        "a\x00b\ud800",
        "",
    ]
    back = read_book(write_xlsx(["x"] * 9, [row])).sheets[0].rows[1]
    assert back[:3] == ["0812", "6105015703740001", date(1990, 5, 12)]
    assert back[4] == 7
    assert write_csv(["x"] * 9, [row]).startswith(b"\xef\xbb\xbfx;x")
    assert read_book(write_xlsx(["x"], [[float("nan")]])).sheets[0].rows[1] == ["nan"]
