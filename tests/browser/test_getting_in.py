"""Getting in, as people do it in a browser: a letter, a code on a phone, the second factor, a lost phone, the
sign-out that reaches every device. The portal's own job runner sends; its console sender is the phone."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from portal.accounts import services
from portal.core.db import transaction
from portal.core.permissions import SYSTEM, Role
from portal.people import services as people
from tests.support.browser import PHONE, Served, look
from tests.support.factors import Phone
from tests.support.somebody import BORN, Somebody, now, serial

NEW = "ijuk rumbia nibung"
CODE = re.compile(r"^--- (?:whatsapp|sms|email) (\S+) \[(code\.\w+)\].*\n(?:.*\n)*?.*?\b(\d{6})\b", re.M)
both = pytest.mark.parametrize("javascript", [True, False], ids=["js", "plain"])


def came(served: Served, to: str, kind: str) -> str:
    """The code that the console sender showed for this phone last; waits for the job runner."""
    deadline = time.monotonic() + 15
    while time.monotonic() < deadline:
        log = (served.folder / "server.log").read_text(errors="replace")
        found = [code for address, which, code in CODE.findall(log) if (address, which) == (to, kind)]
        if found:
            return str(found[-1])
        time.sleep(0.1)
    raise AssertionError(f"no {kind} for {to}: {served.log()}")


def soon(phone: Phone, steps: int = 0) -> str:
    """The code of a generator so many steps from now; a step counts once, and the next one is taken early."""
    return phone.code(now() + timedelta(seconds=30 * steps))


def shown(page: Page) -> Phone:
    """The generator that a phone makes of the key on the page."""
    return Phone(page.locator("strong.code").inner_text().replace(" ", ""))


def arrives(page: Page, address: str) -> None:
    page.wait_for_url(re.compile(rf"{re.escape(address)}(?:$|\?)"))


def is_out(page: Page, address: str = "/saya") -> None:
    """The browser is asked to sign in."""
    page.goto(address)
    arrives(page, "/masuk")


@both
def test_a_letter_becomes_an_account(served: Served, javascript: bool) -> None:
    with served.app.app_context(), transaction():
        person, _new = people.save_person(
            name="Andi Suratman",
            nik=f"6105010903{next(serial):06d}",
            birth_date=BORN,
            actor=SYSTEM,
            now=now(),
        )
        code = services.issue_claim_codes(person_ids=[person.id], actor=SYSTEM, now=now())[person.id]
    with served.visitor(javascript=javascript) as page:
        page.goto("/masuk")
        page.get_by_role("link", name="Saya menerima surat dengan kode").click()
        arrives(page, "/klaim")
        page.locator("#code").fill("-".join(re.findall("....", code)).lower())
        page.locator("[name=birth_date-day]").fill("9")
        page.locator("[name=birth_date-month]").select_option("3")
        page.locator("[name=birth_date-year]").fill("1980")
        page.locator("#login").fill(f"andi{next(serial)}")
        page.locator("#password").fill(NEW)
        page.get_by_role("button", name="Ambil data saya").click()
        arrives(page, "/saya")
        expect(page.locator("h1")).to_contain_text("Andi")
        page.goto("/klaim")
        page.locator("#code").fill(code)
        page.locator("[name=birth_date-day]").fill("9")
        page.locator("[name=birth_date-month]").select_option("3")
        page.locator("[name=birth_date-year]").fill("1980")
        page.locator("#login").fill("pencuri")
        page.locator("#password").fill(NEW)
        page.get_by_role("button", name="Ambil data saya").click()
        expect(page.get_by_role("alert")).to_contain_text("tidak berlaku")


@both
def test_signing_in_by_code_on_a_phone(served: Served, javascript: bool) -> None:
    number = next(serial)
    phone = f"+62812900{number:05d}"
    Somebody(served, "Sri Wahyuni", phone=phone)
    with served.visitor(javascript=javascript, viewport=PHONE) as page:
        page.goto("/masuk?lanjut=/saya/profil")
        page.get_by_role("link", name="Masuk dengan kode").click()
        page.locator("#contact").fill(f"0812-900{number:05d}")
        page.get_by_role("button", name="Kirim kode").click()
        arrives(page, "/masuk/kode/periksa")
        page.locator("#code").fill("000000")
        page.get_by_role("button", name="Lanjut").click()
        expect(page.get_by_role("alert")).to_contain_text("salah, sudah dipakai, atau sudah lewat")
        code = came(served, phone, "code.sign_in")
        page.locator("#code").fill(f"{code[:3]} {code[3:]}")
        page.get_by_role("button", name="Lanjut").click()
        arrives(page, "/saya/profil")
        expect(page.locator("main")).to_contain_text("Sri Wahyuni")


def test_a_shared_phone_asks_who_it_is(served: Served) -> None:
    number = next(serial)
    phone = f"+62812901{number:05d}"
    Somebody(served, "Bambang Hartono", phone=phone)
    Somebody(served, "Ratna Hartono", phone=phone)
    with served.visitor(viewport=PHONE) as page:
        page.goto("/masuk/kode")
        page.locator("#contact").fill(phone)
        page.get_by_role("button", name="Kirim kode").click()
        arrives(page, "/masuk/kode/periksa")
        page.locator("#code").fill(came(served, phone, "code.sign_in"))
        page.get_by_role("button", name="Lanjut").click()
        arrives(page, "/masuk/siapa")
        expect(page.get_by_role("button", name=re.compile("Bambang|Ratna"))).to_have_count(2)
        page.get_by_role("button", name="Ratna").click()
        arrives(page, "/saya")
        expect(page.locator("h1")).to_contain_text("Ratna")


@both
def test_staff_set_up_a_second_factor_and_use_it(served: Served, javascript: bool) -> None:
    admin = Somebody(served, "Yulia Admin", Role.CENTER_ADMIN)
    with served.visitor(javascript=javascript, viewport=PHONE) as page:
        admin.sign_in(page, target="/balai/angkatan")
        arrives(page, "/akun/keamanan/siapkan")
        page.get_by_role("button", name="Pasang aplikasi kode").click()
        arrives(page, "/akun/keamanan/aplikasi")
        phone = shown(page)
        page.locator("#code").fill(soon(phone))
        page.get_by_role("button", name="Pasang", exact=True).click()
        arrives(page, "/akun/keamanan/kode-cadangan")
        expect(page.locator(".code-list li")).to_have_count(10)
        page.get_by_role("button", name="Sudah saya simpan, lanjutkan").click()
        page.goto("/balai")
        arrives(page, "/balai")
        page.context.clear_cookies()
        admin.sign_in(page, target="/balai")
        arrives(page, "/masuk/langkah-dua")
        page.goto("/balai")
        arrives(page, "/masuk")
        page.goto("/masuk/langkah-dua")
        page.locator("#code").fill(soon(phone, 1))
        page.get_by_role("button", name="Masuk", exact=True).click()
        arrives(page, "/balai")


def test_a_lost_phone_is_replaced_with_a_code_from_paper(served: Served) -> None:
    admin = Somebody(served, "Wati Admin", Role.CENTER_ADMIN)
    old, codes = admin.generator(), admin.paper()
    with served.visitor(viewport=PHONE) as page:
        admin.sign_in(page)
        arrives(page, "/masuk/langkah-dua")
        page.get_by_role("link", name="Pakai kode cadangan").click()
        page.locator("#code").fill(codes[3].lower())
        page.get_by_role("button", name="Masuk", exact=True).click()
        arrives(page, "/akun/keamanan")
        expect(page.locator("main")).to_contain_text("Tersisa 9 kode")
        page.get_by_role("button", name="Ganti ponsel").click()
        arrives(page, "/akun/keamanan/aplikasi")
        phone = shown(page)
        assert phone.secret != old.secret
        page.locator("#code").fill(soon(phone))
        page.get_by_role("button", name="Pasang", exact=True).click()
        page.wait_for_url(re.compile("/akun/keamanan"))
        page.context.clear_cookies()
        admin.sign_in(page, target="/balai")
        page.locator("#code").fill(soon(old))
        page.get_by_role("button", name="Masuk", exact=True).click()
        expect(page.get_by_role("alert")).to_contain_text("tidak cocok")
        page.locator("#code").fill(soon(phone, 1))
        page.get_by_role("button", name="Masuk", exact=True).click()
        arrives(page, "/balai")


def test_everything_lost_takes_two_people_in_person(served: Served) -> None:
    lost = Somebody(served, "Gunawan Hilang", Role.CENTER_ADMIN)
    lost.generator()
    asker, head = (
        Somebody(served, "Ningsih Admin", Role.CENTER_ADMIN),
        Somebody(served, "Pak Kepala", Role.CENTER_HEAD),
    )
    served.world.users |= {"asker": asker.id, "head_of_it": head.id, "lost": lost.id}
    with (
        served.visitor("lost") as stolen,
        served.visitor("asker") as one,
        served.visitor("head_of_it") as two,
    ):
        stolen.goto("/balai")
        one.goto("/pemulihan")
        one.locator("#q").fill("gunawan")
        one.get_by_role("button", name="Cari", exact=True).click()
        one.locator("a[href*='/pemulihan/ajukan/']").first.click()
        one.locator("#reason").fill("Bertemu langsung, KTP dicocokkan")
        one.get_by_role("button", name="Ajukan pemulihan").click()
        arrives(one, "/pemulihan")
        one.get_by_role("link", name="Gunawan Hilang").first.click()
        expect(one.locator("main")).to_contain_text("Orang lain yang menyetujui")
        expect(one.get_by_role("button", name="Setujui dan buat kode")).to_have_count(0)
        two.goto("/pemulihan")
        two.get_by_role("link", name="Gunawan Hilang").first.click()
        two.get_by_role("button", name="Setujui dan buat kode").click()
        code = two.locator(".copy-code").inner_text()
        stolen.goto("/balai")
        arrives(stolen, "/balai")
        with served.visitor(viewport=PHONE) as owner:
            owner.goto("/pulihkan")
            owner.locator("#login").fill(lost.login)
            owner.locator("#code").fill(code)
            owner.locator("#password").fill(NEW)
            owner.get_by_role("button", name="Pulihkan akun saya").click()
            owner.wait_for_url(re.compile("/akun/keamanan/siapkan"))
            owner.get_by_role("button", name="Pasang aplikasi kode").click()
            arrives(owner, "/akun/keamanan/aplikasi")
            owner.locator("#code").fill(soon(shown(owner)))
            owner.get_by_role("button", name="Pasang", exact=True).click()
            arrives(owner, "/akun/keamanan/kode-cadangan")
            owner.get_by_role("button", name="Sudah saya simpan, lanjutkan").click()
            owner.goto("/balai")
            arrives(owner, "/balai")
        is_out(stolen, "/balai")


@both
def test_signing_out_everywhere_reaches_the_other_browser(served: Served, javascript: bool) -> None:
    sri = Somebody(served, "Sri Pekan")
    with served.visitor(javascript=javascript) as mine, served.visitor(javascript=javascript) as other:
        for page in (mine, other):
            sri.sign_in(page, target="/saya/profil")
            arrives(page, "/saya/profil")
        kept = other.context.cookies()
        mine.goto("/akun/keamanan")
        expect(mine.locator("main")).to_contain_text("Perangkat ini")
        mine.get_by_role("button", name="Keluar dari semua perangkat").click()
        arrives(mine, "/masuk")
        is_out(other, "/saya/profil")
        other.context.add_cookies(kept)  # type: ignore[arg-type]
        is_out(other, "/saya/profil")
        is_out(mine, "/saya/profil")


@pytest.mark.parametrize(
    "way",
    [
        lambda page, who: page.goto("/masuk/kode"),
        lambda page, who: page.goto("/masuk/lupa"),
        lambda page, who: page.goto("/pulihkan"),
        lambda page, who: who.sign_in(page),
    ],
    ids=["ask for a code", "lost password", "printed sheet", "second step"],
)
def test_the_pages_on_the_way_have_no_finding(
    served: Served, way: Callable[[Page, Somebody], Any], request: Any
) -> None:
    admin = Somebody(served, "Lestari Admin", Role.CENTER_ADMIN)
    admin.generator()
    with served.visitor() as page:
        way(page, admin)
        page.wait_for_load_state()
        wrong = look(served, page, f"getting in {request.node.callspec.id}")
    assert not wrong, "\n".join(wrong)
