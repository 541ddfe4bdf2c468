"""The certificate on paper: archival, accessible, complete, and its QR is read from the print."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pypdfium2
import pytest
import zxingcpp

from portal.certificates import qr_reader, render
from portal.certificates.facts import CooperativeFacts, Facts, ProgramFacts, SignatoryFacts, UnitFacts
from portal.certificates.guilloche import Pattern
from portal.core.typesetting import TypesettingError, missing_characters
from tests.support.certificates import BASE_URL, FACTS, UNITS, make_facts, make_qr_text, pdf_text, scan

LONG_NAME = (
    "Raden Ajeng Siti Nurhaliza Kusumawardhani Tjokroaminoto binti Haji Muhammad Abdurrahman Wahid Hasyi"
)
LONG = make_facts(
    name=LONG_NAME,
    post="Wakil Ketua Bidang Keanggotaan",
    cooperative=CooperativeFacts(
        "Koperasi Konsumen Multipihak Pengemudi dan Kurir Angkutan Berbasis Aplikasi Karya Bersama "
        "Sejahtera Mandiri Nusantara Kabupaten Kepulauan Tanimbar",
        "Kecamatan Tanimbar Selatan, Kabupaten Kepulauan Tanimbar, Maluku",
    ),
    program=ProgramFacts(
        "KOP-PNG",
        "Pendirian dan Penguatan Kelembagaan Koperasi Pengemudi dan Kurir Angkutan Berbasis Aplikasi bagi "
        "Calon Pengurus, Pengawas dan Pengelola, tingkat pemula",
        "Pendirian koperasi",
    ),
    units=UNITS * 3,
    signatory=SignatoryFacts(
        "Dr. Ir. Hartono Wibisono, S.T., M.T., Ph.D., IPU",
        "Pelaksana Tugas Kepala Balai Pelatihan Vokasi dan Produktivitas Surakarta",
    ),
)


def data_of(facts: Facts = FACTS, base_url: str = BASE_URL) -> render.CertificateData:
    return render.certificate_data(facts, qr_text=make_qr_text(facts, base_url), base_url=base_url)


def pdf_of(facts: Facts = FACTS, base_url: str = BASE_URL) -> bytes:
    return render.certificate_pdf(data_of(facts, base_url))


def test_certificate_pdf_is_archival_accessible_and_tagged() -> None:
    pdf = pdf_of()
    metadata = pdf[pdf.index(b"<x:xmpmeta") : pdf.index(b"</x:xmpmeta>")].decode()
    assert re.search(r"pdfaid:part>3<", metadata)
    assert re.search(r"pdfaid:conformance>A<", metadata)
    assert re.search(r"pdfuaid:part>1<", metadata)
    assert "Sertifikat Pelatihan 0317/KOP-PGR/BPVP-SKA/X/2026" in metadata
    assert pypdfium2.PdfDocument(pdf).is_tagged()


def test_certificate_pdf_same_facts_give_the_same_bytes() -> None:
    assert pdf_of() == pdf_of()
    assert pdf_of() != pdf_of(make_facts(name="Dewi Lestari"))


ATTACHED = (
    render.Attachment("badge.json", "application/ld+json", "data", "Lencana", '{"a":"é\\n"}'.encode()),
    render.Attachment("proof.tlog-proof", "text/plain", "supplement", "Bukti", b"c2sp.org\n\nline\n"),
)


def test_certificate_pdf_attachments_keep_their_bytes_and_say_what_they_are() -> None:
    pdf = render.certificate_pdf(data_of(), ATTACHED)
    document = pypdfium2.PdfDocument(pdf)
    found = [document.get_attachment(place) for place in range(document.count_attachments())]
    assert {one.get_name(): bytes(one.get_data()) for one in found} == {
        one.name: one.content for one in ATTACHED
    }
    assert re.findall(rb"/AFRelationship/(\w+)", pdf) == [b"Data", b"Supplement"]
    assert re.findall(rb"/Subtype/(application#2Fld\+json|text#2Fplain)", pdf) == [
        b"application#2Fld+json", b"text#2Fplain",
    ]  # fmt: skip
    assert pdf == render.certificate_pdf(data_of(), ATTACHED)
    assert "membawa badge.json dan proof.tlog-proof" in pdf_text(pdf)[1]
    assert "membawa" not in pdf_text(pdf_of())[1]


def test_certificate_pdf_attachment_that_is_no_text_is_refused() -> None:
    other = replace(ATTACHED[0], content=b"\xff\xfe")
    with pytest.raises(ValueError):
        render.certificate_pdf(data_of(), [other])


def test_certificate_pdf_notes_in_the_margin_are_read_aloud() -> None:
    """Text in a page's footer would be an artifact, which screen readers skip."""
    page = pypdfium2.PdfDocument(pdf_of())[1]
    kinds = {
        int(pypdfium2.raw.FPDFPageObj_GetMarkedContentID(found.raw)) < 0
        for found in page.get_objects()
        if found.type == pypdfium2.raw.FPDF_PAGEOBJ_TEXT
    }
    assert kinds == {False}


