"""The pages of outside records: for the office that notes, the center that checks, the holder."""

from __future__ import annotations

import io
from typing import Any

import pytest
import sqlalchemy as sa

from portal.certificates.models import ExternalRecord
from portal.core import jobs
from portal.core.db import db, transaction
from portal.core.permissions import Role
from tests.support import nominations
from tests.support.classroom import account
from tests.support.external import list_of, note, people, row

PAPER = {
    "kind": "competency", "title": "Pengurus koperasi", "issuer": "LSP Contoh", "number": "CONTOH-7",
    "issued_on-day": "1", "issued_on-month": "3", "issued_on-year": "2025",
}  # fmt: skip


@pytest.fixture
def desk(page: Any, db_session: Any, now: Any) -> Any:
    """A signed-in officer of Sintang with three people: page.actor."""
    user, page.actor = people(3, now)
    return page.sign_in(user)


@pytest.fixture
def checker(new_page: Any, db_session: Any) -> Any:
    """A signed-in admin of a center of the province."""
    user, _actor, _center_id = nominations.center_admin()
    return new_page().sign_in(user)


def _record() -> ExternalRecord:
    db.session.expire_all()
    return db.session.scalars(sa.select(ExternalRecord)).one()


def test_the_empty_list_says_what_it_is_for(desk: Any) -> None:
    view = desk.get("/catatan-luar")
    assert view.heading == "Catatan luar"
    assert "Belum ada catatan luar" in view.words
    assert "Ini bukan sertifikat portal" in view.words


def test_one_record_from_the_form_to_the_decision(desk: Any, checker: Any) -> None:
    line = nominations.line(0)
    form = desk.get("/catatan-luar/baru")
    made = desk.follow(desk.submit(form, PAPER | {"name": line[4], "nik": line[5]}, action="/baru"))
    assert made.heading == line[4]
    assert "1 Maret 2028 (anggapan: tiga tahun)" in made.words
    assert line[5] not in made.text
    assert line[5] not in made.url
    record = _record()
    here = f"/catatan-luar/{record.id}"
    case = checker.get(here)
    bad = checker.submit(case, {"answer": "ya", "note": ""}, action="/periksa", status=422)
    assert "Tulis apa yang diperiksa." in bad.words
    done = checker.follow(checker.submit(bad, {"answer": "ya", "note": "Dicocokkan"}, action="/periksa"))
    assert "Sudah diperiksa" in done.words
    assert "Dicocokkan" in done.words
    listing = desk.get("/catatan-luar?keadaan=verified&jenis=competency")
    assert line[4] in listing.words
    assert "Tidak ada yang cocok" in desk.get("/catatan-luar?jenis=training").words
    assert desk.htmx_get("/catatan-luar?jenis=training").text.lstrip().startswith('<div id="hasil"')


def test_a_double_click_notes_once(desk: Any) -> None:
    line = nominations.line(0)
    form = desk.get("/catatan-luar/baru")
    said = PAPER | {"name": line[4], "nik": line[5]}
    first = desk.submit(form, said, action="/baru")
    second = desk.submit(form, said, action="/baru")
    assert first.location == second.location
    assert _record().number == "CONTOH-7"


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"name": ""}, "Tulis namanya sesuai KTP."),
        ({"kind": ""}, "Pilih jenisnya."),
        ({"number": ""}, "Sertifikat kompetensi harus disertai nomor yang tertulis padanya."),
        ({"issued_on-day": "31", "issued_on-month": "2"}, "Tanggal ini tidak ada."),
        ({"issued_on-year": "2100"}, "Tanggal terbitnya di masa depan."),
        ({"nik": "6105010203859999"}, "Orang ini tidak dikenal"),
        ({"title": "x" * 161}, "Paling banyak 160 karakter."),
    ],
)
def test_a_bad_form_keeps_what_was_typed_and_says_why(desk: Any, changed: Any, message: str) -> None:
    line = nominations.line(0)
    form = desk.get("/catatan-luar/baru")
    said = PAPER | {"name": line[4], "nik": line[5]} | changed
    view = desk.submit(form, said, action="/baru", status=422)
    assert message in view.words
    assert "LSP Contoh" in view.text
    assert view.title.startswith("Perlu diperbaiki:")


def test_who_noted_it_reads_why_they_may_not_decide(checker: Any, db_session: Any, now: Any) -> None:
    _user, officer = people(1, now)
    record = note(0, officer, now)
    with transaction() as session:
        mine = session.scalar(sa.select(sa.text("id")).select_from(sa.text("user_account")).where(
            sa.text("name = 'Wulan Admin'")))  # fmt: skip
        session.execute(sa.update(ExternalRecord).values(recorded_by=mine))
    view = checker.get(f"/catatan-luar/{record.id}")
    assert "harus dua orang berbeda" in view.words
    assert "Simpan hasil" not in view.words


