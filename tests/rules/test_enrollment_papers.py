"""Rolls, cards and claim letters: complete, one place for everything, and readable by a scanner."""

from __future__ import annotations

from datetime import UTC, datetime

import pypdfium2
import pytest
import zxingcpp

from portal.enrollment.papers import (
    Card,
    ClaimLetter,
    Roll,
    RollPerson,
    RollSession,
    cards_pdf,
    claim_letters_pdf,
    roll_pdf,
)
from tests.support.certificates import pdf_text, scan

NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
LONG_NAME = (
    "Raden Ajeng Siti Nurhaliza Kusumawardhani Tjokroaminoto binti Haji Muhammad Abdurrahman Wahid Hasyi"
)
DETAIL = "Bendahara, Koperasi Desa Merah Putih Dukutalit"


def make_roll(people: int = 18, sessions: int = 3) -> Roll:
    return Roll(
        center="Balai Pelatihan Vokasi dan Produktivitas Surakarta",
        batch="Angkatan 12, kelas A",
        program="Pengurus Koperasi Desa Merah Putih, tingkat pemula",
        dates="Senin–Rabu, 12–14 Oktober 2026",
        place="Ruang Teori 2, BPVP Surakarta",
        sessions=tuple(RollSession(f"Sen {12 + day} Okt", "08.00–11.00") for day in range(sessions)),
        people=tuple(RollPerson(f"Peserta {number:02d}", DETAIL) for number in range(1, people + 1)),
    )


def make_card(number: int, name: str = "Dewi Lestari") -> Card:
    address = f"HTTPS://BALAI.EXAMPLE/K/{number:04d}MZ4TQ8W1HND"
    return Card(name, DETAIL, "Angkatan 12", "12–14 Oktober 2026", "Ruang Teori 2", address)


def make_letters(letters: list[ClaimLetter]) -> bytes:
    return claim_letters_pdf(
        letters,
        center="Balai Pelatihan Vokasi dan Produktivitas Surakarta",
        claim_url="https://balai.example/klaim",
        login_url="https://balai.example/masuk",
        help_line="Tanyakan kepada petugas balai.",
        now=NOW,
    )


LETTER = ClaimLetter(
    name="Dewi Lestari Ningrum",
    detail=DETAIL,
    place="Desa Dukutalit, Kecamatan Juwana",
    program="Pengurus Koperasi Desa Merah Putih",
    login="dewi.lestari",
    code="7K2M9QXR4TB9",
    expires="22 Desember 2026",
)


def test_roll_pdf_usual_class_is_one_upright_page() -> None:
    pdf = roll_pdf(make_roll(), now=NOW)
    (text,) = pdf_text(pdf)
    width, height = pypdfium2.PdfDocument(pdf)[0].get_size()
    assert width < height
    for words in ("Daftar hadir", "Angkatan 12, kelas A", "Peserta 01", "Peserta 18", DETAIL, "Sen 14 Okt"):
        assert words in text
    assert "Dicetak Minggu, 22 November 2026, pukul 09.00 WIB" in text
    assert "Halaman 1 dari 1" in text


def test_roll_pdf_many_sessions_lie_and_repeat_the_head() -> None:
    pdf = roll_pdf(make_roll(people=40, sessions=8), now=NOW)
    width, height = pypdfium2.PdfDocument(pdf)[0].get_size()
    pages = pdf_text(pdf)
    assert width > height
    assert len(pages) > 1
    assert all("Sen 19 Okt" in page for page in pages if "Peserta" in page)
    assert sum(page.count("Peserta ") for page in pages) == 40


def test_roll_pdf_without_people_or_sessions_still_prints() -> None:
    assert len(pdf_text(roll_pdf(make_roll(people=0, sessions=0), now=NOW))) == 1


@pytest.mark.parametrize(("count", "pages"), [(1, 1), (8, 1), (9, 2), (18, 3)])
def test_cards_pdf_eight_on_a_page(count: int, pages: int) -> None:
    pdf = cards_pdf(
        [make_card(number) for number in range(count)], center="BPVP", batch="Angkatan 12", now=NOW
    )
    assert len(pypdfium2.PdfDocument(pdf)) == pages


def test_cards_pdf_every_qr_is_read_and_long_names_stay_whole() -> None:
    cards = [make_card(number, LONG_NAME if number % 2 else "Dewi") for number in range(8)]
    pdf = cards_pdf(cards, center="BPVP", batch="Angkatan 12", now=NOW)
    found = {code.text for code in zxingcpp.read_barcodes(scan(pdf, dpi=200, turn=1.0))}
    assert found == {card.address for card in cards}
    assert pdf_text(pdf)[0].count(LONG_NAME) == 4


def test_claim_letters_pdf_one_page_a_person_with_grouped_code() -> None:
    letters = [LETTER, ClaimLetter(**(vars(LETTER) | {"name": LONG_NAME, "program": "Program " * 20}))]
    pages = pdf_text(make_letters(letters))
    assert len(pages) == 2
    for words in (
        "Dewi Lestari Ningrum", DETAIL, "7K2M-9QXR-4TB9", "22 Desember 2026", "balai.example/klaim",
        "dewi.lestari", "balai.example/masuk", "Tanyakan kepada petugas balai.", "Tanda terima",
    ):  # fmt: skip
        assert words in pages[0], words


def test_claim_letters_pdf_qr_never_holds_the_code() -> None:
    (code,) = zxingcpp.read_barcodes(scan(make_letters([LETTER]), dpi=150, blur=0.8))
    assert code.text == "HTTPS://BALAI.EXAMPLE/KLAIM"


def test_papers_without_anyone_are_refused() -> None:
    with pytest.raises(ValueError):
        cards_pdf([], center="BPVP", batch="Angkatan 12", now=NOW)
    with pytest.raises(ValueError):
        make_letters([])


def test_roll_with_a_name_that_no_font_prints_still_prints() -> None:
    from portal.core.typesetting import compile_pdf

    data = {"center": "Balai", "batch": "Angkatan 1", "cards": []}
    assert compile_pdf(
        "kartu_peserta.typ",
        data | {"center": "ᮞᮥ Balai"},
        at=datetime(2026, 11, 22, tzinfo=UTC),
        is_lenient=True,
    ).startswith(b"%PDF")
