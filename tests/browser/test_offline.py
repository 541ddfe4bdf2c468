"""The offline page after one visit: no network, an aged list, a wrong clock, tampered data."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.support.browser import Served, look

YEAR = timedelta(days=365)
DATA = "**/offline/data.json"
TRUST = "**/.well-known/trust.json"


def qr_text(served: Served, name: str = "code") -> str:
    """The text in the QR of a certificate of the world."""
    return str(
        served.sql("SELECT qr_text FROM certificate WHERE code = :code", code=served.world.ids[name])[0][0]
    )


def prepare(page: Page) -> None:
    """Open the page once with a network, until it says that it can do without."""
    page.goto("/offline")
    expect(page.locator("#offline[data-ready=yes][data-loaded=yes]")).to_be_attached(timeout=20_000)


def paste(page: Page, text: str) -> str:
    """Check a pasted text; the state that is shown."""
    page.get_by_label("Atau tempel teks QR").fill(text)
    page.locator("[data-paste] button").click()
    heading = page.locator("[data-slot] [data-heading]")
    expect(heading).to_be_focused()
    return str(page.locator("[data-slot] [data-state]").get_attribute("data-state"))


def again(page: Page) -> None:
    page.get_by_role("button", name="Periksa sertifikat lain").click()


@contextmanager
def visited(served: Served, route: Callable[[Page], None] | None = None) -> Iterator[Page]:
    """A visitor who has been here once and is now in aeroplane mode."""
    with served.visitor(quiet=False) as page:
        if route:
            route(page)
        prepare(page)
        page.context.set_offline(True)
        page.reload()
        expect(page.locator("#offline[data-loaded=yes]")).to_be_attached()
        yield page


def test_after_one_visit_a_certificate_is_verified_in_aeroplane_mode(served: Served) -> None:
    with visited(served) as page:
        assert paste(page, qr_text(served)) == "match"
        result = page.locator("[data-result]")
        code = served.world.ids["code"]
        row = served.sql("SELECT signed_bytes, number FROM certificate WHERE code = :code", code=code)[0]
        name, number = json.loads(row[0])["name"], row[1]
        for words in (name, number, "KTP", "bukan sertifikat kompetensi BNSP", "umur"):
            expect(result).to_contain_text(words)
        expect(result.locator("[data-check='status passed']")).to_be_visible()
        assert look(served, page, "offline berlaku") == []


@pytest.mark.parametrize(
    ("name", "state"), [("revoked", "revoked"), ("replaced", "revoked"), ("suspended", "suspended")]
)
def test_the_list_taken_along_tells_of_revocation_and_suspension(
    served: Served, name: str, state: str
) -> None:
    with visited(served) as page:
        assert paste(page, qr_text(served, name)) == state
        expect(page.locator("[data-slot]")).to_contain_text("menurut daftar per")


def test_no_flipped_character_ever_passes(served: Served) -> None:
    text = qr_text(served)
    head, fragment = text.split("#")
    with visited(served) as page:
        for place in range(0, len(fragment), max(1, len(fragment) // 30)):
            other = "A" if fragment[place] != "A" else "B"
            changed = f"{head}#{fragment[:place]}{other}{fragment[place + 1 :]}"
            assert paste(page, changed) in ("mismatch", "unknown_key", "unreadable"), place
            assert "BERLAKU" not in page.locator("[data-slot]").inner_text()
            expect(page.locator("[data-claims]")).to_be_hidden()
            again(page)


@pytest.mark.parametrize(
    ("change", "state"),
    [
        (lambda text: text.replace("HTTP://", "HTTPS://"), "foreign"),
        (lambda text: text.replace("127.0.0.1", "BALAI-PALSU.EXAMPLE"), "foreign"),
        (lambda text: text[:-1] + "1", "unreadable"),
        (lambda text: text + "=", "unreadable"),
        (lambda text: text.split("#")[0] + "#" + text.split("#")[1].lower(), "unreadable"),
        (lambda text: text.split("#")[0], "unreadable"),
        (lambda text: "halo", "unreadable"),
        (lambda text: text.split("#")[0].lower() + "#" + text.split("#")[1] + "\n", "match"),
    ],
)
def test_other_texts_are_told_apart(served: Served, change: Any, state: str) -> None:
    with visited(served) as page:
        assert paste(page, change(qr_text(served))) == state


def test_an_old_list_is_never_a_plain_green(served: Served) -> None:
    with visited(served) as page:
        page.clock.set_fixed_time(datetime.now(UTC) + timedelta(days=9))
        page.reload()
        assert paste(page, qr_text(served)) == "match_stale"
        expect(page.locator("[data-slot]")).to_contain_text("Daftar berumur 9 hari")
        expect(page.locator("[data-slot] .verdict")).to_have_class("verdict is-warn")
        expect(page.locator("[data-list=old]")).to_be_visible()


@pytest.mark.parametrize(("shift", "states"), [(-YEAR, {"clock"}), (YEAR, {"match_stale", "expired"})])
def test_a_clock_wrong_by_a_year_neither_passes_nor_accuses(
    served: Served, shift: timedelta, states: set[str]
) -> None:
    with visited(served) as page:
        page.clock.set_fixed_time(datetime.now(UTC) + shift)
        page.reload()
        assert paste(page, qr_text(served)) in states


def test_a_fast_clock_is_known_from_a_list_just_fetched(served: Served) -> None:
    with served.visitor(quiet=False) as page:
        page.clock.set_fixed_time(datetime.now(UTC) + YEAR)
        prepare(page)
        assert paste(page, qr_text(served)) == "clock"


def _spoiled(address: str, spoil: Callable[[dict[str, Any]], Any]) -> Callable[[Page], None]:
    def route(page: Page) -> None:
        def answer(one: Any) -> None:
            one.fulfill(body=json.dumps(spoil(one.fetch().json())), content_type="application/json")

        page.route(address, answer)

    return route


def _changed(name: str, value: Any) -> Callable[[dict[str, Any]], Any]:
    return lambda document: document | {name: value}


def _without_lists(document: dict[str, Any]) -> dict[str, Any]:
    return document | {"lists": []}


def _other_last_letter(document: dict[str, Any]) -> dict[str, Any]:
    """The same 64 bytes, spelled with other spare bits."""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    last = letters.index(document["signature"][-1])
    return document | {"signature": document["signature"][:-1] + letters[last ^ 1]}


@pytest.mark.parametrize(
    "spoil",
    [
        _changed("asOf", "2031-01-01T00:00:00Z"),
        _changed("signature", "A" * 86),
        _changed("kid", "log-1"),
        _changed("host", "balai.example"),
        _without_lists,
        _other_last_letter,
        lambda document: {},
        lambda document: [],
    ],
)
def test_a_tampered_list_is_no_list(served: Served, spoil: Any) -> None:
    with served.visitor(quiet=False) as page:
        _spoiled(DATA, spoil)(page)
        page.goto("/offline")
        expect(page.locator("#offline[data-loaded=yes]")).to_be_attached()
        expect(page.locator("[data-warning=damaged]")).to_be_visible()
        assert paste(page, qr_text(served)) == "match_stale"
        expect(page.locator("[data-slot]")).to_contain_text("pencabutan tidak dapat diperiksa")
        expect(page.locator("[data-check='status unknown']")).to_be_visible()


def test_without_the_list_the_rest_is_still_told(served: Served) -> None:
    with served.visitor(quiet=False) as page:
        page.route(DATA, lambda one: one.fulfill(status=503))
        page.goto("/offline")
        expect(page.locator("#offline[data-loaded=yes]")).to_be_attached()
        assert paste(page, qr_text(served)) == "match_stale"
        again(page)
        # A list that failed to come does not make a revoked one pass.
        assert paste(page, qr_text(served, "revoked")) == "match_stale"


def test_without_any_key_nothing_is_claimed(served: Served) -> None:
    with served.visitor(quiet=False) as page:
        page.route(TRUST, lambda one: one.fulfill(status=503))
        page.goto("/offline")
        expect(page.locator("#offline[data-loaded=yes]")).to_be_attached()
        assert paste(page, qr_text(served)) == "unknown_key"
        expect(page.locator("[data-slot]")).to_contain_text("bukan tanda palsu")


def test_trust_changed_on_the_way_is_refused(served: Served) -> None:
    with served.visitor(quiet=False) as page:
        _spoiled(TRUST, _changed("url", "https://balai.example"))(page)
        page.goto("/offline")
        expect(page.locator("[data-warning=damaged]")).to_be_visible()
        expect(page.locator("#offline[data-loaded=yes]")).to_be_attached()
        assert paste(page, qr_text(served)) == "unknown_key"


def test_another_root_is_a_loud_warning_and_the_old_data_stay(served: Served) -> None:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from portal.certificates import jcs
    from portal.certificates.issuer import TRUST_DOMAIN
    from portal.certificates.multikey import base64url, multikey

    stranger = Ed25519PrivateKey.generate()

    def resign(document: dict[str, Any]) -> dict[str, Any]:
        public = stranger.public_key().public_bytes_raw()
        body = {name: value for name, value in document.items() if name != "signature"}
        body["root"] = {"kid": "root-1", "publicKeyMultibase": multikey("Ed25519", public)}
        body["keys"] = [key for key in body["keys"] if key["purpose"] != "certificate"]
        return body | {"signature": base64url(stranger.sign(TRUST_DOMAIN + jcs.canonical(body)))}

    with served.visitor(quiet=False) as page:
        prepare(page)
        _spoiled(TRUST, resign)(page)
        page.reload()
        expect(page.locator("[data-warning=other_root]")).to_be_visible()
        expect(page.locator("#offline[data-loaded=yes]")).to_be_attached()
        assert paste(page, qr_text(served)) == "match"
        again(page)
        assert look(served, page, "offline akar lain") == []
        page.reload()
        expect(page.locator("[data-warning=other_root]")).to_be_visible()


def test_nothing_of_a_certificate_is_sent_or_kept(served: Served) -> None:
    with served.visitor(quiet=False) as page:
        prepare(page)
        sent: list[str] = []
        page.on("request", lambda request: sent.append(request.url + (request.post_data or "")))
        assert paste(page, qr_text(served)) == "match"
        again(page)
        page.get_by_role("button", name="Perbarui sekarang").click()
        page.wait_for_timeout(300)
        code = served.world.ids["code"]
        assert sent
        assert not [
            one for one in sent if code in one or ("data.json" not in one and "trust.json" not in one)
        ]
        kept = page.evaluate(
            """async () => {
              const request = indexedDB.open('balai-offline');
              const base = await new Promise((done) => { request.onsuccess = () => done(request.result); });
              const all = base.transaction('kept').objectStore('kept').getAllKeys();
              const keys = await new Promise((done) => { all.onsuccess = () => done(all.result); });
              return [keys, base.objectStoreNames.length, localStorage.length, sessionStorage.length];
            }"""
        )
        assert kept == [["bundle", "pinned", "trust"], 1, 0, 0]


def test_page_has_no_finding_and_breaks_no_policy(served: Served) -> None:
    with served.visitor() as page:
        prepare(page)
        assert look(served, page, "offline") == []


def test_every_verdict_has_no_finding(served: Served) -> None:
    with served.visitor() as page:
        prepare(page)
        assert paste(page, qr_text(served)) == "match"
        page.evaluate(
            """() => {
              const slot = document.querySelector('[data-slot]');
              for (const one of document.querySelectorAll("template[data-verdict]")) {
                slot.append(one.content.cloneNode(true));
              }
            }"""
        )  # fmt: skip
        assert page.locator("[data-slot] [data-state]").count() == 12
        assert look(served, page, "offline semua putusan") == []


def test_a_page_of_other_files_is_shown_but_not_kept(served: Served) -> None:
    """After a release the old worker must not keep a page whose files it does not have."""

    def newer(one: Any) -> None:
        body = one.fetch().text()
        version = re.search(r'data-shell="(\w+)"', body)
        assert version
        one.fulfill(
            body=body.replace(version[1], "0" * 16).replace("tanpa jaringan</h1>", "tanpa sinyal</h1>")
        )

    with served.visitor(quiet=False) as page:
        prepare(page)
        page.context.route(re.compile(r"/offline$"), newer)
        page.reload()
        expect(page.locator("h1")).to_have_text("Periksa tanpa sinyal")
        page.context.unroute(re.compile(r"/offline$"))
        page.context.set_offline(True)
        page.reload()
        expect(page.locator("h1")).to_have_text("Periksa tanpa jaringan")
        assert paste(page, qr_text(served)) == "match"


def test_english_opens_offline_too(served: Served) -> None:
    with served.visitor(quiet=False) as page:
        page.goto("/en/offline")
        expect(page.locator("#offline[data-ready=yes]")).to_be_attached(timeout=20_000)
        page.context.set_offline(True)
        page.reload()
        expect(page.locator("html")).to_have_attribute("lang", "en")
        expect(page.locator("#offline[data-ready=yes]")).to_be_attached()


def test_without_javascript_the_page_leads_to_the_typed_code(served: Served) -> None:
    with served.visitor(javascript=False) as page:
        page.goto("/offline")
        expect(page.locator("#scan")).to_be_hidden()
        page.get_by_role("link", name="Periksa dengan kode, lewat jaringan").click()
        expect(page.locator("#kode")).to_be_visible()
