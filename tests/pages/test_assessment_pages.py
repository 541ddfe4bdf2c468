"""The result pages, plain and as htmx."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from portal.assessment import queries, services
from portal.assessment.services import VerdictEntry
from portal.attendance import services as attendance
from portal.core.db import db, transaction
from portal.core.permissions import SYSTEM
from tests.support.classroom import Classroom, build
from tests.support.page import Page

K, BK = "competent", "not_yet_competent"


@pytest.fixture
def room(db_session: Any) -> Classroom:
    return build()


@pytest.fixture
def judge(page: Page, room: Classroom) -> Page:
    return page.sign_in(room.assessor)


def sheet(room: Classroom) -> str:
    return f"/instruktur/hasil/{room.batch_id}"


def values(room: Classroom, person: int = 0) -> list[str]:
    db.session.rollback()
    db.session.expire_all()
    found = queries.verdicts_of(room.enrollments[person])
    return [found[unit].value if unit in found else "" for unit in room.units]


def one(room: Classroom, value: str, unit: int = 0, version: int = 0, **more: Any) -> dict[str, Any]:
    base = {"enrollment": room.enrollments[0], "unit": room.units[unit], "value": value, "version": version}
    return {**base, **more}


def fill(room: Classroom, now: datetime) -> None:
    with transaction():
        for session_id in room.sessions:
            attendance.record_many(
                session_id=session_id, marks=dict.fromkeys(room.enrollments, "present"), actor=SYSTEM, now=now
            )
        entries = [VerdictEntry(e, u, K) for e in room.enrollments for u in room.units]
        services.record_verdicts(batch_id=room.batch_id, entries=entries, actor=SYSTEM, now=now)


def test_everybody_with_their_units(judge: Page, room: Classroom) -> None:
    view = judge.get(sheet(room))
    assert view.heading == "Hasil uji"
    assert "Peserta 004" in view.words
    assert view.text.count("Menyusun buku kas 2") == 4
    assert view.words.count("3 belum") == 4
    assert len(gzip.compress(view.response.data, 9)) <= 14 * 1024


def test_k_saves_at_once(judge: Page, room: Classroom) -> None:
    done = judge.post(sheet(room), one(room, K))
    i = room.enrollments[0]
    assert done.location.endswith(f"{sheet(room)}?orang={i}#u{i}-{room.units[0]}")
    piece = judge.htmx_post(sheet(room), one(room, K, unit=1))
    assert piece.element(f"k{i}-{room.units[1]}").get("aria-pressed") == "true"
    assert "2 K" in piece.words
    assert "1 belum" in piece.words
    assert len(gzip.compress(piece.response.data, 9)) <= 1024
    assert values(room) == [K, K, ""]


def test_bk_without_a_note_asks_for_it_and_keeps_what_was_typed(judge: Page, room: Classroom) -> None:
    chosen = one(room, BK, criteria=[room.criteria[1]])
    for view in (
        judge.htmx_post(sheet(room), chosen, status=422),
        judge.post(sheet(room), chosen, status=422),
    ):
        assert "BK perlu catatan" in view.words
        assert "Bukti transaksi 2 dicatat berurutan" in view.words
        assert f'value="{room.criteria[1]}" checked' in view.text
    assert values(room) == ["", "", ""]
    judge.htmx_post(sheet(room), {**chosen, "note": "Ulangi langkah 2"})
    assert values(room)[0] == BK
    assert "Ulangi langkah 2" in judge.get(sheet(room)).words


def test_a_retest_turns_bk_into_k(judge: Page, room: Classroom) -> None:
    judge.post(sheet(room), one(room, BK, note="Ulangi"))
    judge.post(sheet(room), one(room, K, version=1))
    assert values(room)[0] == K
    page = judge.get(f"{sheet(room)}/{room.enrollments[0]}")
    assert "Versi 1: BK, Ulangi" in page.words


def test_a_stale_verdict_is_a_conflict(judge: Page, room: Classroom) -> None:
    judge.post(sheet(room), one(room, BK, note="Ulangi"))
    piece = judge.htmx_post(sheet(room), one(room, K), status=409)
    assert "sudah menilai unit ini BK" in piece.words
    judge.post(sheet(room), one(room, K), status=409)
    assert values(room)[0] == BK


def test_all_units_of_one_person_are_k(judge: Page, room: Classroom) -> None:
    url = f"{sheet(room)}/{room.enrollments[0]}/kompeten"
    piece = judge.htmx_post(url)
    assert "3 K" in piece.words
    assert values(room) == [K, K, K]
    judge.post(url)


def test_the_full_sheet_of_a_person(judge: Page, room: Classroom) -> None:
    url = f"{sheet(room)}/{room.enrollments[0]}"
    view = judge.get(url)
    first, second, _third = room.units
    kept = {f"value-{first}": K, f"value-{second}": BK, f"criteria-{second}": [str(room.criteria[3])]}
    wrong = judge.submit(view, kept, status=422)
    assert "BK perlu catatan" in wrong.words
    assert wrong.errors
    assert f'value="{room.criteria[3]}" checked' in wrong.text
    assert values(room) == ["", "", ""]
    done = judge.submit(wrong, {f"note-{second}": "Belum urut"})
    assert done.location.endswith(f"#p{room.enrollments[0]}")
    assert values(room) == [K, BK, ""]


def test_blank_marks_and_verdicts_are_links(judge: Page, room: Classroom) -> None:
    with transaction():
        attendance.record_many(
            session_id=room.sessions[0], marks={room.enrollments[0]: "present"}, actor=SYSTEM,
            now=datetime.fromisoformat("2026-11-22T02:00:00+00:00"),
        )  # fmt: skip
    view = judge.get(sheet(room) + "/tutup")
    i = room.enrollments[0]
    expected = f"/instruktur/presensi/{room.sessions[1]}?belum=1#r{i}"
    assert view.links["Peserta 001 , pertemuan 2"] == expected
    assert view.links["Unit 3 , Peserta 001"] == f"{sheet(room)}?orang={i}#u{i}-{room.units[2]}"
    refused = judge.post(sheet(room) + "/tutup", status=422)
    assert "Masih ada 14 yang kosong" in refused.words
    assert "Unit 3 , Peserta 001" in refused.links


def test_signing_once_and_read_only_after(judge: Page, room: Classroom, now: datetime) -> None:
    fill(room, now)
    view = judge.get(sheet(room) + "/tutup")
    assert "Anda menandatangani sebagai Andi Asesor." in view.words
    done = judge.submit(view)
    assert done.location.endswith(sheet(room))
    # The same form again is the same signature.
    assert judge.submit(view).location.endswith(sheet(room))
    after = judge.get(sheet(room))
    assert "Andi Asesor, Minggu, 22 November 2026" in after.words
    assert "Tinjau dan tandatangani" not in after.words
    piece = judge.htmx_post(sheet(room), one(room, BK, note="x", version=1), status=409)
    assert "sudah ditandatangani" in piece.words
    judge.post(f"{sheet(room)}/{room.enrollments[0]}", {f"value-{room.units[0]}": BK}, status=409)
    assert values(room) == [K, K, K]
    assert "Sudah ditandatangani" in judge.get(sheet(room) + "/tutup").words


def test_a_trainer_reads_but_does_not_judge_where_separated(page: Page, db_session: Any) -> None:
    room = build(separate_assessor=True)
    page.sign_in(room.instructor)
    assert "memisahkan pelatih dan penilai" in page.get(sheet(room)).words
    page.post(sheet(room), one(room, K), status=403)
    assert values(room) == ["", "", ""]


def test_others_find_nothing(page: Page, room: Classroom) -> None:
    person = f"/{room.enrollments[0]}"
    page.sign_in(build().instructor)
    for path in ("", person, "/tutup"):
        page.get(sheet(room) + path, 404)
    for path in ("", person, person + "/kompeten", "/tutup"):
        page.post(sheet(room) + path, {**one(room, K), f"value-{room.units[0]}": K}, status=404)
    page.sign_in(room.admin).get(sheet(room), 403)


def test_a_person_of_another_batch_is_not_found_inside_mine(judge: Page, room: Classroom) -> None:
    other = build()
    judge.get(f"{sheet(room)}/{other.enrollments[0]}", 404)
    judge.post(f"{sheet(room)}/{other.enrollments[0]}/kompeten", status=404)
    judge.post(f"{sheet(room)}/{other.enrollments[0]}", {f"value-{room.units[0]}": K}, status=404)
    judge.post(sheet(room), {**one(room, K), "enrollment": other.enrollments[0]}, status=404)
    judge.post(sheet(room), {**one(room, K), "unit": other.units[0]}, status=422)
    judge.post(sheet(room), {**one(room, BK, note="x"), "criteria": [other.criteria[0]]}, status=422)
    assert values(room) == ["", "", ""]


@pytest.mark.parametrize("path", ["", "/tutup"])
def test_pages_take_at_most_eight_statements_at_any_size(
    page: Page, db_session: Any, query_count: Callable[..., Any], path: str
) -> None:
    counts = []
    for people in (4, 40):
        room = build(people=people)
        page.sign_in(room.assessor)
        with query_count(at_most=9) as seen:
            page.get(sheet(room) + path, htmx=False)
        counts.append(len(seen))
    assert counts[0] == counts[1]


def test_the_center_reads_people_by_units(
    page: Page, room: Classroom, query_count: Callable[..., Any]
) -> None:
    page.sign_in(room.assessor).post(sheet(room), one(room, BK, note="Ulangi"))
    url = f"/balai/angkatan/{room.batch_id}/hasil"
    page.sign_in(room.admin)
    with query_count(at_most=8):
        view = page.get(url, htmx=False)
    assert "1 BK" in view.words
    assert "Ulangi" not in view.words
    page.sign_in(build().admin).get(url, 404)
    page.sign_in(room.assessor).get(url, 403)
