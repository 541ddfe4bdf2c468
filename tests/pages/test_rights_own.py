"""Pages of one's own data: the copy, consents, corrections, erasure. Every form is sent as it stands."""

from __future__ import annotations

import io
import json
import re
from typing import Any

import pypdfium2
import pytest
import sqlalchemy as sa

from portal.accounts.models import User
from portal.core.audit import AuditEvent
from portal.core.db import db, transaction
from portal.enrollment.models import Enrollment
from portal.people import services
from portal.people.models import CorrectionRequest, ErasureRequest, Evidence, Person
from tests.support.full_person import NAME, NIK, PASSWORD, FullPerson, make_full_person
from tests.support.kept import kept_world
from tests.support.page import Page
from tests.support.world import PASSWORD as WORLD_PASSWORD
from tests.support.world import World
from tests.support.world_rights import PICTURE


@pytest.fixture
def full(db_session: Any, now: Any) -> FullPerson:
    return make_full_person(now)


@pytest.fixture
def me(page: Page, full: FullPerson) -> Page:
    return page.sign_in(full.user_id)


@pytest.fixture
def world(db_session: Any, database: Any, now: Any) -> World:
    return kept_world(database, now, passwords=True)


def picture(name: str = "C:\\KTP saya.jpg") -> tuple[io.BytesIO, str]:
    """An upload; its name says nothing."""
    return io.BytesIO(PICTURE), name


# ---- the copy ----


def test_the_page_says_room_by_room_what_is_held(me, full, query_count):
    view = me.get("/saya/data")
    for title in ("Data diri dan persetujuan", "Akun dan cara masuk", "Sertifikat", "Catatan tentang Anda"):
        assert title in view.words
    assert NAME in view.words
    assert NIK not in view.text
    with query_count(at_most=50):
        me.client.get("/saya/data")


def test_the_copy_comes_as_json_and_as_paper_and_is_recorded(me, full):
    page = me.get("/saya/data")
    data = json.loads(me.post("/saya/data/unduh", {"bentuk": "json"}, 200).text)["data"]
    assert data["person"]["name"] == NAME
    assert set(data) >= {
        "person",
        "account",
        "enrollments",
        "attendance",
        "verdicts",
        "certificates",
        "events",
    }
    target, fields = page.form("/saya/data/unduh")
    assert fields["bentuk"] == "pdf"
    paper = me.post(target, fields, 200)
    assert paper.headers["Content-Type"] == "application/pdf"
    assert "attachment" in paper.headers["Content-Disposition"]
    document = pypdfium2.PdfDocument(paper.response.data)
    text = "".join(one.get_textpage().get_text_range() for one in document)
    assert "Data saya" in text
    assert NAME in text
    assert NIK not in text
    events = db.session.scalars(sa.select(AuditEvent).where(AuditEvent.action == "person.exported")).all()
    assert [event.data["form"] for event in events] == ["json", "pdf"]


def test_the_paper_bears_any_words_and_speaks_english(page, db_session, now):
    from portal.desks.data_words import Block, Section
    from portal.desks.papers import data_pdf

    long = "x" * 400 + " \U0001f468\u200d " + "kata " * 300
    parts = [
        Section("a", "Bagian", [Block("Daftar", [[("Nama", long)] * 30], 1)]),
        Section("b", "Kosong", []),
    ]
    with page.app.test_request_context("/en/saya/data"):
        assert data_pdf("สมชาย", parts, now=now).startswith(b"%PDF")


# ---- consents ----


def test_training_is_withdrawn_after_seeing_what_ends_and_the_password(page, world):
    page.sign_in(world.users["trainee_a"])
    page.post("/saya/profil/persetujuan", {"purpose": "training", "answer": "ya"})
    sent = page.post("/saya/profil/persetujuan", {"purpose": "training", "answer": "cabut"})
    view = page.follow(sent)
    assert "kursinya dilepas" in view.words
    wrong = page.submit(view, {"password": "bukan-ini"}, 422)
    assert wrong.errors == ["Kata sandi tidak cocok."]
    assert wrong.title.startswith("Perlu diperbaiki:")
    done = page.submit(view, {"password": WORLD_PASSWORD})
    assert "Persetujuan dicabut" in page.follow(done).words
    assert db.session.get(Enrollment, world.ids["open_enrollment"]).state == "withdrawn"
    assert page.submit(view, {"password": WORLD_PASSWORD}, None).status in (303, 404)
    page.get("/saya/profil/persetujuan/cabut", 404)


