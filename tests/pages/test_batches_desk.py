"""The center's desk: board, list, workspace, the form of a batch, copies. Everything without JavaScript."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from portal.accounts.models import RoleGrant, User
from portal.batches import services
from portal.batches.models import Batch, ClassSession
from portal.centers.services import add_holiday, add_leave
from portal.core.db import db, transaction
from tests.batches.house import MONDAY, NOW, House, add, build_house

DATE = {"starts_on-day": "7", "starts_on-month": "12", "starts_on-year": "2026"}


@pytest.fixture
def house(db_session: Any) -> House:
    """A center with rooms, people and a program."""
    return build_house()


@pytest.fixture
def desk(house: House, page: Any) -> Any:
    """The center's administrator."""
    return page.sign_in(house.admin)


def batches() -> list[Batch]:
    """All batches, fresh."""
    db.session.rollback()
    db.session.expire_all()
    return list(db.session.scalars(sa.select(Batch).order_by(Batch.id)))


def press(desk: Any, view: Any, button: str, changes: dict[str, Any] | None = None, status: int = 200) -> Any:
    """Send the form of a batch with one of its buttons."""
    return desk.submit(view, {**(changes or {}), "do": button}, status)


# ---- the board ----


def test_board_shows_rooms_batches_and_neighbour_months(desk: Any, house: House) -> None:
    house.make(publish=True)
    view = desk.get("/balai/jadwal?bulan=2026-12")
    for text in ("Ruang Padi 1", "Aula Juwana", "PEM 1", "0/16", "7–9 Desember 2026, pukul 08.00–15.30 WIB"):
        assert text in view.words
    assert view.links["November 2026"] == "/balai/jadwal?bulan=2026-11"
    assert view.links["Januari 2027"] == "/balai/jadwal?bulan=2027-01"
    assert "November 2026" in desk.get("/balai/jadwal?bulan=13-2026").words


def test_board_names_what_no_longer_fits(desk: Any, house: House) -> None:
    house.make(publish=True)
    with transaction():
        add_holiday(day=MONDAY, name="Pilkada", center_id=house.center_id, actor=house.actor, now=NOW)
        add_leave(
            staff_id=house.staff[0], starts_on=MONDAY + timedelta(days=1), ends_on=MONDAY + timedelta(days=1),
            actor=house.actor, now=NOW,
        )  # fmt: skip
    view = desk.get("/balai/jadwal?bulan=2026-12")
    assert "2 pertemuan perlu dibereskan" in view.words
    assert "Senin 7 Desember 2026 hari libur, Pilkada." in view.words
    assert "Ratna cuti pada Selasa 8 Desember 2026." in view.words
    assert "bentrok" in view.words


def test_two_batches_on_a_day_get_two_rows(desk: Any, house: House) -> None:
    house.make(days=1, start="08:00", end="11:00")
    house.make(days=1, start="13:00", end="16:00")
    assert "Ruang Padi 1, lanjutan" in desk.get("/balai/jadwal?bulan=2026-12").words


def test_board_takes_as_many_statements_for_many_batches(desk: Any, house: House, query_count: Any) -> None:
    house.make()
    with query_count() as few:
        desk.get("/balai/jadwal?bulan=2026-12", htmx=False)
    for n in range(1, 4):
        house.make(MONDAY + timedelta(days=7 * n), days=2)
    with query_count(at_most=len(few)):
        desk.get("/balai/jadwal?bulan=2026-12", htmx=False)


# ---- the list and the workspace ----


@pytest.mark.parametrize(
    ("query", "found"),
    [("", 1), ("?waktu=draft", 1), ("?waktu=all", 2), ("?waktu=over", 0), ("?waktu=x", 1),
     ("?q=2&waktu=all", 1),
     ("?q=angkatan+1&waktu=all", 1), ("?gelombang=Satu&waktu=all", 1), ("?program=lain", 0), ("?q=%25", 0)],
)  # fmt: skip
def test_list_narrows(desk: Any, house: House, query: str, found: int) -> None:
    house.make(publish=True)
    house.make(MONDAY + timedelta(days=7), series="Satu")
    view = desk.get("/balai/angkatan" + query)
    assert f"{found} angkatan" in view.words


