"""Connecting an account with an office's provider: by its owner, with the password, once."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from portal.accounts import services
from portal.core.audit import AuditEvent
from portal.core.db import db, transaction
from portal.core.permissions import SYSTEM
from tests.support.oidc_pages import PASSWORD, come_back, go, link, make_sri, open_links
from tests.support.oidc_provider import LocalProvider


@pytest.fixture
def sri(db_session: Any, now: Any) -> Any:
    return make_sri(now)


@pytest.fixture
def linked(sri: Any, office: Any, now: Any) -> Any:
    return link(sri, office, now)


def connect(page: Any, office: LocalProvider, subject: str = "s-1") -> Any:
    view = page.get("/akun/keamanan/lewat")
    page.submit(view, {"password": PASSWORD}, action="/akun/keamanan/lewat")
    link = page.get("/akun/keamanan/lewat").links["Lanjut ke SSO Kantor"]
    return come_back(page, go(page, office, subject, link), None)


def test_connecting_takes_the_password_and_then_opens_the_account(page, new_page, office, sri):
    page.sign_in(sri)
    assert connect(page, office).location == "/akun/keamanan/lewat?tersimpan=1"
    assert "Sudah terhubung" in page.get("/akun/keamanan/lewat?tersimpan=1").words
    assert open_links() == [(sri.id, "s-1")]
    visitor = new_page()
    come_back(visitor, go(visitor, office))
    assert "Sri Wahyuni" in visitor.get("/saya/profil").words


def test_a_wrong_password_connects_nothing(page, office, sri):
    page.sign_in(sri)
    view = page.submit(page.get("/akun/keamanan/lewat"), {"password": "salah sekali"}, 422)
    assert view.errors == ["Kata sandi tidak cocok."]
    page.get("/masuk/lewat?sambung=1", 422, htmx=False)
    assert "/authorize" not in office.seen


def test_an_old_session_proves_itself_again_first(page, office, sri, clock):
    page.sign_in(sri)
    view = page.get("/akun/keamanan/lewat")
    clock.move(minutes=11)
    assert page.get("/akun/keamanan/lewat", 303).location.startswith("/akun/keamanan/pastikan")
    assert page.submit(view, {"password": PASSWORD}).location.startswith("/akun/keamanan/pastikan")


def test_the_security_page_offers_to_connect(page, office, sri):
    page.sign_in(sri)
    view = page.get("/akun/keamanan")
    assert "Masuk lewat SSO Kantor" in view.words
    assert view.links["Hubungkan"] == "/akun/keamanan/lewat"


def test_without_the_password_no_way_connects(page, office, sri):
    page.sign_in(sri)
    page.get("/masuk/lewat?sambung=1", 422, htmx=False)
    assert "/authorize" not in office.seen
    assert open_links() == []


def test_the_permission_is_used_once_and_is_ones_own(page, new_page, office, sri, now, db_session):
    page.sign_in(sri)
    page.submit(page.get("/akun/keamanan/lewat"), {"password": PASSWORD})
    with page.client.session_transaction() as session:
        allowed = session["one_time_oidc_connect"]
    with transaction():
        other = services.create_user(login="budi", name="Budi", password=PASSWORD, actor=SYSTEM, now=now)
    thief = new_page().sign_in(other)
    with thief.client.session_transaction() as session:
        session["one_time_oidc_connect"] = allowed
    thief.get("/masuk/lewat?sambung=1", 422, htmx=False)
    page.get("/masuk/lewat?sambung=1", 303, htmx=False)
    with page.client.session_transaction() as session:
        session["one_time_oidc_connect"] = allowed
    page.get("/masuk/lewat?sambung=1", 422, htmx=False)
    assert open_links() == []


def test_a_connection_that_was_begun_by_another_account_is_refused(page, office, sri, now, db_session):
    page.sign_in(sri)
    page.submit(page.get("/akun/keamanan/lewat"), {"password": PASSWORD})
    back = go(page, office, "s-9", "/masuk/lewat?sambung=1")
    with transaction():
        other = services.create_user(login="budi", name="Budi", password=PASSWORD, actor=SYSTEM, now=now)
    with page.client.session_transaction() as session:
        handle = session["one_time_oidc"]
    page.sign_in(other)
    with page.client.session_transaction() as session:
        session["one_time_oidc"] = handle
    come_back(page, back, 422)
    assert open_links() == []


def test_one_office_account_opens_one_portal_account(page, new_page, office, linked, now, db_session):
    with transaction():
        other = services.create_user(login="budi", name="Budi", password=PASSWORD, actor=SYSTEM, now=now)
    page.sign_in(other)
    view = connect(page, office, "s-1")
    assert view.status == 409
    assert "sudah terhubung dengan yang lain" in view.words
    assert open_links() == [(linked.id, "s-1")]


def test_disconnecting_takes_the_password_and_closes_the_way(page, new_page, office, linked):
    page.sign_in(linked)
    view = page.get("/akun/keamanan/lewat")
    page.submit(view, {"password": "salah sekali"}, 422)
    assert open_links() == [(linked.id, "s-1")]
    page.submit(view, {"password": PASSWORD})
    assert open_links() == []
    visitor = new_page()
    come_back(visitor, go(visitor, office), 403)
    actions = [row.action for row in db.session.scalars(sa.select(AuditEvent))]
    assert actions.count("identity.disconnected") == 1
