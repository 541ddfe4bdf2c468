"""A class without signal: prepared, marked, closed, opened again, sent once; conflicts are shown."""

from __future__ import annotations

from pathlib import Path

import pytest
import qrcode
from playwright.sync_api import Route, expect

from tests.support.browser import Served, look
from tests.support.offline_class import LOADED, SHELL, Class, make_class, open_offline, prepare, tap, waiting


@pytest.fixture
def lesson(served: Served) -> Class:
    return make_class(served)


def test_five_taps_survive_a_closed_tab_and_arrive_once(lesson: Class) -> None:
    with lesson.browser() as context:
        page = context.new_page()
        prepare(page, lesson)
        context.set_offline(True)
        page = open_offline(context, lesson)
        for person, name in enumerate(("Hadir", "Terlambat", "Izin", "Sakit", "Tanpa keterangan")):
            tap(page, person, name)
        expect(page.locator("[data-bar]")).to_contain_text("5/6, 1 belum")
        waiting(page, 5)
        assert look(lesson.served, page, "tanpa sinyal presensi") == []
        page.close()
        assert lesson.marks() == []
        page = open_offline(context, lesson)
        waiting(page, 5)
        page.reload()
        waiting(page, 5)
        context.set_offline(False)
        waiting(page, 0)
        pressed = page.locator(".roll [aria-pressed=true]")
        expect(pressed).to_have_count(5)
        expect(page.locator(".roll [data-wait]")).to_have_count(0)
        # Another tab, another load: nothing is sent twice.
        context.new_page().goto(SHELL)
        page.reload()
        expect(page.locator("#roll")).to_be_visible()
        expect(page.locator("#count")).to_contain_text("5/6")
    assert lesson.marks() == [
        (mark, "offline", 1) for mark in ("present", "late", "excused", "sick", "absent")
    ]


def test_two_rapid_taps_end_at_the_last_and_the_rest_is_one_press(lesson: Class) -> None:
    with lesson.browser() as context:
        page = context.new_page()
        prepare(page, lesson)
        context.set_offline(True)
        page = open_offline(context, lesson)
        page.evaluate(
            """() => {
              const cells = document.querySelectorAll('.roll > li:first-child .cell');
              cells[0].click(); cells[1].click(); cells[4].click();
            }"""
        )
        expect(page.locator(".roll > li").first.locator("[data-wait]")).to_have_text("ATanpa keterangan")
        waiting(page, 1)
        page.get_by_role("button", name="Tandai lainnya hadir").click()
        waiting(page, 6)
        expect(page.locator("[data-bar]")).to_contain_text("6/6, 0 belum")
        context.set_offline(False)
        waiting(page, 0)
    assert lesson.marks() == [("absent", "offline", 1), *[("present", "offline", 1)] * 5]


def test_a_colleagues_mark_is_shown_beside_ones_own_and_a_person_decides(lesson: Class) -> None:
    with lesson.browser() as context:
        page = context.new_page()
        prepare(page, lesson)
        context.set_offline(True)
        page = open_offline(context, lesson)
        for person in range(3):
            tap(page, person)
        lesson.colleague_marks(0, "late")
        lesson.colleague_marks(1, "absent")
        context.set_offline(False)
        stuck = page.locator("[data-stuck] > li")
        expect(stuck).to_have_count(2, timeout=20_000)
        for words in ("Peserta 001", "Pertemuan 1", "Hadir", "Terlambat", "Budi Rekan", "pukul"):
            expect(stuck.first).to_contain_text(words)
        assert [mark for mark, _evidence, _version in lesson.marks()] == ["late", "absent", "present"]
        assert look(lesson.served, page, "tanpa sinyal perbedaan") == []
        stuck.first.get_by_role("button", name="Pakai pilihan saya").click()
        expect(stuck).to_have_count(1)
        stuck.first.get_by_role("button", name="Biarkan yang tercatat").click()
        expect(stuck).to_have_count(0)
        expect(page.locator(".roll > li").nth(1).locator("[aria-pressed=true]")).to_have_text(
            "ATanpa keterangan"
        )
        waiting(page, 0)
    assert lesson.marks() == [("present", "offline", 2), ("absent", "tap", 1), ("present", "offline", 1)]


def test_a_roll_opened_with_signal_goes_on_without(lesson: Class) -> None:
    with lesson.browser() as context:
        page = context.new_page()
        prepare(page, lesson)
        line = page.locator("#roll > li").first
        line.get_by_role("button", name="Hadir").click()
        expect(page.locator("#count")).to_contain_text("1/6")
        context.set_offline(True)
        tap(page, 1, "Sakit")
        tap(page, 1, "Izin")
        expect(page.locator("#net")).to_be_hidden()
        expect(page.locator("#roll > li").nth(1).locator(".tag")).to_have_text("Menunggu sinyal")
        waiting(page, 1)
        assert look(lesson.served, page, "presensi menunggu sinyal") == []
        context.set_offline(False)
        waiting(page, 0)
        second = page.locator("#roll > li").nth(1)
        expect(second.locator("[aria-pressed=true]")).to_have_text("IIzin")
        expect(second.locator("[data-wait], .tag")).to_have_count(0)
        expect(page.locator("#count")).to_contain_text("2/6")
        # The cell goes on from the version that the server gave it.
        second.get_by_role("button", name="Terlambat").click()
        expect(second.locator("[aria-pressed=true]")).to_have_text("TTerlambat")
    assert lesson.marks() == [("present", "tap", 1), ("late", "tap", 2)]