def test_list_takes_as_many_statements_for_many_batches(desk: Any, house: House, query_count: Any) -> None:
    house.make(publish=True)
    with query_count(at_most=8) as few:
        desk.get("/balai/angkatan", htmx=False)
    for n in range(1, 8):
        house.make(MONDAY + timedelta(days=7 * n), days=1, publish=True)
    with query_count(at_most=len(few)):
        desk.get("/balai/angkatan", htmx=False)


def test_workspace_shows_facts_tabs_and_publishes(desk: Any, house: House) -> None:
    batch = house.make()
    view = desk.get(f"/balai/angkatan/{batch.id}")
    for text in ("Draf", "3 pertemuan", "Ratna", "Versi 1", "Dibekukan saat angkatan dibuat: 24 JP."):
        assert text in view.words
    assert "Ringkasan" in view.links
    desk.follow(desk.submit(view, action="/umumkan"))
    assert batches()[0].state == "published"
    after = desk.get(f"/balai/angkatan/{batch.id}")
    assert f"/angkatan/{batch.id}-" in after.links["Lihat halaman umum"]
    assert {"Ubah", "Tunda atau pindahkan", "Batalkan"} <= set(after.links)


def test_workspace_says_when_hours_are_short(desk: Any, house: House) -> None:
    batch = house.make(days=2)
    assert "Jam belajar kurang 8 JP" in desk.get(f"/balai/angkatan/{batch.id}").words


def test_head_of_the_center_reads_and_does_not_edit(house: House, page: Any) -> None:
    batch = house.make()
    with transaction():
        head = add(User(login="kepala", name="Kepala", created_at=NOW))
        add(RoleGrant(user_id=head.id, role="center_head", scope_kind="center", scope_id=str(house.center_id),
                      starts_on=date(2026, 1, 1)))  # fmt: skip
    page.sign_in(head)
    view = page.get(f"/balai/angkatan/{batch.id}")
    assert "Ubah" not in view.links
    page.get("/balai/jadwal")
    for url in ("/balai/angkatan/baru", f"/balai/angkatan/{batch.id}/ubah", "/balai/ruang"):
        page.get(url, 403)


def test_foreign_batch_is_missing(desk: Any, house: House) -> None:
    other = build_house("bbpvp-medan", "BBPVP-MDN", "12.71", like=house)
    batch = other.make(series="Satu")
    base = f"/balai/angkatan/{batch.id}"
    for url in (base, base + "/ubah", base + "/salin", base + "/paralel",
                "/balai/angkatan/baru?blk=bbpvp-medan",
                "/balai/gelombang/salin?gelombang=Satu"):  # fmt: skip
        desk.get(url, 404)
    desk.post(base + "/umumkan", {}, 404)
    desk.post(base + "/ubah", {}, 404)


# ---- the form ----


def test_pattern_makes_a_draft_whose_sessions_can_be_changed(desk: Any, house: House) -> None:
    view = desk.get("/balai/angkatan/baru")
    filled = press(desk, view, "susun", {**DATE, "pattern": "3x8", "instructors": str(house.staff[0])}, 303)
    batch = batches()[0]
    assert filled.location.endswith(f"/balai/angkatan/{batch.id}/ubah")
    form = desk.follow(filled)
    assert form.words.count("Hapus pertemuan ini saat disimpan") == 3
    saved = press(desk, form, "simpan", {"s1-topic": "Buku kas"}, 303)
    batch = batches()[0]
    assert saved.location.endswith(f"/balai/angkatan/{batch.id}")
    assert (batch.state, batch.quota, batch.kinds, batch.posts) == (
        "draft",
        16,
        ["village"],
        ["chair", "treasurer"],
    )
    sessions = db.session.scalars(sa.select(ClassSession).order_by(ClassSession.position)).all()
    assert [s.topic for s in sessions] == ["", "Buku kas", ""]
    assert batch.closes_at.day == 4


def test_saving_at_once_arranges_by_the_pattern(desk: Any, house: House) -> None:
    press(desk, desk.get("/balai/angkatan/baru"), "simpan", {**DATE, "pattern": "2o4"}, 303)
    batch = batches()[0]
    assert (batch.mode, batch.starts_on, batch.ends_on) == ("mixed", MONDAY, MONDAY + timedelta(days=5))