def test_a_correction_and_a_removal(desk: Any, now: Any) -> None:
    record = note(0, desk.actor, now)
    here = f"/catatan-luar/{record.id}"
    form = desk.get(f"{here}/ubah")
    done = desk.follow(desk.submit(form, {"title": "Judul yang benar"}, action="/ubah"))
    assert "Judul yang benar" in done.words
    after = desk.follow(desk.submit(done, {}, action="/hapus"))
    assert "Belum ada catatan luar" in after.words
    desk.get(here, 404)


def test_a_title_is_mapped_on_its_page(desk: Any, now: Any) -> None:
    note(0, desk.actor, now)
    view = desk.get("/catatan-luar/padanan")
    program_id = db.session.scalar(sa.text("select id from program"))
    assert "Pilih program padanannya." in desk.submit(view, {"program": ""}, status=422).words
    done = desk.follow(desk.submit(view, {"program": str(program_id)}))
    assert "Tidak ada yang perlu dipadankan" in done.words
    assert _record().program_id == program_id


def test_the_holder_reads_it_apart_and_objects(desk: Any, new_page: Any, checker: Any, now: Any) -> None:
    record = note(0, desk.actor, now)
    with transaction():
        user = account("Pemegang", Role.TRAINEE)
        user.person_id = record.person_id
    holder = new_page().sign_in(user)
    own = holder.get("/saya/sertifikat")
    assert "Dari luar portal" in own.words
    assert "Sertifikat kompetensi" in own.words
    view = holder.get(f"/saya/catatan-luar/{record.id}")
    assert holder.submit(view, {"words": " "}, status=422).title.startswith("Perlu diperbaiki:")
    done = holder.follow(holder.submit(view, {"words": "Nomornya bukan milik saya"}))
    assert "Sanggahan Anda sudah diterima" in done.words
    assert "Disanggah" in desk.get("/catatan-luar").words
    seen = desk.get(f"/catatan-luar/{record.id}")
    assert "Nomornya bukan milik saya" in seen.words
    # Whoever wrote the record is not the judge of it; somebody of the center is.
    assert "Sanggahan diputuskan orang lain" in seen.words
    desk.post(f"/catatan-luar/{record.id}/selesai", {}, 422)
    seen = checker.get(f"/catatan-luar/{record.id}")
    settled = checker.follow(checker.submit(seen, {}, action="/selesai"))
    assert "Nomornya bukan milik saya" not in settled.words
    holder.get("/saya/catatan-luar/999999", 404)


def _send(desk: Any, content: bytes, status: int = 303) -> Any:
    data = {"file": [(io.BytesIO(content), "daftar.xlsx")]}
    return desk.post("/catatan-luar/impor", data, status)


def test_a_list_from_the_file_to_saved_records(desk: Any, app: Any) -> None:
    assert "Belum ada berkas" in desk.get("/catatan-luar/impor").words
    preview = desk.follow(_send(desk, list_of(row(0), row(1), row(2, Judul=""))))
    assert "Simpan 2 yang baik saja" in preview.words
    assert "Judul pelatihan atau sertifikatnya kosong." in preview.words
    assert nominations.line(0)[5] not in preview.text
    saving = desk.follow(desk.submit(preview, {"pilihan": "baik"}, action="/simpan"))
    assert "0 dari 2" in saving.words
    assert "every 2s" in saving.text
    with app.app_context():
        jobs.run_pending()
    db.session.expire_all()
    done = desk.htmx_get(saving.url)
    assert "Tersimpan: 2 catatan baru" in done.text
    assert "every 2s" not in done.text
    assert "Tersimpan" in desk.get("/catatan-luar/impor").words
    bad = desk.submit(desk.get(saving.url), {}, action="/baris-bermasalah", status=200)
    assert bad.headers["Content-Type"].startswith("application/vnd.openxmlformats")


def test_a_bad_file_is_told_beside_its_field(desk: Any) -> None:
    assert "Pilih berkasnya." in desk.post("/catatan-luar/impor", {}, 422).words
    assert "Baris judul kolom tidak ditemukan" in _send(desk, b"a;b\n1;2\n", 422).words


def test_the_empty_list_to_fill_in_is_read_back(desk: Any) -> None:
    sample = desk.get("/catatan-luar/contoh.xlsx", htmx=False)
    assert sample.status == 200


def test_a_thrown_away_list_is_gone(desk: Any) -> None:
    preview = desk.follow(_send(desk, list_of(row(0))))
    assert "Berkas ini sudah dibuang" in desk.follow(desk.submit(preview, {}, action="/buang")).words


def test_the_list_keeps_to_its_statements(desk: Any, now: Any, query_count: Any) -> None:
    for number in range(3):
        note(number, desk.actor, now)
    db.session.rollback()
    with query_count(at_most=8):
        desk.get("/catatan-luar")
