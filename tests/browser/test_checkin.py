"""The projector on one screen, phones before it: scanned from the glass, counted live, looked at."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
import zxingcpp
from PIL import Image
from playwright.sync_api import Page, expect

from portal.core import clock
from portal.core.db import db, transaction
from portal.core.permissions import Role
from tests.support import classroom
from tests.support.browser import LAPTOP, PHONE, Served, look
from tests.support.checkin import CARD, give_card
from tests.support.classroom import Classroom
from tests.support.sign_in import sign_in


@pytest.fixture
def room(served: Served) -> Iterator[Classroom]:
    """A class of 24 that began five minutes ago; the first two have accounts, the third a card we know."""
    with served.app.app_context():
        made = classroom.build(people=24, sessions=3, start=clock.now() - timedelta(minutes=5))
        with transaction():
            users = [classroom.account(f"Akun {n}", Role.TRAINEE, person_id=made.people[n]) for n in (0, 1)]
        made.extra["cookies"] = {"teacher": made.instructor.id, 0: users[0].id, 1: users[1].id}
        give_card(made, 2)
        yield made
        with transaction() as session:  # another test's class has the same card
            session.execute(sa.text("update enrollment set card_token = :n where card_token = :card"),
                            {"n": f"X{made.enrollments[2]}", "card": CARD})  # fmt: skip
        db.session.remove()


def sign(served: Served, page: Page, user_id: int) -> None:
    client = served.app.test_client()
    sign_in(served.app, client, user_id)
    cookie = client.get_cookie("balai")
    assert cookie is not None
    page.context.add_cookies([
        {"name": "balai", "value": cookie.value, "url": served.url, "httpOnly": True, "sameSite": "Lax"}
    ])  # fmt: skip


def read_qr(page: Page) -> str:
    """What a camera before the projector reads: the QR in a picture of the whole screen."""
    picture = Image.open(io.BytesIO(page.screenshot(caret="initial")))
    (found,) = zxingcpp.read_barcodes(picture)
    return str(found.text)


def projector(room: Classroom, session: int = 0) -> str:
    return f"/instruktur/presensi/{room.sessions[session]}/layar"


def count_on(page: Page) -> Any:
    return page.locator("#jumlah")


def test_a_trainee_scans_the_projector_and_the_count_rises(served: Served, room: Classroom) -> None:
    users = room.extra["cookies"]
    with served.visitor(viewport=LAPTOP) as screen, served.visitor(viewport=PHONE) as phone:
        sign(served, screen, users["teacher"])
        screen.goto(projector(room))
        expect(count_on(screen)).to_have_text("0 dari 24 hadir")
        address = read_qr(screen)
        assert re.fullmatch(rf"{re.escape(served.url.upper())}/HADIR/[A-Z2-7]{{32}}", address)
        sign(served, phone, users[0])
        phone.goto(address)
        expect(phone.get_by_text("Peserta 001")).to_be_visible()
        assert look(served, phone, "hadir pindai") == []
        phone.get_by_role("button", name="Saya hadir").click()
        expect(phone.locator("h1")).to_have_text("Tercatat hadir")
        assert look(served, phone, "hadir tercatat") == []
        # The page asks again by itself; what it says is announced.
        expect(count_on(screen)).to_have_text("1 dari 24 hadir", timeout=8_000)
        expect(screen.locator("#status")).to_contain_text("1 dari 24 hadir")
        expect(screen.locator("#datang")).to_contain_text("Peserta 001")
        assert look(served, screen, "layar") == []
        phone.goto(address)
        expect(phone.locator("h1")).to_have_text("Sudah tercatat")
        assert look(served, phone, "hadir sudah") == []


def test_the_screen_changes_by_itself_and_an_old_picture_is_told(served: Served, room: Classroom) -> None:
    with served.visitor(viewport=LAPTOP) as screen, served.visitor(viewport=PHONE) as phone:
        sign(served, screen, room.extra["cookies"]["teacher"])
        screen.goto(projector(room))
        first = read_qr(screen)
        screen.wait_for_function(
            "old => document.querySelector('#live .qr path:last-child').getAttribute('d') !== old",
            arg=screen.locator("#live .qr path").last.get_attribute("d"), timeout=30_000,
        )  # fmt: skip
        second = read_qr(screen)
        assert second != first
        answer = phone.goto(second)
        assert answer is not None
        assert answer.status == 200
        expect(phone.get_by_label("Kode kartu peserta")).to_be_visible()
        assert look(served, phone, "hadir kartu") == []
        stale = phone.goto(f"{served.url}/hadir/{'A' * 32}")
        assert stale is not None
        assert stale.status == 404
        expect(phone.locator("h1")).to_have_text("Pindai lagi")
        assert look(served, phone, "hadir ditolak") == []


def test_without_javascript_the_card_and_the_typed_code_do(served: Served, room: Classroom) -> None:
    with (
        served.visitor(viewport=LAPTOP, javascript=False) as screen,
        served.visitor(viewport=PHONE, javascript=False) as phone,
    ):
        sign(served, screen, room.extra["cookies"]["teacher"])
        screen.goto(projector(room))
        expect(screen.get_by_role("link", name="Muat ulang")).to_be_visible()
        phone.goto("/hadir")
        phone.get_by_label("Kode di layar kelas").fill("aaaaaa")
        phone.get_by_label("Kode kartu peserta").fill("7k2m 9qxr 4tb9 aoci")
        phone.get_by_role("button", name="Saya hadir").click()
        expect(phone.locator(".error-summary")).to_contain_text("tidak cocok dengan kelas Anda sekarang")
        screen.reload()
        phone.get_by_label("Kode di layar kelas").fill(screen.locator(".copy-code").inner_text().lower())
        phone.get_by_role("button", name="Saya hadir").click()
        expect(phone.locator("h1")).to_have_text("Tercatat hadir")
        expect(phone.get_by_text("Peserta 003")).to_be_visible()
        screen.reload()
        expect(count_on(screen)).to_have_text("1 dari 24 hadir")


def test_checkpoints_and_a_shared_phone_in_the_instructors_hands(served: Served, room: Classroom) -> None:
    users = room.extra["cookies"]
    with served.visitor(viewport=LAPTOP) as screen, served.visitor(viewport=PHONE) as phone:
        sign(served, screen, users["teacher"])
        screen.goto(projector(room))
        sign(served, phone, users[0])
        address = read_qr(screen)
        phone.goto(address)
        phone.get_by_role("button", name="Saya hadir").click()
        phone.goto(address)
        phone.goto("/hadir")
        assert look(served, phone, "hadir kode") == []
        phone.get_by_label("Kode di layar kelas").fill(screen.locator(".copy-code").inner_text())
        phone.get_by_label("Kode kartu peserta").fill(CARD)
        phone.get_by_role("button", name="Saya hadir").click()
        expect(phone.locator("h1")).to_have_text("Tercatat hadir")
        screen.reload()
        screen.get_by_role("link", name="1 perangkat perlu dilihat").click()
        assert look(served, screen, "perangkat") == []
        screen.get_by_label("Yang Anda lihat").fill("suami istri")
        screen.get_by_role("button", name="Sudah dilihat").click()
        expect(screen.get_by_text("suami istri")).to_be_visible()
        # Now the afternoon: the session's second checkpoint is open, and two have not come back.
        screen.goto(projector(room).replace("layar", "titik"))
        screen.locator("#hours-1").fill("4")
        local = clock.now() + timedelta(hours=7, minutes=10)
        screen.locator("#time-2").fill(f"{local:%H:%M}")
        screen.locator("#hours-2").fill("4")
        screen.locator("#label-2").fill("Setelah makan siang")
        assert look(served, screen, "titik") == []
        screen.get_by_role("button", name="Simpan titik").click()
        expect(screen.get_by_text("Belum kembali (2)")).to_be_visible()
        assert look(served, screen, "layar titik dua") == []
        screen.get_by_role("link", name="Catat pulang lebih awal").click()
        screen.get_by_label("Peserta 003").check()
        assert look(served, screen, "belum kembali") == []
        screen.get_by_role("button", name="Catat pulang lebih awal").click()
        expect(screen.get_by_text("Belum kembali (1)")).to_be_visible()