def test_double_click_makes_one_batch(desk: Any, house: House) -> None:
    view = desk.get("/balai/angkatan/baru")
    target, data = view.form("/balai/angkatan/baru?blk=" + house.slug)
    for name, value in {**DATE, "do": "simpan"}.items():
        data[name] = value
    first = desk.post(target, data)
    assert desk.post(target, data).location == first.location
    assert len(batches()) == 1


def test_another_room_is_taken_by_the_whole_class(desk: Any, house: House) -> None:
    house.make(teachers=(1,))
    refused = press(desk, desk.get("/balai/angkatan/baru"), "simpan", {**DATE, "pattern": "3x8"}, 409)
    offers = [b.get("value") for b in refused.tree.iter() if (b.get("value") or "").startswith("pakai:0")]
    press(desk, refused, offers[0], {}, 303)
    rooms = db.session.scalars(sa.select(ClassSession.room_id).where(ClassSession.batch_id == 2)).all()
    assert set(rooms) == {house.rooms[1]}


def test_more_sessions_can_be_added_and_removed(desk: Any, house: House) -> None:
    batch = house.make(days=1)
    more = desk.follow(press(desk, desk.get(f"/balai/angkatan/{batch.id}/ubah"), "tambah", {}, 303))
    assert more.element("s1-day").get("value") == "2026-12-08"
    press(desk, more, "simpan", {"s0-remove": "y"}, 303)
    assert batches()[0].starts_on == MONDAY + timedelta(days=1)
    assert db.session.scalar(sa.select(sa.func.count()).select_from(ClassSession)) == 1


def test_clash_is_409_beside_its_session_with_free_hours_to_take(desk: Any, house: House) -> None:
    house.make(days=1, start="08:00", end="15:30", teachers=(1,))
    view = desk.get("/balai/angkatan/baru")
    refused = press(desk, view, "simpan", {**DATE, "pattern": "1x8", "series": "Satu"}, 409)
    when = "Senin 7 Desember 2026 pukul 08.00–15.30 WIB"
    sentence = f"Ruang Padi 1 sudah dipakai Angkatan 1 (Program pembukuan), {when}."
    assert f"Pertemuan 1: {sentence}" in refused.errors
    assert refused.element("series").get("value") == "Satu"
    offers = [b.get("value") for b in refused.tree.iter() if (b.get("value") or "").startswith("pakai:")]
    assert len(offers) == 3
    press(desk, refused, offers[0], {"s0-topic": "Buku kas"}, 303)
    assert len(batches()) == 2
    assert db.session.scalars(sa.select(ClassSession.topic)).all() == ["", "Buku kas"]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"starts_on-day": "31", "starts_on-month": "2"}, "Tanggal ini tidak ada."),
        ({"starts_on-day": "", "starts_on-month": "", "starts_on-year": ""}, "Isi tanggal mulai."),
        ({"quota": "enam belas"}, "Isi dengan angka."),
        ({"quota": "0"}, "Isi angka 1 sampai 200."),
        ({"quota": "21"}, "memuat 20 orang"),
        ({"opens_on-day": "31", "opens_on-month": "4", "opens_on-year": "2026"}, "Tanggal ini tidak ada."),
        ({"closes_time": "sore"}, "Jam ditulis seperti 08.00."),
        (
            {"closes_on-day": "8", "closes_on-month": "12", "closes_on-year": "2026"},
            "sebelum pertemuan pertama",
        ),
        ({"regions": "Atlantis"}, "Wilayah “Atlantis” tidak dikenal."),
        ({"regions": "Bekasi"}, "bisa berarti"),
        ({"pilot_seats": "17"}, "tidak boleh melebihi kuota"),
        ({"program_id": "999999"}, "Pilih program."),
    ],
)
def test_bad_input_is_said_in_place_and_kept(desk: Any, changes: dict[str, str], sentence: str) -> None:
    view = press(
        desk, desk.get("/balai/angkatan/baru"), "simpan", {**DATE, "series": "Gelombang 7", **changes}, 422
    )
    assert any(sentence in error for error in view.errors)
    assert view.title.startswith("Perlu diperbaiki:")
    assert view.element("series").get("value") == "Gelombang 7"
    assert not batches()


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"s0-day": "2026-02-30"}, "Pertemuan 1: Isi tanggal yang ada."),
        ({"s0-start": "08:05"}, "Pertemuan 1: Jam pada kelipatan 15 menit"),
        ({"s0-end": "07:00"}, "Pertemuan 1: Jam selesai harus sesudah jam mulai."),
        ({"s1-hours": "delapan"}, "Pertemuan 2: Isi 1 sampai 16 jam pelajaran (JP)."),
        ({"s1-day": "2026-12-07"}, "Pertemuan 2: Pertemuan 2 dan 1 berlangsung bersamaan."),
        ({"s2-place": "999999"}, "Pertemuan 3: Ruang ini tidak ada di balai ini."),
        ({"s2-link": "ftp://kelas.example/1"}, "Pertemuan 3: Tautan kelas daring diawali https://."),
    ],
)
def test_bad_session_is_said_in_its_row(
    desk: Any, house: House, changes: dict[str, str], sentence: str
) -> None:
    batch = house.make()
    wrong = press(desk, desk.get(f"/balai/angkatan/{batch.id}/ubah"), "simpan", changes, 422)
    assert any(error.startswith(sentence) for error in wrong.errors)


