"""Signing in through an office's provider, against a real provider process on loopback."""

from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pyotp
import pytest
import sqlalchemy as sa

from portal.accounts import oidc, services
from portal.accounts.models import OneTime, UserSession
from portal.accounts.services.factors import end_factors
from portal.accounts.services.totp import install_totp
from portal.core.db import db, transaction
from portal.core.permissions import SYSTEM, Role
from tests.support.oidc_pages import PASSWORD, come_back, go, link, make_sri, open_links
from tests.support.oidc_provider import BROKEN_DOCUMENT, CLIENT_SECRET

CALLBACK = "/masuk/lewat/kembali"


@pytest.fixture
def sri(db_session: Any, now: Any) -> Any:
    return make_sri(now)


@pytest.fixture
def linked(sri: Any, office: Any, now: Any) -> Any:
    return link(sri, office, now)


def sessions(user: Any) -> int:
    db.session.rollback()
    found = sa.select(sa.func.count()).where(UserSession.user_id == user.id)
    return int(db.session.scalar(found) or 0)


# ---- the way there and back ----


def test_a_connected_account_signs_in_and_goes_where_it_wanted(page, office, linked):
    back = go(page, office, start="/masuk/lewat?lanjut=/saya/profil")
    assert come_back(page, back).location == "/saya/profil"
    page.get("/saya/profil")
    row = db.session.scalars(sa.select(UserSession)).one()
    assert (row.user_id, row.factor) == (linked.id, "oidc")


def test_the_request_carries_pkce_state_and_nonce_and_no_secret(page, office, linked):
    address = page.get("/masuk/lewat", 303, htmx=False).location
    sent = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    assert sent["code_challenge_method"] == "S256"
    assert sent["scope"] == "openid"
    assert sent["redirect_uri"] == "http://localhost/masuk/lewat/kembali"
    assert len(sent["state"]) >= 32
    assert len(sent["nonce"]) >= 32
    assert CLIENT_SECRET not in address
    assert "code_verifier" not in sent


def test_the_cookie_after_signing_in_keeps_nothing_of_the_way(page, office, linked):
    come_back(page, go(page, office))
    with page.client.session_transaction() as session:
        assert set(session) <= {"_user_id", "csrf_token"}


def test_a_staff_account_still_gives_its_second_factor(page, office, linked, now, db_session):
    with transaction():
        services.grant_role(
            user_id=linked.id, role=Role.CENTER_HEAD, scope_kind="center", scope_id="1",
            starts_on=now.date(), reason="uji", actor=SYSTEM, now=now,
        )  # fmt: skip
    come_back(page, go(page, office, start="/masuk/lewat?lanjut=/balai"))
    assert page.get("/balai", 303, htmx=False).location.startswith("/akun/keamanan/siapkan")
    secret = pyotp.random_base32()
    with transaction():
        install_totp(user_id=linked.id, secret=secret, actor=SYSTEM, now=now)
    page.get("/balai", 303, htmx=False)
    page.post("/keluar")
    back = come_back(page, go(page, office, start="/masuk/lewat?lanjut=/balai"))
    assert back.location == "/masuk/langkah-dua"
    page.get("/balai", 303, htmx=False)
    code = pyotp.TOTP(secret).at(now)
    view = page.submit(page.get("/masuk/langkah-dua"), {"code": code}, action="/masuk/langkah-dua")
    assert view.location == "/balai"
    page.get("/balai")


def test_recovery_in_person_disconnects(page, office, linked, now):
    with transaction():
        end_factors(user_id=linked.id, actor=SYSTEM, now=now)
    assert open_links() == []
    come_back(page, go(page, office), 403)


def test_an_unknown_account_is_told_how_to_connect_and_opens_nothing(page, office, sri):
    view = come_back(page, go(page, office, "somebody-else"), 403)
    assert view.heading == "Akun kantor ini belum terhubung"
    assert "/masuk?lanjut=" in view.links["Masuk dengan kata sandi"]
    assert sessions(sri) == 0