def test_the_history_says_who_recorded_an_answer_how_and_when(me, full):
    me.post("/saya/profil/persetujuan", {"purpose": "contact", "answer": "cabut"})
    me.post("/saya/profil/persetujuan", {"purpose": "contact", "answer": "ya"})
    view = me.get("/saya/profil/persetujuan")
    assert "Di kertas" in view.words
    assert "Di layar, sendiri" in view.words
    assert "Anda sendiri" in view.words
    assert "Dicabut Minggu, 22 November 2026" in view.words


def test_a_changed_text_is_asked_for_on_the_profile(me, full, monkeypatch):
    from dataclasses import replace

    newer = replace(services.CONSENT_PURPOSES["contact"], version=2)
    monkeypatch.setitem(services.CONSENT_PURPOSES, "contact", newer)
    view = me.get("/saya/profil")
    assert "Teksnya sudah berubah sejak itu, setujui lagi?" in view.words
    assert "Teks berubah" in view.words
    me.post("/saya/profil/persetujuan", {"purpose": "contact", "answer": "ya"})
    assert "setujui lagi?" not in me.get("/saya/profil").words


# ---- corrections ----


def test_a_correction_is_asked_for_with_evidence_and_taken_back(page, world):
    page.sign_in(world.users["trainee_b"])
    assert "Tanggal lahir" in page.get("/saya/data/perbaikan").links
    view = page.get("/saya/data/perbaikan?data=nama")
    empty = page.submit(view, {"name": ""}, 422)
    assert empty.errors == ["Tulis nama lengkap seperti di KTP."]
    bare = page.submit(view, {"name": "Bambang Susilo"}, 422)
    assert bare.errors == ["Lampirkan foto KTP atau kartu keluarga."]
    assert 'value="Bambang Susilo"' in bare.text
    fake = page.submit(view, {"name": "Bambang Susilo", "evidence": (io.BytesIO(b"<html>"), "ktp.jpg")}, 422)
    assert "JPEG" in fake.errors[0]
    sent = page.submit(view, {"name": "Bambang Susilo", "evidence": picture()})
    assert "Permintaan terkirim" in page.follow(sent).words
    row = db.session.scalars(sa.select(CorrectionRequest).order_by(CorrectionRequest.id.desc())).first()
    kept = db.session.scalars(sa.select(Evidence).where(Evidence.request_id == row.id)).one()
    assert kept.media_type == "image/jpeg"
    again = page.submit(view, {"name": "Bambang Susilo", "evidence": picture()})
    assert again.location == sent.location
    back = page.submit(page.get("/saya/data/perbaikan"), {}, 303, f"/{row.id}/tarik")
    assert "Permintaan ditarik" in page.follow(back).words
    page.get("/saya/data/perbaikan?data=lain")


def test_a_birth_date_and_a_sex_are_asked_for_without_scripts(page, world):
    page.sign_in(world.users["trainee_b"])
    view = page.get("/saya/data/perbaikan?data=tanggal-lahir")
    bad = page.submit(view, {"birth_date-day": "31", "birth_date-month": "2", "birth_date-year": "1990"}, 422)
    assert bad.errors == ["Tanggal ini tidak ada. Tulis hari, bulan, dan tahun."]
    page.submit(view, {"birth_date-day": "16", "birth_date-month": "2", "birth_date-year": "1990",
                       "evidence": picture()})  # fmt: skip
    page.submit(page.get("/saya/data/perbaikan?data=jenis-kelamin"), {"sex": "P"})
    listed = page.get("/saya/data/perbaikan").words
    assert listed.count("Menunggu") == 2


