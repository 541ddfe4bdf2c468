"""The public schedule: search, paging, one batch in every phase, its calendar; plain and as htmx."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from icalendar import Calendar

from portal.batches import services
from portal.batches.models import Batch, ClassSession
from portal.core import clock
from portal.core.db import db, insert_many, transaction
from tests.batches.house import MONDAY, NOW, House, build_house


@pytest.fixture
def house(db_session: Any) -> House:
    """A center with a program."""
    return build_house()


def fill(house: House, count: int) -> None:
    """`count` published batches with two sessions each, straight into the tables."""
    first = (db.session.scalar(sa.select(sa.func.max(Batch.id))) or 0) + 1
    days = [MONDAY + timedelta(days=n % 60) for n in range(count)]
    with transaction() as session:
        insert_many(session, Batch.__table__, [
            {"id": first + n, "slug": f"angkatan-{n}", "number": 100 + first + n, "year": 2026,
             "program_id": house.program_id,
             "curriculum_id": house.curriculum_id, "center_id": house.center_id, "state": "published",
             "mode": "in_person", "quota": 16, "reserve_seats": 2,
             "seats_taken": 16 if n % 5 == 0 else n % 16,
             "opens_at": NOW - timedelta(days=1), "closes_at": NOW + timedelta(days=10), "starts_on": day,
             "ends_on": day + timedelta(days=1), "created_at": NOW, "kinds": [], "posts": [], "regions": []}
            for n, day in enumerate(days)])  # fmt: skip
        insert_many(session, ClassSession.__table__, [
            {"batch_id": first + n, "position": k + 1, "hours": 8, "mode": "online", "room_id": None,
             "starts_at": clock.at(day + timedelta(days=k), 8, 0, house.zone),
             "ends_at": clock.at(day + timedelta(days=k), 15, 0, house.zone)}
            for n, day in enumerate(days) for k in (0, 1)])  # fmt: skip


def test_home_lists_published_batches_soonest_first(house: House, page: Any) -> None:
    later = house.make(MONDAY + timedelta(days=7), publish=True)
    sooner = house.make(publish=True)
    house.make(MONDAY + timedelta(days=14))
    view = page.get("/")
    assert view.heading.startswith("Berlatih di balai")
    assert "2 angkatan akan datang" in view.words
    assert view.text.index(f"/angkatan/{sooner.id}-") < view.text.index(f"/angkatan/{later.id}-")
    assert "16 kursi tersisa dari 16, ditutup 5 Desember" in view.words
    assert "3 hari, 24 JP, tatap muka" in view.words


def test_what_can_still_be_joined_comes_first_and_what_has_begun_is_gone(house: House, page: Any) -> None:
    closed, open_ = house.make(publish=True), house.make(MONDAY + timedelta(days=7), publish=True)
    begun = house.make(MONDAY + timedelta(days=14), publish=True)
    with transaction() as session:
        session.execute(sa.update(Batch).where(Batch.id == closed.id).values(closes_at=NOW))
        session.execute(sa.update(Batch).where(Batch.id == begun.id).values(starts_on=NOW.date()))
    view = page.get("/")
    assert "2 angkatan akan datang" in view.words
    assert f"/angkatan/{begun.id}-" not in view.text
    assert view.text.index(f"/angkatan/{open_.id}-") < view.text.index(f"/angkatan/{closed.id}-")


def test_home_sets_no_cookie_and_has_no_token(house: House, page: Any) -> None:
    house.make(publish=True)
    view = page.get("/")
    assert "Set-Cookie" not in view.headers
    assert "csrf" not in view.text.lower()


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", 2),
        ("?q=pembukuan", 2),
        ("?q=PEMBUKUAN+surakarta", 1),
        ("?q=makassar", 1),
        ("?q=tidak+ada", 0),
        ("?q=100%25", 0),
        ("?q=_", 0),
        ("?provinsi=33", 1),
        ("?provinsi=99", 0),
        ("?provinsi=%27%3B--", 2),
        ("?blk=bpvp-surakarta", 1),
        ("?program=pembukuan", 2),
        ("?program=lain", 0),
        ("?dari=2026-12-08", 1),
        ("?sampai=2026-12-08", 1),
        ("?dari=2026-12-07&sampai=2026-12-14", 2),
        ("?kursi=ada", 1),
    ],
)
def test_search_narrows(house: House, page: Any, query: str, found: int) -> None:
    other = build_house("bbpvp-makassar", "BBPVP-MKS", "73.71", "Asia/Makassar", like=house)
    full = house.make(publish=True, quota=4)
    other.make(MONDAY + timedelta(days=7), publish=True)
    with transaction():
        services.take_seats(batch_id=full.id, count=4)
    view = page.get("/" + query)
    assert f"{found} angkatan akan datang" in view.words
    assert view.text.count('<li class="batch') == found


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("?dari=2026-02-31", "Tanggal ini tidak ada."),
        ("?dari=besok", "Tanggal ini tidak ada."),
        ("?dari=2026-12-20&sampai=2026-12-10", "lebih awal daripada"),
    ],
)
def test_bad_dates_are_said_beside_the_field_and_kept(
    house: House, page: Any, query: str, sentence: str
) -> None:
    view = page.get("/" + query, 422)
    assert view.title.startswith("Perlu diperbaiki:")
    assert any(sentence in error for error in view.errors)
    assert 'aria-invalid="true"' in view.text


def test_htmx_gets_the_results_alone_with_the_clean_address(house: House, page: Any) -> None:
    house.make(publish=True)
    view = page.htmx_get("/?q=&provinsi=33&blk=&dari=&hal=1")
    assert view.text.lstrip().startswith('<section class="flow"')
    assert view.headers["HX-Push-Url"] == "/?provinsi=33"


def test_empty_says_why_and_offers_one_action(house: House, page: Any) -> None:
    assert "Belum ada angkatan yang diumumkan" in page.get("/").words
    house.make(publish=True)
    assert page.get("/?q=zzz").links["Tampilkan semua angkatan"] == "/"


def test_next_page_is_a_real_link_and_appends_with_htmx(house: House, page: Any) -> None:
    fill(house, 45)
    first = page.get("/")
    assert first.links["Tampilkan 20 lagi"] == "/?hal=2"
    assert "1–20 dari 45" in first.words
    second = page.get("/?hal=2")
    assert "21–40 dari 45" in second.words
    assert second.links["Sebelumnya"] == "/"
    assert "1–40 dari 45" in page.htmx_get("/?hal=2").words
    assert page.get("/?hal=3").text.count('<li class="batch') == 5
    assert "Sudah sampai akhir daftar" in page.get("/?hal=9").words


def test_list_takes_four_statements_whatever_the_rows(house: House, page: Any, query_count: Any) -> None:
    fill(house, 10)
    with query_count(at_most=4) as few:
        page.get("/", htmx=False)
    fill(house, 990)
    with query_count(at_most=4) as many:
        page.get("/", htmx=False)
    assert len(few) == len(many)


def test_batch_page_shows_facts_schedule_and_the_one_step(house: House, page: Any) -> None:
    batch = house.make(
        publish=True, pilot_seats=6, pilot_until=NOW + timedelta(days=2), kinds=["village"], posts=["chair"]
    )
    view = page.get(f"/angkatan/{batch.id}-{batch.slug}")
    assert view.heading == "Program pembukuan"
    for text in (
        "Kursi tersedia",
        "Senin–Rabu, 7–9 Desember 2026",
        "pukul 08.00–15.30 WIB setiap hari",
        "24 jam pelajaran (JP)",
        "Ratna",
        "Bukan sertifikat kompetensi BNSP",
        "Jadwal 3 hari",
        "Untuk ketua dari Koperasi Desa Merah Putih.",
        "6 dari 16 kursi dijaga untuk koperasi percontohan sampai Selasa, 24 November 2026.",
    ):
        assert text in view.words
    assert view.links["Ikut pelatihan ini"].endswith(f"/angkatan/{batch.id}/daftar/identitas")
    assert "Set-Cookie" not in view.headers


def test_old_and_short_addresses_lead_to_the_batch(house: House, page: Any) -> None:
    batch = house.make(publish=True)
    for url in (f"/angkatan/{batch.id}", f"/angkatan/{batch.id}-nama-lama"):
        assert page.get(url, 301, htmx=False).location == f"/angkatan/{batch.id}-{batch.slug}"


def test_draft_and_unknown_are_the_same_404(house: House, page: Any) -> None:
    batch = house.make()
    for url in (f"/angkatan/{batch.id}-{batch.slug}", "/angkatan/999999-x", f"/angkatan/{batch.id}.ics"):
        page.get(url, 404)


@pytest.mark.parametrize(
    ("moment", "taken", "words", "button"),
    [
        (datetime(2026, 11, 16, tzinfo=NOW.tzinfo), 0, "Pendaftaran belum dibuka", None),
        (NOW, 14, "Hampir penuh", "Ikut pelatihan ini"),
        (NOW, 16, "Daftar tunggu", "Masuk daftar tunggu"),
        (datetime(2026, 12, 6, tzinfo=NOW.tzinfo), 3, "Ditutup", None),
        (datetime(2026, 12, 8, tzinfo=NOW.tzinfo), 3, "Berjalan", None),
        (datetime(2026, 12, 20, tzinfo=NOW.tzinfo), 3, "Penilaian", None),
    ],
)
def test_batch_page_in_every_phase(
    house: House, page: Any, clock: Any, moment: datetime, taken: int, words: str, button: str | None
) -> None:
    batch = house.make(publish=True)
    with transaction():
        if taken:
            services.take_seats(batch_id=batch.id, count=taken)
    clock.set(moment)
    view = page.get(f"/angkatan/{batch.id}-{batch.slug}")
    assert words in view.words
    assert (button in view.links) if button else "Cari angkatan lain" in view.links


@pytest.mark.parametrize(("state", "words"), [("postponed", "Ditunda"), ("cancelled", "Dibatalkan")])
def test_stopped_batch_says_why_and_offers_others(house: House, page: Any, state: str, words: str) -> None:
    batch = house.make(publish=True)
    other = house.make(MONDAY + timedelta(days=14), publish=True)
    with transaction():
        services.set_batch_state(
            batch_id=batch.id, state=state, reason="Jalan terputus <b>banjir</b>.", actor=house.actor, now=NOW
        )
    view = page.get(f"/angkatan/{batch.id}-{batch.slug}")
    assert words in view.words
    assert "Jalan terputus <b>banjir</b>." in view.words
    assert f"/angkatan/{other.id}-" in view.text
    assert "Ikut pelatihan ini" not in view.links
    assert (f"/angkatan/{batch.id}-" in page.get("/").text) is (state == "postponed")


def test_online_link_is_for_participants_only(house: House, page: Any) -> None:
    sessions = [house.session(MONDAY, room=None, link="https://kelas.example/rahasia")]
    batch = house.make(house.plan(sessions=sessions), publish=True)
    assert "rahasia" not in page.get(f"/angkatan/{batch.id}-{batch.slug}").text
    assert "rahasia" not in page.get(f"/angkatan/{batch.id}.ics", htmx=False).text


def test_calendar_file_is_in_the_zone_of_the_place(house: House, page: Any) -> None:
    other = build_house("bpvp-ambon", "BPVP-AMB", "81.71", "Asia/Jayapura", like=house)
    batch = other.make(publish=True, start="09:00")
    view = page.get(f"/angkatan/{batch.id}.ics", htmx=False)
    assert view.headers["Content-Type"].startswith("text/calendar")
    calendar = Calendar.from_ical(view.text)
    events = calendar.walk("VEVENT")
    assert len(events) == 3
    start = events[0]["dtstart"].dt
    assert start == datetime(2026, 12, 7, 9, 0, tzinfo=ZoneInfo("Asia/Jayapura"))
    assert events[0]["dtstart"].params["TZID"] == "Asia/Jayapura"
    assert [zone["tzid"] for zone in calendar.walk("VTIMEZONE")] == ["Asia/Jayapura"]
    assert "Ruang Padi 1" in events[0]["location"]


def test_english_pages_keep_their_prefix(house: House, page: Any) -> None:
    batch = house.make(publish=True)
    view = page.get("/en/")
    assert f"/en/angkatan/{batch.id}-{batch.slug}" in view.text
    page.get(f"/en/angkatan/{batch.id}-{batch.slug}")


def test_far_future_and_past_dates_do_no_harm(house: House, page: Any) -> None:
    house.make(publish=True)
    assert "1 angkatan akan datang" in page.get("/?dari=0001-01-01&sampai=9999-12-31").words
    assert date(2026, 12, 7) == MONDAY