def test_nobody_is_matched_by_mail(page, office, sri, db_session):
    """The provider says dewi@kantor.example for everybody; an account of that name stays closed."""
    view = come_back(page, go(page, office, "dewi@kantor.example"), 403)
    assert "Portal tidak pernah mencocokkannya sendiri" in view.words


def test_a_closed_account_looks_like_an_unknown_one(page, office, linked, now):
    with transaction():
        services.set_account_active(user_id=linked.id, is_active=False, reason="uji", actor=SYSTEM, now=now)
    assert come_back(page, go(page, office), 403).heading == "Akun kantor ini belum terhubung"


@pytest.mark.parametrize("target", ["https://jahat.example/", "//jahat.example", "/\\jahat.example"])
def test_only_a_local_path_is_followed(page, office, linked, target):
    from urllib.parse import quote

    back = go(page, office, start=f"/masuk/lewat?lanjut={quote(target)}")
    assert come_back(page, back).location == "/beranda"


def test_signed_in_already_goes_on_without_asking_the_provider(page, office, linked):
    page.sign_in(linked)
    assert page.get("/masuk/lewat", 303).location == "/beranda"
    assert "/authorize" not in office.seen


# ---- what comes back wrong ----


def refused(page: Any, address: str, status: int = 422) -> str:
    """The one sentence of a refusal; the page is sound, short and gives no part of the answer back."""
    view = come_back(page, address, status)
    assert view.heading == "Belum masuk"
    for leaked in ("invalid_grant", "secret", "<b>no", "Traceback", "127.0.0.1"):
        assert leaked not in view.text
    return next(line for line in view.words.split("Belum masuk") if "Ke halaman masuk" in line)


def test_the_same_answer_twice_opens_once(page, new_page, office, linked):
    back = go(page, office)
    come_back(page, back)
    page.post("/keluar")
    assert "sudah dipakai" in refused(page, back)
    assert sessions(linked) == 1


def test_an_answer_in_another_browser_opens_nothing(page, new_page, office, linked):
    back = go(page, office)
    thief = new_page()
    assert "bukan dari peramban ini" in refused(thief, back)
    go(thief, office)
    assert "bukan dari peramban ini" in refused(thief, back)
    assert come_back(page, back).location == "/beranda"


def test_a_forged_state_neither_opens_nor_spoils_the_way(page, office, linked):
    back = go(page, office)
    refused(page, f"{CALLBACK}?state=forged&code=x")
    refused(page, CALLBACK)
    assert come_back(page, back).location == "/beranda"


def test_after_ten_minutes_the_way_is_closed(page, office, linked, clock):
    back = go(page, office)
    clock.move(minutes=10)
    assert "terlalu lama" in refused(page, back)


def test_refusing_at_the_provider_is_said(page, office, linked):
    assert "dibatalkan atau ditolak" in refused(page, go(page, office, "tolak"))
    assert "/token" not in office.seen


@pytest.mark.parametrize(
    "fault",
    [
        "bad_signature", "alg_none", "alg_hs256", "old_key", "wrong_iss", "wrong_aud", "wrong_nonce",
        "no_nonce", "no_sub", "other_azp", "no_token", "token_refused", "iss_parameter",
    ],
)  # fmt: skip
def test_an_answer_that_cannot_be_trusted_opens_nothing(page, office, linked, fault):
    office.set(fault=fault)
    assert "tidak dapat dipastikan" in refused(page, go(page, office))
    assert sessions(linked) == 0


def test_an_answer_that_names_another_issuer_never_reaches_the_token_address(page, office, linked):
    back = go(page, office)
    assert "tidak dapat dipastikan" in refused(page, f"{back}&iss=https%3A%2F%2Flain.example")
    assert "/token" not in office.seen


