"""Planning a written test, watching over it, and an answer file, page by page."""

from __future__ import annotations

import io
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from portal.assessment.models import Allowance, Answer, Attempt, WrittenTest
from portal.assessment.queries import sittings
from portal.assessment.services.answer_files import page_stamp
from portal.core.audit import AuditEvent
from portal.core.db import db
from tests.support import classroom
from tests.support.answer_file import seal
from tests.support.page import Page
from tests.support.queries import count_statements
from tests.support.sat import Sat, fill_bank, sat


@pytest.fixture
def made(db_session: Any, now: datetime) -> Sat:
    return sat(now, people=3, units=1)


def rows(model: Any) -> list[Any]:
    db.session.rollback()
    db.session.expire_all()
    return list(db.session.scalars(sa.select(model)))


def reasons(action: str) -> list[Any]:
    return [
        row.data.get("reason")
        for row in db.session.scalars(sa.select(AuditEvent).where(AuditEvent.action == action))
    ]


def plan(unit: int, **changes: str) -> dict[str, str]:
    return {
        "title": "Uji hari ketiga", f"count-{unit}": "6", f"pct-{unit}": "75", "minutes": "45",
        "opens": "2026-11-22", "opens_time": "13.00", "closes": "2026-11-22", "closes_time": "15:30",
    } | changes  # fmt: skip


@pytest.mark.parametrize("who", ["assessor", "admin"])
def test_a_test_is_planned_published_and_called_off(
    db_session: Any, now: datetime, page: Page, who: str
) -> None:
    room = classroom.build(units=2, start=now - timedelta(days=2))
    unit = room.units[0]
    page.sign_in(getattr(room, who))
    base = f"/balai/angkatan/{room.batch_id}/uji"
    assert "Belum ada uji tertulis" in page.get(base).words
    view = page.follow(page.submit(page.get(f"{base}/baru"), plan(unit)))
    assert view.heading == "Uji hari ketiga"
    row = rows(WrittenTest)[0]
    assert (row.state, row.minutes, row.blueprint) == (
        "draft", 45, [{"unit_id": unit, "count": 6, "needed_pct": 75}],
    )  # fmt: skip
    assert (row.opens_at, row.closes_at) == (now + timedelta(hours=4), now + timedelta(hours=6.5))
    assert "perlu 6 soal aktif, di bank soal baru ada 0" in view.words
    refused = page.submit(view, status=422, action="/umumkan")
    assert refused.errors == ["Menyusun buku kas 1 perlu 6 soal aktif, di bank soal baru ada 0."]
    fill_bank([unit], now)
    page.submit(page.get(f"{base}/{row.id}"), action="/umumkan")
    assert rows(WrittenTest)[0].state == "published"
    view = page.get(f"{base}/{row.id}")
    refused = page.submit(view, status=422, action="/batal")
    assert refused.errors == ["Tulis alasannya."]
    page.submit(view, {"reason": "Listrik padam"}, action="/batal")
    assert rows(WrittenTest)[0].state == "cancelled"
    assert reasons("test.cancelled") == ["Listrik padam"]
    assert "Dibatalkan" in page.get(base).words


BAD = [
    ({"title": ""}, "Tulis nama uji ini."),
    ({"minutes": "0"}, "Lama uji antara 1 dan 600 menit."),
    ({"minutes": "lama"}, "Lama uji antara 1 dan 600 menit."),
    ({"opens_time": "25.00"}, "Isi hari dan jam uji dibuka."),
    ({"closes": "2026-11-21"}, "Waktu tutup harus sesudah waktu buka."),
    ({"closes": "2027-02-30"}, "Tanggal ini tidak ada. Tulis hari, bulan, dan tahun."),
    ({"count": "banyak"}, "Jumlah soal satu unit antara 1 dan 40."),
    ({"pct": "120"}, "Nilai lulus antara 1 dan 100 persen."),
    ({"count": ""}, "Isi jumlah soal untuk paling sedikit satu unit."),
]


@pytest.mark.parametrize(("wrong", "sentence"), BAD, ids=[str(row[0]) for row in BAD])
def test_a_bad_plan_is_explained_and_kept(
    db_session: Any, now: datetime, page: Page, wrong: dict[str, str], sentence: str
) -> None:
    room = classroom.build(units=1, start=now - timedelta(days=2))
    unit = room.units[0]
    page.sign_in(room.assessor)
    sent = plan(unit, **{f"{k}-{unit}" if k in ("count", "pct") else k: v for k, v in wrong.items()})
    form = page.get(f"/balai/angkatan/{room.batch_id}/uji/baru")
    view = page.submit(form, sent, status=422)
    assert sentence in view.errors
    kept = view.form()[1]
    assert kept[f"pct-{unit}"] == sent[f"pct-{unit}"]
    assert kept["closes_time"] == "15:30"
    assert rows(WrittenTest) == []


