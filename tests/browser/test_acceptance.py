"""What a browser must do beyond answering: history, focus, double clicks, the last seat, lost connections."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.support import classroom
from tests.support.browser import Served

PASSWORD = "kereta-laju-pagi-88"
FOCUSED = "() => document.activeElement && document.activeElement.id"
VISIBLE_FOCUS = """() => {
  const style = getComputedStyle(document.activeElement);
  return style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2 || style.boxShadow !== 'none';
}"""
_serial = count(1)


@pytest.fixture
def batch(served: Served) -> int:
    """A class of 16 seats that anybody may apply for."""
    return open_class(served)


def open_class(served: Served, seats: int = 16) -> int:
    start = datetime.now(UTC).replace(hour=1, minute=0, second=0, microsecond=0) + timedelta(days=25)
    with served.app.app_context():
        batch_id = classroom.build(people=0, sessions=1, start=start).batch_id
    served.sql("UPDATE batch SET quota = :seats WHERE id = :id", seats=seats, id=batch_id)
    return batch_id


def fill_up_to_the_review(page: Page, batch_id: int) -> None:
    """The stepper with the mouse: identity, cooperative, requirements."""
    number = next(_serial)
    page.goto(f"/angkatan/{batch_id}/daftar/identitas")
    page.locator("#name").fill("Rukmini Astuti")
    page.locator("#nik").fill(f"6105 0152 0385 {7000 + number}")
    page.locator("[name=birth_date-day]").fill("12")
    page.locator("[name=birth_date-month]").select_option("3")
    page.locator("[name=birth_date-year]").fill("1985")
    page.locator("input[name=sex][value=P]").check()
    page.locator("#agree").check()
    page.get_by_role("button", name="Simpan dan lanjut").click()
    page.wait_for_url("**/daftar/koperasi")
    page.goto(f"/angkatan/{batch_id}/daftar/koperasi?q=KDMP+Desa+1")
    page.locator("input[name=choice]").first.check()
    page.locator("#post").select_option("chair")
    page.get_by_role("button", name="Simpan dan lanjut").click()
    page.wait_for_url("**/daftar/syarat")
    page.get_by_role("link", name="Lanjut memeriksa").click()
    page.locator("#login").fill(f"rukmini{number}")
    page.locator("#password").fill(PASSWORD)


def applied(served: Served, batch_id: int) -> list[str]:
    rows = served.sql("SELECT state FROM enrollment WHERE batch_id = :id ORDER BY id", id=batch_id)
    return [str(row[0]) for row in rows]


def test_back_after_a_filter_restores_the_whole_styled_page(served: Served) -> None:
    with served.visitor() as page:
        page.goto("/")
        page.locator("#q").fill("pembukuan")
        page.get_by_role("button", name="Cari", exact=True).click()
        page.wait_for_url("**/?*q=pembukuan*")
        page.locator("#hasil a[href*='/angkatan/']").first.click()
        page.wait_for_url("**/angkatan/*")
        for address in ("**/?*q=pembukuan*", served.url + "/"):
            page.go_back()
            page.wait_for_url(address)
            expect(page.locator(".site-header")).to_be_visible()
            expect(page.locator("h1")).to_have_count(1)
            assert page.evaluate("() => document.styleSheets.length") == 1
            assert page.locator(".btn").first.evaluate("node => getComputedStyle(node).borderRadius") != "0px"


def test_empty_form_focuses_the_summary_and_its_links_lead_to_the_fields(served: Served, batch: int) -> None:
    with served.visitor() as page:
        page.goto(f"/angkatan/{batch}/daftar/identitas")
        page.get_by_role("button", name="Simpan dan lanjut").click()
        summary = page.locator(".error-summary")
        expect(summary).to_be_focused()
        assert page.title().startswith("Perlu diperbaiki:")
        summary.get_by_role("link").first.click()
        expect(page.locator("#name")).to_be_focused()
        assert page.locator("#name").get_attribute("aria-invalid") == "true"


def test_double_click_enrolls_once(served: Served, batch: int) -> None:
    with served.visitor() as page:
        fill_up_to_the_review(page, batch)
        page.get_by_role("button", name="Kirim pendaftaran").dblclick()
        page.wait_for_url("**/daftar/selesai")
        expect(page.locator("h1")).to_contain_text("sudah kami terima")
    assert applied(served, batch) == ["applied"]


def test_searching_and_enrolling_work_without_javascript(served: Served, batch: int) -> None:
    with served.visitor(javascript=False) as page:
        page.goto("/")
        page.locator("#q").fill("pembukuan")
        page.get_by_role("button", name="Cari", exact=True).click()
        expect(page.locator("#hasil")).to_contain_text("Pembukuan harian")
        fill_up_to_the_review(page, batch)
        page.get_by_role("button", name="Kirim pendaftaran").click()
        page.wait_for_url("**/daftar/selesai")
    assert applied(served, batch) == ["applied"]


def test_last_seat_from_two_browsers_the_loser_keeps_the_data_and_sees_the_waitlist(served: Served) -> None:
    batch = open_class(served, seats=1)
    with served.visitor() as first, served.visitor() as second:
        fill_up_to_the_review(first, batch)
        fill_up_to_the_review(second, batch)
        first.get_by_role("button", name="Kirim pendaftaran").click()
        first.wait_for_url("**/daftar/selesai")
        with second.expect_response(lambda answer: answer.request.method == "POST") as answered:
            second.get_by_role("button", name="Kirim pendaftaran").click()
        assert answered.value.status == 409
        expect(second.locator("h1")).to_have_text("Kursi terakhir baru saja terisi")
        expect(second.locator("main")).to_contain_text("Rukmini Astuti")
        second.get_by_role("button", name="Masuk daftar tunggu").click()
        second.wait_for_url("**/daftar/selesai")
        expect(second.locator("h1")).to_contain_text("daftar tunggu")
    assert applied(served, batch) == ["applied", "waitlisted"]


# ---- keyboard ----


def tab_to(page: Page, selector: str, most: int = 60) -> None:
    """Press Tab until the element has the focus, which must be seen at every stop."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if page.evaluate("(s) => !!document.activeElement && document.activeElement.matches(s)", selector):
            assert page.evaluate(VISIBLE_FOCUS), f"no visible focus on {selector}"
            return
    raise AssertionError(f"Tab never reached {selector} on {page.url}")


