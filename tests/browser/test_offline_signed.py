"""The offline page before documents that are well signed and still must not fool it, or must not be lost."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from portal.certificates import issuer, jcs, qr
from portal.certificates.codes import new_code
from portal.certificates.keys import keys
from portal.certificates.offlinebundle import ListPair, offline_document
from portal.core import clock
from tests.browser.test_offline import DATA, TRUST, again, paste, prepare, qr_text
from tests.support.browser import Served

NOTHING = ListPair(bytes(16_384), bytes(16_384))


def bundle(served: Served, as_of: datetime, pairs: list[ListPair] | None = None, **entry: Any) -> str:
    """A document of the portal's own status key; `entry` changes what it says of certificate keys."""
    with served.app.app_context():
        entries = [replace(one, **entry) if one.purpose == "certificate" else one for one in keys().entries()]
        document = offline_document(
            served.url, entries, {}, pairs or [NOTHING], signer=keys().standing("status"), as_of=as_of
        )
    return jcs.canonical(document).decode()


def made_up(served: Served, **facts: Any) -> str:
    """A QR that the center's key signed, whatever it says."""
    with served.app.app_context():
        kid = next(iter(keys().public_keys()))
        given = {
            "name": "Dewi Lestari Ningrum", "program": "Pengurus", "center": "BPVP Uji", "status_index": 77,
            "issued_on": date(2026, 1, 5), "expires": None, "number": "0001/UJI/I/2026",
        }  # fmt: skip
        code = new_code()
        payload = qr.qr_payload(code, qr.QrFacts(**(given | facts)), keys().store.signer(kid))
    return qr.qr_text(served.url, code, payload)


def answering(body: str) -> Callable[[Route], None]:
    return lambda route: route.fulfill(body=body, content_type="application/json")


@contextmanager
def given(served: Served, data: str = "", trust: str = "") -> Iterator[Page]:
    """A first visit with these documents instead of the portal's."""
    with served.visitor(quiet=False) as page:
        for address, body in ((DATA, data), (TRUST, trust)):
            if body:
                page.route(address, answering(body))
        page.goto("/offline")
        expect(page.locator("#offline[data-loaded=yes]")).to_be_attached()
        yield page


def test_an_older_list_does_not_undo_a_revocation(served: Served) -> None:
    with served.visitor(quiet=False) as page:
        prepare(page)
        old = bundle(served, clock.now() - timedelta(days=2))
        page.route(DATA, answering(old))
        page.reload()
        expect(page.locator("#offline[data-loaded=yes]")).to_be_attached()
        assert paste(page, qr_text(served, "revoked")) == "revoked"


def test_a_revoked_key_is_a_question_for_the_log_not_a_verdict(served: Served) -> None:
    body = bundle(served, clock.now(), revoked="2026-06-01T00:00:00Z", revoked_at=0)
    with given(served, data=body) as page:
        assert paste(page, qr_text(served)) == "revoked_key"
        expect(page.locator("[data-slot]")).to_contain_text("bukan tanda palsu")
        expect(page.locator("[data-claims]")).to_be_hidden()
        link = page.get_by_role("link", name="Periksa daring")
        expect(link).to_have_attribute("href", f"/V/{qr_text(served).split('/V/')[1]}")


def test_a_key_that_the_root_does_not_vouch_for_is_unknown(served: Served) -> None:
    """The status key alone cannot add a certificate key."""
    with served.app.app_context():
        entries = [one for one in keys().entries() if one.purpose != "certificate"]
        root = keys().root.standing("root")
        document = issuer.trust_document(served.url, entries, root=root, minimum_size=0, now=clock.now())
    with given(served, trust=json.dumps(document)) as page:
        assert paste(page, qr_text(served)) == "unknown_key"
        expect(page.locator("[data-slot]")).to_contain_text("belum dikenal")


@pytest.mark.parametrize(
    ("facts", "state", "words"),
    [
        ({"expires": date(2026, 1, 31)}, "expired", "31 Januari 2026"),
        ({"expires": date(2099, 1, 31)}, "match", "31 Januari 2099"),
        ({"issued_on": date(2099, 1, 1)}, "clock", "tampak salah"),
        ({"issued_on": date(2099, 1, 1), "expires": date(2099, 12, 31)}, "clock", "Belum bisa dinilai"),
        ({"status_index": 131_072}, "match_stale", "Tidak ada daftar pencabutan"),
        ({"kind": "risalah"}, "unreadable", "bukan milik sertifikat pelatihan"),
        ({"name": "Nama <b>Tebal</b>"}, "match", "Nama <b>Tebal</b>"),
    ],
)
def test_facts_decide_after_the_signature(
    served: Served, facts: dict[str, Any], state: str, words: str
) -> None:
    with served.visitor(quiet=False) as page:
        prepare(page)
        assert paste(page, made_up(served, **facts)) == state
        if state != "clock" or "tampak" in words:
            expect(page.locator("[data-result]")).to_contain_text(words)
        else:
            expect(page.locator("[data-check='expiry unknown']")).to_be_visible()


def test_a_suspension_lifted_since_is_told_by_the_next_list(served: Served) -> None:
    marked = bytearray(16_384)
    marked[77 // 8] |= 0x80 >> 77 % 8
    text = made_up(served)
    before = bundle(served, clock.now() - timedelta(hours=3), [ListPair(bytes(16_384), bytes(marked))])
    with given(served, data=before) as page:
        assert paste(page, text) == "suspended"
        again(page)
        page.unroute(DATA)
        page.get_by_role("button", name="Perbarui sekarang").click()
        expect(page.locator("[data-refresh][aria-busy]")).to_have_count(0)
        assert paste(page, text) == "match"