def test_without_the_pack_a_lost_tap_is_not_claimed_to_be_kept(lesson: Class) -> None:
    with lesson.browser() as context:
        page = context.new_page()
        page.goto(lesson.roll)
        expect(page.locator(LOADED)).to_be_attached()
        context.set_offline(True)
        page.locator("#roll > li").first.get_by_role("button", name="Hadir").click()
        expect(page.locator("#net")).to_be_visible()
        expect(page.locator("#roll [data-wait], #roll .tag")).to_have_count(0)


def test_cards_are_recognized_without_signal(lesson: Class) -> None:
    with lesson.browser() as context:
        page = context.new_page()
        prepare(page, lesson)
        context.set_offline(True)
        page = open_offline(context, lesson)
        page.get_by_text("Pindai kartu").click()
        found, code = page.locator("[data-found]"), page.get_by_label("Atau ketik kode di kartu")

        def type_code(text: str) -> None:
            code.fill(text)
            page.get_by_role("button", name="Catat hadir").click()

        type_code(lesson.tokens[2].lower())
        expect(found).to_contain_text("Hadir: Peserta 003")
        type_code(f"{lesson.served.url}/K/{lesson.tokens[2]}".upper())
        expect(found).to_contain_text("Sudah tercatat sebelumnya: Peserta 003")
        type_code("0000111122223333")
        expect(found).to_contain_text("Kartu ini bukan milik peserta kelas ini.")
        type_code("halo")
        expect(found).to_contain_text("Ini bukan kartu peserta")
        assert look(lesson.served, page, "tanpa sinyal kartu") == []
        waiting(page, 1)
        context.set_offline(False)
        waiting(page, 0)
    assert lesson.marks() == [("present", "card", 1)]


def test_a_verdict_made_without_signal_arrives_and_bk_needs_a_note(lesson: Class) -> None:
    with lesson.browser() as context:
        page = context.new_page()
        prepare(page, lesson)
        context.set_offline(True)
        page = open_offline(context, lesson)
        page.get_by_role("link", name="Nilai praktik").click()
        fold = page.locator("details.person").first
        fold.locator("summary").click()
        unit = fold.locator(".marks > li").first
        unit.get_by_role("button", name="BK").click()
        unit.get_by_role("button", name="Simpan BK").click()
        expect(unit.locator(".field-error")).to_contain_text("BK perlu catatan")
        waiting(page, 0)
        assert look(lesson.served, page, "tanpa sinyal BK") == []
        unit.get_by_label("Bukti transaksi 1").check()
        unit.get_by_label("Catatan untuk peserta").fill("Buku kas belum cocok.")
        unit.get_by_role("button", name="Simpan BK").click()
        waiting(page, 1)
        fold.locator(".marks > li").nth(1).locator(".cell.is-ok").click()
        waiting(page, 2)
        expect(fold.locator(".tally")).to_have_text("1 K1 BK")
        context.set_offline(False)
        waiting(page, 0)
    rows = lesson.served.sql(
        "SELECT value, note, criteria, judged_by FROM verdict WHERE enrollment_id = :id ORDER BY unit_id",
        id=lesson.room.enrollments[0],
    )
    by = lesson.instructor
    assert [tuple(row) for row in rows] == [
        ("not_yet_competent", "Buku kas belum cocok.", f"[{lesson.room.criteria[0]}]", by),
        ("competent", "", "[]", by),
    ]


def test_an_answer_lost_on_the_way_is_no_second_mark(lesson: Class) -> None:
    """The server had it and the device does not know: sent again nothing changes, and a later tap follows."""
    lost: list[int] = []

    def lose(route: Route) -> None:
        if route.request.method == "POST" and not lost:
            lost.append(route.fetch().status)
            route.abort()
        else:
            route.continue_()

    with lesson.browser() as context:
        page = context.new_page()
        prepare(page, lesson)
        context.set_offline(True)
        page = open_offline(context, lesson)
        tap(page, 0)
        tap(page, 1)
        context.route("**/instruktur/antrean", lose)
        with context.expect_event("requestfailed", lambda request: request.method == "POST"):
            context.set_offline(False)
        assert lost == [200]
        waiting(page, 2)
        page.locator(".roll > li").first.get_by_role("button", name="Terlambat").click()
        waiting(page, 0)
        expect(page.locator("[data-stuck] > li")).to_have_count(0)
    assert lesson.marks() == [("late", "offline", 2), ("present", "offline", 1)]


def test_a_photo_of_a_card_is_read_on_the_device(lesson: Class, tmp_path: Path) -> None:
    picture = tmp_path / "kartu.png"
    qrcode.make(f"{lesson.served.url}/K/{lesson.tokens[4]}".upper()).save(picture)
    with lesson.browser() as context:
        page = context.new_page()
        prepare(page, lesson)
        context.set_offline(True)
        page = open_offline(context, lesson)
        page.get_by_text("Pindai kartu").click()
        page.locator("#foto-kartu").set_input_files(picture)
        expect(page.locator("[data-found]")).to_contain_text("Hadir: Peserta 005")
        waiting(page, 1)


def test_todays_list_prepares_a_class_and_says_so(lesson: Class) -> None:
    with lesson.browser() as context:
        page = context.new_page()
        page.goto("/instruktur")
        page.get_by_role("button", name="Siapkan tanpa sinyal").click()
        expect(page.locator("[data-ready]")).to_contain_text("Siap tanpa sinyal: 6 peserta, sampai")
        assert look(lesson.served, page, "mengajar siap tanpa sinyal") == []
        context.set_offline(True)
        page.reload()
        expect(page.locator(LOADED)).to_be_attached()
        expect(page.locator("h1")).to_have_text("Kelas tanpa sinyal")
        assert look(lesson.served, page, "tanpa sinyal daftar") == []
        page.locator("[data-classes] a").click()
        expect(page.locator("h1")).to_have_text("Presensi pertemuan 1")
        expect(page.locator(".roll > li")).to_have_count(6)
