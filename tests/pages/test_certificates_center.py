"""The center's certificate pages: dry run, request, decision, progress, one certificate, the holder's PDF."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from portal.accounts.models import User
from portal.assessment.models import Verdict
from portal.certificates.models import Certificate, CertificateRequest
from portal.core import jobs
from portal.core.db import db, transaction
from portal.core.permissions import Role
from tests.support import classroom
from tests.support.issuing import change, fail_unit, issue, sign_class


@pytest.fixture
def signed(db_session, now):
    return sign_class(now)


def test_dry_run_page_says_who_and_why_not_yet(signed, page):
    fail_unit(signed, 0)
    page.sign_in(signed.admin_user)
    view = page.get(f"/balai/angkatan/{signed.room.batch_id}/sertifikat")
    assert "Ajukan 3 sertifikat" in view.words
    assert "unit 1 BK" in view.words


def test_two_people_issue_over_the_pages(signed, new_page, app):
    admin, head = new_page(), new_page()
    admin.sign_in(signed.admin_user)
    head.sign_in(signed.head_user)
    asked = admin.submit(
        admin.get(f"/balai/angkatan/{signed.room.batch_id}/sertifikat"), {}, action="/sertifikat/siapkan"
    )
    waiting = admin.get(asked.location)
    assert "Menunggu kepala balai" in waiting.words
    assert "Setujui" not in waiting.words
    head.submit(head.get(asked.location), {"keputusan": "setuju"}, action="/permintaan/1")
    assert "Penerbitan" in head.get(asked.location).words
    with app.app_context():
        jobs.run_pending()
    assert "Selesai: 4 sertifikat terbit" in head.get(asked.location).words
    fragment = head.htmx_get(asked.location)
    assert "hx-trigger" not in fragment.text


def test_preparing_twice_with_one_form_makes_one_request(signed, page):
    page.sign_in(signed.admin_user)
    url = f"/balai/angkatan/{signed.room.batch_id}/sertifikat"
    form = {"op": "ab" * 16}
    first = page.post(f"{url}/siapkan", form)
    second = page.post(f"{url}/siapkan", form)
    assert first.location == second.location
    assert db.session.scalar(sa.select(sa.func.count()).select_from(CertificateRequest)) == 1


def test_admin_cannot_decide_and_head_cannot_prepare(signed, new_page):
    head, admin = new_page(), new_page()
    head.sign_in(signed.head_user)
    admin.sign_in(signed.admin_user)
    head.post(f"/balai/angkatan/{signed.room.batch_id}/sertifikat/siapkan", {"op": "cd" * 16}, status=403)
    made = admin.post(f"/balai/angkatan/{signed.room.batch_id}/sertifikat/siapkan", {"op": "ef" * 16})
    admin.post(made.location, {"op": "01" * 16, "keputusan": "setuju"}, status=403)


def test_revoke_asks_for_a_reason_and_keeps_what_was_typed(signed, page, now):
    (first, *_) = issue(signed, now)
    page.sign_in(signed.admin_user)
    view = page.get(f"/balai/sertifikat/{first.code}/cabut")
    refused = page.submit(view, {"note": "surat nomor 12"}, status=422, action="/cabut")
    assert refused.title.startswith("Perlu diperbaiki:")
    assert "surat nomor 12" in refused.text
    done = page.submit(view, {"note": "surat nomor 12", "reason_class": "fraud"}, action="/cabut")
    assert "Menunggu kepala balai" in page.get(done.location).words


def test_detail_offers_only_what_is_legal(signed, page, clock):
    (first, *_) = issue(signed, clock.now)
    change(signed, first, "suspend", clock.move(hours=1))
    page.sign_in(signed.admin_user)
    words = page.get(f"/balai/sertifikat/{first.code}").words
    assert "Pulihkan" in words
    assert "Ditangguhkan" in words


def test_pages_of_another_center_are_not_found(signed, page, now):
    (first, *_) = issue(signed, now)
    other = sign_class(now)
    page.sign_in(other.admin_user)
    for url in (
        f"/balai/angkatan/{signed.room.batch_id}/sertifikat",
        f"/balai/sertifikat/{first.code}",
        f"/balai/sertifikat/{first.code}/cabut",
        "/balai/sertifikat/permintaan/1",
        f"/sertifikat/{first.code}.pdf",
    ):
        page.get(url, status=404)


def test_pdf_is_for_the_holder_and_the_center_only(signed, app, new_page, now):
    first, second, *_ = issue(signed, now)
    with transaction():
        holder = classroom.account("Peserta 001", Role.TRAINEE, person_id=first.person_id)
    own = new_page()
    own.sign_in(db.session.get(User, holder.id))
    assert own.get(f"/sertifikat/{first.code}.pdf", htmx=False).response.data.startswith(b"%PDF")
    own.get(f"/sertifikat/{second.code}.pdf", status=404)
    new_page().get(f"/sertifikat/{first.code}.pdf", status=303)


@pytest.mark.parametrize("people", [3, 24])
def test_dry_run_page_keeps_its_query_budget(db_session, page, now, query_count, people):
    signed = sign_class(now, people=people)
    page.sign_in(signed.admin_user)
    with query_count(at_most=20):
        page.get(f"/balai/angkatan/{signed.room.batch_id}/sertifikat", htmx=False)
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Certificate)) == 0


def test_a_form_without_a_button_decides_nothing(signed, new_page):
    admin, head = new_page(), new_page()
    admin.sign_in(signed.admin_user)
    head.sign_in(signed.head_user)
    made = admin.post(f"/balai/angkatan/{signed.room.batch_id}/sertifikat/siapkan", {})
    for said in ({}, {"keputusan": "entah"}):
        head.post(made.location, said, status=422)
    assert db.session.scalar(sa.select(CertificateRequest.state)) == "prepared"


def test_a_certificate_revoked_for_an_error_is_issued_again_over_the_pages(signed, new_page, now):
    admin, head, stranger = new_page(), new_page(), new_page()
    old = issue(signed, now)[0]
    change(signed, old, "revoke", now, reason="issued_in_error")
    fail_unit(signed, 0)
    admin.sign_in(signed.admin_user)
    here = f"/balai/sertifikat/{old.code}"
    waits = admin.get(here)
    assert "Belum dapat diterbitkan lagi" in waits.words
    assert "unit 1 BK" in waits.words
    assert f"{here}/terbitkan" not in waits.links.values()
    assert "sertifikat sudah dicabut" in admin.get(f"/balai/angkatan/{signed.room.batch_id}/sertifikat").words
    refused = admin.submit(
        admin.get(f"{here}/terbitkan"), {"reason_class": "mended"}, status=409, action="/terbitkan"
    )
    assert refused.errors == ["Unit 1 BK."]
    with transaction():
        db.session.execute(sa.update(Verdict).values(value="competent"))
    assert f"{here}/terbitkan" in admin.get(here).links.values()
    asked = admin.submit(admin.get(f"{here}/terbitkan"), {"reason_class": "mended"}, action="/terbitkan")
    head.sign_in(signed.head_user)
    assert "Terbitkan lagi: " in head.get("/balai").words
    request = head.get(asked.location)
    assert request.heading.startswith("Terbitkan lagi")
    head.submit(request, {"keputusan": "setuju"}, action=asked.location)
    db.session.expire_all()
    new = db.session.scalar(sa.select(Certificate).where(Certificate.replaces_id == old.id))
    assert f"/balai/sertifikat/{new.code}" in admin.get(here).links.values()
    told = stranger.get(f"/V/{old.code}")
    assert "DICABUT" in told.words.upper()
    assert f"/V/{new.code}" in told.links.values()
    assert "Lihat sertifikat yang terbit lagi" in told.words
    seen = stranger.client.get(f"/api/v1/verify/{old.code}").json
    assert (seen["state"], seen["facts"]["replaced_by"]) == ("revoked", new.code)
