"""What a paper from elsewhere must say, and what is assumed when it does not."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.certificates import external_rules as rules
from portal.certificates.external_table import day_of, field_of
from portal.certificates.labels import EXTERNAL_KINDS

DAY = date(2026, 11, 30)
GOOD = rules.RecordText("competency", "Pengurus", "LSP Contoh", date(2024, 5, 17), number="1")


@pytest.mark.parametrize(
    ("typed", "kind"),
    [
        ("Pelatihan", "training"),
        ("Sertifikat Pelatihan", "training"),
        ("diklat", "training"),
        ("KOMPETENSI", "competency"),
        ("Sertifikat kompetensi BNSP", "competency"),
        ("LSP", "competency"),
        ("competency", "competency"),
        ("Sertifikat", None),
        ("Pelatihan berbasis kompetensi", None),
        ("", None),
    ],
)
def test_a_kind_is_told_by_its_words_and_never_guessed(typed, kind):
    assert rules.parse_kind(typed) == kind


@pytest.mark.parametrize(
    ("changed", "reasons"),
    [
        ({}, []),
        ({"kind": ""}, ["kind_missing"]),
        ({"kind": "sertifikat"}, ["kind_unknown"]),
        ({"title": "", "issuer": ""}, ["title_missing", "issuer_missing"]),
        ({"number": ""}, ["number_missing"]),
        ({"kind": "training", "number": ""}, []),
        ({"title": "x" * 161}, ["title_long"]),
        ({"issued_on": date(2026, 12, 1)}, ["issued_future"]),
        ({"issued_on": date(1950, 1, 1)}, ["issued_early"]),
        ({"expires_on": date(2024, 5, 16)}, ["expires_before"]),
        ({"expires_on": date(2024, 5, 17)}, []),
    ],
)
def test_what_keeps_a_record_out_is_told_with_its_field(changed, reasons):
    found = rules.problems(replace(GOOD, **changed), DAY)
    assert [reason for reason, _field in found] == reasons
    assert all(hasattr(GOOD, field) for _reason, field in found)


def test_a_competency_certificate_without_an_end_is_taken_to_hold_three_years():
    found = rules.with_expiry(GOOD)
    assert (found.expires_on, found.is_expiry_assumed) == (date(2027, 5, 17), True)
    leap = rules.with_expiry(replace(GOOD, issued_on=date(2024, 2, 29)))
    assert leap.expires_on == date(2027, 2, 28)
    said = replace(GOOD, expires_on=date(2025, 1, 1))
    assert rules.with_expiry(said) == said
    training = replace(GOOD, kind="training")
    assert rules.with_expiry(training) == training


@given(st.dates(date(1970, 1, 1), date(2200, 1, 1)), st.sampled_from(rules.KINDS))
def test_an_assumed_end_never_comes_before_the_beginning(issued, kind):
    end = rules.assumed_expiry(kind, issued)
    assert (end is None) == (kind == "training")
    assert end is None or end > issued


def test_two_spellings_of_one_paper_are_one():
    one = rules.paper_key("competency", "LSP Contoh", "AB-12 / 2024", "Pengurus", DAY)
    assert one == rules.paper_key("competency", "lsp contoh.", "ab12/2024", "Pengurus Kopdes", DAY)
    assert one != rules.paper_key("training", "LSP Contoh", "AB-12 / 2024", "Pengurus", DAY)
    bare = rules.paper_key("training", "BLK", "", "Pembukuan", DAY)
    assert bare == rules.paper_key("training", "BLK", "", "pembukuan ", DAY)
    assert bare != rules.paper_key("training", "BLK", "", "Pemasaran", DAY)


def test_a_name_is_compared_without_titles():
    assert rules.name_key("Sri Wahyuni, S.E.") == rules.name_key("SRI  WAHYUNI")
    assert rules.name_key("Sri Wahyuni") != rules.name_key("Sri Wahyudi")


@pytest.mark.parametrize(
    ("title", "field"),
    [
        ("Nama", "name"),
        ("Nama Peserta Pelatihan", "name"),
        ("NIK", "nik"),
        ("Jabatan", "post"),
        ("Nama Koperasi", "cooperative"),
        ("Tanggal Lahir", "birth"),
        ("Jenis Kelamin", "sex"),
        ("Desa/Kelurahan", "village"),
        ("Jenis", "kind"),
        ("Jenis sertifikat", "kind"),
        ("Nama Pelatihan", "title"),
        ("Judul", "title"),
        ("Skema", "scheme"),
        ("Penerbit / LSP", "issuer"),
        ("No. Sertifikat", "cert_number"),
        ("Tanggal terbit", "issued"),
        ("Berlaku sampai", "expires"),
        ("Sumber", "source"),
        ("Kode program", "program"),
        ("Alamat", None),
    ],
)
def test_a_column_is_known_by_its_words(title, field):
    assert field_of(title) == field


@pytest.mark.parametrize(
    ("cell", "day"),
    [
        ("17/05/2023", date(2023, 5, 17)),
        ("17 Mei 2023", date(2023, 5, 17)),
        ("17-05-23", date(2023, 5, 17)),
        (datetime(2023, 5, 17), date(2023, 5, 17)),
        ("29-02-23", None),
        ("kemarin", None),
    ],
)
def test_a_day_of_a_paper_is_of_this_century(cell, day):
    assert day_of(cell, DAY) == day


def test_the_two_kinds_have_labels_that_share_no_word_but_one():
    first, second = (set(str(label).lower().split()) for label in EXTERNAL_KINDS.values())
    assert first & second == {"sertifikat"}
