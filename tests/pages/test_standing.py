"""The trainee's own page says where they stand, by the rules that gate issuance."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from portal.assessment import services
from portal.certificates.services import prepare_issue
from portal.core.db import transaction
from portal.core.permissions import Role
from tests.support import classroom
from tests.support.assessing import fill, person_actor
from tests.support.issuing import change, fail_unit, issue, sign_class


@pytest.fixture
def signed(db_session, now):
    signed = sign_class(now)
    with transaction():
        signed.holder = classroom.account("Peserta 001", Role.TRAINEE, person_id=signed.room.people[0])
    return signed


def _why(signed, page, status=200):
    return page.get(f"/saya/angkatan/{signed.room.enrollments[0]}/mengapa", status)


def _page(signed, page):
    page.sign_in(signed.holder)
    return page.get(f"/saya/angkatan/{signed.room.enrollments[0]}").words


def test_not_yet_with_the_reason(signed, page):
    fail_unit(signed, 0)
    words = _page(signed, page)
    assert "Hadir 24 dari 24 JP (100%)" in words
    assert "Belum Kompeten (BK)" in words
    assert "Mengapa sertifikat belum terbit?" in words
    view = _why(signed, page)
    assert view.heading == "Mengapa sertifikat belum terbit?"
    assert "Unit 1, Menyusun buku kas 1: belum kompeten (BK)." in view.words
    assert "atau ajukan banding sampai Minggu, 6 Desember 2026" in view.words
    assert "Unit 2" not in view.words


def test_margin_that_cannot_be_reached_any_more(signed, page):
    with transaction() as session:
        session.execute(sa.text("UPDATE attendance_mark SET mark='absent' WHERE enrollment_id=:e"),
                        {"e": signed.room.enrollments[0]})  # fmt: skip
    assert "sudah tidak dapat tercapai" in _page(signed, page)


def test_certificate_when_there_is_one(signed, page, now):
    issue(signed, now)
    words = _page(signed, page)
    assert "Unduh sertifikat" in words
    assert "Mengapa sertifikat belum terbit?" not in words
    assert "Sertifikat Anda sudah terbit" in _why(signed, page).words


def test_all_is_well_and_the_center_prepares(signed, page, now):
    assert "Balai sedang menyiapkan penerbitan" in _page(signed, page)
    words = _why(signed, page).words
    assert "Semua syarat terpenuhi." in words
    assert "Balai akan menyiapkan sertifikat Anda." in words
    with transaction():
        prepare_issue(batch_id=signed.room.batch_id, actor=signed.admin, now=now)
    assert "kepala balai tinggal menyetujui" in _why(signed, page).words


def test_a_revoked_certificate_is_said_to_be_revoked(signed, page, now):
    change(signed, issue(signed, now)[0], "revoke", now)
    page.sign_in(signed.holder)
    words = _why(signed, page).words
    assert "sudah dicabut" in words
    assert "sudah terbit" not in words


def test_a_retest_and_an_appeal_are_told(signed, page, now):
    fail_unit(signed, 0)
    room = signed.room
    page.sign_in(signed.holder)
    with transaction():
        services.open_retest(
            batch_id=room.batch_id, enrollment_id=room.enrollments[0], unit_id=room.units[0],
            actor=room.assessor_actor(), now=now,
        )  # fmt: skip
        services.file_appeal(
            enrollment_id=room.enrollments[0], unit_id=room.units[0], reason="Saldo saya cocok",
            actor=person_actor(signed.holder, Role.TRAINEE), now=now,
        )  # fmt: skip
    words = _why(signed, page).words
    assert "belum kompeten, diuji ulang." in words
    assert "Banding Anda untuk unit 1 sedang diperiksa." in words


def test_before_the_signature_no_result_is_told(db_session, page, now):
    room = classroom.build(people=2, units=2)
    fill(room, now, weak={0: 0})
    with transaction():
        holder = classroom.account("Peserta 001", Role.TRAINEE, person_id=room.people[0])
    page.sign_in(holder)
    url = f"/saya/angkatan/{room.enrollments[0]}"
    assert "BK" not in page.get(url).words
    words = page.get(f"{url}/mengapa").words
    assert "Hasil angkatan ini belum ditandatangani penilai." in words
    assert "Unit 1" not in words


def test_nobody_reads_another_ones_reasons(signed, page):
    page.sign_in(signed.holder)
    page.get(f"/saya/angkatan/{signed.room.enrollments[1]}/mengapa", 404)
