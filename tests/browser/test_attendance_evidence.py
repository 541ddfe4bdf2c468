"""Cards before the camera, paper, guests and corrections in a real browser, also without JavaScript."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from playwright.sync_api import Page, expect

from portal.attendance import services
from portal.core.db import transaction
from portal.enrollment.models import Enrollment
from portal.people.models import Person
from tests.browser.test_scan import CAMERA, DENIED, data_url, picture, png
from tests.support import classroom
from tests.support.browser import LAPTOP, Served, look
from tests.support.issuing import sign_class

NAMES = ("Siti Rahmawati", "Yohanes Kristanto", "Dewi Anggraini", "Muhammad Zulkarnain", "Rina Puspitasari")


def card(index: int) -> str:
    return f"7M3QH2KD9WTX{index:04d}"


def address(index: int) -> str:
    return f"HTTPS://BALAI.EXAMPLE/K/{card(index)}"


@pytest.fixture(scope="module")
def hall(served: Served) -> Iterator[Any]:
    """A class that began five minutes ago, with cards; one person waits for a seat."""
    now = datetime.now(UTC).replace(microsecond=0)
    with served.app.app_context():
        room = classroom.build(people=len(NAMES), sessions=1, start=now - timedelta(minutes=5))
        with transaction() as session:
            for index, name in enumerate(NAMES):
                where = Enrollment.id == room.enrollments[index]
                session.execute(sa.update(Enrollment).where(where).values(card_token=card(index)))
                session.execute(sa.update(Person).where(Person.id == room.people[index]).values(name=name))
            session.execute(
                sa.update(Enrollment).where(Enrollment.id == room.enrollments[4]).values(state="waitlisted")
            )
        served.world.users["hall"] = room.instructor.id
        served.world.users["hall_admin"] = room.admin.id
        yield room


def sheet(room: Any) -> str:
    return f"/instruktur/presensi/{room.sessions[0]}"


def outcome(page: Page) -> Any:
    return page.locator("#outcome .verdict")


def test_cards_before_the_camera_one_after_the_other(served: Served, hall: Any) -> None:
    with served.visitor("hall") as page:
        page.goto(sheet(hall))
        page.get_by_role("link", name="Pindai kartu").click()
        page.evaluate(CAMERA)
        page.evaluate("url => { window.__seen = url; }", data_url(picture(address(0))))
        page.get_by_role("button", name="Buka kamera").click()
        expect(outcome(page)).to_contain_text("HADIR")
        expect(outcome(page)).to_contain_text(NAMES[0])
        # The camera goes on; a photo of the next card is read meanwhile.
        page.locator("#foto-kartu").set_input_files(
            {"name": "kartu.png", "mimeType": "image/png", "buffer": png(picture(address(1)))}
        )
        expect(outcome(page)).to_contain_text(NAMES[1])
        expect(page.locator("#outcome")).to_contain_text("2/4")
        assert not look(served, page, "pindai hadir")


def test_typed_codes_each_outcome(served: Served, hall: Any) -> None:
    with served.visitor("hall") as page:
        page.goto(sheet(hall) + "/pindai")
        page.evaluate(DENIED)
        page.get_by_role("button", name="Buka kamera").click()
        expect(page.locator("[data-say]")).to_contain_text("Kamera tidak diizinkan")
        for typed, word, kind in (
            (card(2).lower(), "HADIR", "is-ok"),
            (card(2), "SUDAH TERCATAT", "is-info"),
            ("ZZZZ-ZZZZ-ZZZZ-ZZZZ", "KARTU TIDAK DIKENAL", "is-err"),
            (card(4), "BELUM PUNYA KURSI", "is-warn"),
            ("halo", "BUKAN KARTU PESERTA", "is-err"),
        ):
            page.get_by_label("Kode di kartu").fill(typed)
            page.get_by_role("button", name="Catat", exact=True).click()
            expect(outcome(page)).to_contain_text(word)
            assert kind in (outcome(page).get_attribute("class") or "")
            expect(page.get_by_label("Kode di kartu")).to_have_value("")
        assert not look(served, page, "pindai ditolak")


def test_without_javascript_cards_paper_and_guests(served: Served, hall: Any) -> None:
    with served.visitor("hall", javascript=False) as page:
        page.goto(sheet(hall) + "/pindai")
        assert not page.get_by_role("button", name="Buka kamera").is_visible()
        page.get_by_label("Kode di kartu").fill(card(0))
        page.get_by_role("button", name="Catat", exact=True).click()
        expect(outcome(page)).to_contain_text("SUDAH TERCATAT")
        page.goto(sheet(hall) + "/tamu")
        page.get_by_label("Nama").fill("Bu Rina P.")
        page.get_by_role("button", name="Catat", exact=True).click()
        expect(page.get_by_text("Menunggu balai")).to_be_visible()


def test_paper_conflicts_are_chosen(served: Served, hall: Any) -> None:
    with served.app.app_context(), transaction():
        code = services.print_sheet(
            session_id=hall.sessions[0], actor=hall.actor(), now=datetime.now(UTC)
        ).code
    with served.visitor("hall") as page:
        page.goto(sheet(hall) + "/kertas")
        wrong = look(served, page, "kertas")
        page.get_by_label("Kode lembar").fill(code.lower())
        page.get_by_role("button", name="Buka lembar").click()
        rows = page.locator(".roll > li")
        expect(rows).to_have_count(4)
        rows.nth(0).locator("label.cell").nth(3).click()
        rows.nth(2).locator("label.cell").nth(0).click()
        page.get_by_role("button", name="Simpan lembar ini").click()
        expect(page.get_by_role("alert")).to_contain_text("kertas sakit, tersimpan hadir")
        wrong += look(served, page, "kertas berbeda")
        page.get_by_label("Yang tersimpan: Hadir").check()
        page.get_by_role("button", name="Simpan lembar ini").click()
        expect(page.get_by_text("Lembar ini sudah dimasukkan")).to_be_visible()
        assert not wrong, "\n".join(wrong)


def test_the_person_in_a_dialog_and_the_desk_of_guests(served: Served, hall: Any) -> None:
    with served.visitor("hall", viewport=LAPTOP) as page:
        page.goto(sheet(hall))
        wrong = look(served, page, "presensi")
        page.locator("#roll > li").first.locator(".cell-more").click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_label("Terlambat", exact=True).check()
        dialog.get_by_label("Menit terlambat").fill("50")
        dialog.get_by_label("Catatan").fill("Hujan deras")
        dialog.get_by_role("button", name="Simpan").click()
        expect(page.locator("#roll > li").first).to_contain_text("tidak ikut 1 JP")
        page.goto(f"{sheet(hall)}/{hall.enrollments[2]}")
        wrong += look(served, page, "peserta")
    with served.visitor("hall_admin") as page:
        page.goto(f"/balai/angkatan/{hall.batch_id}/tamu")
        wrong += look(served, page, "tamu balai")
        page.goto(f"/balai/angkatan/{hall.batch_id}/presensi")
        wrong += look(served, page, "presensi balai")
    assert not wrong, "\n".join(wrong)


def test_a_correction_from_the_signed_roll_to_the_head(served: Served) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    with served.app.app_context():
        signed = sign_class(now, people=2, start=now - timedelta(days=30))
        served.world.users |= {
            "signed_teacher": signed.room.instructor.id,
            "signed_head": signed.head_user.id,
        }
        roll = f"/instruktur/presensi/{signed.room.sessions[0]}"
    with served.visitor("signed_teacher") as page:
        page.goto(roll)
        page.locator("#roll > li").first.locator(".cell-more").click()
        page.get_by_role("dialog").get_by_role("link", name="Ajukan koreksi").click()
        page.get_by_label("Terlambat", exact=True).check()
        wrong = look(served, page, "koreksi ajukan")
        page.get_by_label("Alasan koreksi").fill("Tertukar dengan peserta bernama sama")
        page.get_by_role("button", name="Ajukan koreksi").click()
        expect(page.get_by_text("Koreksi terkirim")).to_be_visible()
    with served.visitor("signed_head") as page:
        page.goto("/balai/koreksi-kehadiran")
        wrong += look(served, page, "koreksi daftar")
        page.get_by_role("link", name="Peserta 001: Terlambat").click()
        wrong += look(served, page, "koreksi putusan")
        page.get_by_role("button", name="Setujui dan ubah").click()
        expect(page.get_by_text("Disetujui")).to_be_visible()
        expect(page.get_by_text("Hadir → Terlambat")).to_be_visible()
    assert not wrong, "\n".join(wrong)
