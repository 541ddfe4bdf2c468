"""Service lines on the administrator's screen, and the guide for chairs."""

from __future__ import annotations

import gzip

import pytest
import sqlalchemy as sa

from portal.core.db import db, transaction
from portal.core.permissions import Role
from portal.readiness.models import ServiceLine
from tests.support import classroom, halls


def someone(role, kind="all", scope=""):
    with transaction():
        return classroom.account("Indah Platform", role, kind, str(scope))


@pytest.fixture
def hall(db_session, now):
    return halls.like_the_mock(now)


@pytest.fixture
def admin(page, hall):
    return page.sign_in(someone(Role.PLATFORM_ADMIN))


def address(code="internal_finance"):
    number = db.session.scalar(sa.select(ServiceLine.id).where(ServiceLine.code == code))
    db.session.rollback()
    return f"/admin/layanan/{number}"


def stored(code="internal_finance"):
    db.session.rollback()
    return db.session.scalar(sa.select(ServiceLine).where(ServiceLine.code == code))


def test_the_list_says_what_each_line_asks_for(admin, query_count):
    with query_count(at_most=5):
        view = admin.get("/admin/layanan", htmx=False)
    assert "Simpan pinjam dan pembiayaan internal" in view.words
    assert (
        "1 orang sebagai Bendahara, dengan sertifikat “Simpan Pinjam dan Pembiayaan Internal”" in view.words
    )
    assert "Dokumen: Badan hukum, Anggaran dasar" in view.words
    assert "Savings, loans and internal finance" in admin.get("/en/admin/layanan").words


def test_a_line_is_changed_in_one_form(admin):
    view = admin.get(address())
    done = admin.submit(view, {"name": "Simpan pinjam anggota", "count_2": "1"}, 303)
    assert "Layanan tersimpan" in admin.follow(done).words
    assert stored().name == "Simpan pinjam anggota"
    assert stored().version == 2


def test_a_look_shows_who_stops_being_ready_and_saves_nothing(admin):
    view = admin.get(address("platform_dialogue"))
    assert "menjadi siap" not in view.words
    seen = admin.submit(view, {"items": ["legal_entity", "statutes"], "lihat": "1"}, 202)
    assert "Belum disimpan" in seen.words
    assert "1 koperasi diperiksa." in seen.words
    assert "Berhenti siap: Koperasi Roda Lintas" in seen.words
    assert stored("platform_dialogue").version == 1
    admin.submit(seen, {}, 303)
    assert stored("platform_dialogue").items == ["legal_entity", "statutes"]


def test_the_look_of_a_country_says_that_the_rest_waits(admin, monkeypatch, now):
    monkeypatch.setattr("portal.readiness.queries.effects.SAMPLE", 1)
    halls.build(now, name="Koperasi Lain")
    seen = admin.submit(admin.get(address()), {"lihat": "1"}, 202)
    assert "1 dari 2 koperasi diperiksa di sini; sisanya dihitung ulang di latar belakang" in seen.words


@pytest.mark.parametrize("step", [{}, {"lihat": "1"}])
@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"name": ""}, "Tulis nama layanan."),
        ({"count_0": "dua"}, "Isi dengan angka."),
        ({"count_0": "3"}, "3 orang tidak pernah terpenuhi"),
        ({"programs_1": []}, "Pilih paling sedikit satu program untuk kebutuhan ini."),
        ({"name": "x" * 121}, "Paling banyak 120 karakter."),
    ],
)
def test_what_is_wrong_is_said_beside_its_cause(admin, changes, message, step):
    view = admin.submit(admin.get(address()), {**changes, **step}, 422)
    assert any(message in error for error in view.errors)
    assert view.title.startswith("Perlu diperbaiki:")
    assert stored().version == 1


def test_another_editors_change_is_a_conflict_that_keeps_what_was_typed(admin):
    view = admin.get(address())
    admin.submit(view, {"name": "Yang pertama"}, 303)
    second = admin.submit(view, {"name": "Yang kedua", "op": "0" * 32}, 409)
    assert "baru saja diubah orang lain" in second.words
    assert "Yang kedua" in second.text
    assert stored().name == "Yang pertama"


def test_a_double_click_changes_once(admin):
    view = admin.get(address())
    first = admin.submit(view, {"name": "Sekali"}, 303)
    assert admin.submit(view, {"name": "Sekali"}, 303).location == first.location
    assert stored().version == 2


def test_a_line_is_added_and_an_empty_one_is_refused(admin):
    view = admin.get("/admin/layanan/baru")
    empty = admin.submit(view, {"name": "Warung data"}, 422)
    assert any("paling sedikit satu kebutuhan" in error for error in empty.errors)
    program = str(next(iter(db.session.scalars(sa.text("select id from program order by id")))))
    done = admin.submit(empty, {"posts_0": ["chair"], "programs_0": [program]}, 303)
    assert "Warung data" in admin.follow(done).words


@pytest.mark.parametrize("path", ["/admin/layanan", "/admin/layanan/baru"])
def test_others_do_not_see_the_lines(page, hall, path):
    page.sign_in(someone(Role.REGULATOR, "region", "61")).get(path, 403)


def test_a_line_that_is_not_there_is_not_found(admin):
    admin.get("/admin/layanan/1000000", 404)


# -- the guide -------------------------------------------------------------------------------------


def test_the_guide_explains_without_an_account(page, hall, query_count):
    with query_count(at_most=2):
        view = page.get("/kesiapan/panduan", htmx=False)
    assert view.heading == "Apa arti kesiapan koperasi?"
    assert "Satu jabatan, satu tiang" in view.words
    assert "Apa yang dikerjakan lebih dulu" in view.words
    assert "bukan izin dan bukan larangan" in view.words
    assert "Contoh:" not in view.words
    assert len(gzip.compress(view.text.encode(), 9)) < 8_000
    assert "Set-Cookie" not in view.headers


def test_the_guide_takes_ones_own_cooperative_as_its_example(page, hall, query_count):
    page.sign_in(someone(Role.CHAIR, "cooperative", hall.cooperative_id))
    with query_count(at_most=8):
        view = page.get("/kesiapan/panduan", htmx=False)
    assert "Contoh: Koperasi Roda Lintas" in view.words
    assert "9 jabatan, jadi 9 tiang. 6 sudah berdiri, 1 sedang berlatih, 2 belum." in view.words
    assert "Pembagian SHU dan buku terbuka" in view.words.split("Layanan yang paling dekat:")[1][:60]


def test_the_guide_never_takes_somebody_elses(page, hall, now):
    other = halls.build(now, name="Koperasi Seberang")
    page.sign_in(someone(Role.CHAIR, "cooperative", hall.cooperative_id))
    for wanted in (other.cooperative_id, "1000000", "x"):
        assert "Contoh: Koperasi Roda Lintas" in page.get(f"/kesiapan/panduan?koperasi={wanted}").words


def test_the_guide_of_an_empty_cooperative_says_where_to_begin(page, now, db_session):
    hall = halls.build(now, kind="prospective")
    page.sign_in(someone(Role.COMPANION, "cooperative", hall.cooperative_id))
    assert "Contoh: Koperasi Roda Lintas" in page.get("/kesiapan/panduan").words
