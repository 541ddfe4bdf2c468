"""Devices of a class without signal: files, signing out, shared tablets, wrong clocks, two instructors."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.support.browser import Served, listen, look
from tests.support.offline_class import LOADED, SHELL, Class, make_class, open_offline, prepare, tap, waiting


@pytest.fixture
def lesson(served: Served) -> Class:
    return make_class(served)


def test_the_queue_saved_as_a_file_arrives_from_a_fresh_browser(lesson: Class, tmp_path: Path) -> None:
    with lesson.browser() as context:
        page = context.new_page()
        prepare(page, lesson)
        context.set_offline(True)
        page = open_offline(context, lesson)
        for person in range(3):
            tap(page, person)
        with page.expect_download() as download:
            page.locator("[data-part=file] [data-do=save]").click()
        path = tmp_path / "catatan.json"
        download.value.save_as(path)
    sent = json.loads(path.read_text("utf-8"))
    assert [set(one) for one in sent["ops"]] == [
        {"op_id", "user_id", "endpoint", "seq", "client_time", "payload"}
    ] * 3
    assert "Peserta" not in path.read_text("utf-8")
    with lesson.browser() as context:
        page = context.new_page()
        for word in ("Tersimpan: 3", "Sudah ada: 3"):
            page.goto("/instruktur/antrean/berkas")
            page.locator("input[type=file]").set_input_files(path)
            page.get_by_role("button", name="Kirim", exact=True).click()
            expect(page.locator("main")).to_contain_text(word)
            expect(page.locator("tbody tr")).to_have_count(3)
        assert look(lesson.served, page, "kirim dari berkas") == []
    assert lesson.marks() == [("present", "offline", 1)] * 3


def test_signing_out_with_a_waiting_queue_warns_first(lesson: Class) -> None:
    with lesson.browser() as context:
        page = context.new_page()
        prepare(page, lesson)
        context.route("**/instruktur/antrean", lambda route: route.abort())
        context.set_offline(True)
        tap(page, 0)
        context.set_offline(False)
        page.goto("/saya/profil")
        page.locator("details.menu > summary").click()
        page.get_by_role("button", name="Keluar").click()
        page.wait_for_url("**/tanpa-sinyal?keluar")
        leaving = page.locator("[data-part=leaving]")
        expect(leaving).to_contain_text("1 catatan belum terkirim")
        assert look(lesson.served, page, "tanpa sinyal keluar") == []
        context.unroute("**/instruktur/antrean")
        leaving.get_by_role("button", name="Kirim sekarang").click()
        page.wait_for_url(lambda address: "tanpa-sinyal" not in address)
        expect(page.locator("main")).to_be_visible()
        assert page.evaluate(KEPT) == [0, 0, None]
        assert page.goto("/instruktur") is not None
        assert "/masuk" in page.url
    assert lesson.marks() == [("present", "offline", 1)]


KEPT = """async () => {
  const request = indexedDB.open('balai-kelas');
  const base = await new Promise((done) => { request.onsuccess = () => done(request.result); });
  const count = (name) => new Promise((done) => {
    const all = base.transaction(name).objectStore(name).count();
    all.onsuccess = () => done(all.result);
  });
  return [await count('packs'), await count('queue'), localStorage.getItem('balai-kelas')];
}"""


def test_signing_out_with_nothing_waiting_takes_the_names_along(lesson: Class) -> None:
    with lesson.browser() as context:
        page = context.new_page()
        prepare(page, lesson)
        page.locator("details.menu > summary").click()
        page.get_by_role("button", name="Keluar").click()
        page.wait_for_url(lambda address: "instruktur" not in address)
        assert page.evaluate(KEPT) == [0, 0, None]


def test_a_shared_tablet_sends_and_shows_nobody_elses(lesson: Class) -> None:
    with lesson.browser() as context:
        page = context.new_page()
        prepare(page, lesson)
        context.set_offline(True)
        page = open_offline(context, lesson)
        tap(page, 0)
        context.add_cookies([lesson.cookie(lesson.colleague)])  # type: ignore[list-item]
        context.set_offline(False)
        page.goto("/instruktur")
        expect(page.locator(LOADED)).to_be_attached()
        page.goto(SHELL)
        expect(page.locator(LOADED)).to_be_attached()
        expect(page.locator("[data-state=other]")).to_contain_text("1 catatan menunggu")
        expect(page.locator("[data-empty]")).to_be_visible()
        expect(page.locator("main")).not_to_contain_text("Peserta 001")
        assert look(lesson.served, page, "tanpa sinyal akun lain") == []
    assert lesson.marks() == []


def test_two_instructors_on_one_cell_see_the_conflict_with_signal(lesson: Class) -> None:
    with lesson.browser() as context, lesson.browser(lesson.colleague) as other:
        first, second = context.new_page(), other.new_page()
        first.goto(lesson.roll)
        second.goto(lesson.roll)
        first.locator("#roll > li").first.get_by_role("button", name="Hadir").click()
        expect(first.locator("#count")).to_contain_text("1/6")
        line = second.locator("#roll > li").first
        line.get_by_role("button", name="Sakit").click()
        expect(line.locator(".field-error")).to_contain_text("sudah mencatat Hadir untuk Peserta 001")
        expect(line.get_by_role("button", name="Hadir")).to_have_attribute("aria-pressed", "true")
    assert lesson.marks() == [("present", "tap", 1)]


def test_rapid_taps_with_signal_end_at_the_last_and_arrows_store_nothing(lesson: Class) -> None:
    with lesson.browser() as context:
        page = context.new_page()
        noises = listen(page)
        page.goto(lesson.roll)
        page.evaluate(
            """() => {
              const cells = document.querySelectorAll('#roll > li:first-child .cell');
              cells[0].click(); cells[1].click(); cells[3].click();
            }"""
        )
        line = page.locator("#roll > li").first
        expect(line.locator("[aria-pressed=true]")).to_have_text("SSakit")
        second = page.locator("#roll > li").nth(1).get_by_role("button", name="Hadir")
        second.focus()
        for key in ("ArrowRight", "ArrowDown", "ArrowLeft", "ArrowUp", "Tab"):
            page.keyboard.press(key)
        page.goto(f"/instruktur/hasil/{lesson.room.batch_id}")
        page.locator(".person [name=value]").first.focus()
        for key in ("ArrowRight", "ArrowDown", "ArrowLeft"):
            page.keyboard.press(key)
        page.wait_for_load_state("networkidle")
        judged = "SELECT value, version FROM verdict WHERE enrollment_id = :id"
        assert lesson.served.sql(judged, id=lesson.room.enrollments[0]) == []
        # BK, which asks for its note, then K at once: K is what stands.
        page.evaluate(
            """() => {
              const cells = document.querySelectorAll('.person .marks > li:first-child .cell');
              cells[1].click(); cells[0].click();
            }"""
        )
        expect(page.locator(".person .marks > li").first.locator("[aria-pressed=true]")).to_contain_text("K")
        rows = lesson.served.sql(judged, id=lesson.room.enrollments[0])
        assert [tuple(row) for row in rows] == [("competent", 1)]
        assert not noises
    found = lesson.marks()
    assert len(found) == 1
    assert found[0][0] == "sick"


def test_a_clock_two_years_off_changes_nothing(lesson: Class) -> None:
    with lesson.browser() as context:
        page = context.new_page()
        page.clock.set_system_time(datetime.now(UTC).replace(year=2028))
        prepare(page, lesson)
        expect(page.locator("[data-line]")).to_be_visible()
        context.set_offline(True)
        tap(page, 0)
        page.reload()
        expect(page.locator(LOADED)).to_be_attached()
        waiting(page, 1)
        context.set_offline(False)
        waiting(page, 0)
    assert lesson.marks() == [("present", "offline", 1)]
    late: Any = lesson.served.sql(
        "SELECT noted_at, recorded_at FROM attendance_mark WHERE session_id = :id", id=lesson.room.sessions[0]
    )
    assert abs(datetime.fromisoformat(late[0][1]) - datetime.fromisoformat(late[0][0])).total_seconds() < 120


def test_a_network_said_to_be_back_too_early_is_tried_again_at_once(lesson: Class) -> None:
    with lesson.browser() as context:
        page = context.new_page()
        prepare(page, lesson)
        context.set_offline(True)
        tap(page, 0)
        asked: list[int] = []

        def not_yet(route: Any) -> None:
            asked.append(1)
            route.abort("internetdisconnected") if len(asked) <= 2 else route.continue_()

        context.route("**/instruktur/antrean", not_yet)
        context.set_offline(False)
        waiting(page, 0)
        assert len(asked) >= 3
    assert lesson.marks() == [("present", "offline", 1)]


def test_what_is_refused_is_listed_with_the_reason_and_may_still_be_saved(
    lesson: Class, tmp_path: Path
) -> None:
    with lesson.browser() as context:
        page = context.new_page()
        prepare(page, lesson)
        context.set_offline(True)
        page = open_offline(context, lesson)
        tap(page, 0)
        lesson.served.sql("UPDATE batch SET state = 'finalized' WHERE id = :id", id=lesson.room.batch_id)
        context.set_offline(False)
        stuck = page.locator("[data-stuck] > li")
        expect(stuck).to_contain_text("sudah ditandatangani", timeout=20_000)
        expect(stuck).to_contain_text("Peserta 001")
        assert look(lesson.served, page, "tanpa sinyal ditolak") == []
        with page.expect_download() as download:
            page.locator("[data-part=file] [data-do=save]").click()
        download.value.save_as(tmp_path / "catatan.json")
        assert len(json.loads((tmp_path / "catatan.json").read_text("utf-8"))["ops"]) == 1
        stuck.get_by_role("button", name="Buang catatan ini").click()
        expect(stuck).to_have_count(0)
    assert lesson.marks() == []


def test_after_the_session_ended_the_queue_waits_for_the_sign_in(lesson: Class) -> None:
    with lesson.browser() as context:
        page = context.new_page()
        prepare(page, lesson)
        context.set_offline(True)
        page = open_offline(context, lesson)
        tap(page, 0)
        lesson.served.sql("DELETE FROM user_session WHERE user_id = :id", id=lesson.instructor)
        context.set_offline(False)
        expect(page.locator("[data-state=signed_out]")).to_be_visible(timeout=20_000)
        waiting(page, 1)
        context.add_cookies([lesson.cookie(lesson.instructor)])  # type: ignore[list-item]
        page.reload()
        expect(page.locator("#roll [aria-pressed=true]:not([data-wait])")).to_have_count(1, timeout=20_000)
    assert lesson.marks() == [("present", "offline", 1)]


def test_whoever_uses_the_tablet_next_can_sign_out_and_the_class_stays(lesson: Class) -> None:
    with lesson.browser() as context:
        page = context.new_page()
        prepare(page, lesson)
        context.set_offline(True)
        tap(page, 0)
        context.add_cookies([lesson.cookie(lesson.served.world.users["trainee_b"])])  # type: ignore[list-item]
        context.set_offline(False)
        page.goto("/saya/profil")
        page.locator("details.menu > summary").click()
        page.get_by_role("button", name="Keluar").click()
        page.wait_for_url(lambda address: "tanpa-sinyal" not in address and "profil" not in address)
        assert page.evaluate(KEPT)[:2] == [1, 1]
        context.add_cookies([lesson.cookie(lesson.instructor)])  # type: ignore[list-item]
        page.goto(SHELL)
        expect(page.locator("[data-classes] a")).to_have_count(1)
        waiting(page, 0)
        expect(page.locator(LOADED)).to_be_attached()
    assert lesson.marks() == [("present", "offline", 1)]
