"""A written test in a real browser: choosing, time, no signal, other devices, no JavaScript at all."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from portal.assessment.models import Attempt
from portal.assessment.queries import sittings as queries
from portal.assessment.rules.blueprint import Need
from portal.core import clock
from portal.core.db import db, transaction
from portal.core.permissions import Role
from tests.support.browser import Served, look
from tests.support.sat import KINDS, Sat, a_test, fill_bank

_filled: set[tuple[str, int]] = set()


def new_test(served: Served, count: int, unit: int = 1, kinds: Any = KINDS, each: int = 2) -> Sat:
    """A test of one unit for the running class of the world; trainees A and B sit it."""
    room = served.world.rooms["running"]
    with served.app.app_context():
        now, number, unit = clock.now(), unit, room.units[unit]
        if (served.url, number) not in _filled:
            fill_bank([unit], now, each=each, kinds=kinds)
            _filled.add((served.url, number))
        actor = served.world.actor("assessor", Role.ASSESSOR)
        test = a_test(room, now, actor=actor, needs=(Need(unit, count, 70),))
        db.session.remove()
    return Sat(room, test, {})


@pytest.fixture
def made(served: Served) -> Sat:
    return new_test(served, 12)


def begin(page: Any, made: Sat) -> int:
    page.goto(f"/saya/uji/mulai/{made.test_id}")
    page.get_by_role("button", name="Mulai sekarang").click()
    page.wait_for_url("**/saya/uji/*")
    return int(page.url.rsplit("/", 1)[1].split("?")[0])


def ready(page: Any) -> None:
    page.wait_for_selector("[data-ready]")


def stored(served: Served, attempt: int) -> dict[int, Any]:
    with served.app.app_context():
        found = queries.answers_of(attempt)
        db.session.remove()
    return found


def places(served: Served, attempt: int, kind: str) -> list[int]:
    with served.app.app_context():
        found = [one.position for one in queries.items_of(attempt) if one.kind == kind]
        db.session.remove()
    return found


def set_left(served: Served, attempt: int, **span: float) -> None:
    """Let so much time be left."""
    with served.app.app_context(), transaction() as session:
        row = session.get(Attempt, attempt)
        assert row is not None
        row.deadline_at = clock.now() + timedelta(**span)
        row.started_at = min(row.started_at, row.deadline_at - timedelta(minutes=1))


def saved(page: Any) -> None:
    page.locator("[data-when=saved]:visible").wait_for()


def to(page: Any, number: int) -> None:
    """Go to a question by the page's own buttons."""
    for _step in range(20):
        here = int(page.locator("#judul").inner_text().split()[1])
        if here == number:
            return
        page.locator("[data-next]" if here < number else "[data-back]").click()
    raise AssertionError(f"question {number} was not reached")


def test_pages_look_right(served: Served, made: Sat) -> None:
    wrong: list[str] = []
    with served.visitor("trainee_a") as page:
        attempt = begin(page, made)
        seen = set()
        for number in range(1, 13):
            page.goto(f"/saya/uji/{attempt}?no={number}")
            ready(page)
            kind = page.locator("#soal > [data-q]").get_attribute("data-q")
            if kind in seen:
                continue
            seen.add(kind)
            if kind == "single":
                page.locator("#soal label").nth(1).click()
                saved(page)
            wrong += look(served, page, f"uji soal {kind}")
        page.goto(f"/saya/uji/{attempt}/tinjau")
        wrong += look(served, page, "uji tinjau")
    assert seen == {kind for kind, _content in KINDS}
    assert not wrong, "\n".join(wrong)


def test_a_whole_test_by_touch(served: Served, made: Sat) -> None:
    with served.visitor("trainee_a") as page:
        attempt = begin(page, made)
        ready(page)
        for number in range(1, 13):
            to(page, number)
            question = page.locator("#soal")
            for group in question.locator("fieldset").all():
                kind = group.get_attribute("data-q")
                if kind == "number":
                    group.locator("input").fill("12,5")
                    group.locator("input").blur()
                elif kind == "matching":
                    for select in group.locator("select").all():
                        select.select_option(index=1)
                else:
                    group.locator("label").first.click()
            saved(page)
        assert set(stored(served, attempt)) == set(range(1, 13))
        page.locator("[data-next]").click()
        page.get_by_role("heading", name="Tinjau jawaban").wait_for()
        page.get_by_label("Saya sudah selesai mengerjakan uji ini").check()
        page.get_by_role("button", name="Kumpulkan uji").click()
        page.get_by_role("heading", name="Uji sudah dikumpulkan").wait_for()
        assert page.get_by_text("12 dari 12").is_visible()


