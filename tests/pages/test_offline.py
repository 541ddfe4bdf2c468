"""What the offline page is made of: the page, its data, its service worker, its manifest."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from portal.certificates import jcs
from portal.certificates.issuer import is_trusted
from portal.certificates.multikey import from_base64url, from_multikey
from portal.certificates.offlinebundle import OFFLINE_DOMAIN
from portal.certificates.queries import status
from portal.certificates.signing import verify
from portal.core.edge import CSP
from tests.support import html, issuing
from tests.support.page import Page


def data(page: Page) -> Any:
    answer = page.client.get("/offline/data.json")
    assert answer.status_code == 200
    return answer


def test_page_stands_without_a_cookie_and_names_its_parts(page: Page) -> None:
    view = page.get("/offline")
    assert view.status == 200
    assert view.heading == "Periksa tanpa jaringan"
    assert "Set-Cookie" not in view.headers
    assert view.headers["Content-Security-Policy"] == CSP
    root = next(one for one in html.elements(view.tree, "div") if one.get("id") == "offline")
    for name in ("qr", "decide", "bundle", "scan", "ed25519"):
        found = page.client.get(root.get(f"data-{name}"))
        assert found.status_code == 200
        found.close()
    assert set(re.findall(r'data-verdict="(\w+)"', view.text)) == {
        "match", "match_stale", "revoked", "suspended", "expired", "mismatch", "unknown_key", "revoked_key",
        "foreign", "unreadable", "clock",
    }  # fmt: skip


def test_page_says_everywhere_what_it_must(page: Page) -> None:
    text = page.get("/offline").text
    for words in ("KTP", "bukan sertifikat kompetensi BNSP", "tidak dikirim", "/verifikasi", "<noscript>"):
        assert words in text
    assert "palsu" not in text.replace("bukan tanda palsu", "").replace("tidak berarti palsu", "")


def test_data_are_public_canonical_and_signed_by_a_key_that_the_root_vouches_for(page: Page) -> None:
    answer = data(page)
    document = json.loads(answer.data)
    assert jcs.canonical(document) == answer.data
    trust = page.client.get("/.well-known/trust.json").get_json()
    assert is_trusted(trust, from_multikey(trust["root"]["publicKeyMultibase"])[1])
    key = next(one for one in trust["keys"] if one["kid"] == document["kid"])
    unsigned = {name: value for name, value in document.items() if name != "signature"}
    assert key["purpose"] == "status"
    assert verify(
        from_multikey(key["publicKeyMultibase"])[1],
        OFFLINE_DOMAIN + jcs.canonical(unsigned),
        from_base64url(document["signature"]),
    )
    assert answer.headers["Cache-Control"] == "public, max-age=300"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "Set-Cookie" not in answer.headers


def test_data_asked_again_cost_304_until_something_happens(page: Page, clock: Any, db_session: Any) -> None:
    tag = data(page).headers["ETag"]
    assert page.client.get("/offline/data.json", headers={"If-None-Match": tag}).status_code == 304
    clock.move(minutes=40)
    assert data(page).headers["ETag"] == tag
    clock.move(minutes=30)
    hourly = data(page)
    assert hourly.headers["ETag"] != tag
    assert json.loads(hourly.data)["asOf"] == "2026-11-22T03:00:00Z"


@pytest.mark.parametrize(("action", "member"), [("revoke", "revocation"), ("suspend", "suspension")])
def test_a_change_is_in_the_data_at_once(
    page: Page, now: Any, db_session: Any, action: str, member: str
) -> None:
    signed = issuing.sign_class(now, people=1)
    certificate = issuing.issue(signed, now)[0]
    before = json.loads(data(page).data)
    issuing.change(signed, certificate, action, now)
    after = json.loads(data(page).data)
    pair = certificate.status_index // 131_072
    assert after["lists"][pair][member] != before["lists"][pair][member]
    others = {"revocation", "suspension"} - {member}
    assert all(after["lists"][pair][name] == before["lists"][pair][name] for name in others)
    center_key = next(key for key in after["keys"] if key["kid"] == certificate.kid)
    assert center_key["zone"] == "Asia/Pontianak"


def test_data_are_asked_for_at_most_once_a_second(
    app: Any, db_session: Any, clock: Any, monkeypatch: Any
) -> None:
    from portal.certificates.keys import keys
    from portal.certificates.offlinebundle import OfflineBundle

    asked: list[int] = []
    real = status.log_mark
    monkeypatch.setattr(status, "log_mark", lambda: (asked.append(1), real())[1])
    bundle = OfflineBundle("http://localhost", keys, patience=60)
    assert len({bundle.get(clock.now).etag for _ in range(50)}) == 1
    assert len(asked) == 1


def test_service_worker_is_a_script_at_the_root_that_is_never_old(page: Page) -> None:
    answer = page.client.get("/sw.js")
    assert (answer.status_code, answer.mimetype) == (200, "text/javascript")
    assert answer.headers["Cache-Control"] == "no-cache"
    first, second, *_ = answer.text.splitlines()
    shell = json.loads(first.removeprefix("const SHELL = ").removesuffix(";"))
    version = json.loads(second.removeprefix("const VERSION = ").removesuffix(";"))
    assert {"/offline", "/en/offline"} < set(shell)
    for address in shell:
        found = page.client.get(address)
        assert found.status_code == 200, address
        found.close()
    for address in ("/offline", "/en/offline"):
        assert version in page.get(address).text


def test_everything_the_page_fetches_is_kept_by_the_service_worker(page: Page) -> None:
    worker = page.client.get("/sw.js").text
    for address in ("/offline", "/en/offline"):
        tree = page.get(address).tree
        fetched = [one.get("src") for one in html.elements(tree, "script")]
        fetched += [one.get("href") for one in html.elements(tree, "link")]
        root = next(one for one in html.elements(tree, "div") if one.get("id") == "offline")
        fetched += [root.get(f"data-{name}") for name in ("qr", "decide", "bundle", "scan", "ed25519")]
        scan = next(one for one in html.elements(tree, "div") if one.get("id") == "scan")
        fetched.append(scan.get("data-decoder"))
        assert [one for one in fetched if f'"{one}"' not in worker] == []


@pytest.mark.parametrize(("address", "home", "lang"), [("", "/offline", "id"), ("/en", "/en/offline", "en")])
def test_manifest_makes_the_page_installable(page: Page, address: str, home: str, lang: str) -> None:
    answer = page.client.get(f"{address}/manifest.webmanifest")
    assert answer.mimetype == "application/manifest+json"
    manifest = json.loads(answer.data)
    assert (manifest["start_url"], manifest["scope"], manifest["lang"]) == (home, home, lang)
    assert manifest["display"] == "standalone"
    purposes = set()
    for icon in manifest["icons"]:
        found = page.client.get(icon["src"])
        assert (found.status_code, found.mimetype) == (200, icon["type"])
        purposes.add((icon["sizes"], icon["purpose"]))
        found.close()
    assert {("192x192", "any"), ("512x512", "any"), ("512x512", "maskable")} < purposes


def test_lookup_offers_scanner_and_offline_page_hidden_until_a_script_runs(page: Page) -> None:
    tree = page.get("/verifikasi").tree
    scan = next(one for one in html.elements(tree, "div") if one.get("id") == "scan")
    assert "hidden" in scan.attrib
    assert scan.get("data-base") == "http://localhost"
    assert any(link.get("href") == "/offline" for link in html.elements(scan, "a"))
