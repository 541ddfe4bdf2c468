"""The directory of centers, and the desk: rooms, people, leave, holidays."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa

from portal.accounts.models import RoleGrant
from portal.centers.models import Holiday, Leave, Room, Staff
from portal.core.db import db, transaction
from tests.batches.house import House, add, build_house


@pytest.fixture
def house(db_session: Any) -> House:
    """A center with rooms and people."""
    return build_house()


@pytest.fixture
def desk(house: House, page: Any) -> Any:
    """The center's administrator."""
    return page.sign_in(house.admin)


def count(model: Any) -> int:
    """Rows of a table."""
    db.session.rollback()
    return db.session.scalar(sa.select(sa.func.count()).select_from(model)) or 0


def test_directory_narrows_by_province(house: House, page: Any, query_count: Any) -> None:
    build_house("bbpvp-makassar", "BBPVP-MKS", "73.71", "Asia/Makassar", like=house)
    with query_count(at_most=1):
        view = page.get("/blk", htmx=False)
    assert "2 balai" in view.words
    narrowed = page.get("/blk?provinsi=73")
    assert "BBPVP-MAKASSAR" in narrowed.words
    assert "BPVP-SURAKARTA" not in narrowed.words
    assert "Belum ada balai di provinsi ini" in page.get("/blk?provinsi=11").words


def test_center_page_shows_rooms_and_batches(house: House, page: Any) -> None:
    house.make(publish=True)
    view = page.get(f"/blk/{house.slug}")
    assert "3 ruang" in view.words
    assert "Aula Juwana" in view.words
    assert "Program pembukuan" in view.words
    page.get("/blk/tidak-ada", 404)


def test_room_is_added_once_on_a_double_click(desk: Any) -> None:
    view = desk.get("/balai/ruang")
    target, data = view.form()
    data["name"] = "Ruang Jagung"
    desk.post(target, data)
    desk.post(target, data)
    assert count(Room) == 5
    assert "Ruang Jagung ditambahkan." in desk.get("/balai/ruang").words


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"name": ""}, "Tulis nama ruang."),
        ({"name": "ruang padi 1"}, "Nama ini sudah dipakai di balai ini."),
        ({"name": "Baru", "capacity": "banyak"}, "Isi dengan angka."),
        ({"name": "Baru", "capacity": "0"}, "Kapasitas 1 sampai 1.000."),
        ({"name": "Baru", "is_offsite": "y"}, "perlu alamat"),
    ],
)
def test_bad_room_is_refused_with_inputs_kept(desk: Any, changes: dict[str, str], sentence: str) -> None:
    view = desk.submit(desk.get("/balai/ruang"), changes, 422)
    assert any(sentence in error for error in view.errors)
    assert view.title.startswith("Perlu diperbaiki:")
    assert count(Room) == 4


def test_room_is_changed_and_retired(desk: Any, house: House) -> None:
    view = desk.get(f"/balai/ruang/{house.rooms[0]}")
    desk.submit(view, {"name": "Ruang Melati", "is_active": None})
    db.session.rollback()
    room = db.session.get(Room, house.rooms[0])
    assert (room.name, room.is_active) == ("Ruang Melati", False)


def test_staff_is_added_with_an_account(desk: Any, house: House) -> None:
    view = desk.get("/balai/petugas")
    bad = desk.submit(view, {"name": "Wulan", "login": "tidak.ada"}, 422)
    assert "Tidak ada akun dengan nama masuk ini." in bad.errors
    desk.submit(
        view, {"name": "Wulan", "login": house.admin.login.upper(), "tasks": ["instructor", "assessor"]}
    )
    db.session.rollback()
    staff = db.session.scalars(sa.select(Staff).where(Staff.name == "Wulan")).one()
    assert (staff.user_id, staff.can_assess) == (house.admin.id, True)
    page = desk.get(f"/balai/petugas/{staff.id}")
    desk.submit(page, {"tasks": ["assessor"]})
    db.session.rollback()
    assert db.session.get(Staff, staff.id).can_instruct is False