def test_without_javascript_from_start_to_end(served: Served, made: Sat) -> None:
    with served.visitor("trainee_b", javascript=False) as page:
        attempt = begin(page, made)
        for number in range(1, 13):
            assert page.locator("h1").inner_text() == f"Soal {number} dari 12"
            for group in page.locator("#soal fieldset").all():
                kind = group.get_attribute("data-q")
                if kind == "number":
                    group.locator("input").fill("7")
                elif kind == "matching":
                    group.locator("select").first.select_option(index=2)
                else:
                    group.locator("label").last.click()
            page.get_by_role("button", name="Simpan dan").last.click()
        assert page.locator("h1").inner_text() == "Tinjau jawaban"
        page.get_by_label("Saya sudah selesai mengerjakan uji ini").check()
        page.get_by_role("button", name="Kumpulkan uji").click()
        assert page.locator("h1").inner_text() == "Uji sudah dikumpulkan"
        assert len(stored(served, attempt)) == 12


def test_arrow_keys_store_nothing_and_the_last_of_two_taps_holds(served: Served, made: Sat) -> None:
    with served.visitor("trainee_a") as page:
        attempt = begin(page, made)
        number = places(served, attempt, "single")[0]
        page.goto(f"/saya/uji/{attempt}?no={number}")
        ready(page)
        radios = page.locator("#soal input[type=radio]")
        radios.first.focus()
        for key in ("ArrowDown", "ArrowRight", "ArrowUp"):
            page.keyboard.press(key)
        assert radios.nth(1).evaluate("node => node === document.activeElement")
        assert page.locator("#soal :checked").count() == 0
        page.wait_for_timeout(300)
        assert stored(served, attempt) == {}
        page.keyboard.press("Space")
        saved(page)
        assert stored(served, attempt)[number] == radios.nth(1).get_attribute("value")
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
        page.locator("#soal label").nth(3).click()
        page.locator("#soal label").nth(0).click()
        saved(page)
        assert stored(served, attempt)[number] == radios.nth(0).get_attribute("value")
        select = places(served, attempt, "matching")[0]
        page.goto(f"/saya/uji/{attempt}?no={select}")
        ready(page)
        page.locator("#soal select").first.focus()
        page.keyboard.press("ArrowDown")
        page.wait_for_timeout(300)
        assert select not in stored(served, attempt)
        page.keyboard.press("Tab")
        saved(page)
        assert select in stored(served, attempt)


def test_no_signal_loses_nothing_and_says_so(served: Served, made: Sat) -> None:
    with served.visitor("trainee_a") as page:
        attempt = begin(page, made)
        ready(page)
        wanted = (places(served, attempt, "single") + places(served, attempt, "true_false"))[:3]
        page.context.set_offline(True)
        for count, number in enumerate(wanted, 1):
            to(page, number)
            page.locator("#soal label").first.click()
            page.get_by_text(f"Menunggu sinyal ({count})").wait_for()
            assert page.locator("[data-when=saved]:visible").count() == 0
        page.locator("[data-review]").click()
        page.get_by_text("Tinjauan perlu sinyal").wait_for()
        assert stored(served, attempt) == {}
        page.wait_for_timeout(900)
        page.context.set_offline(False)
        saved(page)
        assert set(stored(served, attempt)) == set(wanted)
        page.wait_for_timeout(500)
        with served.app.app_context():
            kinds = [event.kind for event in queries.events_of([attempt])]
            db.session.remove()
        assert kinds[-1] == "offline"
        assert kinds.count("offline") == 1


def test_a_tab_closed_without_signal_sends_when_it_is_opened_again(served: Served, made: Sat) -> None:
    with served.visitor("trainee_a") as page:
        attempt = begin(page, made)
        ready(page)
        number = places(served, attempt, "single")[0]
        to(page, number)
        page.context.set_offline(True)
        page.locator("#soal label").nth(2).click()
        page.get_by_text("Menunggu sinyal (1)").wait_for()
        value = page.locator("#soal :checked").get_attribute("value")
        page.close()
        page.context.set_offline(False)
        again = page.context.new_page()
        again.goto(f"/saya/uji/{attempt}?no={number}")
        saved(again)
        assert again.locator("#soal :checked").get_attribute("value") == value
        assert stored(served, attempt) == {number: value}


