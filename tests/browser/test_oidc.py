"""Signing in through an office's provider, in a browser: two real processes, and the CSP between them."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.browser import PHONE, Served, look, serve
from tests.support.oidc_provider import LocalProvider, run_provider
from tests.support.somebody import PASSWORD, Somebody


@pytest.fixture(scope="module")
def office() -> Iterator[LocalProvider]:
    with run_provider() as running:
        yield running


@pytest.fixture(scope="module")
def portal_with_sso(worker_folder: Path, browser: Browser, office: LocalProvider) -> Iterator[Served]:
    folder = Path(tempfile.mkdtemp(prefix="served-oidc-", dir=worker_folder))
    with serve(folder, browser, SERVED_OIDC=office.issuer) as running:
        yield running


def at_the_office(page: Page, name: str, button: str = "Setuju") -> None:
    """The provider's own page."""
    expect(page.locator("h1")).to_have_text("Akun kantor")
    page.get_by_label("Nama").fill(name)
    page.get_by_role("button", name=button).click()


@pytest.mark.parametrize("javascript", [True, False], ids=["js", "plain"])
def test_an_account_is_connected_once_and_then_signs_in(
    portal_with_sso: Served, office: LocalProvider, javascript: bool
) -> None:
    subject, sri = f"pegawai-{javascript}", Somebody(portal_with_sso, "Sri Pegawai")
    with portal_with_sso.visitor(javascript=javascript, viewport=PHONE, quiet=False) as page:
        page.goto("/masuk")
        page.get_by_role("link", name="Masuk lewat SSO Kantor").click()
        at_the_office(page, subject)
        expect(page.locator("h1")).to_have_text("Akun kantor ini belum terhubung")
        page.get_by_role("link", name="Masuk dengan kata sandi").click()
        page.locator("#login").fill(sri.login)
        page.locator("#password").fill(PASSWORD)
        page.get_by_role("button", name="Masuk", exact=True).click()
        page.wait_for_url("**/akun/keamanan/lewat")
        page.locator("#password").fill(PASSWORD)
        page.get_by_role("button", name="Lanjut").click()
        page.get_by_role("link", name="Lanjut ke SSO Kantor").click()
        at_the_office(page, subject)
        expect(page.locator("main")).to_contain_text("Sudah terhubung")
        page.context.clear_cookies()
        page.goto("/masuk?lanjut=/saya/profil")
        page.get_by_role("link", name="Masuk lewat SSO Kantor").click()
        at_the_office(page, subject)
        page.wait_for_url("**/saya/profil")
        page.goto("/akun/keamanan")
        expect(page.locator("#identities")).to_contain_text("Terhubung")


def test_refusing_at_the_office_is_one_plain_sentence(portal_with_sso: Served, office: LocalProvider) -> None:
    with portal_with_sso.visitor(quiet=False) as page:
        page.goto("/masuk")
        page.get_by_role("link", name="Masuk lewat SSO Kantor").click()
        at_the_office(page, "pegawai", "Tolak")
        expect(page.locator("h1")).to_have_text("Belum masuk")
        page.get_by_role("link", name="Ke halaman masuk").click()
        page.wait_for_url(re.compile("/masuk$"))


@pytest.mark.parametrize(
    ("name", "address"),
    [("", "/masuk"), ("", "/masuk/lewat/kembali?state=x&code=y"), ("trainee_a", "/akun/keamanan/lewat"),
     ("trainee_b", "/akun/keamanan")],
)  # fmt: skip
def test_the_pages_of_it_have_no_finding(portal_with_sso: Served, name: str, address: str) -> None:
    with portal_with_sso.visitor(name, quiet=False) as page:
        page.goto(address)
        wrong = look(portal_with_sso, page, f"oidc {address.split('?')[0]}")
    assert not wrong, "\n".join(wrong)
