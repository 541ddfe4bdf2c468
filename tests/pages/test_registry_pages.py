"""The registry's pages: the list, the form, registers on their way in; as a browser and as htmx."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from portal.cooperatives.models import Cooperative, RegistryImport
from portal.cooperatives.register import applying
from portal.core import jobs
from portal.core.db import db, transaction
from portal.core.permissions import Role
from tests.support.classroom import account
from tests.support.nominations import officer
from tests.support.page import BROWSER
from tests.support.world_registry import register, villages


@pytest.fixture
def codes(db_session: Any) -> list[str]:
    return villages(40)


@pytest.fixture
def desk(page: Any, db_session: Any) -> Any:
    """A signed-in officer of Sintang."""
    user, page.actor = officer()
    return page.sign_in(user)


def add(codes: list[str], now: Any, **more: Any) -> list[int]:
    """One cooperative a village; their ids."""
    rows = [
        Cooperative(
            kind="village", name=f"KDMP Desa {n:02d}", match_key=f"village|{code}|{n}", region_code=code,
            created_at=now, **more,
        )
        for n, code in enumerate(codes)
    ]  # fmt: skip
    with transaction() as session:
        session.add_all(rows)
    return [row.id for row in rows]


def send(desk: Any, content: bytes, status: int = 303, **more: Any) -> Any:
    file = (io.BytesIO(content), "registri.csv")
    return desk.post("/registri/impor", {"file": [file]} | more, status)


def work(app: Any) -> None:
    with app.app_context():
        jobs.run_pending()
    db.session.expire_all()


def test_an_empty_registry_offers_the_import(desk: Any) -> None:
    view = desk.get("/registri")
    assert view.heading == "Registri koperasi"
    assert "Registri masih kosong" in view.words
    assert ("/registri", "Registri") in [(href, text) for text, href in view.links.items()]


def test_the_list_is_narrowed_and_paged(desk: Any, codes: Any, now: Any) -> None:
    add(codes[:35], now)
    with transaction() as session:
        session.execute(
            sa.update(Cooperative)
            .where(Cooperative.name == "KDMP Desa 07")
            .values(cooperative_number="N-7", is_pilot=True)
        )
    first = desk.get("/registri")
    assert "1–30 dari 35" in first.words
    assert "KDMP Desa 31" in desk.get("/registri?hal=2").words
    for query in ("q=desa+07", "q=N-7", "tanda=percontohan"):
        assert "1 koperasi" in desk.get(f"/registri?{query}").words
    assert "34 koperasi" in desk.get("/registri?tanda=tanpa-nomor").words
    assert "Tidak ada koperasi yang cocok" in desk.get("/registri?jenis=worker").words
    piece = desk.htmx_get("/registri?q=desa+07")
    assert piece.text.lstrip().startswith('<section class="flow" id="hasil"')
    assert "35 koperasi" in desk.get("/registri?wilayah=x&jenis=y&tanda=z").words


@pytest.mark.parametrize("count", [3, 30])
def test_the_list_costs_the_same_for_any_number_of_cooperatives(
    desk: Any, codes: Any, now: Any, query_count: Any, count: int
) -> None:
    add(codes[:count], now)
    with query_count(at_most=8):
        desk.get("/registri", htmx=False)


def test_another_office_sees_another_registry(desk: Any, new_page: Any, codes: Any, now: Any) -> None:
    number = add(codes[:1], now)[0]
    stranger = new_page().sign_in(officer("32.01")[0])
    assert "Registri masih kosong" in stranger.get("/registri").words
    for path in (f"/registri/{number}", f"/koperasi/{number}/kelembagaan", "/registri/987654"):
        stranger.get(path, 404)
    with transaction():
        teacher = account("Ratna", Role.INSTRUCTOR)
    new_page().sign_in(teacher).get("/registri", 403)


def test_a_cooperative_is_added_and_its_twin_is_told(desk: Any, codes: Any) -> None:
    data = {"name": "KDMP Satu", "kind": "village", "village": codes[0], "number": "N-1"}
    made = desk.follow(desk.submit(desk.get("/registri/tambah"), data))
    assert made.heading == "Kelembagaan"
    assert "KDMP Satu" in made.words
    again = desk.submit(desk.get("/registri/tambah"), data | {"number": "", "name": "kdmp SATU"}, 409)
    assert again.errors == ["Koperasi ini sudah tercatat di desa yang sama sebagai KDMP Satu."]
    assert "Buka koperasi yang sudah tercatat itu" in again.links
    assert again.element("name").get("value") == "kdmp SATU"
    wrong = desk.submit(desk.get("/registri/tambah"), {"name": "", "village": "Atlantis"}, 422)
    assert wrong.errors == ["Tulis nama koperasi.", "Pilih jenis koperasi."]
    assert wrong.element("village").get("value") == "Atlantis"


def test_two_who_correct_at_once_are_told(desk: Any, codes: Any, now: Any) -> None:
    number = add(codes[:1], now)[0]
    one, two = (desk.get(f"/registri/{number}") for _turn in range(2))
    desk.submit(one, {"name": "KDMP Nama Baru"})
    late = desk.submit(two, {"name": "KDMP Nama Lain"}, 409)
    assert "diubah orang lain" in late.errors[0]
    assert late.element("name").get("value") == "KDMP Nama Lain"
    db.session.expire_all()
    assert db.session.get_one(Cooperative, number).name == "KDMP Nama Baru"


def test_the_list_comes_as_a_file(desk: Any, codes: Any, now: Any) -> None:
    add(codes[:2], now)
    text = desk.get("/registri/ekspor.csv?q=desa+01", htmx=False).text
    assert "KDMP Desa 01" in text
    assert "KDMP Desa 00" not in text
    answer = desk.get("/registri/ekspor.xlsx", htmx=False)
    assert answer.response.data.startswith(b"PK")
    assert answer.headers["Cache-Control"] == "no-store"


# ---- registers ----


def test_from_the_file_to_the_registry(desk: Any, app: Any, codes: Any) -> None:
    rows = [f"KDMP Desa {n};;{code};;" for n, code in enumerate(codes[:3])]
    reading = desk.follow(send(desk, register(*rows, "Tanpa Desa;;;;")))
    assert "0 dari 4" in reading.words
    assert "every 2s" in reading.text
    work(app)
    preview = desk.get(reading.url)
    assert "3 koperasi baru" in " ".join(preview.words.split())[:3000] or "koperasi baru" in preview.words
    assert "Desa atau kelurahan belum diisi." in preview.words
    assert "Baris 5" in preview.words
    assert "every 2s" not in preview.text
    saving = desk.follow(desk.submit(preview, {"pilihan": "baik"}, action="/simpan"))
    work(app)
    done = desk.get(saving.url)
    assert "Registri tersimpan" in done.words
    assert "1 baris belum masuk" in done.words
    assert "3 koperasi" in desk.get("/registri").words
    piece = desk.htmx_get(saving.url)
    assert piece.text.lstrip().startswith('<div id="registri"')
    assert "registri.csv" in desk.get("/registri/impor").links


def test_one_stopped_half_way_says_so_and_goes_on(
    desk: Any, app: Any, codes: Any, now: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr(applying, "CHUNK", 5)
    here = send(desk, register(*(f"KDMP {n};;{code};;" for n, code in enumerate(codes[:12])))).location
    work(app)
    desk.submit(desk.get(here), {"pilihan": "semua"}, action="/simpan")
    with app.app_context():
        job_id = jobs._take(now)
        assert jobs._run_chunk(job_id)
    with transaction() as session:
        session.execute(sa.update(jobs.Job).values(lease_until=now - timedelta(seconds=1)))
    stopped = desk.get(here)
    assert "Terhenti di tengah jalan" in stopped.words
    assert "5 baris sudah tersimpan utuh, sisanya belum sama sekali." in stopped.words
    desk.submit(stopped, action="/lanjut")
    work(app)
    assert "Registri tersimpan" in desk.get(here).words
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Cooperative)) == 12


def test_a_bad_file_is_answered_beside_the_field(desk: Any) -> None:
    view = send(desk, b"apa;saja\n1;2\n", 422)
    assert "Judul kolom tidak ditemukan" in view.errors[0]
    assert view.element("file").get("aria-invalid") == "true"
    assert desk.post("/registri/impor", {}, 422).errors == ["Pilih berkas registri."]


def test_a_register_of_the_whole_country_may_be_longer_than_other_files(desk: Any) -> None:
    form = desk.get("/registri/impor").form("/registri/impor")[1].to_dict()

    def answer(address: str, megabytes: int) -> tuple[int, str]:
        file = FileStorage(io.BytesIO(b"\n" * (megabytes << 20)), "registri.csv")
        boundary, body = encode_multipart({**form, "file": file})
        sent = desk.client.post(
            address, data=body, content_type=f"multipart/form-data; boundary={boundary}", headers=BROWSER
        )
        return sent.status_code, sent.text

    status, text = answer("/registri/impor", 13)
    assert (status, "Berkas kosong" in text) == (422, True)
    status, text = answer("/registri/impor", 25)
    assert (status, "Berkas terlalu besar" in text) == (413, True)
    assert answer("/catatan-luar/impor", 13)[0] == 413


def test_a_double_click_is_one_file(desk: Any, codes: Any) -> None:
    op = "a" * 32
    places = {send(desk, register(f"KDMP Satu;;{codes[0]};;"), op=op).location for _turn in range(2)}
    assert len(places) == 1
    assert db.session.scalar(sa.select(sa.func.count()).select_from(RegistryImport)) == 1


def test_a_preview_can_be_thrown_away(desk: Any, app: Any, codes: Any) -> None:
    here = send(desk, register(f"KDMP Satu;;{codes[0]};;")).location
    work(app)
    gone = desk.follow(desk.submit(desk.get(here), action="/buang"))
    assert "Berkas ini sudah dibuang" in gone.words
    assert "Belum ada berkas" in desk.get("/registri/impor").words
    assert desk.post(f"{here}/simpan", {"pilihan": "baik"}, 409).errors


def test_a_file_is_its_senders(desk: Any, new_page: Any, app: Any, codes: Any) -> None:
    here = send(desk, register(f"KDMP Satu;;{codes[0]};;", "Tanpa;;;;")).location
    work(app)
    answer = desk.post(f"{here}/baris-bermasalah", status=200)
    assert answer.response.data.startswith(b"PK")
    colleague = new_page().sign_in(officer()[0])
    colleague.get(here, 404)
    for path in ("/simpan", "/buang", "/lanjut", "/baris-bermasalah"):
        colleague.post(f"{here}{path}", {}, 404)


def test_a_whole_file_with_bad_rows_is_refused(desk: Any, app: Any, codes: Any) -> None:
    here = send(desk, register(f"KDMP Satu;;{codes[0]};;", "Tanpa;;;;")).location
    work(app)
    view = desk.post(f"{here}/simpan", {"pilihan": "semua"}, 422)
    assert "Masih ada 1 baris bermasalah" in view.errors[0]
