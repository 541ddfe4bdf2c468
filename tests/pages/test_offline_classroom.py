"""The classroom without signal as it is served: the page, its worker, the pack, the queue and its file."""

from __future__ import annotations

import io
import json
import re
from typing import Any

import pytest

from portal.attendance.models import AttendanceMark
from portal.core.db import db
from tests.support.classroom import Classroom, build
from tests.support.page import Page

CLIENT = 1_795_000_000_000
QUEUE, FILE, PAGE = "/instruktur/antrean", "/instruktur/antrean/berkas", "/instruktur/tanpa-sinyal"


@pytest.fixture
def room(db_session: Any) -> Classroom:
    return build()


@pytest.fixture
def teacher(page: Page, room: Classroom) -> Page:
    return page.sign_in(room.instructor)


def op(room: Classroom, person: int = 0, **changes: Any) -> dict[str, Any]:
    payload = {
        "session": room.sessions[0],
        "enrollment": room.enrollments[person],
        "mark": "present",
        "version": 0,
    }
    return {
        "op_id": f"{person + 1:032x}", "user_id": room.instructor.id, "endpoint": "attendance.mark",
        "seq": person + 1, "client_time": CLIENT, "payload": payload, **changes,
    }  # fmt: skip


def body(*ops: Any, **more: Any) -> bytes:
    return json.dumps({"v": 1, "client_now": CLIENT, "ops": ops, **more}).encode()


def send(page: Page, data: bytes, token: bool = True) -> Any:
    csrf = page.client.get(QUEUE).json["csrf"] if token else ""
    headers = {"X-CSRFToken": csrf, "Sec-Fetch-Site": "same-origin", "Content-Type": "application/json"}
    return page.client.post(QUEUE, data=data, headers=headers)


def marks(room: Classroom) -> int:
    db.session.rollback()
    return db.session.query(AttendanceMark).filter_by(session_id=room.sessions[0]).count()


def upload(page: Page, data: bytes, status: int = 207) -> Any:
    return page.post(FILE, {"file": [(io.BytesIO(data), "catatan.json")]}, status)


def test_the_page_is_the_same_for_everybody_and_names_nobody(
    page: Page, teacher: Page, room: Classroom
) -> None:
    stranger = Page(page.app)
    first, second = stranger.get(PAGE), teacher.get(PAGE)
    assert first.text == second.text
    assert first.heading == "Kelas tanpa sinyal"
    assert "csrf" not in first.text
    assert "Ratna" not in second.text
    assert stranger.get("/en" + PAGE).status == 200


def test_the_worker_names_its_files_and_may_serve_the_desk(page: Page) -> None:
    for prefix in ("", "/en"):
        answer = page.client.get(f"{prefix}/instruktur/sw.js")
        assert answer.headers["Service-Worker-Allowed"] == f"{prefix}/instruktur"
        assert answer.headers["Cache-Control"] == "no-cache"
        assert answer.mimetype == "text/javascript"
        assert f'const PAGE = "{prefix}/instruktur/tanpa-sinyal"' in answer.text
        names = json.loads(re.search(r"FILES = (\[.*?\]);", answer.text)[1])  # type: ignore[index]
        for name in names:
            with page.client.get(name) as file:
                assert file.status_code == 200, name
        again = page.client.get(
            f"{prefix}/instruktur/sw.js", headers={"If-None-Match": answer.headers["ETag"]}
        )
        assert again.status_code == 304


def test_the_pack_is_no_store_and_its_refusal_is_a_sentence(
    teacher: Page, room: Classroom, clock: Any
) -> None:
    answer = teacher.client.get(f"{PAGE}/{room.sessions[0]}/bekal.json")
    assert answer.headers["Cache-Control"] == "no-store"
    assert len(answer.json["people"]) == 4
    from portal.batches.models import Batch
    from portal.core.db import transaction

    with transaction() as session:
        session.get(Batch, room.batch_id).state = "finalized"
    answer = teacher.client.get(f"{PAGE}/{room.sessions[0]}/bekal.json")
    assert answer.status_code == 409
    assert "sudah ditandatangani" in answer.json["error"]["message"]


def test_who_is_signed_in_is_said_with_a_token_and_nobody_gets_neither(page: Page, room: Classroom) -> None:
    assert page.client.get(QUEUE).status_code == 303
    answer = page.sign_in(room.instructor).client.get(QUEUE)
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.json["user_id"] == room.instructor.id
    assert answer.json["csrf"]


