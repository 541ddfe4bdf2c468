"""Deciding about other people's data: corrections at a center, holds and retention at the portal."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from portal.accounts.models import UserSession
from portal.core import jobs
from portal.core.crypto import cipher
from portal.core.db import db, transaction
from portal.core.mail.outbox import CONTENT_AAD, OutboxMessage
from portal.people.models import CorrectionRequest, LegalHold, Person, UnmaskedRead
from tests.support.kept import kept_world
from tests.support.page import Page
from tests.support.world import World
from tests.support.world_rights import PICTURE


@pytest.fixture
def world(db_session: Any, database: Any, now: Any) -> World:
    return kept_world(database, now)


@pytest.fixture
def head(page: Page, world: World) -> Page:
    return page.sign_in(world.users["center_head"])


@pytest.fixture
def admin(page: Page, world: World) -> Page:
    return page.sign_in(world.users["platform_admin"])


def _trainee(world: World) -> Person:
    person = db.session.get(Person, world.rooms["running"].people[0])
    assert person is not None
    return person


def test_the_head_sees_old_and_new_opens_the_evidence_and_approves(head, world):
    view = head.get(head.get("/balai/perbaikan").links["Dewi Lestari: Nama"])
    assert "Dewi Lestariningsih" in view.words
    target, fields = view.form("/bukti")
    file = head.post(target, fields, 200)
    assert file.response.data == PICTURE
    assert file.headers["Content-Type"] == "image/jpeg"
    assert file.headers["X-Content-Type-Options"] == "nosniff"
    assert file.headers["Content-Disposition"].startswith('attachment; filename="bukti-')
    assert "sandbox" in file.headers["Content-Security-Policy"]
    read = db.session.scalars(sa.select(UnmaskedRead)).one()
    assert (read.fields, read.person_id) == ("evidence", _trainee(world).id)
    done = head.submit(view, {"decision": "setuju"}, action=f"/{world.ids['correction']}")
    assert "Keputusan tersimpan" in head.follow(done).words
    assert _trainee(world).name == "Dewi Lestariningsih"
    assert head.submit(view, {"decision": "setuju"}, action=f"/{world.ids['correction']}").location
    late = head.post(
        f"/balai/perbaikan/{world.ids['correction']}", {"decision": "tolak", "note": "terlambat"}, 409
    )
    assert "sudah diputuskan" in late.words


def test_a_refusal_is_read_by_its_owner(head, world, new_page: Callable[[], Page]):
    view = head.get(f"/balai/perbaikan/{world.ids['correction']}")
    bare = head.submit(view, {"decision": "tolak"}, 422, action=f"/{world.ids['correction']}")
    assert bare.errors == ["Tulis alasannya; orangnya akan membacanya."]
    head.submit(view, {"decision": "tolak", "note": "Foto KTP buram"}, action=f"/{world.ids['correction']}")
    own = new_page().sign_in(world.users["trainee_a"]).get("/saya/data/perbaikan")
    assert "Foto KTP buram" in own.words
    assert "Ditolak" in own.words


def test_an_admin_files_at_the_counter_and_cannot_decide(page, world):
    page.sign_in(world.users["center_admin"])
    found = page.get("/balai/perbaikan?q=Bambang")
    view = page.get(found.links["Bambang Sutrisno"])
    form = page.get(f"{view.url}?data=jenis-kelamin")
    page.submit(form, {"sex": "P", "note": "salah pilih"})
    row = db.session.scalars(sa.select(CorrectionRequest).order_by(CorrectionRequest.id.desc())).first()
    assert (row.field, row.asked_by) == ("sex", world.users["center_admin"])
    own = page.get(f"/balai/perbaikan/{row.id}")
    assert "Diputuskan oleh kepala balai" in own.words
    page.post(f"/balai/perbaikan/{row.id}", {"decision": "setuju"}, 403)
    page.post(f"/balai/perbaikan/{row.id}/bukti", {}, 403)


def test_a_nik_is_masked_and_typed_from_the_document(page, world, new_page: Callable[[], Page]):
    own = page.sign_in(world.users["trainee_b"])
    own.submit(
        own.get("/saya/data/perbaikan?data=nik"),
        {"nik": "6105 0115 0290 0077", "evidence": (io.BytesIO(PICTURE), "x")},
    )
    row = db.session.scalars(sa.select(CorrectionRequest).where(CorrectionRequest.field == "nik")).one()
    head = new_page().sign_in(world.users["center_head"])
    view = head.get(f"/balai/perbaikan/{row.id}")
    assert "•••• 0077" in view.words
    assert "6105011502900077" not in view.text
    wrong = head.submit(view, {"decision": "setuju", "nik": "1"}, 422, action=f"/{row.id}")
    assert "tidak sama" in wrong.errors[0]
    head.submit(view, {"decision": "setuju", "nik": "6105011502900077"}, action=f"/{row.id}")
    assert db.session.get(Person, row.person_id).nik_last4 == "0077"


def test_lists_of_requests_take_the_same_few_statements_however_many(head, world, now, query_count):
    person_id = _trainee(world).id
    with transaction() as session:
        done = [
            CorrectionRequest(
                person_id=person_id, field="sex", value_cipher="", old_cipher="", state="refused",
                asked_at=now,
            )
            for _n in range(60)
        ]  # fmt: skip
        session.add_all(done)
    with query_count(at_most=6):
        assert head.client.get("/balai/perbaikan").status_code == 200
    second = head.get("/balai/perbaikan?hal=2")
    assert "Halaman 2" in second.words


def test_holds_are_placed_by_number_and_lifted(admin, world):
    view = admin.get("/admin/penahanan")
    assert "Herman" not in view.text
    bare = admin.submit(view, {}, 422, action="/admin/penahanan")
    assert len(bare.errors) == 2
    lost = admin.submit(
        view, {"person": "TIDAKADA", "reason": "Perkara 5/2026"}, 422, action="/admin/penahanan"
    )
    assert lost.errors == ["Tidak ada orang dengan nomor ini."]
    reference = world.ids["code"]
    placed = admin.submit(view, {"person": reference, "reason": "Perkara 5/2026"}, action="/admin/penahanan")
    assert "Penahanan ditetapkan" in admin.follow(placed).words
    row = db.session.scalars(sa.select(LegalHold).order_by(LegalHold.id.desc())).first()
    listed = admin.get("/admin/penahanan")
    assert f"Orang nomor {row.person_id}" in listed.words
    done = admin.submit(listed, {}, action=f"/{row.id}/cabut")
    assert "Penahanan dicabut" in admin.follow(done).words
    assert db.session.get(LegalHold, row.id).lifted_at is not None


def test_retention_says_what_is_due_and_sweeps_by_a_button(admin, world, now, clock, query_count):
    with transaction() as session:
        session.query(UserSession).filter(UserSession.user_id == world.users["partner"]).delete()
        then = now - timedelta(days=200)
        session.add(
            UserSession(
                token_hash="z" * 64, user_id=world.users["partner"], created_at=then, seen_at=then,
                expires_at=then,
            )
        )  # fmt: skip
    view = admin.get("/admin/retensi")
    assert "Perangkat yang pernah masuk, sesudah berakhir" in view.words
    assert "Belum pernah dijalankan." in view.words
    with query_count(at_most=20):
        admin.client.get("/admin/retensi")
    assert "Pembersihan dimulai" in admin.follow(admin.submit(view, {}, action="/admin/retensi")).words
    again = admin.post("/admin/retensi", {}, 409)
    assert "sedang berjalan" in again.words
    jobs.run_pending()
    assert "Selesai" in admin.get("/admin/retensi").words
    left = sa.select(sa.func.count()).where(UserSession.token_hash == "z" * 64)
    assert db.session.scalar(left) == 0


def test_the_owner_is_told_of_a_decision_without_any_value(head, world):
    view = head.get(f"/balai/perbaikan/{world.ids['correction']}")
    head.submit(view, {"decision": "tolak", "note": "Foto KTP buram"}, action=f"/{world.ids['correction']}")
    row = db.session.scalars(sa.select(OutboxMessage).where(OutboxMessage.kind == "privacy.decided")).one()
    assert row.person_id == _trainee(world).id
    content = cipher().decrypt(row.content_cipher, CONTENT_AAD)
    assert "Foto KTP buram" in content
    assert "perbaikan: Nama" in content
    assert "Lestariningsih" not in content
