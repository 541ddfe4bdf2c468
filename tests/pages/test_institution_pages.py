"""The page of an institution: what its chair writes, what its registrar writes, what others only read."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from portal.cooperatives.models import ChecklistEntry, Cooperative, CooperativeDocument
from portal.cooperatives.services import load_checklist
from portal.core.db import db, transaction
from portal.core.permissions import SYSTEM, Role
from tests.support.boards import minutes
from tests.support.classroom import account
from tests.support.nominations import officer
from tests.support.world_registry import villages


@pytest.fixture
def codes(db_session: Any) -> list[str]:
    return villages(3)


@pytest.fixture
def here(codes: Any, now: Any) -> str:
    """The address of the page of a multi-stakeholder cooperative; chair.id is its number."""
    with transaction() as session:
        load_checklist(actor=SYSTEM, now=now)
        made = Cooperative(
            kind="multi_stakeholder", name="Koperasi Angkut Bersama", match_key="angkut",
            region_code=codes[0], simkopdes_id="SK-777", created_at=now,
        )  # fmt: skip
        session.add(made)
    return f"/koperasi/{made.id}/kelembagaan"


def of(page: Any, role: Role, here: str) -> Any:
    with transaction():
        user = account("Slamet", role, "cooperative", here.split("/")[2])
    return page.sign_in(user)


@pytest.fixture
def chair(page: Any, here: str) -> Any:
    return of(page, Role.CHAIR, here)


def test_the_page_says_what_is_missing_with_its_source(chair: Any, here: str) -> None:
    view = chair.get(here)
    assert view.heading == "Kelembagaan"
    assert "Baru 0 kelompok pihak anggota tercatat" in view.words
    assert "Permenkop 8/2021 (terkonfirmasi)" in view.words
    assert view.words.count("Belum ada") >= 6
    assert "Ubah data registri" not in view.links
    assert "SK-777" not in view.text


def test_a_chair_records_an_item_with_its_paper(chair: Any, here: str) -> None:
    form = chair.get(f"{here}/catat/annual_meeting")
    assert form.heading == "Rapat anggota tahunan (RAT)"
    day = {"done_on-day": "1", "done_on-month": "3", "done_on-year": "2026"}
    file = (minutes(), "rat.pdf")
    done = chair.follow(chair.submit(form, day | {"number": "BA-7", "file": [file]}))
    assert "1 Maret 2026 · BA-7" in done.words
    assert "Berlaku sampai 31 Mei 2027." in done.words
    assert "Unduh berkas" in done.words
    assert db.session.scalar(sa.select(sa.func.count()).select_from(CooperativeDocument)) == 1
    again = chair.submit(form, day | {"number": "BA-8", "op": "b" * 32}, 409)
    assert "sudah tercatat pada hari itu" in again.errors[0]
    assert db.session.scalar(sa.select(sa.func.count()).select_from(CooperativeDocument)) == 1


def test_an_entry_without_a_day_is_asked_again(chair: Any, here: str) -> None:
    view = chair.submit(chair.get(f"{here}/catat/statutes"), {"number": "AD-1"}, 422)
    assert view.errors == ["Isi tanggalnya."]
    assert view.element("number").get("value") == "AD-1"
    chair.get(f"{here}/catat/upacara", 404)


def test_an_entry_is_withdrawn_with_a_reason(chair: Any, here: str) -> None:
    day = {"done_on-day": "1", "done_on-month": "3", "done_on-year": "2026"}
    chair.submit(chair.get(f"{here}/catat/statutes"), day)
    number = db.session.scalars(sa.select(ChecklistEntry.id)).one()
    form = chair.get(f"{here}/batal/{number}")
    assert chair.submit(form, {"reason": ""}, 422).errors == ["Tulis mengapa catatan ini dibatalkan."]
    done = chair.follow(chair.submit(form, {"reason": "Salah tanggal"}))
    assert "Salah tanggal" in done.words
    chair.get(f"{here}/batal/{number}", 404)


def test_a_village_twice_is_said_beside_the_field(chair: Any, here: str, codes: Any) -> None:
    chair.submit(chair.get(here), {"village": codes[1]}, action="/desa")
    for code, words in ((codes[1], "sudah ada dalam daftar"), (codes[0], "desa kedudukan koperasi ini")):
        view = chair.submit(chair.get(here), {"village": code}, 409, action="/desa")
        assert words in view.errors[0]
        assert view.element("village").get("value") == code
    gone = chair.follow(chair.submit(chair.get(here), action=f"/desa/{codes[1]}/hapus"))
    assert f"/desa/{codes[1]}/hapus" not in gone.text


def test_member_groups_come_and_go(chair: Any, here: str) -> None:
    for name, role in (("Sopir", "worker"), ("Toko", "service_user")):
        chair.submit(chair.get(here), {"group_name": name, "role": role}, action="/kelompok")
    view = chair.get(here)
    assert "kelompok pihak anggota tercatat" not in view.words
    assert "Sopir Pekerja" in view.words
    assert chair.submit(view, {"group_name": "sopir", "role": "worker"}, 409, action="/kelompok").errors
    assert chair.submit(view, {"group_name": "", "role": ""}, 422, action="/kelompok").errors


def test_groups_of_another_kind_are_refused_beside_the_field(chair: Any, here: str) -> None:
    with transaction() as session:
        session.execute(sa.update(Cooperative).values(kind="worker"))
    assert "Kelompok pihak" not in chair.get(here).words
    view = chair.post(f"{here}/kelompok", {"group_name": "Sopir", "role": "worker"}, 422)
    assert view.errors == ["Kelompok pihak hanya untuk koperasi multipihak."]
    assert view.element("group_name").get("aria-invalid") == "true"


def test_the_legal_approval_makes_a_legal_entity(chair: Any, here: str) -> None:
    day = {"legal_on-day": "1", "legal_on-month": "7", "legal_on-year": "2025"}
    done = chair.follow(chair.submit(chair.get(f"{here}/badan-hukum"), day | {"legal_number": "AHU-1"}))
    assert "Pengesahan AHU-1, 1 Juli 2025" in done.words


def test_the_pilot_flag_is_the_registrars(chair: Any, new_page: Any, here: str) -> None:
    assert "Jadikan percontohan" not in chair.get(here).words
    chair.post(f"{here}/percontohan/ya", {}, 403)
    desk = new_page().sign_in(officer()[0])
    view = desk.get(here)
    assert view.links["Ubah data registri"].startswith("/registri/")
    assert "Lepas tanda percontohan" in desk.follow(desk.submit(view, action="/percontohan/ya")).words
    new_page().sign_in(officer("32.01")[0]).get(here, 404)


def test_a_companion_only_reads(page: Any, here: str) -> None:
    helper = of(page, Role.COMPANION, here)
    view = helper.get(here)
    assert "Catat" not in view.links
    assert "Tambah desa" not in view.words
    helper.post(f"{here}/desa", {"village": "x"}, 403)


def test_the_page_costs_a_bounded_number_of_statements(chair: Any, here: str, query_count: Any) -> None:
    with query_count(at_most=22):
        chair.get(here, htmx=False)
