"""Names, NIK, phones, sex, posts and kinds as people type them."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.people import rules

GOOD = "6105015703740001"


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        (GOOD, None),
        ("610501 570374 0001", None),
        ("6105.0157.0374.0001", None),
        ("6105-0157-0374-0001", None),
        ("'" + GOOD, None),
        (GOOD[:6] + "\u00a0" + GOOD[6:], None),
        ("6105012902000001", None),  # 29 February 2000; 1900 was no leap year
        ("", "nik_missing"),
        (" - ", "nik_missing"),
        ("6.10501E+15", "nik_not_text"),
        ("6,10501E+15", "nik_not_text"),
        ("6e15", "nik_not_text"),
        ("6105011203850000.0", "nik_not_text"),
        ("61O5011203850001", "nik_digits"),
        ("٦١٠٥٠١٥٧٠٣٧٤٠٠٠١", "nik_digits"),
        ("\uff16105015703740001", "nik_digits"),
        ("tidak ada", "nik_digits"),
        ("610501120385001", "nik_length"),
        ("61050112038500011", "nik_length"),
        ("6105013202850001", "nik_date"),
        ("6105013102850001", "nik_date"),
        ("6105010002850001", "nik_date"),
        ("6105014000850001", "nik_date"),
        ("6105017202850001", "nik_date"),
        ("6105011213850001", "nik_date"),
        ("6105012902010001", "nik_date"),
        ("6105017101850001", None),
        ("6105010102850000", "nik_serial"),
    ],
)
def test_nik_problem_is_the_first_that_holds(typed: str, reason: str | None) -> None:
    assert rules.nik_problem(typed) == reason


@given(st.text(max_size=40))
def test_no_text_crashes_a_rule(text: str) -> None:
    rules.name_problem(rules.collapse(text))
    rules.parse_phone(text)
    rules.parse_sex(text)
    rules.parse_post(text)
    rules.is_bare_vice_chair(text)
    rules.read_cooperative_name(text, text)
    if rules.nik_problem(text) is None:
        nik = rules.clean_nik(text)
        assert len(nik) == 16
        assert rules.nik_agrees_with_birth(
            nik, rules.birth_from_nik(nik, date(2026, 1, 1)) or date(2000, 1, 1)
        )


def test_birth_in_a_nik_is_crossed_with_the_stated_date() -> None:
    assert rules.nik_agrees_with_birth(GOOD, date(1974, 3, 17))
    assert not rules.nik_agrees_with_birth(GOOD, date(1974, 3, 18))
    assert not rules.nik_agrees_with_birth(GOOD, date(1975, 3, 17))
    assert rules.birth_from_nik(GOOD, date(2026, 11, 22)) == date(1974, 3, 17)
    assert rules.birth_from_nik("6105011203050001", date(2026, 11, 22)) == date(2005, 3, 12)
    assert rules.birth_from_nik("6105011203200001", date(2026, 11, 22)) == date(1920, 3, 12)
    assert (rules.sex_from_nik(GOOD), rules.nik_district(GOOD)) == ("P", "61.05.01")
    assert GOOD[:12] not in rules.mask_nik(GOOD)


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("081232997177", "+6281232997177"),
        ("+62 812-3299-7177", "+6281232997177"),
        ("6281232997177", "+6281232997177"),
        ("81232997177", "+6281232997177"),
        ("81232997177.0", "+6281232997177"),
        ("+62 (0)812 3299 7177", "+6281232997177"),
        ("'+6281232997177", "+6281232997177"),
        ("0812 3299 7177 / 0813 1111 2222", "+6281232997177"),
        ("0565-21234 atau 081311112222", "+6281311112222"),
        ("WA: 0812.3299.7177", "+6281232997177"),
        ("0811234567", "+62811234567"),
        ("(tidak ada)", None),
        ("12345", None),
        ("-", None),
        ("0565-21234", None),
        ("08123", None),
        ("08123456789012345", None),
        ("8,12E+10", None),
        ("", None),
    ],
)
def test_phone_becomes_e164_or_nothing(typed: str, expected: str | None) -> None:
    assert rules.parse_phone(typed) == expected


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("Siti Nur'aini, S.E., M.M.", None),
        ("Budi Ma’ruf", None),
        ("H. Andre\u0301 (Alm.) D`Cruz-Putri/Ali", None),
        ("ꦱꦶꦠꦶ", None),
        ("", "name_missing"),
        (" - ", "name_missing"),
        ("A" * 100, None),
        ("A" * 101, "name_too_long"),
        ("1" * 101, "name_too_long"),
        ("Budi 2", "name_invalid"),
        ("<script>alert(1)</script>", "name_invalid"),
        ("@SUM(1+1)*cmd", "name_invalid"),
        ("Budi\u202eiduB", "name_invalid"),
        ("Budi & Ani", "name_invalid"),
        ("🙂", "name_invalid"),
        ("(')", "name_invalid"),
    ],
)
def test_name_problem(name: str, reason: str | None) -> None:
    assert rules.name_problem(rules.collapse(name)) == reason


@pytest.mark.parametrize(
    ("typed", "post"),
    [
        ("ketua ", "chair"),
        ("Ketua Umum", "chair"),
        ("KETAU", "chair"),
        ("Ketua Koperasi Desa Merah Putih", "chair"),
        ("Wakil Ketua Bid. Usaha", "vice_chair_business"),
        ("Waket Bid. Usaha", "vice_chair_business"),
        ("Wk. Ketua I Bidang Usaha", "vice_chair_business"),
        ("Waket Keanggotaan", "vice_chair_membership"),
        ("wakil ketua bid anggota", "vice_chair_membership"),
        ("Sekertaris", "secretary"),
        ("Sekr.", "secretary"),
        ("Bdh", "treasurer"),
        ("Bendahra", "treasurer"),
        ("Ketua Pengawas", "supervisor_chair"),
        ("Ketua Badan Pengawas", "supervisor_chair"),
        ("Pengawas", "supervisor_member"),
        ("Anggota Dewan Pengawas", "supervisor_member"),
        ("Manager", "manager"),
        ("General Manager", "manager"),
        ("Pengelola Koperasi", "manager"),
        ("Pendiri", "founder"),
        ("Calon Pengurus", "founder"),
        ("Anggota", "member"),
        ("Kasir Parkir", None),
        ("Ketua RT", None),
        ("Pengawal", None),
        ("Kepala Desa", None),
        ("Pengurus", None),
        ("Wakil Ketua", None),
        ("Waket", None),
        ("Sekretaris/Bendahara", None),
        ("Koperasi", None),
        ("", None),
    ],
)
def test_post_words(typed: str, post: str | None) -> None:
    assert rules.parse_post(typed) == post


def test_bare_vice_chair_is_told_apart_for_its_message() -> None:
    assert rules.is_bare_vice_chair("Wakil Ketua II")
    assert not rules.is_bare_vice_chair("Kasir Parkir")


@pytest.mark.parametrize(
    ("typed", "sex"),
    [
        ("L", "L"),
        ("p.", "P"),
        ("Laki-laki", "L"),
        ("PEREMPUAN", "P"),
        ("Pr", "P"),
        ("pria", "L"),
        ("", ""),
        ("x", ""),
    ],
)
def test_sex_words(typed: str, sex: str) -> None:
    assert rules.parse_sex(typed) == sex


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("Koperasi Desa Merah Putih Ladang", ""),
        ("KKMP Ladang", ""),
        ("Kop. Kel. Merah Putih Ladang", ""),
        ("Kopdes Ladang", ""),
        ("", ""),
        ("Ladang", ""),
        ("Koperasi Ladang", ""),
        ("Koperasi Desa Merah Putih Serikat Jaya", ""),
        ("Koperasi Multi Pihak Tani Jaya", "multi_stakeholder"),
        ("Koperasi Karyawan Sawit", "worker"),
        ("Koperasi Serikat Buruh Sintang", "union"),
        ("Koperasi Pengemudi Ojol", "driver_courier"),
        ("KSP Maju Bersama", "other"),
    ],
)
def test_cooperative_kind_from_its_name(name: str, kind: str) -> None:
    assert rules.read_cooperative_name(name, "Ladang").kind == kind
