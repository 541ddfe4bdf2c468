"""A trainee checks in, plain and as htmx: by the QR, by the typed code, with and without an account."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import sqlalchemy as sa

from portal.attendance import services
from portal.attendance.models import AttendanceMark, CheckIn
from portal.core.db import db, transaction
from portal.core.permissions import Role
from tests.support import classroom
from tests.support.checkin import CARD, START, class_with_accounts, count, mark_of, scan_page, shown
from tests.support.classroom import Classroom, build
from tests.support.page import Page


@pytest.fixture
def room(db_session: Any) -> Classroom:
    return class_with_accounts()


@pytest.fixture
def phone(new_page: Callable[[], Page], room: Classroom) -> Page:
    """The phone of the first person, signed in."""
    return new_page().sign_in(room.extra["users"][0])


# ---- the scan ----


def test_a_signed_in_trainee_scans_presses_once_and_is_recorded(
    phone: Page, room: Classroom, now: datetime, query_count: Callable[..., Any]
) -> None:
    with query_count() as seen:
        view = scan_page(phone, room, now)
    assert [text for text in seen.writes if "user_session" not in text] == []
    assert "Dicatat untuk Peserta 001" in view.words
    assert count(CheckIn) == 0
    done = phone.follow(phone.submit(view, action="/hadir"))
    assert done.heading == "Tercatat hadir"
    assert "Masih bisa mencapai 80%" in done.words
    assert "Hadir 8 dari 24 JP. Hadiri 12 dari 16 JP yang tersisa." in done.words
    assert mark_of(room) == ("present", 0, "qr")
    assert done.headers["Cache-Control"] == "no-store"


def test_the_address_in_capitals_is_the_same_page(phone: Page, room: Classroom, now: datetime) -> None:
    assert "Saya hadir" in phone.get(f"/HADIR/{shown(room, now).token}").words


def test_twice_is_once(phone: Page, room: Classroom, now: datetime, clock: Any) -> None:
    view = scan_page(phone, room, now)
    phone.submit(view, action="/hadir")
    clock.move(minutes=5)
    again = phone.follow(phone.submit(view, action="/hadir"))
    assert again.heading == "Sudah tercatat"
    assert "Anda sudah tercatat pukul 09.00 WIB. Tidak ada yang berubah." in again.words
    assert scan_page(phone, room, clock.now).heading == "Sudah tercatat"
    assert phone.get(view.url).heading == "Sudah tercatat"  # the old address, loaded anew
    assert (count(CheckIn), count(AttendanceMark)) == (1, 1)


def test_late_says_how_late_and_what_it_costs(phone: Page, room: Classroom, clock: Any) -> None:
    done = phone.follow(phone.submit(scan_page(phone, room, clock.move(minutes=50)), action="/hadir"))
    assert done.heading == "Tercatat terlambat 50 menit"
    assert "Jam yang tidak Anda ikuti: 1 JP." in done.words
    assert "Hadir 7 dari 24 JP." in done.words


def test_out_of_reach_says_so(phone: Page, room: Classroom, clock: Any) -> None:
    done = phone.follow(phone.submit(scan_page(phone, room, clock.move(hours=6)), action="/hadir"))
    assert "Sudah tidak dapat tercapai" in done.words


def test_the_instructors_word_stands_and_the_page_says_so(
    phone: Page, room: Classroom, now: datetime
) -> None:
    with transaction():
        services.record_attendance(
            session_id=room.sessions[0], enrollment_id=room.enrollments[0], mark="absent", actor=room.actor(),
            now=now,
        )  # fmt: skip
    done = phone.follow(phone.submit(scan_page(phone, room, now), action="/hadir"))
    assert done.heading == "Tercatat datang"
    assert "catatan instruktur: Tanpa keterangan" in done.words
    assert mark_of(room) == ("absent", 0, "tap")


def test_without_an_account_the_card_says_who(
    new_page: Callable[[], Page], room: Classroom, now: datetime
) -> None:
    visitor = new_page()
    view = scan_page(visitor, room, now)
    assert "Kode kartu peserta" in view.words
    assert "Anda terdaftar di" not in view.words
    back = parse_qs(urlsplit(view.links["Masuk dengan akun saya"]).query)["lanjut"]
    assert back == [f"/hadir/{shown(room, now).token}"]
    wrong = visitor.submit(view, {"card": "0000-0000-0000-0000"}, 422, action="/hadir")
    assert wrong.errors == ["Kode kartu ini tidak dikenal. Salin 16 huruf dan angka pada kartu."]
    empty = visitor.submit(wrong, {"card": ""}, 422, action="/hadir")
    assert empty.errors == ["Ketik kode kartu peserta Anda, atau masuk dengan akun Anda."]
    done = visitor.follow(visitor.submit(empty, {"card": "7k2m-9qxr 4tb9-aoci"}, action="/hadir"))
    assert done.heading == "Tercatat hadir"
    assert "Peserta 003" in done.words
    assert mark_of(room, 2) == ("present", 0, "qr")


def test_a_scan_survives_signing_in_and_a_reload(
    new_page: Callable[[], Page], room: Classroom, now: datetime, clock: Any
) -> None:
    visitor, token = new_page(), shown(room, now).token
    visitor.get(f"/hadir/{token}")
    clock.move(minutes=9)
    visitor.sign_in(room.extra["users"][1])
    view = visitor.get(f"/hadir/{token}")
    done = visitor.follow(visitor.submit(view, action="/hadir"))
    assert done.heading == "Tercatat hadir"  # it counts when it was scanned
    assert mark_of(room, 1) == ("present", 0, "qr")


def test_a_ticket_is_good_on_its_device_and_for_ten_minutes(
    phone: Page, new_page: Callable[[], Page], room: Classroom, now: datetime, clock: Any
) -> None:
    view = scan_page(phone, room, now)
    target, data = view.form("/hadir")
    stranger = new_page().sign_in(room.extra["users"][1])
    assert stranger.post(target, {"ticket": data["ticket"]}, 410).heading == "Pindai lagi"
    clock.move(minutes=10, seconds=1)
    late = phone.post(target, data, 410)
    assert late.heading == "Pindai lagi"
    assert "Waktu untuk menyimpan sudah habis." in late.words
    assert count(CheckIn) == 0


@pytest.mark.parametrize(
    ("token", "status", "words"),
    [
        ("stale", 410, "Kode ini sudah berganti. Pindai lagi yang ada di layar."),
        ("forged", 404, "Kode ini bukan dari layar kelas kami."),
        ("garbled", 404, "Kode ini bukan dari layar kelas kami."),
        ("over", 409, "Pertemuan ini sudah selesai."),
        ("signed", 409, "Daftar hadir kelas ini sudah ditandatangani."),
    ],
)
def test_what_is_refused_says_why_and_changes_nothing(
    phone: Page, room: Classroom, clock: Any, token: str, status: int, words: str
) -> None:
    text = shown(room, clock.now).token
    if token == "stale":
        clock.move(seconds=41)
    elif token == "forged":
        text = text[:-1] + ("A" if text[-1] != "A" else "B")
    elif token == "garbled":
        text = "XYZ"
    elif token == "over":
        clock.move(hours=7)
    else:
        with transaction() as session:
            session.execute(sa.text("update batch set state = 'finalized'"))
    view = phone.get(f"/hadir/{text}", status)
    assert words in view.words
    assert "Tidak ada yang dicatat dan tidak ada yang berubah." in view.words
    assert (count(CheckIn), count(AttendanceMark)) == (0, 0)


def test_a_scan_in_another_class_names_ones_own(
    new_page: Callable[[], Page], room: Classroom, now: datetime
) -> None:
    other = build(start=START, like=room)
    with transaction():
        user = classroom.account("Orang Lain", Role.TRAINEE, person_id=other.people[0])
    visitor = new_page().sign_in(user)
    view = scan_page(visitor, room, now, 409)
    number = db.session.scalar(sa.text(f"select number from batch where id = {other.batch_id}"))
    sentence = f"Anda terdaftar di Pembukuan harian Angkatan {number}, bukan di kelas ini."
    assert sentence in view.words
    sent = visitor.submit(view, {"card": ""}, 422, action="/hadir")
    assert sent.errors == [sentence]
    assert count(CheckIn) == 0


def test_forged_tokens_are_limited_and_good_ones_go_on(
    new_page: Callable[[], Page], room: Classroom, now: datetime
) -> None:
    from portal.verification.throttle import MISSES

    visitor = new_page()
    answers = [visitor.client.get("/hadir/SALAH").status_code for _ in range(MISSES + 1)]
    assert answers[:MISSES] == [404] * MISSES
    refused = visitor.client.get("/hadir/SALAH")
    assert (answers[MISSES], refused.status_code) == (429, 429)
    assert int(refused.headers["Retry-After"]) > 0
    assert "Saya hadir" in scan_page(visitor, room, now).words


# ---- the typed code ----


def test_the_typed_code_page_names_the_class_of_now_and_records(
    phone: Page, room: Classroom, now: datetime
) -> None:
    view = phone.get("/hadir")
    assert "Pembukuan harian" in view.words
    wrong = phone.submit(view, {"code": "AAAAAA"}, 422, action="/hadir")
    assert "Kode ini tidak cocok dengan kelas Anda sekarang" in wrong.errors[0]
    assert wrong.title.startswith("Perlu diperbaiki:")
    code = shown(room, now).code
    done = phone.follow(phone.submit(wrong, {"code": code.lower()}, action="/hadir"))
    assert done.heading == "Tercatat hadir"
    assert mark_of(room) == ("present", 0, "code")


def test_the_typed_code_with_a_card_needs_no_account(
    new_page: Callable[[], Page], room: Classroom, now: datetime
) -> None:
    visitor = new_page()
    view = visitor.get("/hadir")
    assert visitor.submit(view, {"card": CARD}, 422, action="/hadir").errors == [
        "Ketik 6 huruf dan angka yang tampil di layar."
    ]
    visitor.submit(view, {"code": shown(room, now).code, "card": CARD}, action="/hadir")
    assert mark_of(room, 2) == ("present", 0, "code")


def test_wrong_codes_are_limited_for_that_person_alone(
    phone: Page, new_page: Callable[[], Page], room: Classroom, now: datetime
) -> None:
    answers = [phone.post("/hadir", {"code": "AAAAAA"}, None).status for _ in range(12)]  # type: ignore[arg-type]
    assert answers == [422] * 10 + [429] * 2
    refused = phone.post("/hadir", {"code": shown(room, now).code}, 429)
    assert 0 < int(refused.headers["Retry-After"]) <= 600
    other = new_page().sign_in(room.extra["users"][1])
    other.post("/hadir", {"code": shown(room, now).code})
    assert mark_of(room, 1) == ("present", 0, "code")
    phone.submit(scan_page(phone, room, now), action="/hadir")
    assert mark_of(room) == ("present", 0, "qr")


def test_without_a_class_today_the_page_says_so(phone: Page, room: Classroom, clock: Any) -> None:
    clock.move(hours=-3)
    assert "Tidak ada kelas Anda yang dibuka sekarang" in phone.get("/hadir").words


def test_what_was_recorded_is_not_shown_to_the_next_one_for_long(
    phone: Page, new_page: Callable[[], Page], room: Classroom, now: datetime, clock: Any
) -> None:
    assert new_page().get("/hadir/tercatat", 303).location == "/hadir"
    phone.submit(scan_page(phone, room, now), action="/hadir")
    clock.move(minutes=31)
    assert phone.get("/hadir/tercatat", 303).location == "/hadir"


def test_the_desk_leads_to_the_code_on_the_day_of_the_class_alone(
    phone: Page, room: Classroom, now: datetime, clock: Any
) -> None:
    assert phone.get("/saya").links["Saya hadir: ketik kode"] == "/hadir"
    clock.move(hours=6, seconds=1)  # today's class is over, tomorrow's is to come
    view = phone.get("/saya")
    assert "Kelas berikutnya" in view.words
    assert "Saya hadir: ketik kode" not in view.links
