"""Inclusion: sums of regions, small counts and small remainders closed, nothing below regencies."""

import pytest

from portal.core.db import transaction
from portal.core.permissions import Role
from portal.readiness.models import CoverageInclusion, RemoteRegion
from portal.readiness.services.refresh import hold_current
from tests.support import classroom
from tests.support.coverage import fill, some
from tests.support.queries import count_statements


@pytest.fixture
def watcher(page, db_session, now):
    fill(
        now,
        some("61.05.01", 20, certified=2, women=3),
        some("61.01.01", 10, certified=1, women=1),
        some("61.02.01", 1, holders=8, certified=8, women=6),
    )
    with transaction() as session:
        edition = hold_current(now).id
        for code, answered, disability, assistance in (
            ("", 90, 12, 20),
            ("61", 90, 12, 20),
            ("61.05", 60, 9, 15),
            ("61.01", 30, 3, 5),
        ):
            session.add(
                CoverageInclusion(
                    edition_id=edition, region_code=code, answered=answered, disability=disability,
                    assistance=assistance, certified=0,
                )
            )  # fmt: skip
        session.add(RemoteRegion(region_code="61.01", source="Daftar contoh", set_at=now))
        user = classroom.account("Wati Contoh", Role.REGULATOR, "region", "")
    return page.sign_in(user)


def test_women_are_told_among_holders_and_certified(watcher):
    words = watcher.get("/pemantauan/inklusi").words
    assert "Indonesia 30,6% 76" in words
    assert "Terpencil 50,0% 10 10" in words
    assert "Daerah lain" in words
    assert "Satu kabupaten atau kota tercatat" in words


def test_a_small_remainder_is_closed_like_a_small_count(watcher):
    province = watcher.get("/pemantauan/inklusi?wilayah=61")
    # 6 women of 8: the 2 men would be told; so another row is closed with it.
    assert province.words.count("ditutup") >= 4
    needs = province.words.split("Disabilitas dan kebutuhan bantuan", 1)[1]
    assert "90 12 13,3%" in needs
    assert "30 ditutup" in needs
    assert "60 ditutup" in needs


def test_below_a_regency_nothing_is_told_about_needs(watcher):
    watcher.get("/pemantauan/inklusi?wilayah=61.05.01", 404)
    regency = watcher.get("/pemantauan/inklusi?wilayah=61.05").words
    assert "Kecamatan" not in regency.split("Disabilitas")[1]


def test_without_lists_and_answers_the_page_says_why(page, db_session, now):
    fill(now, some("61.05.01", 3, certified=2))
    with transaction():
        user = classroom.account("Wati Contoh", Role.REGULATOR, "region", "")
    words = page.sign_in(user).get("/pemantauan/inklusi").words
    assert "Belum ada peserta di wilayah ini" in words
    assert "Belum ada daftar daerah terpencil" in words


def test_the_page_takes_six_statements(watcher):
    with count_statements() as seen:
        watcher.client.get("/pemantauan/inklusi?wilayah=61")
    assert len([text for text in seen.texts if "user_session" not in text]) <= 6