def test_certificate_pdf_every_fact_can_be_copied_as_text() -> None:
    front, back = pdf_text(pdf_of())
    for words in (
        "Balai Pelatihan Vokasi dan Produktivitas Surakarta", "Nomor 0317/KOP-PGR/BPVP-SKA/X/2026",
        "Sertifikat Pelatihan", "Dewi Lestari Ningrum", "Bendahara, Koperasi Desa Merah Putih Dukutalit",
        "Kecamatan Juwana, Kabupaten Pati, Jawa Tengah", "Pengurus Koperasi Desa Merah Putih, tingkat pemula",
        "24 jam pelajaran", "Oktober 2026", "kompeten di 4 unit", "Berlaku sampai dengan 18 Oktober 2029",
        "Surakarta, 19 Oktober 2026", "Kepala BPVP Surakarta", "19 Oktober 2026, pukul 09.41 WIB",
        "Hartono Wibisono", "BA1A-1KVP-7QTJ", "balai.example/verifikasi", "bukan sertifikat kompetensi BNSP",
    ):  # fmt: skip
        assert words in front, words
    for words in ("Dewi Lestari Ningrum", "Unit yang dikuasai", "BA1A-1KVP-7QTJ", "Jumlah 24 4 unit"):
        assert words in back, words
    for number, unit in enumerate(UNITS, 1):
        assert f"{number} {unit.name} {unit.hours} Kompeten (K)" in back


@pytest.mark.parametrize("facts", [FACTS, LONG], ids=["usual", "long"])
@pytest.mark.parametrize(
    "base_url", [BASE_URL, "https://sertifikat.pelatihan-koperasi.kemnaker.example:8443"]
)
def test_certificate_pdf_qr_is_read_from_a_blurred_askew_scan(facts: Facts, base_url: str) -> None:
    found = zxingcpp.read_barcodes(scan(pdf_of(facts, base_url), dpi=200, blur=1.0, turn=2.0))
    assert [code.text for code in found] == [make_qr_text(facts, base_url)]


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"name": "Wau"},
        {"name": "W" * 100},
        {"name": "Ni Luh Putu \u0141ukasz Nguy\u1ec5n \u0416\u0443\u043a\u043e\u0432 \u03a9 D\u2019Arc"},
        {"cooperative": None, "expires": None, "units": UNITS[:1]},
        {"units": tuple(UnitFacts(None, f"Unit {number} " + "panjang " * 12, 2) for number in range(12))},
        {"units": tuple(UnitFacts(None, f"Unit {number} " + "panjang " * 30, 2) for number in range(12))},
    ],
    ids=["long", "short", "unbroken", "scripts", "bare", "long-units", "endless-units"],
)
def test_certificate_pdf_hard_texts_are_set_in_full(changes: dict[str, Any]) -> None:
    facts = replace(LONG, **changes)
    pages = pdf_text(pdf_of(facts))
    text = re.sub(r"[\s\ufffe\u200b-]", "", "".join(pages))
    for words in (facts.name, facts.program.name, facts.signatory.name, facts.units[-1].name):
        assert re.sub(r"\s|-", "", words) in text
    assert len(pages) == (3 if len(facts.units[-1].name) > 200 else 2)


@pytest.mark.parametrize("name", [LONG_NAME, "W" * 100, "Wm" * 20 + " " + "W" * 59])
def test_certificate_pdf_long_texts_stay_on_the_sheet_and_apart(name: str) -> None:
    """Nothing of the first page runs off the paper, into the band, or over the signature and the QR."""
    page = pypdfium2.PdfDocument(pdf_of(replace(LONG, name=name)))[0]
    textpage = page.get_textpage()
    height, to_mm = page.get_height(), 25.4 / 72
    boxes = [textpage.get_rect(index) for index in range(textpage.count_rects())]
    assert min(left for left, *_ in boxes) * to_mm >= 59
    assert max(right for _, _, right, _ in boxes) * to_mm <= 292
    tops = [(height - top) * to_mm for _, _, _, top in boxes]
    assert min(tops) >= 15
    program = textpage.search("Berlaku sampai dengan")
    place = program.get_next()
    assert place is not None
    _, bottom, _, _ = textpage.get_charbox(place[0])
    assert (height - bottom) * to_mm < 143


def test_certificate_pdf_character_without_a_font_fails_and_is_foreseen() -> None:
    name = "Dewi \ua9a5\ua9ba"
    assert missing_characters(name) == "\ua9a5\ua9ba"
    with pytest.raises(TypesettingError):
        pdf_of(make_facts(name=name))


def test_certificate_data_drawing_that_lies_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(qr_reader, "read_svg", lambda svg: "HTTPS://ELSEWHERE")
    with pytest.raises(qr_reader.UnreadableDrawing):
        data_of()


def test_draw_qr_modules_measure_thirty_millimeters() -> None:
    drawing, width = render.draw_qr(make_qr_text())
    side = int(re.search(r'viewBox="-4 -4 (\d+)', drawing)[1])  # type: ignore[index]
    assert width * (side - 8) / side == pytest.approx(30, abs=0.01)


def test_pattern_another_number_gives_another_pattern() -> None:
    first, again, other = Pattern("0001/A"), Pattern("0001/A"), Pattern("0002/A")
    assert (first.front(), first.back()) == (again.front(), again.back())
    assert first.front() != other.front()
    assert first.back() != other.back()