def test_a_started_test_keeps_its_plan_but_not_its_end(made: Sat, now: datetime, page: Page) -> None:
    attempt = made.start(now)
    page.sign_in(made.room.assessor)
    base = f"/balai/angkatan/{made.room.batch_id}/uji/{made.test_id}"
    refused = page.submit(page.get(f"{base}/ubah"), {"minutes": "90"}, status=409)
    assert "tidak dapat diubah" in refused.errors[0]
    view = page.get(base)
    page.submit(
        view, {"enrollment_id": str(made.room.enrollments[0]), "minutes": "15", "reason": "Tangan cedera"},
        action="/waktu",
    )  # fmt: skip
    assert rows(Attempt)[0].deadline_at == now + timedelta(minutes=75)
    assert "Tangan cedera" in page.get(base).words
    wrong = page.submit(view, {"minutes": "700", "reason": ""}, status=422, action="/waktu")
    assert wrong.errors == ["Pilih peserta."]
    assert attempt


def test_the_watch_shows_who_is_where(made: Sat, now: datetime, page: Page, clock: Any) -> None:
    attempt = made.start(now)
    made.save(attempt, 1, 1, None, now)
    item = next(one for one in sittings.items_of(attempt) if one.kind == "single")
    made.save(attempt, item.position, 1 if item.position != 1 else 2, "a", now)
    clock.move(minutes=10)
    page.sign_in(made.room.instructor)
    view = page.get(f"/instruktur/uji/{made.test_id}")
    assert "1 dari 6 dijawab. Sisa 50 menit." in view.words
    assert "Belum mulai" in view.words
    with count_statements(at_most=8):
        page.htmx_get(f"/instruktur/uji/{made.test_id}")
    for index, minutes in ((None, 65), (0, 75)):
        who = "all" if index is None else str(made.room.enrollments[index])
        form = page.get(f"/instruktur/uji/{made.test_id}")
        page.submit(
            form, {"enrollment_id": who, "minutes": "5" if index is None else "10", "reason": "Padam"},
            action="/waktu",
        )  # fmt: skip
        assert rows(Attempt)[0].deadline_at == now + timedelta(minutes=minutes)
    assert [row.minutes for row in rows(Allowance)] == [15]
    assert reasons("test.extended") == ["Padam", "Padam"]
    form = page.get(f"/instruktur/uji/{made.test_id}")
    who = {"enrollment_id": str(made.room.enrollments[0])}
    refused = page.submit(form, who, status=422, action="/batal")
    assert refused.errors == ["Tulis alasannya."]
    page.submit(form, {**who, "reason": "Memakai HP orang lain"}, action="/batal")
    assert rows(Attempt)[0].state == "void"
    assert "Tambahan waktu" not in page.get(f"/instruktur/uji/{made.test_id}").links


def test_an_answer_file_is_looked_into_and_adopted(made: Sat, now: datetime, page: Page, clock: Any) -> None:
    attempt = made.start(now)
    item = next(one for one in sittings.items_of(attempt) if one.kind == "single")
    test = rows(WrittenTest)[0]
    body = seal(test.id, test.file_public, {
        "attempt": attempt, "stamp": page_stamp(attempt, now), "elapsed": 900_000,
        "answers": [[item.position, 1, "a", 600_000]],
    })  # fmt: skip
    clock.move(minutes=30)
    page.sign_in(made.room.instructor)
    url = f"/instruktur/uji/{made.test_id}/berkas"
    form = page.get(url)
    preview = page.submit(form, {"file": (io.BytesIO(body), "jawaban.balai-uji")}, status=422)
    assert "1 jawaban baru" in preview.words
    assert "15 menit lalu" in preview.words
    assert rows(Answer) == []
    refused = page.submit(preview, status=422)
    assert refused.errors == ["Tulis alasannya."]
    page.submit(refused, {"reason": "Sinyal hilang, disaksikan"})
    assert [(row.answer, row.source) for row in rows(Answer)] == [("a", "file")]
    assert reasons("test.file_adopted") == ["Sinyal hilang, disaksikan"]
    damaged = page.submit(form, {"file": (io.BytesIO(body[:-9] + b'AAAAAA"}'), "x.balai-uji")}, status=422)
    assert damaged.errors == ["Berkas ini rusak atau sudah diubah. Tidak ada yang diterima."]
    empty = page.submit(form, status=422)
    assert empty.errors == ["Ini bukan berkas jawaban uji (.balai-uji)."]


def test_strangers_find_no_test(made: Sat, now: datetime, page: Page, new_page: Any) -> None:
    far = classroom.build(start=now - timedelta(days=2))
    base = f"/balai/angkatan/{made.room.batch_id}/uji"
    for who in (far.assessor, far.admin):
        stranger = new_page().sign_in(who)
        for path in ("", "/baru", f"/{made.test_id}", f"/{made.test_id}/ubah"):
            stranger.get(base + path, 404)
        for path in (f"/{made.test_id}/umumkan", f"/{made.test_id}/batal", f"/{made.test_id}/waktu"):
            stranger.post(base + path, {"reason": "x", "minutes": "5", "enrollment_id": "1"}, 404)
    own = f"/balai/angkatan/{far.batch_id}/uji/{made.test_id}"
    new_page().sign_in(far.assessor).get(own, 404)
    teacher = new_page().sign_in(far.instructor)
    teacher.get(f"/instruktur/uji/{made.test_id}", 404)
    teacher.get(f"/instruktur/uji/{made.test_id}/berkas", 404)
    new_page().sign_in(made.room.instructor).get(base, 403)
