"""The trainee's own page says where they stand, by the rules that gate issuance."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from portal.core.db import transaction
from portal.core.permissions import Role
from tests.support import classroom
from tests.support.issuing import fail_unit, issue, sign_class


@pytest.fixture
def signed(db_session, now):
    signed = sign_class(now)
    with transaction():
        signed.holder = classroom.account("Peserta 001", Role.TRAINEE, person_id=signed.room.people[0])
    return signed


def _page(signed, page):
    page.sign_in(signed.holder)
    return page.get(f"/saya/angkatan/{signed.room.enrollments[0]}").words


def test_not_yet_with_the_reason(signed, page):
    fail_unit(signed, 0)
    words = _page(signed, page)
    assert "Hadir 24 dari 24 JP (100%)" in words
    assert "Belum Kompeten (BK)" in words
    assert "unit 1 BK" in words


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