def test_edit_keeps_what_is_stored(desk: Any, house: House) -> None:
    batch = house.make(regions=["61.05"], pilot_seats=4, series="Satu")
    view = desk.get(f"/balai/angkatan/{batch.id}/ubah")
    assert view.element("regions").get("value") == "Kabupaten Sintang"
    press(desk, view, "simpan", {"quota": "12", "regions": "Sintang, kalimantan barat, 33.72"}, 303)
    after = batches()[0]
    assert (after.quota, after.regions, after.pilot_seats, after.version) == (
        12,
        ["61.05", "61", "33.72"],
        4,
        2,
    )


def test_second_tab_does_not_overwrite(desk: Any, house: House) -> None:
    batch = house.make()
    tab = desk.get(f"/balai/angkatan/{batch.id}/ubah")
    press(desk, desk.get(f"/balai/angkatan/{batch.id}/ubah"), "simpan", {"quota": "12"}, 303)
    late = press(desk, tab, "simpan", {"quota": "14"}, 409)
    assert any("baru saja diubah orang lain" in error for error in late.errors)
    assert batches()[0].quota == 12


# ---- copies ----


def test_copy_to_another_day(desk: Any, house: House) -> None:
    batch = house.make()
    view = desk.get(f"/balai/angkatan/{batch.id}/salin")
    clash = desk.submit(view, DATE, 409)
    assert "6 bentrok" in clash.words
    assert desk.submit(view, {"starts_on-day": "x"}, 422).errors
    done = desk.submit(view, {**DATE, "starts_on-day": "14"})
    assert done.location.endswith(f"/balai/angkatan/{batches()[1].id}")


def test_parallel_classes(desk: Any, house: House) -> None:
    batch = house.make()
    view = desk.get(f"/balai/angkatan/{batch.id}/paralel")
    assert "Pilih paling sedikit satu ruang." in desk.submit(view, {}, 422).errors
    same = {f"room-{house.rooms[1]}": "y", f"instructor-{house.rooms[1]}": str(house.staff[0])}
    assert any("Ratna sudah bertugas" in error for error in desk.submit(view, same, 409).errors)
    desk.submit(view, {**same, f"instructor-{house.rooms[1]}": str(house.staff[1])})
    assert [b.starts_on for b in batches()] == [MONDAY, MONDAY]


def test_copy_of_a_wave(desk: Any, house: House) -> None:
    house.make(series="Satu")
    house.make(room=1, teachers=(1,), series="Satu")
    url = "/balai/gelombang/salin?gelombang=Satu"
    view = desk.get(url)
    assert "2 angkatan, mulai Senin, 7 Desember 2026." in view.words
    assert "Tidak ada yang disalin." in desk.submit(view, DATE, 409).words
    desk.submit(view, {**DATE, "starts_on-day": "14", "series": "Dua"})
    assert [b.series for b in batches()] == ["Satu", "Satu", "Dua", "Dua"]
    desk.get("/balai/gelombang/salin?gelombang=Tiga", 404)


def test_postponed_batch_shows_its_reason(desk: Any, house: House) -> None:
    batch = house.make(publish=True)
    with transaction():
        services.set_batch_state(
            batch_id=batch.id, state="postponed", reason="Menunggu narasumber", actor=house.actor, now=NOW
        )
    assert "Menunggu narasumber" in desk.get(f"/balai/angkatan/{batch.id}").words