def test_without_any_center_there_is_nobody_to_decide(page, db_session, now):
    from portal.core.permissions import Role
    from tests.support.classroom import account, newcomer

    number = newcomer("Tanpa Balai")
    with transaction():
        user = account("Tanpa Balai", Role.TRAINEE, person_id=number)
    page.sign_in(user)
    assert "belum terdaftar di balai mana pun" in page.get("/saya/data/perbaikan").words
    page.post("/saya/data/perbaikan", {"data": "nama", "name": "Lain"}, 404)


# ---- erasure ----


def test_erasure_is_asked_for_withdrawn_asked_again_and_carried_out(me, full, new_page, db_session, now):
    view = me.get("/saya/data/hapus")
    assert "Yang tetap ada, dan mengapa" in view.words
    assert "Sertifikat yang sudah terbit" in view.words
    wrong = me.submit(view, {"password": ""}, 422)
    assert wrong.errors == ["Kata sandi tidak cocok."]
    me.submit(view, {"password": PASSWORD, "reason": "pindah"})
    assert "Permintaan Anda menunggu" in me.get("/saya/data/hapus").words
    me.submit(me.get("/saya/data/hapus"), {}, 303, "/batal")
    me.submit(me.get("/saya/data/hapus"), {"password": PASSWORD})
    from portal.core.permissions import Role
    from tests.support.classroom import account

    with transaction():
        admin = account("Indah Platform", Role.PLATFORM_ADMIN, "all")
    admin_page = new_page().sign_in(admin)
    listing = admin_page.get("/admin/penghapusan")
    assert NAME not in listing.text
    row = db.session.scalars(sa.select(ErasureRequest).where(ErasureRequest.state == "asked")).one()
    case = admin_page.get(f"/admin/penghapusan/{row.id}")
    assert NAME not in case.text
    sent = admin_page.submit(case, {"decision": "setuju"})
    done = admin_page.follow(sent)
    assert "Dilaksanakan" in done.words
    assert "tetap dapat diperiksa" in done.words
    me.get("/saya/data", 303, htmx=False)
    assert db.session.get(Person, full.person_id).name == "Nama dihapus"
    shown = new_page().get(f"/V/{full.code}")
    assert (shown.element("holder").text or "").startswith("Z")
    assert "BERLAKU" in shown.words


def test_a_running_class_is_said_and_no_form_is_shown(page, world):
    page.sign_in(world.users["trainee_b"])
    view = page.get("/saya/data/hapus")
    assert "Belum dapat dihapus sekarang" in view.words
    with pytest.raises(AssertionError):
        view.form("/saya/data/hapus")
    page.post("/saya/data/hapus", {"password": WORLD_PASSWORD}, 409)


def test_an_account_without_a_password_confirms_by_a_fresh_sign_in(me, full, clock):
    with transaction() as session:
        session.get(User, full.user_id).password_hash = ""
    view = me.get("/saya/data/hapus")
    assert "Kata sandi Anda" not in view.words
    clock.move(minutes=20)
    stale = me.submit(view, {}, 422)
    assert "Keluar, masuk lagi" in stale.errors[0]
    me.sign_in(full.user_id)
    me.submit(me.get("/saya/data/hapus"), {})


def test_wrong_passwords_are_counted(me, full):
    view = me.get("/saya/profil/persetujuan/cabut")
    codes = [me.submit(view, {"password": f"salah-{n}"}, None).status for n in range(7)]
    assert codes[0] == 422
    assert codes[-1] == 429


def test_a_village_is_found_by_its_name_and_asked_for(page, world):
    page.sign_in(world.users["trainee_b"])
    nothing = page.get("/saya/data/perbaikan?data=desa&q=tidakadadesaini")
    assert "Tidak ada desa dengan nama ini." in nothing.words
    view = page.get("/saya/data/perbaikan?data=desa&q=ladang")
    _target, fields = view.form("/saya/data/perbaikan")
    assert fields["q"] == "ladang"
    missing = page.submit(view, {}, 422)
    assert missing.errors == ["Pilih desa atau kelurahan dari daftar."]
    code = re.search(r'name="village_code" value="([\d.]{13})"', view.text)[1]
    page.submit(view, {"village_code": code})
    row = db.session.scalars(sa.select(CorrectionRequest).order_by(CorrectionRequest.id.desc())).first()
    assert row.field == "village_code"
