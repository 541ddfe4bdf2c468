"""The roll and the overview, plain and as htmx: what they show, save, refuse, and cost."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from portal.attendance import services
from portal.attendance.models import AttendanceMark
from portal.core.db import db, transaction
from tests.support import classroom
from tests.support.classroom import Classroom, build
from tests.support.page import Page


@pytest.fixture
def room(db_session: Any) -> Classroom:
    return build()


@pytest.fixture
def teacher(page: Page, room: Classroom) -> Page:
    return page.sign_in(room.instructor)


def sheet(room: Classroom, session: int = 2) -> str:
    return f"/instruktur/presensi/{room.sessions[session]}"


def stored(room: Classroom, person: int = 0) -> str | None:
    db.session.rollback()
    db.session.expire_all()
    found = db.session.get(AttendanceMark, (room.sessions[2], room.enrollments[person]))
    return found.mark if found else None


def tap(room: Classroom, mark: str, version: int = 0, person: int = 0) -> dict[str, Any]:
    return {"enrollment": room.enrollments[person], "mark": mark, "version": version}


def test_the_roll_shows_everybody_with_five_buttons(teacher: Page, room: Classroom) -> None:
    view = teacher.get(sheet(room))
    assert view.heading == "Presensi pertemuan 3"
    assert "Minggu, 22 November 2026" in view.words
    assert "pukul 08.00–14.00 WIB" in view.words
    assert "0/4 , 4 belum" in view.words
    assert view.text.count('aria-pressed="false"') == 4 * 5
    assert "Peserta 004" in view.words


def test_a_tap_without_javascript_saves_and_returns_to_the_row(teacher: Page, room: Classroom) -> None:
    view = teacher.submit(teacher.get(sheet(room)), {"mark": "present"})
    assert view.location.endswith(f"{sheet(room)}#r{room.enrollments[0]}")
    assert stored(room) == "present"
    assert "1/4 , 3 belum" in teacher.get(sheet(room)).words


def test_a_tap_with_htmx_answers_one_small_row_and_the_counter(teacher: Page, room: Classroom) -> None:
    view = teacher.htmx_post(sheet(room), tap(room, "late"))
    assert len(gzip.compress(view.response.data, 9)) <= 1024
    assert view.element(f"m{room.enrollments[0]}T").get("aria-pressed") == "true"
    assert view.element("count").get("hx-swap-oob") == "true"
    assert "1/4 , 3 belum" in view.words
    assert "<html" not in view.text


def test_a_tap_costs_the_same_at_any_size_and_writes_one_mark(
    page: Page, db_session: Any, query_count: Callable[..., Any]
) -> None:
    counts = []
    for people in (4, 40):
        room = build(people=people)
        page.sign_in(room.instructor)
        page.htmx_post(sheet(room), tap(room, "present"))
        with query_count() as seen:
            page.htmx_post(sheet(room), tap(room, "present", person=1))
        assert sum("attendance_mark" in text for text in seen.writes) == 1
        counts.append(len(seen))
    # The session with its account, and four of the use case.
    assert counts == [5, 5]


@pytest.mark.parametrize("path", ["", "?belum=1", "/sekaligus"])
def test_the_roll_takes_at_most_eight_statements_at_any_size(
    page: Page, db_session: Any, query_count: Callable[..., Any], path: str
) -> None:
    counts = []
    for people in (4, 40):
        room = build(people=people)
        page.sign_in(room.instructor)
        with query_count(at_most=8) as seen:
            page.get(sheet(room) + path, htmx=False)
        counts.append(len(seen))
    assert counts[0] == counts[1]


def test_a_stale_tap_shows_both_values(teacher: Page, room: Classroom) -> None:
    other = classroom.colleague(room)
    with transaction():
        services.record_attendance(
            session_id=room.sessions[2], enrollment_id=room.enrollments[0], mark="present", actor=other,
            now=datetime(2026, 11, 22, 1, 12, tzinfo=UTC),
        )  # fmt: skip
    piece = teacher.htmx_post(sheet(room), tap(room, "excused"), status=409)
    said = "Sari Rekan sudah mencatat Hadir untuk Peserta 001, pukul 08.12 WIB. Pilihan Anda: Izin."
    assert said in piece.words
    assert piece.element(f"m{room.enrollments[0]}H").get("aria-pressed") == "true"
    assert len(gzip.compress(piece.response.data, 9)) <= 1024
    page = teacher.post(sheet(room), tap(room, "excused"), status=409)
    assert said in page.words
    assert stored(room) == "present"
    # The row carries the version in force, so the second tap is a decision.
    teacher.htmx_post(sheet(room), tap(room, "excused", version=1))
    assert stored(room) == "excused"


def test_everybody_else_is_present_and_taken_back(teacher: Page, room: Classroom) -> None:
    teacher.htmx_post(sheet(room), tap(room, "sick"))
    view = teacher.htmx_post(sheet(room) + "/lainnya")
    assert "4/4 , 0 belum" in view.words
    assert view.element("bar").get("hx-swap-oob") == "true"
    assert "Urungkan 3 hadir" in view.words
    assert len(gzip.compress(view.response.data, 9)) <= 6144
    teacher.post(sheet(room) + "/urungkan")
    assert [stored(room, n) for n in (0, 1)] == ["sick", "cleared"]
    teacher.post(sheet(room) + "/lainnya")
    assert stored(room, 3) == "present"
    teacher.post(sheet(room) + "/urungkan")
    teacher.post(sheet(room) + "/urungkan", status=422)


def test_only_the_unmarked(teacher: Page, room: Classroom) -> None:
    teacher.htmx_post(sheet(room), tap(room, "present"))
    view = teacher.get(sheet(room) + "?belum=1")
    assert "Peserta 001" not in view.words
    assert "Peserta 002" in view.words
    teacher.post(sheet(room) + "/lainnya")
    assert "Semua sudah dicatat" in teacher.get(sheet(room) + "?belum=1").words


def test_the_whole_roll_at_once(teacher: Page, room: Classroom) -> None:
    view = teacher.get(sheet(room) + "/sekaligus")
    marks = {f"m-{i}": mark for i, mark in zip(room.enrollments, ("present", "late", "sick"), strict=False)}
    done = teacher.submit(view, marks)
    assert done.location.endswith(sheet(room))
    assert [stored(room, n) for n in range(4)] == ["present", "late", "sick", None]
    # The same page again is stale where somebody changed it.
    teacher.htmx_post(sheet(room), tap(room, "absent", version=1))
    again = teacher.submit(view, {**marks, f"m-{room.enrollments[0]}": "excused"}, status=409)
    assert "sudah mencatat" in again.words
    assert stored(room) == "absent"


@pytest.mark.parametrize("foreign", ["other", "999999", "abc", "-1", "٣"])
def test_the_whole_roll_refuses_a_row_outside_the_session(
    teacher: Page, room: Classroom, foreign: str
) -> None:
    key = str(build().enrollments[0]) if foreign == "other" else foreign
    data = {f"m-{room.enrollments[0]}": "present", f"m-{key}": "present"}
    view = teacher.post(sheet(room) + "/sekaligus", data, status=422)
    assert "bukan dari pertemuan ini" in view.words
    assert stored(room) is None


def test_hours_missed_on_a_page_and_in_a_dialog(teacher: Page, room: Classroom) -> None:
    url = f"{sheet(room)}/{room.enrollments[0]}"
    view = teacher.get(url)
    done = teacher.submit(view, {"mark": "late", "hours_missed": "2"})
    assert done.location.endswith(f"#r{room.enrollments[0]}")
    assert "Terlambat, tidak ikut 2 JP" in teacher.get(sheet(room)).words
    piece = teacher.htmx_post(url, {"mark": "left_early", "hours_missed": "3", "version": 1})
    assert "closeDialog" in piece.headers["HX-Trigger"]
    assert "Pulang lebih awal, tidak ikut 3 JP" in piece.words
    assert "Terlambat → Pulang lebih awal" in teacher.get(url).words
    teacher.post(url + "/urungkan")
    assert stored(room) == "late"


@pytest.mark.parametrize(
    ("hours", "mark"), [("9", "late"), ("-1", "late"), ("satu", "late"), ("1", ""), ("1", "lulus")]
)
def test_wrong_hours_are_told_beside_the_field(teacher: Page, room: Classroom, hours: str, mark: str) -> None:
    url = f"{sheet(room)}/{room.enrollments[0]}"
    view = teacher.post(url, {"mark": mark, "hours_missed": hours}, status=422)
    assert view.errors
    piece = teacher.htmx_post(url, {"mark": mark, "hours_missed": hours}, status=422)
    assert piece.headers["HX-Retarget"] == "#hours"
    assert stored(room) is None


def test_ones_own_row_cannot_be_tapped_and_says_why(page: Page, room: Classroom) -> None:
    person = classroom.newcomer()
    classroom.hold_post(person, room.cooperatives[0])
    with transaction() as session:
        session.merge(room.instructor).person_id = person
    page.sign_in(room.instructor)
    view = page.get(sheet(room))
    assert "koperasi Anda sendiri" in view.words
    assert view.element(f"m{room.enrollments[0]}H").get("disabled") is not None
    page.post(sheet(room), tap(room, "present"), status=403)
    assert stored(room) is None


def test_a_session_of_tomorrow_and_a_signed_one_are_read_only(page: Page, db_session: Any) -> None:
    later = build(start=datetime(2026, 11, 25, 1, 0, tzinfo=UTC))
    page.sign_in(later.instructor)
    assert "belum dimulai" in page.get(sheet(later)).words
    page.post(sheet(later), tap(later, "present"), status=422)
    signed = build(state="finalized")
    page.sign_in(signed.instructor)
    view = page.get(sheet(signed))
    assert "sudah ditandatangani" in view.words
    assert "Tandai lainnya hadir" not in view.words
    page.htmx_post(sheet(signed), tap(signed, "present"), status=409)
    assert stored(signed) is None


def test_others_find_nothing(page: Page, room: Classroom) -> None:
    paths = ["", "/sekaligus", f"/{room.enrollments[0]}"]
    posts = ["", "/lainnya", "/urungkan", "/sekaligus", f"/{room.enrollments[0]}/urungkan"]
    data = {**tap(room, "present"), f"m-{room.enrollments[0]}": "present", "hours_missed": "1"}
    page.sign_in(build().instructor)
    for path in paths:
        page.get(sheet(room) + path, 404)
    for path in [*posts, f"/{room.enrollments[0]}"]:
        page.post(sheet(room) + path, {**data, "mark": "late"}, status=404)
    page.sign_in(room.assessor)
    page.get(sheet(room), 403)
    assert stored(room) is None


def test_an_unknown_person_or_mark_is_refused(teacher: Page, room: Classroom) -> None:
    teacher.post(sheet(room), {"enrollment": "999999", "mark": "present"}, status=404)
    teacher.post(sheet(room), {"mark": "present"}, status=404)
    teacher.post(sheet(room), tap(room, "lulus"), status=422)
    teacher.post("/instruktur/presensi/999999", tap(room, "present"), status=404)


def test_a_forged_recorder_is_ignored(teacher: Page, room: Classroom) -> None:
    teacher.htmx_post(
        sheet(room), {**tap(room, "present"), "recorded_by": room.admin.id, "actor": room.admin.id}
    )
    stored(room)
    found = db.session.get(AttendanceMark, (room.sessions[2], room.enrollments[0]))
    assert found is not None
    assert found.recorded_by == room.instructor.id


def test_a_class_without_people_says_so(page: Page, db_session: Any) -> None:
    room = build(people=0)
    assert "Belum ada peserta" in page.sign_in(room.instructor).get(sheet(room)).words


def test_the_center_sees_people_by_sessions(page: Page, room: Classroom, now: datetime) -> None:
    with transaction():
        services.record_attendance(
            session_id=room.sessions[2], enrollment_id=room.enrollments[0], mark="late", hours_missed=2,
            actor=room.actor(), now=now,
        )  # fmt: skip
    page.sign_in(room.admin)
    view = page.get(f"/balai/angkatan/{room.batch_id}/presensi")
    assert "25%" in view.words
    assert "6/24 JP" in view.words
    assert "Masih bisa mencapai 80%" in view.words
    assert "perlu 14 JP lagi" in view.words
    page.sign_in(build().admin).get(f"/balai/angkatan/{room.batch_id}/presensi", 404)
    page.sign_in(room.instructor).get(f"/balai/angkatan/{room.batch_id}/presensi", 403)


def test_the_overview_takes_the_same_statements_at_any_size(
    page: Page, db_session: Any, query_count: Callable[..., Any]
) -> None:
    counts = []
    for people in (4, 40):
        room = build(people=people)
        page.sign_in(room.admin)
        with query_count(at_most=8) as seen:
            page.get(f"/balai/angkatan/{room.batch_id}/presensi", htmx=False)
        counts.append(len(seen))
    assert counts[0] == counts[1]
