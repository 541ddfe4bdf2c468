"""Small files made to cost a lot: GIFT that never closes what it opens, one text shown in every cell."""

from __future__ import annotations

import io
import zipfile

import pytest

from portal.assessment.rules import gift
from portal.assessment.rules.gift import text as texts
from portal.core.spreadsheets import SheetError, read_book
from tests.support import sheets

_OOXML = "http://schemas.openxmlformats.org"
_MAIN = f"{_OOXML}/spreadsheetml/2006/main"
_REL = f"{_OOXML}/officeDocument/2006/relationships"


@pytest.mark.parametrize(
    "unit",
    ["<", "<a ", '<a b="', "<!--", "<![CDATA[", "<!D ", "<?", "</a ", "<script>", "&#", "<sup>", "</sub>"],
)  # fmt: skip
def test_html_that_never_ends_does_not_keep_the_reader_busy(unit: str) -> None:
    """Half a megabyte of each took from minutes to hours."""
    reading = gift.read(f"::a::[html]<sup>{unit * (500_000 // len(unit))}{{T}}")
    assert (len(reading.drafts), len(reading.refusals)) == (0, 1)


@pytest.mark.parametrize(
    ("html", "shown"),
    [
        ("<p>Saldo <b>kas</b></p>", "Saldo kas"),
        ("3 < 5 dan 7 > 5", "3 < 5 dan 7 > 5"),
        ("x<y", "x<y"),
        ("a<!-- <b>tersembunyi</b> -->b", "ab"),
        ("a<!-- tidak ditutup", "a<!-- tidak ditutup"),
        ("10<sup>2</sup>", "10²"),
        ("satu<br>dua<br>tiga", "satu\ndua\ntiga"),
        ("<script>if (a<b) alert(1)</script>tetap", "tetap"),
    ],
)
def test_what_can_be_read_of_html_stays(html: str, shown: str) -> None:
    assert texts.html_text(html, keep_breaks=True)[0] == shown


@pytest.mark.parametrize(
    "answers", ["=a" + "~b" * 90_000, "#" + "=1" * 90_000, "".join(f"=a{i}->b{i}" for i in range(20_000))]
)
def test_a_question_of_endless_answers_is_refused(answers: str) -> None:
    (refused,) = gift.read(f"::a::x{{{answers}}}").refusals
    assert "sampai 8" in refused.reason


def test_few_of_endless_categories_are_kept() -> None:
    reading = gift.read("\n\n".join(["$CATEGORY: " + "x" * 500] * 2000))
    assert len(reading.categories) <= 50
    assert all(len(name) <= 120 for name in reading.categories)


def _shared_text(length: int, rows: int) -> bytes:
    cells = "".join(
        f'<row r="{row}">' + "".join(f'<c r="{column}{row}" t="s"><v>0</v></c>' for column in "ABCDEFGHIJ")
        + "</row>"
        for row in range(1, rows + 1)
    )  # fmt: skip
    content = f"{_OOXML}/package/2006"
    mime = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    files = {
        "[Content_Types].xml": f'<Types xmlns="{content}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{mime}.sheet.main+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{content}/relationships"><Relationship Id="rId1" '
        f'Type="{_REL}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_REL}"><sheets>'
        '<sheet name="S" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{content}/relationships">'
        f'<Relationship Id="rId1" Type="{_REL}/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="rId2" Type="{_REL}/sharedStrings" Target="sharedStrings.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{_MAIN}"><sheetData>{cells}</sheetData></worksheet>',
        "xl/sharedStrings.xml": f'<sst xmlns="{_MAIN}"><si><t>{"a" * length}</t></si></sst>',
    }
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in files.items():
            archive.writestr(name, body)
    return target.getvalue()


def test_one_text_in_every_cell_does_not_fill_the_memory() -> None:
    """5 KB of file were 2 GB of memory, and ten times the text ten times as much."""
    bomb = _shared_text(1_000_000, 100)
    assert len(bomb) < 10_000
    with pytest.raises(SheetError) as refused:
        read_book(bomb)
    assert refused.value.code == "too_many_entries"
    assert read_book(_shared_text(20, 100)).sheets[0].rows[99] == ["a" * 20] * 10


@pytest.mark.parametrize(("across", "down"), [(10, 100), (1, 1000), (900, 1)])
def test_one_repeated_text_of_ods_does_not_fill_the_memory(across: int, down: int) -> None:
    cell = (
        f'<table:table-cell office:value-type="string" table:number-columns-repeated="{across}">'
        f"<text:p>{'a' * 100_000}</text:p></table:table-cell>"
    )
    row = f'<table:table-row table:number-rows-repeated="{down}">{cell}</table:table-row>'
    with pytest.raises(SheetError) as refused:
        read_book(sheets.ods_from_xml(row))
    assert refused.value.code == "too_many_entries"
