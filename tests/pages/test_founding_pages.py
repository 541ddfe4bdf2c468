"""Founding a cooperative on pages: from nothing to a board."""

import re

import pytest
import sqlalchemy as sa

from portal.cooperatives.models import ChairClaim, Cooperative
from portal.core.db import db, transaction
from portal.core.permissions import Grant, Role
from tests.support.boards import account, minutes, person


@pytest.fixture
def wati(page, db_session, now):
    with transaction():
        grant = Grant(Role.TRAINEE, "self", "")
        user = account("Wati Pendiri", now, grant, person_id=person("Wati Pendiri", now)).id
    return page.sign_in(user)


def begin(page):
    """Register one; its address."""
    form = page.get("/koperasi/pendirian/baru?q=baning")
    code = re.search(r'name="village_code" value="([\d.]+)"', form.text).group(1)
    answer = page.submit(
        form, {"village_code": code, "name": "Koperasi Kurir Kapuas", "kind": "driver_courier"}
    )
    return answer.location


def add(page, here, name, status=303, **more):
    wish = {"name": name, "phone": ""} | more
    return page.submit(page.get(here), wish, status, action="/pendirian/orang")


def test_a_village_is_needed_first_and_said_so(wati):
    empty = wati.submit(wati.get("/koperasi/pendirian/baru"), {"name": "Koperasi Kurir"}, 422)
    assert empty.errors == ["Pilih desa atau kelurahannya."]
    assert "Koperasi Kurir" in empty.text
    assert "Tidak ada desa" in wati.get("/koperasi/pendirian/baru?q=zzzz").words


def test_from_nothing_to_a_cooperative_that_stands(wati, now):
    here = begin(wati)
    view = wati.get(here)
    assert "0 dari 9" in view.words
    assert "Menunggu verifikasi" in view.words
    for letter in "ABCDEFG":
        add(wati, here, f"Pendiri {letter}")
    assert "7 dari 9" in wati.get(here).words
    assert "Tambahkan 2 orang lagi" in wati.get(here).words
    assert "Nama ini sudah tercatat" in " ".join(add(wati, here, "pendiri a", 422).errors)
    for letter in "HI":
        add(wati, here, f"Pendiri {letter}")
    wati.get(f"{here}/berdiri")
    note = wati.get(f"{here}/catat")
    steps = {
        "meeting_place": "Balai desa", "deed_number": "12", "notary": "Notaris Contoh",
        "legal_number": "AHU-CONTOH", "file": (minutes(), "ba.pdf"),
    }  # fmt: skip
    days = {"meeting_on": "1", "name_approved_on": "5", "deed_on": "9", "legal_on": "12"}
    for field, day in days.items():
        steps |= {f"{field}-day": day, f"{field}-month": "10", f"{field}-year": "2026"}
    wrong = wati.submit(note, steps | {"legal_on-day": "2", "file": None}, 422)
    assert wrong.errors == ["Pengesahan tidak dapat terbit sebelum akta. Periksa kedua tanggalnya."]
    saved = wati.follow(wati.submit(note, steps | {"file": (minutes(), "ba.pdf")}))
    assert "Semua langkah yang wajib sudah lengkap" in saved.words
    assert "Jadi berdiri" not in saved.links
    assert "sesudah dinas memeriksa" in " ".join(wati.submit(wati.get(f"{here}/berdiri"), {}, 409).errors)
    with transaction() as session:
        session.execute(sa.update(ChairClaim).values(state="verified", decided_at=now))
    stand = wati.get(wati.get(here).links["Jadi berdiri"])
    assert wati.submit(stand, {}, 422).errors == ["Tunjuk ketuanya."]
    chosen = re.search(r'<option value="(\d+)">Pendiri C', stand.text).group(1)
    board = wati.follow(wati.submit(stand, {"nchair-1_who": chosen}))
    assert "Koperasi sudah berdiri" in board.words
    assert "Pendiri C" in board.words
    assert "sudah berdiri" in wati.get(here).words
    number = int(here.split("/")[2])
    assert db.session.get(Cooperative, number, populate_existing=True).kind == "driver_courier"
    wati.get(f"{here}/catat", 404)


def test_somebody_is_let_go(wati):
    here = begin(wati)
    add(wati, here, "Pendiri A")
    view = wati.get(here)
    wati.submit(view, {}, action="/lepas")
    assert "Pendiri A" not in wati.get(here).words


def test_a_note_of_an_older_record_is_a_conflict(wati):
    here = begin(wati)
    form = wati.get(f"{here}/catat")
    wati.submit(form, {"meeting_place": "Balai desa"})
    form = form.form(f"{here}/catat")
    refused = wati.post(form[0], {**form[1].to_dict(), "op": "a" * 32, "meeting_place": "Gudang"}, 409)
    assert "sudah diubah orang lain" in " ".join(refused.errors)
    wati.submit(refused, {})


def test_the_page_of_a_founding_takes_as_many_statements_with_many_people(wati, query_count):
    here = begin(wati)
    for letter in "ABCDEFGHIJKL":
        add(wati, here, f"Pendiri {letter}")
    with query_count(at_most=12):
        wati.get(here, htmx=False)
