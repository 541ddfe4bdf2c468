"""The pages of rosters: as a browser and as htmx, for officers and for strangers, with every bad file."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import pytest
import sqlalchemy as sa

from portal.core import jobs
from portal.core.db import db
from portal.core.permissions import Role
from portal.enrollment.models import Nomination, RosterImport
from tests.support import nominations, sheets
from tests.support.classroom import account
from tests.support.nominations import SINTANG, bring_in, classes, officer, program, roster, upload


def file(content: bytes, name: str = "usulan.xlsx") -> tuple[io.BytesIO, str]:
    return io.BytesIO(content), name


@pytest.fixture
def desk(page: Any, db_session: Any, now: Any) -> Any:
    """A signed-in officer of Sintang with a program: page.program_id, page.actor."""
    page.program_id = program()
    user, page.actor = officer()
    return page.sign_in(user)


def work(app: Any) -> None:
    with app.app_context():
        jobs.run_pending()
    db.session.expire_all()


def send(desk: Any, content: bytes, status: int = 303, name: str = "usulan.xlsx", **more: Any) -> Any:
    data = {"program": "pengurus-pemula", "file": [file(content, name)]} | more
    return desk.post("/pengusulan", data, status)


def test_the_empty_list_offers_the_upload(desk: Any) -> None:
    view = desk.get("/pengusulan")
    assert view.heading == "Pengusulan peserta"
    assert "Belum ada usulan" in view.words


def test_from_the_file_to_saved_people(desk: Any, app: Any) -> None:
    preview = desk.follow(send(desk, SINTANG))
    assert preview.heading == "Usulan Kabupaten Sintang"
    assert "814 orang bisa disimpan" in " ".join(preview.words.split())[:2000] or "814" in preview.words
    assert "NIK berisi 15 angka, seharusnya 16 (berakhiran 5001)." in preview.words
    saving = desk.follow(desk.submit(preview, {"pilihan": "baik"}, action="/simpan"))
    assert "0 dari 814" in saving.words
    assert "every 2s" in saving.text
    work(app)
    done = desk.get(saving.url)
    assert "Tersimpan: 814 orang diusulkan" in done.words
    assert "every 2s" not in done.text
    assert "Bagi 814 orang ke angkatan" in done.words
    listing = desk.get("/pengusulan")
    assert "Tersimpan" in listing.words
    assert "814 orang dari Kabupaten Sintang menunggu angkatan" in listing.words
    assert listing.links["Bagi ke angkatan"] == f"{saving.url}/bagi"


def test_htmx_asks_for_the_changing_part_alone(desk: Any, now: Any) -> None:
    found = upload(roster(4), desk.program_id, desk.actor, now)
    piece = desk.htmx_get(f"/pengusulan/{found.id}")
    assert piece.text.lstrip().startswith('<div id="usulan"')


def test_no_page_shows_a_whole_nik(desk: Any, now: Any) -> None:
    bad = nominations.line(3, name="6105010203850004")
    content = sheets.xlsx([nominations.HEADER, nominations.line(0), bad])
    preview = desk.follow(send(desk, content))
    assert "••••0004" in preview.text
    assert "6105010203" not in preview.text


def bomb() -> bytes:
    """A workbook with more parts than any real one."""
    target = io.BytesIO(sheets.xlsx([["Nama"]]))
    with zipfile.ZipFile(target, "a", zipfile.ZIP_DEFLATED) as archive:
        for number in range(600):
            archive.writestr(f"xl/media/{number}.xml", b"0" * 1000)
    return target.getvalue()


BAD = {
    "bomb": (bomb(), "terlalu besar setelah dibuka"),
    "wrong type": (b"%PDF-1.7 bukan tabel", "bukan lembar kerja"),
    "empty": (b"", "Berkas kosong"),
    "rows": (b"Nama;NIK;Jabatan;Desa;Kecamatan\n" + b"a\n" * 200_000, "terlalu panjang"),
    "password": (sheets.ole(b"", name="EncryptedPackage"), "kata sandi"),
    "header": (sheets.xlsx([["apa", "saja"], ["1", "2"]]), "judul kolom"),
}


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_file_is_answered_beside_the_field(desk: Any, kind: str) -> None:
    content, words = BAD[kind]
    view = send(desk, content, 422)
    assert any(words in error for error in view.errors), view.errors
    assert view.element("file").get("aria-invalid") == "true"
    assert view.title.startswith("Perlu diperbaiki:")
    assert db.session.scalar(sa.select(sa.func.count()).select_from(RosterImport)) == 0


def test_a_form_without_file_or_program_says_so(desk: Any) -> None:
    view = desk.post("/pengusulan", {"program": ""}, 422)
    assert view.errors == ["Pilih program untuk usulan ini.", "Pilih berkas usulan."]


def test_a_file_of_another_regency_is_refused(page: Any, db_session: Any) -> None:
    program()
    user, _actor = officer("61.12")
    view = send(page.sign_in(user), roster(4), 422)
    assert "di luar wilayah akun Anda" in view.errors[0]


def test_a_double_click_is_one_preview_and_one_import(desk: Any, app: Any) -> None:
    op = "a" * 32
    places = {send(desk, roster(4), op=op).location for _turn in range(2)}
    assert len(places) == 1
    here = places.pop()
    for _turn in range(2):
        desk.post(f"{here}/simpan", {"pilihan": "semua", "op": "b" * 32})
    work(app)
    assert db.session.scalar(sa.select(sa.func.count()).select_from(jobs.Job)) == 1
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Nomination)) == 4
    assert desk.post(f"{here}/simpan", {"pilihan": "semua"}, 409).errors


def test_a_preview_can_be_thrown_away(desk: Any) -> None:
    preview = desk.follow(send(desk, roster(4)))
    gone = desk.follow(desk.submit(preview, action="/buang"))
    assert "Berkas ini sudah dibuang" in gone.words
    assert "Belum ada usulan" in desk.get("/pengusulan").words


def test_bad_rows_come_as_a_file_for_the_uploader_alone(desk: Any, new_page: Any, now: Any) -> None:
    found = upload(roster(4, name="=1+1"), desk.program_id, desk.actor, now)
    answer = desk.post(f"/pengusulan/{found.id}/baris-bermasalah", status=200)
    assert answer.response.data.startswith(b"PK")
    assert "attachment" in answer.headers["Content-Disposition"]
    assert answer.headers["Cache-Control"] == "no-store"
    colleague = new_page().sign_in(officer()[0])
    assert "Unduh baris bermasalah" not in colleague.get(f"/pengusulan/{found.id}").words
    colleague.post(f"/pengusulan/{found.id}/baris-bermasalah", status=404)


def test_a_failed_import_offers_to_go_on(desk: Any, app: Any, now: Any) -> None:
    preview = desk.follow(send(desk, roster(4)))
    saving = desk.submit(preview, {"pilihan": "semua"}, action="/simpan")
    from portal.core.db import transaction

    with transaction() as session:
        session.execute(sa.update(jobs.Job).values(state="failed", error="Terputus di tengah."))
    view = desk.follow(saving)
    assert "Terputus di tengah." in view.words
    desk.submit(view, action="/ulangi")
    work(app)
    assert "Tersimpan: 4 orang diusulkan" in desk.get(view.url).words


def test_strangers_get_what_a_missing_roster_gets(desk: Any, new_page: Any, now: Any) -> None:
    found = upload(roster(4), desk.program_id, desk.actor, now)
    foreign = new_page().sign_in(officer("61.12")[0])
    for number in (found.id, found.id + 999):
        for path in ("", "/bagi", "/bagi/0"):
            foreign.get(f"/pengusulan/{number}{path}", 404)
        for path in ("/simpan", "/buang", "/ulangi", "/baris-bermasalah", "/bagi", "/bagi/ulang", "/bagi/0"):
            foreign.post(f"/pengusulan/{number}{path}", {"pilihan": "baik"}, 404)
    assert "Kabupaten Sintang" not in foreign.get("/pengusulan").words


def test_other_roles_stay_outside(new_page: Any, db_session: Any) -> None:
    from portal.core.db import transaction

    with transaction():
        teacher = account("Ratna", Role.INSTRUCTOR)
    new_page().sign_in(teacher).get("/pengusulan", 403)
    assert "/masuk" in new_page().get("/pengusulan", 303).location


@pytest.mark.parametrize("count", [10, 60])
def test_the_list_costs_the_same_for_any_number_of_rosters(
    desk: Any, now: Any, query_count: Any, count: int
) -> None:
    from portal.core.db import transaction

    upload(roster(2), desk.program_id, desk.actor, now)
    with transaction() as session:
        columns = [c for c in RosterImport.__table__.columns if c.name != "id"]
        row = dict(session.execute(sa.select(*columns)).mappings().one())
        session.execute(sa.insert(RosterImport), [row] * count)
    with query_count(at_most=8):
        desk.get("/pengusulan", htmx=False)


# ---- spreading ----


@pytest.fixture
def spread(desk: Any, now: Any) -> Any:
    """40 saved people and three classes: desk.here is the roster's address."""
    _user, _actor, center_id = nominations.center_admin()
    bring_in(roster(40), desk.program_id, desk.actor, now)
    desk.batches = classes(desk.program_id, center_id, 3, now)
    desk.here = f"/pengusulan/{db.session.scalars(sa.select(RosterImport.id)).one()}"
    return desk


