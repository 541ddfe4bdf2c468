"""A suspected forgery: reported by anybody, read by center or platform, closed once, forgotten later."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from portal.certificates import rules as certificates
from portal.certificates.models import Certificate, ForgeryReport
from portal.certificates.personal import erase_person
from portal.core import audit, retention
from portal.core.db import db, transaction
from portal.core.permissions import SYSTEM
from portal.verification import reports
from portal.verification.throttle import REPORTS
from tests.support.kept import kept_world

SAME = {"Sec-Fetch-Site": "same-origin"}
DESK = "/balai/sertifikat/laporan"


@pytest.fixture
def world(db_session, database, now):
    return kept_world(database, now)


def report(client, code, seen="date", text=""):
    data = {"lihat": seen, "cerita": text}
    return client.post(f"/V/{code}/laporkan", data=data, headers=SAME)


def kept(code):
    query = sa.select(ForgeryReport).where(ForgeryReport.code == code).order_by(ForgeryReport.id)
    return list(db.session.scalars(query))


def test_page_of_a_certificate_leads_to_the_form_and_the_form_to_thanks(world, page):
    code = world.ids["code"]
    form = page.get(page.get(f"/V/{code}").links["Ada yang tidak cocok? Laporkan"])
    assert form.heading == "Ada yang tidak cocok?"
    for word in ("nama Anda", "email", "telepon Anda"):
        assert word not in form.words
    answer = report(page.client, code, text="Tahunnya ditempel.")
    assert (answer.status_code, "Set-Cookie" in answer.headers) == (303, False)
    assert page.get(answer.location).heading == "Terima kasih, laporan Anda diterima"
    (_, row) = kept(code)
    assert (row.seen, row.text, row.state, row.certificate_id is not None) == (
        "date", "Tahunnya ditempel.", "open", True,
    )  # fmt: skip


def test_a_double_click_is_one_row_and_one_event(world, client):
    code = world.ids["code"]
    before = len(kept(code))
    for _ in range(2):
        assert report(client, code, text="Sama").status_code == 303
    assert len(kept(code)) == before + 1
    events = sa.select(audit.AuditEvent).where(audit.AuditEvent.object_id == kept(code)[-1].fingerprint)
    (event,) = db.session.scalars(events)
    assert (event.action, event.actor_id, "Sama" in str(event.data)) == ("forgery.report", None, False)
    report(client, code, text="Lain")
    assert len(kept(code)) == before + 2


def test_unknown_and_mistyped_codes_can_be_reported_too(world, client):
    for code in (certificates.new_code(), "BUKAN-KODE"):
        assert report(client, code).status_code == 303
        (row,) = kept(code)
        assert (row.certificate_id, row.center_id) == (None, None)


@pytest.mark.parametrize(("seen", "text"), [("", ""), ("entah", ""), ("date", "x" * 1001)])
def test_a_report_without_a_choice_or_too_long_is_refused(world, client, seen, text):
    before = len(kept(world.ids["code"]))
    answer = report(client, world.ids["code"], seen, text)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert len(kept(world.ids["code"])) == before


def test_long_numbers_are_not_kept(world, client):
    report(client, world.ids["code"], text="NIK 6105014503850001, telepon 0812-0000-0042, tahun 2026")
    assert kept(world.ids["code"])[-1].text == "NIK [...], telepon [...], tahun 2026"


def test_reports_are_limited_by_address_and_in_all(world, app, monkeypatch):
    client = app.test_client()
    code = world.ids["code"]
    assert {report(client, code, text=str(n)).status_code for n in range(REPORTS)} == {303}
    refused = report(client, code, text="satu lagi")
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "3600")
    app.extensions["miss_limit"].storage.reset()
    monkeypatch.setattr(reports, "MOST_IN_AN_HOUR", len(kept(code)))
    assert report(client, code, text="satu lagi").status_code == 429


def test_report_from_another_site_is_refused(world, client):
    answer = client.post(
        f"/V/{world.ids['code']}/laporkan", data={"lihat": "date"}, headers={"Sec-Fetch-Site": "cross-site"}
    )
    assert answer.status_code == 403


def test_center_sees_its_own_and_the_platform_those_of_unknown_codes(world, new_page):
    unknown = certificates.new_code()
    report(new_page().client, unknown)
    shown = {}
    for name in ("center_admin", "center_head", "other_admin", "platform_admin"):
        visitor = new_page().sign_in(world.users[name])
        text = visitor.get(DESK).text
        codes = {"own": world.ids["code"], "away": world.ids["away_code"], "unknown": unknown}
        shown[name] = {key for key, code in codes.items() if certificates.print_code(code) in text}
    assert shown == {
        "center_admin": {"own"}, "center_head": {"own"}, "other_admin": {"away"},
        "platform_admin": {"unknown"},
    }  # fmt: skip


def test_certificates_page_counts_what_is_open_and_closing_empties_it(world, page, now):
    page.sign_in(world.users["center_admin"])
    assert "Satu laporan dugaan pemalsuan terbuka" in page.get("/balai/sertifikat").words
    url = f"{DESK}/{world.ids['report']}"
    assert page.post(url, {"note": ""}, status=422).errors == ["Tulis apa yang ditemukan."]
    assert page.post(url, {"note": "Kertas asli, nama salah cetak."}).location == DESK
    assert "Tidak ada laporan" in page.get(DESK).words
    assert "Kertas asli" in page.get(url).words
    assert page.get(f"{DESK}?keadaan=ditutup").status == 200
    assert "sudah ditutup" in page.post(url, {"note": "Sekali lagi."}, status=409).words
    row = db.session.get(ForgeryReport, world.ids["report"])
    assert (row.state, row.handled_by, row.handled_at) == ("closed", world.users["center_admin"], now)


def test_words_of_closed_reports_are_forgotten_after_a_year(world, now):
    (rule,) = [rule for rule in retention.rules() if rule.code == "forgery_reports"]
    with transaction() as session:
        closed = session.get(ForgeryReport, world.ids["report"])
        closed.text, closed.note, closed.state = "Tahunnya ditempel.", "Asli.", "closed"
        closed.handled_at = now - timedelta(days=366)
        session.get(ForgeryReport, world.ids["away_report"]).text = "Masih terbuka."
    assert rule.count(now - rule.after, now)[0] == 1
    with transaction():
        assert rule.sweep(now - rule.after, now, 100) == 1
    assert rule.count(now - rule.after, now)[0] == 0
    db.session.expire_all()
    texts = [db.session.get(ForgeryReport, world.ids[name]).text for name in ("report", "away_report")]
    assert texts == ["", "Masih terbuka."]


def test_words_about_a_forgotten_holder_go_with_the_holder(world, client, now):
    report(client, world.ids["code"], text="Bukan Dewi.")
    holder = db.session.scalar(sa.select(Certificate.person_id).where(Certificate.code == world.ids["code"]))
    with transaction():
        erase_person(person_id=holder, actor=SYSTEM, now=now, is_dry=False)
    db.session.expire_all()
    assert {(row.text, row.state) for row in kept(world.ids["code"])} == {("", "open")}