def test_keyboard_alone_enrolls(served: Served, batch: int) -> None:
    number = next(_serial)
    with served.visitor(viewport={"width": 1366, "height": 768}) as page:
        page.goto(f"/angkatan/{batch}")
        page.keyboard.press("Tab")
        assert page.evaluate("() => document.activeElement.matches('a.skip')")
        tab_to(page, "a[href*='/daftar']")
        page.keyboard.press("Enter")
        page.wait_for_url("**/daftar/identitas")
        for selector, text in (
            ("#name", "Wayan Sudarma"), ("#nik", f"610501120385{8000 + number}"),
            ("[name=birth_date-day]", "12"), ("[name=birth_date-month]", "Mar"),
            ("[name=birth_date-year]", "1985"),
        ):  # fmt: skip
            tab_to(page, selector)
            page.keyboard.type(text)
        tab_to(page, "input[name=sex]")
        page.keyboard.press("Space")
        tab_to(page, "#agree")
        page.keyboard.press("Space")
        tab_to(page, "main button")
        page.keyboard.press("Enter")
        page.wait_for_url("**/daftar/koperasi")
        tab_to(page, "#cari")
        page.keyboard.type("KDMP Desa 1")
        page.keyboard.press("Enter")
        page.wait_for_url("**/daftar/koperasi?*")
        expect(page.locator("#pilihan")).to_contain_text("KDMP Desa 1")
        tab_to(page, "input[name=choice]")
        page.keyboard.press("Space")
        tab_to(page, "#post")
        page.keyboard.type("Ketua")
        tab_to(page, "form[method=post] button")
        page.keyboard.press("Enter")
        page.wait_for_url("**/daftar/syarat")
        tab_to(page, "a[href$='/periksa']")
        page.keyboard.press("Enter")
        page.wait_for_url("**/daftar/periksa")
        tab_to(page, "#login")
        page.keyboard.type(f"wayan{number}")
        tab_to(page, "#password")
        page.keyboard.type(PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url("**/daftar/selesai")
    assert applied(served, batch) == ["applied"]


# ---- the roll ----


@pytest.fixture
def roll(served: Served) -> Any:
    """A class of today with its instructor's browser name."""
    now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    with served.app.app_context():
        room = classroom.build(people=3, sessions=1, start=now - timedelta(hours=2))
        served.world.users["roll"] = room.instructor.id
        yield room


def test_tap_saves_is_announced_and_keeps_the_focus(served: Served, roll: Any) -> None:
    address = f"/instruktur/presensi/{roll.sessions[0]}"
    with served.visitor("roll") as page:
        page.goto(address)
        row = page.locator("#roll > li").first
        late = row.get_by_role("button", name="terlambat")
        late.focus()
        focused = page.evaluate(FOCUSED)
        page.keyboard.press("Enter")
        expect(late).to_have_attribute("aria-pressed", "true")
        assert page.evaluate(FOCUSED) == focused
        expect(page.locator(".sum[role=status]")).to_contain_text("1/3")
        for key in ("ArrowRight", "ArrowDown", "ArrowLeft"):
            page.keyboard.press(key)
        expect(late).to_have_attribute("aria-pressed", "true")
        page.reload()
        expect(page.locator("#roll > li").first.get_by_role("button", name="terlambat")).to_have_attribute(
            "aria-pressed", "true"
        )


def test_two_rapid_taps_end_at_the_last(served: Served, roll: Any) -> None:
    with served.visitor("roll") as page:
        page.goto(f"/instruktur/presensi/{roll.sessions[0]}")
        row = page.locator("#roll > li").first
        # In one breath: a click that waits for the pointer may find the row just being replaced.
        row.evaluate("row => [0, 3].forEach(n => row.querySelectorAll('button.cell')[n].click())")
        expect(row.locator("button.cell").nth(3)).to_have_attribute("aria-pressed", "true")
        expect(row.locator("button.cell").nth(0)).to_have_attribute("aria-pressed", "false")
        page.reload()
        expect(page.locator("#roll > li").first.locator("button.cell").nth(3)).to_have_attribute(
            "aria-pressed", "true"
        )


@pytest.mark.parametrize("fault", ["error 500", "offline"])
def test_failed_request_keeps_the_page_and_can_be_tried_again(served: Served, roll: Any, fault: str) -> None:
    with served.visitor("roll", quiet=False) as page:
        page.goto(f"/instruktur/presensi/{roll.sessions[0]}")
        button = page.locator("#roll > li").first.locator("button.cell").first
        if fault == "offline":
            page.context.set_offline(True)
        else:
            page.route("**/presensi/*", lambda route: _refuse(route))
        button.click()
        expect(page.locator("#net")).to_be_visible()
        expect(page.locator("#roll > li")).to_have_count(3)
        expect(button).to_have_attribute("aria-pressed", "false")
        page.context.set_offline(False)
        page.unroute_all()
        page.locator("#net").get_by_role("button", name="Coba lagi").click()
        expect(button).to_have_attribute("aria-pressed", "true")
        expect(button).to_be_focused()
        expect(page.locator("#net")).to_be_hidden()


def _refuse(route: Route) -> None:
    route.fulfill(status=500, body="<h1>gangguan</h1>", content_type="text/html")


def test_two_instructors_on_one_cell_see_the_conflict(served: Served, roll: Any) -> None:
    colleague = classroom.colleague(roll)
    served.world.users["colleague"] = int(colleague.user_id or 0)
    address = f"/instruktur/presensi/{roll.sessions[0]}"
    with served.visitor("roll") as mine, served.visitor("colleague", quiet=False) as other:
        mine.goto(address)
        other.goto(address)
        mine.locator("#roll > li").first.locator("button.cell").nth(0).click()
        expect(mine.locator(".sum[role=status]")).to_contain_text("1/3")
        row = other.locator("#roll > li").first
        row.locator("button.cell").nth(3).click()
        expect(row.locator("[role=alert]")).to_contain_text("sudah mencatat Hadir")
        expect(row.locator("button.cell").nth(0)).to_have_attribute("aria-pressed", "true")
