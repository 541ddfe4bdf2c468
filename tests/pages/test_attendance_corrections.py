"""Corrections as pages: asked from the signed roll, decided by the head of the center."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from portal.attendance.models import AttendanceMark
from portal.core.db import db
from tests.support.issuing import Signed, issue, sign_class
from tests.support.page import Page


@pytest.fixture
def signed(db_session: Any, now: datetime) -> Signed:
    return sign_class(now, people=2, start=now - timedelta(days=30))


def form_of(signed: Signed, session: int = 0) -> str:
    room = signed.room
    return f"/instruktur/presensi/{room.sessions[session]}/{room.enrollments[0]}/koreksi"


def mark(signed: Signed) -> str:
    db.session.rollback()
    db.session.expire_all()
    return db.session.get_one(AttendanceMark, (signed.room.sessions[0], signed.room.enrollments[0])).mark


def test_the_signed_roll_leads_to_the_form_and_the_head_decides(page: Page, signed: Signed) -> None:
    room = signed.room
    page.sign_in(room.instructor)
    roll = page.get(f"/instruktur/presensi/{room.sessions[0]}")
    assert "sudah ditandatangani" in roll.words
    person = page.get(f"/instruktur/presensi/{room.sessions[0]}/{room.enrollments[0]}")
    assert person.links["Ajukan koreksi"] == form_of(signed)
    view = page.get(form_of(signed))
    assert page.submit(view, {"mark": "absent"}, status=422).errors
    assert page.submit(view, {"reason": "Tertukar"}, status=422).errors
    assert page.submit(view, {"mark": "present", "reason": "Tertukar"}, status=422).errors
    done = page.submit(view, {"mark": "absent", "reason": "Tertukar dengan Budi"})
    assert "Koreksi terkirim" in page.follow(done).words
    assert mark(signed) == "present"

    page.sign_in(signed.head_user)
    assert "Koreksi kehadiran" in page.get("/balai").links
    listed = page.get("/balai/koreksi-kehadiran")
    assert "Peserta 001: Tanpa keterangan" in listed.words
    url = listed.links["Peserta 001: Tanpa keterangan"]
    decision = page.get(url)
    assert "Tertukar dengan Budi" in decision.words
    assert page.post(url, {"note": ""}, status=422).errors
    assert page.post(url, {"decision": "tolak", "note": ""}, status=422).errors
    page.submit(decision, {"decision": "setuju"})
    assert mark(signed) == "absent"
    after = page.get(url)
    assert "Disetujui" in after.words
    assert "Hadir → Tanpa keterangan" in after.words
    assert page.post(url, {"decision": "setuju"}, status=409).errors


def test_who_asked_reads_but_does_not_decide(page: Page, signed: Signed) -> None:
    page.sign_in(signed.admin_user)
    overview = page.get(f"/balai/angkatan/{signed.room.batch_id}/presensi")
    assert overview.links["Koreksi Peserta 001, pertemuan 1"] == form_of(signed)
    page.submit(page.get(form_of(signed)), {"mark": "late", "hours_missed": "2", "reason": "Datang siang"})
    view = page.get("/balai/koreksi-kehadiran")
    url = view.links["Peserta 001: Terlambat"]
    assert "Keputusan" not in page.get(url).words
    page.post(url, {"decision": "setuju"}, status=403)


def test_a_certificate_is_named_before_it_must_be_revoked(page: Page, signed: Signed, now: datetime) -> None:
    certificate = issue(signed, now)[0]
    page.sign_in(signed.room.instructor)
    page.submit(page.get(form_of(signed)), {"mark": "absent", "reason": "Tertukar dengan Budi"})
    page.sign_in(signed.head_user)
    url = page.get("/balai/koreksi-kehadiran").links["Peserta 001: Tanpa keterangan"]
    assert certificate.code in page.get(url).words.replace("-", "")
    refused = page.post(url, {"decision": "setuju"}, status=409)
    assert any("Cabut sertifikat" in error for error in refused.errors)
    assert mark(signed) == "present"


def test_an_unsigned_roll_is_changed_directly(page: Page, db_session: Any, now: datetime) -> None:
    from tests.support.classroom import build

    room = build()
    page.sign_in(room.instructor)
    url = f"/instruktur/presensi/{room.sessions[0]}/{room.enrollments[0]}/koreksi"
    assert "belum ditandatangani" in page.get(url).words
    page.post(url, {"mark": "late", "reason": "Salah"}, status=422)