def test_the_proposal_is_confirmed_whole(spread: Any) -> None:
    view = spread.get(f"{spread.here}/bagi")
    assert "Angkatan 1" in view.links
    assert "14 dari 16 kursi" in view.words
    done = spread.follow(spread.submit(view, action="/bagi"))
    assert "Semua orang dari kabupaten ini sudah punya angkatan." in done.words
    assert "Tidak ada yang menunggu kelas" in spread.get(f"{spread.here}/bagi").words


def test_somebody_is_moved_before_confirming(spread: Any) -> None:
    view = spread.get(f"{spread.here}/bagi")
    one = spread.get(view.links["Angkatan 1"])
    target, fields = one.form()
    name = next(key for key in fields if key.startswith("orang-"))
    spread.submit(one, {name: str(spread.batches[2])}, action=target)
    again = spread.get(f"{spread.here}/bagi")
    assert "Sudah diubah tangan" in again.words
    assert "13 dari 16 kursi" in again.words
    spread.submit(again, action="/ulang")
    assert "Sudah diubah tangan" not in spread.get(f"{spread.here}/bagi").words


def test_a_stale_proposal_is_a_409_that_says_what_changed(spread: Any) -> None:
    from portal.batches.models import Batch
    from portal.core.db import transaction

    view = spread.get(f"{spread.here}/bagi")
    with transaction() as session:
        session.execute(sa.update(Batch).values(seats_taken=16))
    answer = spread.submit(view, status=409, action="/bagi")
    assert "belum ada yang ditempatkan" in answer.words
    assert db.session.scalar(sa.select(sa.func.count()).where(Nomination.state == "placed")) == 0


