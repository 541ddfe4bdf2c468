"""The browser edge: hosts, origins, headers, cookies, languages."""

from __future__ import annotations

import pytest

from portal.core.edge import CSP


def test_foreign_host_is_refused(app):
    assert app.test_client().get("/verifikasi", headers={"Host": "evil.example"}).status_code == 400


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "same-origin"}, 400),
        ({"Origin": "http://localhost"}, 400),
        ({}, 400),
    ],
)
def test_write_from_elsewhere_is_refused_and_one_from_here_needs_its_token(app, db_session, headers, status):
    assert app.test_client().post("/masuk", data={}, headers=headers).status_code == status


def test_every_answer_carries_the_policy(app, db_session):
    for path in ("/", "/verifikasi", "/masuk", "/tidak-ada", "/saya"):
        answer = app.test_client().get(path)
        assert answer.headers["Content-Security-Policy"] == CSP
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_public_pages_set_no_cookie(app, db_session):
    for path in ("/", "/program", "/blk", "/verifikasi", "/V/000000000000", "/bantuan"):
        assert "Set-Cookie" not in app.test_client().get(path).headers


def test_english_prefix_keeps_links_and_leaves_assets_alone(app, db_session):
    text = app.test_client().get("/en/verifikasi").text
    assert '<html lang="en">' in text
    assert 'href="/en/bantuan"' in text or 'href="/en/program"' in text
    assert "/en/static" not in text


def test_anonymous_on_a_protected_page_goes_to_sign_in_and_back(app, db_session):
    client = app.test_client()
    assert client.get("/saya?x=1").headers["Location"] == "/masuk?lanjut=%2Fsaya%3Fx%3D1"
    piece = client.get("/saya", headers={"HX-Request": "true"})
    assert (piece.status_code, piece.headers["HX-Redirect"]) == (401, "/masuk?lanjut=%2Fsaya")
