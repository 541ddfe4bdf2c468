"""A passkey in Chromium with its virtual authenticator: set up by staff, used alone and as second step."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import CDPSession, Page, expect

from portal.core.permissions import Role
from tests.support.browser import PHONE, Served, listen, look
from tests.support.somebody import Somebody

DEVICE = {
    "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
    "isUserVerified": True, "automaticPresenceSimulation": True,
}  # fmt: skip


@contextmanager
def browser_with_key(served: Served, **changes: Any) -> Iterator[tuple[Page, CDPSession, str]]:
    """A browser at http://localhost (an IP address has no passkeys) with an authenticator of its own."""
    address = served.url.replace("127.0.0.1", "localhost")
    context = served.browser.new_context(
        base_url=address, viewport=PHONE, locale="id-ID", reduced_motion="reduce"
    )  # type: ignore[arg-type]
    context.set_default_timeout(15_000)
    page = context.new_page()
    noises = listen(page)
    devices = context.new_cdp_session(page)
    devices.send("WebAuthn.enable")
    added = devices.send("WebAuthn.addVirtualAuthenticator", {"options": {**DEVICE, **changes}})
    try:
        yield page, devices, str(added["authenticatorId"])
        assert not noises, f"the console said: {noises}"
    finally:
        context.close()


def _keys(devices: CDPSession, device: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = devices.send("WebAuthn.getCredentials", {"authenticatorId": device})[
        "credentials"
    ]
    return found


def _arrives(page: Page, address: str) -> None:
    page.wait_for_url(re.compile(rf"{re.escape(address)}(?:$|\?)"))


def _sign_out(page: Page) -> None:
    page.goto("/akun/keamanan")
    page.get_by_role("button", name="Keluar dari semua perangkat").click()
    _arrives(page, "/masuk")


def _set_up(page: Page, somebody: Somebody, name: str) -> None:
    """From the first sign-in of staff to their desk, with a new passkey."""
    somebody.sign_in(page, target="/balai")
    _arrives(page, "/akun/keamanan/siapkan")
    page.get_by_role("link", name="Pasang passkey").click()
    page.get_by_label("Nama passkey").fill(name)
    page.get_by_role("button", name="Pasang passkey").click()
    _arrives(page, "/akun/keamanan/kode-cadangan")
    page.get_by_role("button", name="Sudah saya simpan, lanjutkan").click()
    _arrives(page, "/balai")


def test_a_passkey_is_set_up_and_signs_in_alone_and_as_second_step(served: Served) -> None:
    somebody = Somebody(served, "Kartika Admin", Role.CENTER_ADMIN)
    with browser_with_key(served) as (page, devices, device):
        _set_up(page, somebody, "HP Samsung")
        (key,) = _keys(devices, device)
        assert (key["rpId"], key["isResidentCredential"]) == ("localhost", True)
        _sign_out(page)
        page.goto("/masuk?lanjut=/akun/keamanan")
        page.get_by_role("button", name="Masuk dengan passkey").click()
        _arrives(page, "/akun/keamanan")
        expect(page.locator("main")).to_contain_text("Passkey “HP Samsung”")
        assert _keys(devices, device)[0]["signCount"] > key["signCount"]
        _sign_out(page)
        somebody.sign_in(page, target="/balai")
        _arrives(page, "/masuk/langkah-dua")
        page.get_by_role("button", name="Pakai passkey").click()
        _arrives(page, "/balai")


def test_a_device_without_a_key_is_refused_in_plain_words(served: Served) -> None:
    somebody = Somebody(served, "Lestari Admin", Role.CENTER_ADMIN)
    with browser_with_key(served) as (page, devices, device):
        _set_up(page, somebody, "Laptop kantor")
        _sign_out(page)
        devices.send("WebAuthn.setUserVerified", {"authenticatorId": device, "isUserVerified": False})
        page.get_by_role("button", name="Masuk dengan passkey").click()
        expect(page.locator("[data-refused]")).to_contain_text("Coba sekali lagi, atau pakai cara lain")
        devices.send("WebAuthn.setUserVerified", {"authenticatorId": device, "isUserVerified": True})
        served.sql("UPDATE passkey SET ended_at = created_at WHERE user_id = :id", id=somebody.id)
        page.get_by_role("button", name="Masuk dengan passkey").click()
        expect(page.locator("h1")).to_have_text("Passkey tidak diterima")
        expect(page.locator("main")).to_contain_text("tidak dikenal di sini")


def test_a_copied_key_whose_counter_goes_back_is_refused(served: Served) -> None:
    somebody = Somebody(served, "Melati Admin", Role.CENTER_ADMIN)
    with browser_with_key(served) as (page, _devices, _device):
        _set_up(page, somebody, "HP lama")
        served.sql("UPDATE passkey SET sign_count = 90000 WHERE user_id = :id", id=somebody.id)
        _sign_out(page)
        page.get_by_role("button", name="Masuk dengan passkey").click()
        expect(page.locator("main")).to_contain_text("hitungannya mundur")
        page.goto("/akun/keamanan")
        _arrives(page, "/masuk")


def test_without_javascript_the_pages_say_so_and_offer_the_other_way(served: Served) -> None:
    somebody = Somebody(served, "Ningsih Admin", Role.CENTER_ADMIN)
    address = served.url.replace("127.0.0.1", "localhost")
    context = served.browser.new_context(base_url=address, viewport=PHONE, java_script_enabled=False)  # type: ignore[arg-type]
    page = context.new_page()
    somebody.sign_in(page, target="/balai")
    page.get_by_role("link", name="Pasang passkey").click()
    expect(page.get_by_text("Passkey memerlukan JavaScript")).to_be_visible()
    expect(page.get_by_role("button", name="Pasang passkey")).to_be_hidden()
    page.goto("/akun/keamanan/siapkan")
    expect(page.get_by_role("button", name="Pasang aplikasi kode")).to_be_visible()
    context.close()


def test_pages_with_passkeys_have_no_finding(served: Served) -> None:
    somebody = Somebody(served, "Oktavia Admin", Role.CENTER_ADMIN)
    wrong: list[str] = []
    with browser_with_key(served) as (page, _devices, _device):
        page.goto("/masuk")
        wrong += look(served, page, "passkey masuk")
        somebody.sign_in(page, target="/balai")
        _arrives(page, "/akun/keamanan/siapkan")
        wrong += look(served, page, "passkey siapkan")
        page.context.clear_cookies()
        _set_up(page, somebody, "HP dengan nama yang cukup panjang untuk layar kecil")
        for name in ("/akun/keamanan", "/akun/keamanan/passkey", "/akun/keamanan/pastikan"):
            page.goto(name)
            wrong += look(served, page, f"passkey {name}")
        _sign_out(page)
        somebody.sign_in(page)
        _arrives(page, "/masuk/langkah-dua")
        wrong += look(served, page, "passkey langkah kedua")
    assert not wrong, "\n".join(wrong)