@pytest.mark.parametrize("fault", ["token_down", "token_slow", "token_garbage"])
def test_a_provider_that_fails_at_the_token_is_told_apart(page, office, linked, fault):
    back = go(page, office)
    office.set(fault=fault)
    begun = time.monotonic()
    assert "tidak dapat dihubungi" in refused(page, back, 503)
    assert time.monotonic() - begun < 5
    assert sessions(linked) == 0


@pytest.mark.parametrize("fault", sorted(BROKEN_DOCUMENT))
def test_a_provider_that_cannot_be_asked_is_said_soon_and_then_at_once(page, office, linked, fault):
    office.set(fault=fault)
    begun = time.monotonic()
    view = page.get("/masuk/lewat", 503, htmx=False)
    assert time.monotonic() - begun < 5
    assert "tidak dapat dihubungi" in view.words
    asked = len(office.seen)
    page.get("/masuk/lewat", 503, htmx=False)
    assert len(office.seen) == asked
    assert db.session.scalar(sa.select(sa.func.count()).select_from(OneTime)) == 0


def test_a_provider_that_is_gone_is_said(page, office, linked, app):
    app.extensions["portal_settings"] = replace(
        app.extensions["portal_settings"], oidc_issuer="http://127.0.0.1:9"
    )
    assert "tidak dapat dihubungi" in page.get("/masuk/lewat", 503, htmx=False).words


@pytest.mark.parametrize(
    ("age", "is_right"), [(0, True), (-119, True), (-150, False), (410, True), (430, False)]
)
def test_two_minutes_of_clock_skew_are_borne(page, office, linked, age, is_right):
    office.set(age=age)
    back = go(page, office)
    if is_right:
        come_back(page, back)
    else:
        refused(page, back)


def test_new_keys_of_the_provider_are_fetched(page, new_page, office, linked, monkeypatch):
    come_back(page, go(page, office))
    office.set(rotate=True)
    monkeypatch.setattr(oidc, "RETRY_SECONDS", -1.0)
    assert come_back(new_page(), go(other := new_page(), office), 422).heading == "Belum masuk"
    assert come_back(other, go(other, office)).location == "/beranda"


def test_discovery_and_keys_are_asked_for_once(page, new_page, office, linked):
    for _turn in range(3):
        visitor = new_page()
        come_back(visitor, go(visitor, office))
    assert office.seen.count("/.well-known/openid-configuration") == 1
    assert office.seen.count("/jwks") == 1


def test_starting_is_limited_by_address(page, office, linked, monkeypatch):
    from portal.accounts.rules import Limit
    from portal.accounts.views import oidc as view

    monkeypatch.setattr(view, "OIDC_LIMIT", Limit("oidc.address", 2, view.OIDC_LIMIT.window))
    for _turn in range(2):
        page.get("/masuk/lewat", 303, htmx=False)
    answer = page.get("/masuk/lewat", 429, htmx=False)
    assert int(answer.headers["Retry-After"]) > 0


# ---- without a provider ----


def test_without_a_provider_the_addresses_lead_back_and_no_button_is_shown(page, sri):
    assert page.get("/masuk/lewat", 303).location == "/masuk"
    assert page.get(CALLBACK, 303).location == "/masuk"
    assert "Masuk lewat" not in page.get("/masuk").words
    page.sign_in(sri)
    page.get("/akun/keamanan/lewat", 303)
    page.post("/akun/keamanan/lewat", {"password": PASSWORD})


def test_without_a_provider_authlib_is_never_imported(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from tests.support.apps import make_settings;"
        "from portal import create_app;"
        f"app = create_app(make_settings('sqlite://', Path({str(tmp_path)!r})));"
        "app.test_client().get('/masuk'); app.test_client().get('/masuk/lewat');"
        "sys.exit(int(any(name.split('.')[0] in ('authlib', 'joserfc', 'requests') for name in sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()[-800:]
