"""The projector, checkpoints and shared devices, plain and as htmx."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any
from unittest import mock

import pytest
import sqlalchemy as sa

from portal.attendance import queries, services
from portal.attendance.models import CheckIn, Checkpoint, DeviceReview
from portal.core import drawing
from portal.core.db import transaction
from tests.support import html
from tests.support.checkin import CARD, START, class_with_accounts, count, mark_of, scan_page, shown
from tests.support.classroom import Classroom, build
from tests.support.page import Page, View


@pytest.fixture
def room(db_session: Any) -> Classroom:
    return class_with_accounts()


@pytest.fixture
def teacher(page: Page, room: Classroom) -> Page:
    return page.sign_in(room.instructor)


@pytest.fixture
def phone(new_page: Callable[[], Page], room: Classroom) -> Page:
    """The phone of the first person, signed in."""
    return new_page().sign_in(room.extra["users"][0])


def at(room: Classroom, path: str = "", session: int = 0) -> str:
    return f"/instruktur/presensi/{room.sessions[session]}{path}"


def code_on(view: View) -> str:
    (text,) = [html.words(item) for item in html.elements(view.tree) if item.get("class") == "copy-code"]
    return text


# ---- the projector ----


def test_the_projector_shows_qr_code_and_who_is_missing(teacher: Page, room: Classroom) -> None:
    view = teacher.get(at(room, "/layar"))
    assert view.heading == "Catat kehadiran"
    assert re.fullmatch("[34679A-Z]{6}", code_on(view))
    assert "0 dari 4 hadir" in view.words
    assert "Belum (4)" in view.words
    assert "/hadir lalu ketik" in view.words
    live = view.element("live")
    assert live.get("hx-trigger") == "every 5s"
    assert '<meta http-equiv="refresh" content="15">' in view.text
    assert 'aria-label="Kode QR untuk mencatat kehadiran"' in view.text


def test_the_qr_says_the_address_of_the_token_in_capitals(
    teacher: Page, room: Classroom, now: datetime
) -> None:
    said: list[str] = []
    with mock.patch.dict(
        teacher.app.jinja_env.globals,
        qr_svg=lambda code, *rest: (said.append(code), drawing.qr_svg(code, *rest))[1],
    ):
        teacher.get(at(room, "/layar"), htmx=False)
    base = teacher.app.extensions["portal_settings"].base_url
    assert said == [f"{base.upper()}/HADIR/{shown(room, now).token}"]
    assert re.fullmatch(r"[0-9A-Z $%*+\-./:]+", said[0])  # a QR packs these two in eleven bits


def test_the_live_part_changes_and_says_who_came(
    teacher: Page, room: Classroom, phone: Page, now: datetime, clock: Any
) -> None:
    url = at(room, "/layar")
    before = teacher.htmx_get(f"{url}?sudah=0")
    assert "announce" not in before.headers.get("HX-Trigger", "")
    phone.submit(scan_page(phone, room, now), action="/hadir")
    after = teacher.htmx_get(f"{url}?sudah=0")
    assert "1 dari 4 hadir" in after.words
    assert "1 dari 4 hadir" in after.headers["HX-Trigger"]
    assert "Peserta 001 pukul 09.00 WIB" in after.words
    assert "Peserta 001" not in html.words(after.element("belum"))
    clock.move(seconds=61)
    assert code_on(teacher.htmx_get(url)) != code_on(before)


def test_polling_ends_with_the_session_and_waits_for_its_hour(
    teacher: Page, room: Classroom, clock: Any
) -> None:
    clock.move(hours=-2)
    early = teacher.get(at(room, "/layar"))
    assert early.element("live").get("hx-trigger") == "every 5s"
    assert "Belum dibuka" in early.words
    assert "copy-code" not in early.text
    clock.move(hours=8, seconds=1)
    over = teacher.get(at(room, "/layar"))
    assert over.element("live").get("hx-trigger") is None
    assert "Pertemuan ini sudah selesai." in over.words
    assert "http-equiv" not in over.text
    tomorrow = teacher.get(at(room, "/layar", session=2))
    assert tomorrow.element("live").get("hx-trigger") is None


def test_a_signed_class_shows_no_code(teacher: Page, room: Classroom) -> None:
    with transaction() as session:
        session.execute(sa.text("update batch set state = 'finalized'"))
    view = teacher.get(at(room, "/layar"))
    assert "sudah ditandatangani" in view.words
    assert "copy-code" not in view.text


@pytest.mark.parametrize("people", [4, 60])
def test_the_live_part_is_small_and_takes_a_fixed_number_of_statements(
    page: Page, db_session: Any, now: datetime, people: int, query_count: Callable[..., Any]
) -> None:
    room = build(start=START, people=people)
    with transaction():
        services.mark_rest(session_id=room.sessions[0], mark="present", actor=room.actor(), now=now)
    visitor = page.sign_in(room.instructor)
    visitor.htmx_get(at(room, "/layar"))
    with query_count(at_most=10) as seen:
        view = visitor.htmx_get(at(room, "/layar"))
    assert [text for text in seen.writes if "user_session" not in text] == []
    assert len(gzip.compress(view.response.data, 9)) <= 6_000


@pytest.mark.parametrize("path", ["/layar", "/titik", "/belum-kembali", "/perangkat"])
def test_another_class_is_not_found(new_page: Callable[[], Page], room: Classroom, path: str) -> None:
    other = build()
    new_page().sign_in(other.instructor).get(at(room, path), 404)
    new_page().sign_in(room.extra["users"][0]).get(at(room, path), 403)


# ---- checkpoints ----


def test_checkpoints_are_set_and_the_projector_names_the_open_one(
    teacher: Page, room: Classroom, clock: Any
) -> None:
    view = teacher.get(at(room, "/titik"))
    fields = {"hours-1": "4", "time-2": "13:00", "hours-2": "4", "label-2": "Setelah makan siang"}
    sent = teacher.submit(view, fields, action="/titik")
    assert sent.location == at(room, "/layar")
    assert "titik 1 dari 2" in teacher.follow(sent).words
    clock.move(hours=4)
    assert "Setelah makan siang" in teacher.get(at(room, "/layar")).words
    again = teacher.get(at(room, "/titik"))
    assert again.element("time-2").get("value") == "13:00"


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"hours-1": "4", "time-2": "13:00", "hours-2": "3"}, "Jumlahnya 7 JP; pertemuan ini 8 JP."),
        ({"hours-1": "4", "time-2": "7.00", "hours-2": "4"}, "Titik 2: Jamnya harus di dalam pertemuan."),
        ({"hours-1": "4", "time-2": "siang", "hours-2": "4"}, "Titik 2: Isi jamnya, misalnya 13:00."),
        ({"hours-1": "x", "time-2": "13:00", "hours-2": "4"}, "Titik 1: Isi jumlah JP dengan angka."),
        ({"hours-1": "8", "time-2": "13:00", "hours-2": "0"}, "Titik 2: Isi paling sedikit 1 JP."),
    ],
)
def test_wrong_checkpoints_are_told_beside_their_line_and_kept_as_typed(
    teacher: Page, room: Classroom, fields: dict[str, str], error: str
) -> None:
    view = teacher.submit(teacher.get(at(room, "/titik")), fields, 422, action="/titik")
    assert view.errors == [error]
    assert view.element("time-2").get("value") == fields["time-2"]
    assert count(Checkpoint) == 0


def test_who_did_not_come_back_is_ticked_and_left_early(
    teacher: Page, phone: Page, room: Classroom, now: datetime, clock: Any
) -> None:
    fields = {"hours-1": "4", "time-2": "13:00", "hours-2": "4"}
    teacher.submit(teacher.get(at(room, "/titik")), fields, action="/titik")
    phone.submit(scan_page(phone, room, now), action="/hadir")
    clock.move(hours=4, minutes=5)
    live = teacher.get(at(room, "/layar"))
    assert "Belum kembali (1)" in live.words
    assert "0 dari 4 hadir" in live.words
    view = teacher.get(at(room, "/belum-kembali"))
    assert "Terakhir terlihat pukul 09.00 WIB" in view.words
    assert teacher.submit(view, status=422, action="/belum-kembali").errors
    ticked = {"who": str(room.enrollments[0])}
    assert teacher.submit(view, ticked, action="/belum-kembali").location == at(room, "/layar")
    assert mark_of(room) == ("left_early", 120, "tap")
    teacher.submit(view, ticked, 422, action="/belum-kembali")  # the old page again
    assert "Semua sudah kembali" in teacher.get(at(room, "/belum-kembali")).words


# ---- devices ----


def test_a_shared_phone_is_flagged_on_roll_and_projector_and_looked_at(
    teacher: Page, phone: Page, room: Classroom, now: datetime
) -> None:
    assert "Tidak ada yang perlu dilihat" in teacher.get(at(room, "/perangkat")).words
    view = scan_page(phone, room, now)
    phone.submit(view, {"card": CARD}, action="/hadir")
    phone.submit(view, action="/hadir")
    assert count(CheckIn) == 2
    flag = "1 perangkat mencatat beberapa orang"
    roll = teacher.get(at(room))
    assert flag in roll.words
    assert "Peserta 001 (pukul 09.00 WIB)" in roll.words
    live = teacher.get(at(room, "/layar"))
    assert "1 perangkat perlu dilihat" in live.words
    page = teacher.get(at(room, "/perangkat"))
    assert "Perangkat 1: 2 orang" in page.words
    wrong = teacher.submit(page, {"note": " "}, 422, action="/perangkat")
    assert wrong.errors == ["Tulis apa yang Anda lihat, misalnya: suami istri."]
    seen = teacher.follow(teacher.submit(wrong, {"note": "ibu dan anak, ada di kelas"}, action="/perangkat"))
    assert "Sudah dilihat" in seen.words
    assert "ibu dan anak, ada di kelas" in seen.words
    assert flag not in teacher.get(at(room)).words
    assert count(DeviceReview) == 1


def test_a_cleared_browser_is_a_new_device(
    new_page: Callable[[], Page], room: Classroom, now: datetime
) -> None:
    for user in room.extra["users"]:
        visitor = new_page().sign_in(user)
        visitor.submit(scan_page(visitor, room, now), action="/hadir")
    assert count(CheckIn) == 2
    assert queries.devices_of(room.sessions[0]) == []