def test_leave_is_recorded_and_taken_back(desk: Any, house: House) -> None:
    days = {"starts_on-day": "31", "starts_on-month": "2", "starts_on-year": "2027",
            "ends_on-day": "1", "ends_on-month": "3", "ends_on-year": "2027"}  # fmt: skip
    view = desk.get("/balai/cuti")
    assert "Tanggal ini tidak ada." in desk.submit(view, days, 422).words
    days["starts_on-day"], days["starts_on-month"] = "3", "3"
    assert "lebih awal" in desk.submit(view, days, 422).words
    days["ends_on-day"] = "5"
    desk.submit(view, days)
    assert count(Leave) == 1
    assert "3–5 Maret 2027" in desk.get("/balai/cuti").words
    leave = db.session.scalars(sa.select(Leave)).one()
    desk.submit(desk.get("/balai/cuti"), action=f"/balai/cuti/{leave.id}/hapus")
    assert count(Leave) == 0


def test_holiday_is_recorded_once(desk: Any, house: House) -> None:
    view = desk.get("/balai/libur")
    data = {"day-day": "20", "day-month": "3", "day-year": "2027", "name": "Idulfitri"}
    desk.submit(view, data)
    again = desk.submit(desk.get("/balai/libur"), data, 409, action=f"/balai/libur?blk={house.slug}")
    assert "Hari itu sudah tercatat sebagai hari libur." in again.errors
    holiday = db.session.scalars(sa.select(Holiday)).one()
    assert (holiday.day, holiday.center_id) == (date(2027, 3, 20), house.center_id)
    desk.submit(desk.get("/balai/libur"), action=f"/balai/libur/{holiday.id}/hapus")
    assert count(Holiday) == 0


def test_foreign_things_are_missing(desk: Any, house: House) -> None:
    other = build_house("bbpvp-medan", "BBPVP-MDN", "12.71", like=house)
    with transaction():
        leave = add(Leave(staff_id=other.staff[0], starts_on=date(2027, 1, 4), ends_on=date(2027, 1, 5)))
        national = add(Holiday(day=date(2027, 1, 1), name="Tahun Baru"))
    for url in (
        f"/balai/ruang/{other.rooms[0]}",
        f"/balai/petugas/{other.staff[0]}",
        "/balai/ruang?blk=bbpvp-medan",
    ):
        desk.get(url, 404)
    desk.post(f"/balai/cuti/{leave.id}/hapus", {}, 404)
    desk.post(f"/balai/libur/{national.id}/hapus", {}, 404)
    desk.post("/balai/ruang?blk=bbpvp-medan", {"name": "Curian", "capacity": "5"}, 404)
    assert (count(Leave), count(Holiday), count(Room)) == (1, 1, 8)


def test_administrator_of_two_centers_chooses(desk: Any, house: House) -> None:
    other = build_house("bbpvp-medan", "BBPVP-MDN", "12.71", like=house)
    with transaction():
        add(RoleGrant(user_id=house.admin.id, role="center_admin", scope_kind="center",
                      scope_id=str(other.center_id), starts_on=date(2026, 1, 1)))  # fmt: skip
    for path in (
        "/balai/ruang",
        "/balai/petugas",
        "/balai/cuti",
        "/balai/libur",
        "/balai/jadwal",
        "/balai/angkatan",
    ):
        assert "BBPVP-MEDAN, " in desk.get(f"{path}?blk=bbpvp-medan").words


def test_desk_pages_stay_within_eight_statements(desk: Any, query_count: Any) -> None:
    for path in (
        "/balai/ruang",
        "/balai/petugas",
        "/balai/cuti",
        "/balai/libur",
        "/balai/jadwal",
        "/balai/angkatan",
    ):
        with query_count(at_most=8):
            desk.get(path, htmx=False)