def test_only_who_teaches_or_assesses_may_send(page: Page, room: Classroom) -> None:
    from portal.core.db import transaction
    from portal.core.permissions import Role
    from tests.support.classroom import account

    with transaction():
        number = account("Dewi Peserta", Role.TRAINEE).id
    page.sign_in(number)
    assert page.client.get(QUEUE).json["user_id"] == number
    assert send(page, body(op(room))).status_code == 403
    assert page.client.get(FILE).status_code == 403
    assert page.client.get(f"{PAGE}/{room.sessions[0]}/bekal.json").status_code == 403


def test_the_queue_is_taken_with_its_token_alone(teacher: Page, room: Classroom) -> None:
    assert send(teacher, body(op(room)), token=False).status_code == 400
    assert marks(room) == 0
    answer = send(teacher, body(op(room), op(room, 1)))
    assert [one["outcome"] for one in answer.json] == ["saved", "saved"]
    assert set(answer.json[0]) == {"op_id", "outcome", "message", "current"}
    assert marks(room) == 2


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"", 422),
        (b"[]", 422),
        (b" " * 262_145, 413),
        (json.dumps({"client_now": 1, "ops": [0] * 201}).encode(), 413),
    ],
)
def test_what_is_no_queue_is_refused_with_a_sentence(
    teacher: Page, room: Classroom, data: bytes, status: int
) -> None:
    answer = send(teacher, data)
    assert answer.status_code == status
    assert answer.json["error"]["message"].endswith((".", "KB."))


def test_a_file_is_reported_line_by_line_and_may_be_sent_again(teacher: Page, room: Classroom) -> None:
    form = teacher.get(FILE)
    assert form.heading == "Kirim catatan kelas dari berkas"
    broken, foreign = op(room, 2, seq="x"), op(room, 3, user_id=987)
    view = upload(teacher, body(op(room), op(room, 1), broken, foreign))
    assert view.words.count("Tersimpan") == 3  # twice a line, once in the sum
    assert "Peserta 001" in view.words
    assert "Pertemuan 1" in view.words
    assert "Catatan ini tidak terbaca." in view.words
    assert "Dicatat dengan akun lain." in view.words
    assert marks(room) == 2
    again = upload(teacher, body(op(room), op(room, 1)))
    assert "Sudah ada: 2" in again.words
    assert marks(room) == 2


def test_a_file_names_nobody_of_another_class(teacher: Page, room: Classroom) -> None:
    away = build()
    stolen = op(room)
    stolen["payload"]["enrollment"] = away.enrollments[0]
    stolen["payload"]["session"] = away.sessions[0]
    view = upload(teacher, body(stolen))
    assert "Tidak dikenal" in view.words
    assert "Peserta 001" not in view.words


@pytest.mark.parametrize(
    ("data", "words", "status"),
    [
        (None, "Pilih berkas catatan kelas.", 422),
        (b"halo", "Ini bukan catatan kelas dari portal ini", 422),
        (b" " * 262_200, "Terlalu banyak sekaligus", 413),
        (b'{"client_now": 1, "ops": []}', "Berkas ini tidak berisi catatan.", 207),
    ],
)
def test_other_files_say_what_is_wrong(teacher: Page, data: bytes | None, words: str, status: int) -> None:
    view = upload(teacher, data, status) if data is not None else teacher.post(FILE, {}, status)
    assert words in view.words
    if status != 207:
        assert view.title.startswith("Perlu diperbaiki:")


def test_the_roll_and_todays_list_offer_to_prepare(teacher: Page, room: Classroom, clock: Any) -> None:
    from tests.support.classroom import START

    clock.set(START)
    roll = teacher.get(f"/instruktur/presensi/{room.sessions[0]}")
    # Hidden until js/prepare.js runs.
    assert roll.element(f"bekal-{room.sessions[0]}").get("hidden") is not None
    assert roll.element("tanpa-sinyal").get("data-user") == str(room.instructor.id)
    desk = teacher.get("/instruktur")
    assert (
        desk.element(f"bekal-{room.sessions[0]}").get("data-pack") == f"{PAGE}/{room.sessions[0]}/bekal.json"
    )
    assert desk.links["Kelas tanpa sinyal"] == PAGE
