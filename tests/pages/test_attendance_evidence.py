"""The person page, cards, paper and guests as pages: with and without htmx, and what each refuses."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
import sqlalchemy as sa

from portal.attendance import services
from portal.attendance.models import AttendanceMark, PaperSheet, WalkIn
from portal.core.db import db, transaction
from portal.enrollment.models import Enrollment
from tests.support.classroom import Classroom, build
from tests.support.page import Page

CARD = "CARD000000000001"


@pytest.fixture
def room(db_session: Any) -> Classroom:
    made = build()
    with transaction() as session:
        session.execute(
            sa.update(Enrollment).where(Enrollment.id == made.enrollments[0]).values(card_token=CARD)
        )
    return made


@pytest.fixture
def teacher(page: Page, room: Classroom) -> Page:
    return page.sign_in(room.instructor)


@pytest.fixture
def clock_at_start(clock: Any) -> Any:
    """Five minutes after the start of the third session."""
    clock.set(datetime.fromisoformat("2026-11-22T01:05:00+00:00"))
    return clock


def sheet(room: Classroom, session: int = 2) -> str:
    return f"/instruktur/presensi/{room.sessions[session]}"


def stored(room: Classroom, person: int = 0, session: int = 2) -> AttendanceMark | None:
    db.session.rollback()
    db.session.expire_all()
    return db.session.get(AttendanceMark, (room.sessions[session], room.enrollments[person]))


def mark(room: Classroom, now: datetime, value: str, person: int = 0, session: int = 2, **more: Any) -> None:
    with transaction():
        services.record_attendance(
            session_id=room.sessions[session], enrollment_id=room.enrollments[person], mark=value,
            actor=room.actor(), now=now, **more,
        )  # fmt: skip


# -- the person page -----------------------------------------------------------------------------


def test_the_person_page_shows_the_proof_and_what_can_be_reached(
    teacher: Page, room: Classroom, now: datetime
) -> None:
    mark(room, now, "late", minutes=20, evidence="card")
    view = teacher.get(f"{sheet(room)}/{room.enrollments[0]}")
    assert "Dipindai dari kartu" in view.words
    assert "oleh Ratna Puspita" in view.words
    assert "pukul 09.00 WIB" in view.words
    assert "Masih bisa mencapai 80%" in view.words
    assert "hadir 8 dari 24 JP" in view.words
    for session in (0, 1):
        mark(room, now, "absent", session=session)
    assert "80% sudah tidak dapat tercapai" in teacher.get(f"{sheet(room)}/{room.enrollments[0]}").words


def test_hours_follow_from_minutes_unless_they_are_typed(teacher: Page, room: Classroom) -> None:
    url = f"{sheet(room)}/{room.enrollments[0]}"
    teacher.submit(teacher.get(url), {"mark": "late", "minutes": "100", "remark": "Ban bocor"}, action=url)
    found = stored(room)
    assert found is not None
    assert (found.mark, found.minutes, found.hours_missed, found.remark) == ("late", 100, 2, "Ban bocor")
    view = teacher.get(url)
    assert view.form(url)[1]["remark"] == "Ban bocor"
    teacher.submit(view, {"hours_missed": "1"}, action=url)
    assert stored(room).hours_missed == 1  # type: ignore[union-attr]
    teacher.submit(teacher.get(url), {"mark": "present"}, action=url)
    found = stored(room)
    assert found is not None
    assert (found.mark, found.minutes, found.hours_missed) == ("present", 0, 0)


def test_a_late_change_by_tap_leads_to_the_reason(teacher: Page, room: Classroom, now: datetime) -> None:
    mark(room, now, "absent", session=0)
    url, person = sheet(room, 0), room.enrollments[0]
    data = {"enrollment": person, "mark": "present", "version": 1}
    piece = teacher.htmx_post(url, data, status=422)
    assert "Tulis alasan" in piece.words
    assert len(gzip.compress(piece.response.data, 9)) <= 1024
    page = teacher.post(url, data, status=422)
    link = page.links["Tulis alasan"]
    assert link == f"{url}/{person}?pilih=present"
    form = teacher.get(link)
    target = f"{url}/{person}"
    assert form.form(target)[1]["mark"] == "present"
    refused = teacher.submit(form, status=422, action=target)
    assert any("Tulis alasan" in error for error in refused.errors)
    teacher.submit(form, {"reason": "Salah lihat nama"}, action=target)
    assert stored(room, session=0).mark == "present"  # type: ignore[union-attr]
    words = teacher.get(target).words
    assert "Tanpa keterangan → Hadir" in words
    assert "Alasan: Salah lihat nama" in words
    assert "ditandai instruktur" in words


def test_the_whole_roll_asks_for_a_reason_when_late(teacher: Page, room: Classroom, now: datetime) -> None:
    mark(room, now, "absent", session=0)
    url = sheet(room, 0) + "/sekaligus"
    view = teacher.get(url)
    wish = {f"m-{room.enrollments[0]}": "present"}
    refused = teacher.submit(view, wish, status=422)
    assert refused.element("reason") is not None
    teacher.submit(refused, wish | {"reason": "Daftar tertukar"})
    assert stored(room, session=0).mark == "present"  # type: ignore[union-attr]
    assert "Alasan mengubah" not in teacher.get(sheet(room) + "/sekaligus").words


def test_the_person_page_costs_the_same_at_any_size(
    page: Page, db_session: Any, query_count: Callable[..., Any]
) -> None:
    counts = []
    for people in (2, 30):
        room = build(people=people)
        page.sign_in(room.instructor)
        with query_count(at_most=8) as seen:
            page.get(f"{sheet(room)}/{room.enrollments[0]}", htmx=False)
        counts.append(len(seen))
    assert counts[0] == counts[1]


# -- cards ---------------------------------------------------------------------------------------


def test_a_typed_card_marks_and_says_so_large(teacher: Page, room: Classroom, clock_at_start: Any) -> None:
    url = sheet(room) + "/pindai"
    first = teacher.follow(teacher.submit(teacher.get(url), {"code": CARD.lower()}, action=url))
    assert "TERLAMBAT" not in first.words
    assert "HADIR Peserta 001" in first.words
    assert stored(room).evidence == "card"  # type: ignore[union-attr]
    again = teacher.follow(teacher.submit(teacher.get(url), {"code": CARD}, action=url))
    assert "SUDAH TERCATAT Peserta 001" in again.words
    assert "1/4 tercatat" in again.words


@pytest.mark.parametrize(
    ("code", "word"),
    [
        ("https://balai.example/K/" + CARD, "HADIR"),
        ("ZZZZZZZZZZZZZZZZ", "KARTU TIDAK DIKENAL"),
        ("halo", "BUKAN KARTU PESERTA"),
        ("", "BELUM ADA KODE"),
    ],
)
def test_each_outcome_has_its_word_and_icon(
    teacher: Page, room: Classroom, clock_at_start: Any, code: str, word: str
) -> None:
    status = 200 if word == "HADIR" else 422
    piece = teacher.htmx_post(sheet(room) + "/pindai", {"code": code}, status=status)
    assert word in piece.words
    outcome = piece.element("outcome")
    assert outcome.get("role") == "status"
    assert (outcome.get("data-kind") == "ok") is (word == "HADIR")
    assert len(gzip.compress(piece.response.data, 9)) <= 6144
    if status == 422:
        assert word in teacher.post(sheet(room) + "/pindai", {"code": code}, status=422).words


def test_a_card_of_another_class_names_nobody(teacher: Page, room: Classroom) -> None:
    other = build()
    with transaction() as session:
        session.execute(
            sa.update(Enrollment).where(Enrollment.id == other.enrollments[1]).values(card_token="X" * 16)
        )
    view = teacher.post(sheet(room) + "/pindai", {"code": "X" * 16}, status=422)
    assert "BUKAN KELAS INI" in view.words
    assert "Peserta 002" not in view.words


def test_the_camera_is_offered_only_with_javascript_and_the_form_always(
    teacher: Page, room: Classroom
) -> None:
    view = teacher.get(sheet(room) + "/pindai")
    assert view.element("scan").get("hidden") is not None
    assert view.form("/pindai")[1].getlist("code") == [""]
    assert "js/rollscan" in view.text


# -- paper ---------------------------------------------------------------------------------------


def printed(teacher: Page, room: Classroom) -> str:
    view = teacher.get(sheet(room) + "/kertas")
    target, data = view.form("/kertas")
    first, again = teacher.post(target, data), teacher.post(target, data)
    assert first.location == again.location
    assert db.session.scalar(sa.select(sa.func.count()).select_from(PaperSheet)) == 1
    pdf = teacher.client.get(first.location)
    assert (pdf.status_code, pdf.mimetype) == (200, "application/pdf")
    assert pdf.data.startswith(b"%PDF-")
    return str(db.session.scalar(sa.select(PaperSheet.code)))


def test_print_find_and_take_over_a_sheet(teacher: Page, room: Classroom) -> None:
    code = printed(teacher, room)
    dashed = f"{code[:4]}-{code[4:8]}-{code[8:]}".lower()
    found = teacher.get(f"{sheet(room)}/kertas?code={dashed}", 303, htmx=False)
    view = teacher.follow(found)
    assert "Peserta 004" in view.words
    ids = room.enrollments
    done = teacher.submit(view, {f"m-{ids[0]}": "present", f"m-{ids[1]}": "sick"})
    after = teacher.follow(done)
    assert "Lembar ini sudah dimasukkan" in after.words
    assert "(dari daftar bertanda tangan)" in after.words
    assert [row.mark if row else None for row in (stored(room, n) for n in range(3))] == [
        "present", "sick", None,
    ]  # fmt: skip
    assert "Sudah dimasukkan" in teacher.get(sheet(room) + "/kertas").words


def test_an_unknown_number_is_told_beside_its_field(teacher: Page, room: Classroom) -> None:
    for code in ("AAAA-BBBB-CCCC", ""):
        view = teacher.get(f"{sheet(room)}/kertas?code={code}", 422, htmx=False)
        assert view.errors


def test_a_conflict_shows_both_sides_and_saves_nothing(teacher: Page, room: Classroom, now: datetime) -> None:
    code = printed(teacher, room)
    mark(room, now, "absent")
    url = f"{sheet(room)}/kertas/{code}"
    ids = room.enrollments
    wish = {f"m-{ids[0]}": "present", f"m-{ids[1]}": "present"}
    refused = teacher.submit(teacher.get(url), wish, status=409)
    assert "kertas hadir, tersimpan tanpa keterangan" in " ".join(refused.errors)
    assert stored(room, 1) is None
    assert refused.form()[1][f"m-{ids[1]}"] == "present"
    teacher.submit(refused, {f"c-{ids[0]}": "stored"})
    assert stored(room).mark == "absent"  # type: ignore[union-attr]
    assert stored(room, 1).evidence == "paper"  # type: ignore[union-attr]


# -- guests --------------------------------------------------------------------------------------


def test_a_guest_is_noted_and_given_a_seat_by_the_center(page: Page, room: Classroom) -> None:
    with transaction() as session:
        session.execute(
            sa.update(Enrollment).where(Enrollment.id == room.enrollments[3]).values(state="waitlisted")
        )
    page.sign_in(room.instructor)
    url = sheet(room) + "/tamu"
    refused = page.submit(page.get(url), {"name": " "}, status=422)
    assert refused.errors
    page.submit(page.get(url), {"name": "Pak Empat", "note": "Nama di surat lain"})
    assert "Menunggu balai" in page.get(url).words
    guest = db.session.scalars(sa.select(WalkIn)).one()
    page.sign_in(room.admin)
    overview = page.get(f"/balai/angkatan/{room.batch_id}/presensi")
    assert "(1 menunggu)" in overview.words
    desk = f"/balai/angkatan/{room.batch_id}/tamu"
    view = page.get(desk)
    action = f"/balai/tamu/{guest.id}/terima"
    assert "Pak Empat" in view.words
    assert page.post(action, {"enrollment": ""}, status=422).errors
    page.submit(view, {"enrollment": str(room.enrollments[3])}, action=action)
    assert "Diterima" in page.get(desk).words
    assert stored(room, 3).mark == "late"  # type: ignore[union-attr]
    assert page.post(action, {"enrollment": str(room.enrollments[3])}, status=409).errors


def test_a_guest_is_refused_with_a_reason_that_the_instructor_reads(page: Page, room: Classroom) -> None:
    page.sign_in(room.instructor)
    page.submit(page.get(sheet(room) + "/tamu"), {"name": "Bu Lain"})
    guest = db.session.scalars(sa.select(WalkIn)).one()
    page.sign_in(room.admin)
    action = f"/balai/tamu/{guest.id}/tolak"
    assert page.post(action, {"reason": ""}, status=422).errors
    page.post(action, {"reason": "Kelas sudah penuh"})
    page.sign_in(room.instructor)
    assert "Alasan: Kelas sudah penuh" in page.get(sheet(room) + "/tamu").words


# -- the overview --------------------------------------------------------------------------------


def test_the_overview_counts_how_marks_came_about(
    page: Page, room: Classroom, now: datetime, query_count: Callable[..., Any]
) -> None:
    mark(room, now, "present", 0, evidence="card")
    mark(room, now, "present", 1, evidence="card")
    mark(room, now, "sick", 2)
    page.sign_in(room.admin)
    with query_count(at_most=8):
        view = page.get(f"/balai/angkatan/{room.batch_id}/presensi", htmx=False)
    assert "Dipindai dari kartu 2" in view.words
    assert "Ditandai instruktur 1" in view.words