def test_classes_can_be_picked_and_the_rest_is_listed_with_reasons(spread: Any) -> None:
    view = spread.get(f"{spread.here}/bagi?angkatan={spread.batches[0]}")
    assert "22 orang belum mendapat kelas" in view.words
    left = spread.get(view.links["Lihat orangnya"])
    assert "Kursi dan cadangan sudah habis." in left.words
    spread.submit(view, action="/bagi")
    assert db.session.scalar(sa.select(sa.func.count()).where(Nomination.state == "placed")) == 18


def test_forged_people_and_classes_are_refused(spread: Any) -> None:
    view = spread.get(f"{spread.here}/bagi/{spread.batches[0]}")
    target, fields = view.form()
    spread.post(target, {**fields, "orang-999999": str(spread.batches[1])}, 404)
    spread.get(f"{spread.here}/bagi/999999", 404)
    one = next(key for key in fields if key.startswith("orang-"))
    spread.submit(view, {one: "999999"}, 409, action=target)


def test_the_proposal_page_costs_the_same_for_any_number_of_people(
    spread: Any, now: Any, query_count: Any
) -> None:
    bring_in(roster(120, 400), spread.program_id, spread.actor, now)
    with query_count(at_most=14):
        spread.get(f"{spread.here}/bagi", htmx=False)


# ---- the command line ----


def test_preview_and_import_answer_json_alone(app: Any, db_session: Any, tmp_path: Any) -> None:
    program()
    path = tmp_path / "usulan.xlsx"
    path.write_bytes(SINTANG)
    run = app.test_cli_runner().invoke
    preview = run(args=["roster", "preview", str(path), "--json"])
    answer = json.loads(preview.stdout)
    assert (preview.exit_code, answer["regency"], answer["people"]) == (0, "61.05", 814)
    refused = run(args=["roster", "import", str(path), "--program", "KOP-PGR", "--json"])
    assert (refused.exit_code, json.loads(refused.stdout)["error"]["code"]) == (2, "bad_rows_left")
    for counts in ({"new": 814, "unchanged": 0}, {"new": 0, "unchanged": 814}):
        done = run(args=["roster", "import", str(path), "--program", "kop-pgr", "--only-good", "--json"])
        assert json.loads(done.stdout) == {"updated": 0, "bad": 22, **counts}


@pytest.mark.parametrize("content", [b"", b"%PDF-1.7", None])
def test_a_file_that_cannot_be_read_is_exit_2_with_a_reason(
    app: Any, db_session: Any, tmp_path: Any, content: bytes | None
) -> None:
    path = tmp_path / "usulan.xlsx"
    if content is not None:
        path.write_bytes(content)
    answer = app.test_cli_runner().invoke(args=["roster", "preview", str(path), "--json"])
    assert answer.exit_code == 2
    assert set(json.loads(answer.stdout)["error"]) == {"code", "message"}