def test_two_devices_and_the_newer_choice(served: Served, made: Sat) -> None:
    with served.visitor("trainee_a") as phone, served.visitor("trainee_a") as laptop:
        attempt = begin(phone, made)
        number = places(served, attempt, "single")[0]
        for page in (phone, laptop):
            page.goto(f"/saya/uji/{attempt}?no={number}")
            ready(page)
        phone.locator("#soal label").nth(0).click()
        saved(phone)
        laptop.locator("#soal label").nth(1).click()
        saved(laptop)
        value = laptop.locator("#soal :checked").get_attribute("value")
        assert stored(served, attempt) == {number: value}
        # The phone chose before, without signal, and comes back long after the laptop: it does not win.
        phone.clock.install()
        phone.reload()
        ready(phone)
        phone.context.set_offline(True)
        phone.locator("#soal label").nth(2).click()
        phone.get_by_text("Menunggu sinyal (1)").wait_for()
        laptop.locator("#soal label").nth(3).click()
        saved(laptop)
        value = laptop.locator("#soal :checked").get_attribute("value")
        phone.clock.fast_forward(20_000)
        phone.context.set_offline(False)
        for _second in range(20):
            phone.clock.run_for(1000)
            phone.wait_for_timeout(100)
            if phone.get_by_text("di perangkat lain").count():
                break
        phone.get_by_text(f"Soal {number} sudah dijawab di perangkat lain").wait_for()
        assert phone.locator("#soal :checked").get_attribute("value") == value
        assert stored(served, attempt) == {number: value}


def test_the_time_is_announced_hidden_and_ends_the_test(served: Served, made: Sat) -> None:
    with served.visitor("trainee_b") as page:
        attempt = begin(page, made)
        for minutes in (10, 5, 1):
            set_left(served, attempt, minutes=minutes, seconds=2)
            page.goto(f"/saya/uji/{attempt}")
            page.locator("#status").get_by_text(f"Sisa waktu {minutes} menit.").wait_for()
        assert page.locator("[data-time]").inner_text().startswith(("0.", "1."))
        page.locator(".timer summary").click()
        assert not page.locator("[data-time]").is_visible()
        number = places(served, attempt, "single")[0]
        set_left(served, attempt, seconds=4)
        page.goto(f"/saya/uji/{attempt}?no={number}")
        page.locator("#soal label").first.click()
        saved(page)
        page.get_by_role("heading", name="Waktu habis").wait_for()
        assert list(stored(served, attempt)) == [number]
        assert page.get_by_text("sedang dihitung").is_visible()


def test_an_answer_file_brings_in_what_the_network_did_not(served: Served, made: Sat) -> None:
    with served.visitor("trainee_a") as page:
        page.clock.install()
        attempt = begin(page, made)
        ready(page)
        number = places(served, attempt, "single")[0]
        to(page, number)
        page.context.set_offline(True)
        page.locator("#soal label").nth(1).click()
        page.get_by_text("Menunggu sinyal (1)").wait_for()
        value = page.locator("#soal :checked").get_attribute("value")
        button = page.get_by_role("button", name="Simpan berkas jawaban")
        assert not button.is_visible()
        page.clock.fast_forward(62_000)
        button.wait_for()
        with page.expect_download() as download:
            button.click()
        path = served.folder / "jawaban.balai-uji"
        download.value.save_as(path)
        assert path.read_bytes().startswith(b'{"balai_uji":1,')
    with served.visitor("instructor") as page:
        page.goto(f"/instruktur/uji/{made.test_id}/berkas")
        page.locator("input[type=file]").set_input_files(path)
        # The page's clock was put 62 seconds ahead of the server's; a real one is not.
        page.wait_for_timeout(10_000)
        page.get_by_role("button", name="Lihat isinya").click()
        page.get_by_text("1 jawaban baru").wait_for()
        wrong = look(served, page, "uji berkas")
        page.get_by_label("Alasan menerima berkas ini").fill("Sinyal hilang, disaksikan di kelas")
        page.get_by_role("button", name="Terima jawaban ini").click()
        page.get_by_text("1 jawaban diterima.").wait_for()
        wrong += look(served, page, "uji pantau")
        assert stored(served, attempt) == {number: value}
        assert not wrong, "\n".join(wrong)


def test_planning_looks_right(served: Served, made: Sat) -> None:
    wrong: list[str] = []
    batch = made.room.batch_id
    with served.visitor("center_admin") as page:
        for path, name in (("", "daftar"), ("/baru", "baru"), (f"/{made.test_id}", "uji")):
            page.goto(f"/balai/angkatan/{batch}/uji{path}")
            wrong += look(served, page, f"rencana {name}")
    assert not wrong, "\n".join(wrong)
