"""Sitting a written test page by page, without JavaScript; and the small answers of the script."""

from __future__ import annotations

import gzip
import json
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from portal.assessment.models import Answer, Attempt, AttemptEvent, AttemptItem
from portal.assessment.queries import sittings as queries
from portal.core.db import db
from tests.support.page import BROWSER, HTMX, Page
from tests.support.queries import count_statements
from tests.support.sat import Sat, sat

MINUTE = timedelta(minutes=1)


@pytest.fixture
def made(db_session: Any, now: datetime) -> Sat:
    return sat(now, units=1)


@pytest.fixture
def trainee(made: Sat, page: Page) -> Page:
    return page.sign_in(made.account())


def rows(model: Any) -> list[Any]:
    db.session.rollback()
    return list(db.session.scalars(sa.select(model)))


def begun(trainee: Page, made: Sat) -> int:
    intro = trainee.get(f"/saya/uji/mulai/{made.test_id}")
    trainee.submit(intro)
    return int(rows(Attempt)[0].id)


def place(attempt_id: int, kind: str) -> int:
    return next(one.position for one in queries.items_of(attempt_id) if one.kind == kind)


def tell(page: Page, url: str, body: Any, status: int = 200, **headers: str) -> Any:
    """Send JSON as the page's script does."""
    token = page._complete({})["csrf_token"]
    sent = {**BROWSER, "X-CSRFToken": token, "Content-Type": "application/json", **headers}
    answer = page.client.post(url, data=body if isinstance(body, str) else json.dumps(body), headers=sent)
    assert answer.status_code == status, answer.get_data(as_text=True)[:400]
    return answer.get_json(silent=True)


def test_the_way_through_a_test_without_javascript(made: Sat, trainee: Page) -> None:
    listed = trainee.get("/saya/uji")
    assert "Uji akhir pembukuan" in listed.links
    intro = trainee.get(listed.links["Uji akhir pembukuan"])
    assert "Mulai sekarang" in intro.words
    view = trainee.follow(trainee.submit(intro))
    attempt = int(rows(Attempt)[0].id)
    sent = {
        "single": {"jawaban": "a"}, "multiple": {"jawaban": ["a", "c"]}, "true_false": {"jawaban": "false"},
        "number": {"jawaban": " 12,50 "}, "case": {"jawaban.1": "a", "jawaban.2": "200"},
    }  # fmt: skip
    for number, item in enumerate(queries.items_of(attempt), 1):
        assert view.heading == f"Soal {number} dari 6"
        changes = dict(sent.get(item.kind, {}))
        if item.kind == "matching":
            rights = {right["text"]: right["id"] for right in item.view["rights"]}
            changes = {"jawaban.p": rights["Bukti uang diterima"], "jawaban.q": rights["Daftar hadir rapat"]}
        view = trainee.follow(trainee.submit(view, {**changes, "ke": str(number + 1 if number < 6 else 0)}))
    assert view.heading == "Tinjau jawaban"
    assert "Belum dijawab" not in view.words
    assert queries.answers_of(attempt)[place(attempt, "number")] == "12.5"
    assert queries.answers_of(attempt)[place(attempt, "case")] == {"1": "a", "2": "200"}
    refused = trainee.submit(view, status=422)
    assert refused.errors == ["Centang bahwa Anda sudah selesai, lalu tekan Kumpulkan."]
    done = trainee.follow(trainee.submit(refused, {"selesai": "1"}))
    assert done.heading == "Uji sudah dikumpulkan"
    row = rows(Attempt)[0]
    assert (row.state, set(row.score)) == ("submitted", {str(made.room.units[0])})
    assert "Sudah dikerjakan" in trainee.get("/saya/uji").words


def test_an_answer_can_be_changed_cleared_and_marked(made: Sat, trainee: Page) -> None:
    attempt = begun(trainee, made)
    no = place(attempt, "single")
    url = f"/saya/uji/{attempt}?no={no}"
    trainee.submit(trainee.get(url), {"jawaban": "b", "ke": "1"})
    view = trainee.get(url)
    assert view.form()[1].get("jawaban") == "b"
    trainee.submit(view, {"jawaban": "c", "ragu": "1"})
    assert queries.answers_of(attempt)[no] == "c"
    assert queries.flags_of(attempt) == {no}
    assert "Ditandai ragu (1)" in trainee.get(f"/saya/uji/{attempt}/tinjau").words
    trainee.submit(trainee.get(url), {"kosong": "1"})
    db.session.rollback()
    assert no not in queries.answers_of(attempt)
    assert trainee.get(url).form()[1].get("jawaban") is None


def test_going_on_without_a_change_stores_nothing(made: Sat, trainee: Page) -> None:
    attempt = begun(trainee, made)
    url = f"/saya/uji/{attempt}?no={place(attempt, 'single')}"
    for _turn in range(2):
        trainee.submit(trainee.get(url), {"jawaban": "b", "ke": "1"})
    trainee.submit(trainee.get(f"/saya/uji/{attempt}?no={place(attempt, 'number')}"), {"ke": "1"})
    assert len(rows(Answer)) == 1


def test_a_number_that_is_none_is_kept_and_explained(made: Sat, trainee: Page) -> None:
    attempt = begun(trainee, made)
    url = f"/saya/uji/{attempt}?no={place(attempt, 'number')}"
    view = trainee.submit(trainee.get(url), {"jawaban": "dua belas", "ke": "1"}, status=422)
    assert view.title.startswith("Perlu diperbaiki:")
    assert view.form()[1]["jawaban"] == "dua belas"
    assert rows(Answer) == []


def test_the_key_is_on_no_page_of_a_candidate(made: Sat, trainee: Page) -> None:
    attempt = begun(trainee, made)
    texts = [trainee.get(f"/saya/uji/{attempt}?no={number}").text for number in range(1, 7)]
    texts.append(trainee.get(f"/saya/uji/{attempt}/soal").text)
    for text in texts:
        for secret in ("tolerance", "explanation", "Lihat modul 2", '"key": "', "&#34;key&#34;: &#34;a"):
            assert secret not in text


def test_saving_is_the_session_and_one_write(made: Sat, trainee: Page) -> None:
    attempt = begun(trainee, made)
    url, no = f"/saya/uji/{attempt}/jawaban", place(attempt, "single")
    said = tell(trainee, url, {"no": no, "seq": 1, "answer": "a"})
    assert said == {"no": no, "seq": 1, "next": 2, "left": 3_600_000}
    with count_statements(at_most=2) as seen:
        said = tell(trainee, url, {"no": no, "seq": 2, "answer": "b"})
    assert (len(seen.writes), said["next"]) == (1, 3)
    body = json.dumps({"no": no, "seq": 2, "answer": "b"})
    assert len(body) < 100


BAD = [
    ("no body", "", 422), ("a list", [], 422),
    ("a position in words", {"no": "1", "seq": 1, "answer": "a"}, 422),
    ("no number", {"no": 1, "answer": "a"}, 422),
    ("a position beyond", {"no": 99, "seq": 1, "answer": "a"}, 404),
    ("a foreign option", {"no": None, "seq": 1, "answer": "zz"}, 422),
    ("a huge body", {"no": None, "seq": 1, "answer": "a" * 5000}, 422),
    ("a nul", {"no": None, "seq": 1, "answer": "a\x00"}, 422),
    ("a deep list", '{"no": 1, "seq": 1, "answer": ' + "[" * 600 + "]" * 600 + "}", 422),
]  # fmt: skip


@pytest.mark.parametrize(("body", "status"), [row[1:] for row in BAD], ids=[row[0] for row in BAD])
def test_forged_bodies_change_nothing(made: Sat, trainee: Page, body: Any, status: int) -> None:
    attempt = begun(trainee, made)
    if isinstance(body, dict) and body.get("no", 0) is None:
        body = {**body, "no": place(attempt, "single")}
    tell(trainee, f"/saya/uji/{attempt}/jawaban", body, status)
    assert rows(Answer) == []


def test_another_device_is_told_what_counts(made: Sat, trainee: Page) -> None:
    attempt = begun(trainee, made)
    url, no = f"/saya/uji/{attempt}/jawaban", place(attempt, "single")
    tell(trainee, url, {"no": no, "seq": 1, "answer": "a"})
    tell(trainee, url, {"no": no, "seq": 1, "answer": "a"})
    said = tell(trainee, url, {"no": no, "seq": 1, "answer": "b"}, 409)
    assert (said["code"], said["answer"], said["seq"]) == ("other_device", "a", 2)
    assert "di perangkat lain" in said["message"]
    assert len(rows(Answer)) == 1


def test_after_the_deadline_an_answer_is_refused_with_the_time(made: Sat, trainee: Page, clock: Any) -> None:
    attempt = begun(trainee, made)
    no = place(attempt, "single")
    form = trainee.get(f"/saya/uji/{attempt}?no={no}")
    clock.move(minutes=60, seconds=1)
    said = tell(trainee, f"/saya/uji/{attempt}/jawaban", {"no": no, "seq": 1, "answer": "a"}, 409)
    assert said["code"] == "attempt_over"
    assert "pukul 10.00.00 WIB" in said["message"]
    late = trainee.submit(form, {"jawaban": "a", "ke": "1"}, status=409)
    assert late.heading == "Waktu habis"
    assert rows(Answer) == []
    assert trainee.get(f"/saya/uji/{attempt}").heading == "Waktu habis"
    trainee.get(f"/saya/uji/{attempt}/soal", 409)
    assert rows(Attempt)[0].state == "running"
    trainee.post(f"/saya/uji/{attempt}/kumpulkan", {"selesai": "1"}, 409)
    clock.move(seconds=31)
    trainee.post(f"/saya/uji/{attempt}/kumpulkan", {"selesai": "1"})
    assert rows(Attempt)[0].state == "expired"


def test_reports_of_the_page(made: Sat, trainee: Page, new_page: Any, clock: Any) -> None:
    attempt = begun(trainee, made)
    url = f"/saya/uji/{attempt}/kabar"
    assert tell(trainee, url, {}) == {"left": 3_600_000}
    tell(trainee, url, {"device": 1})
    laptop = new_page().sign_in(made.account())
    tell(laptop, url, {"device": 1})
    clock.move(minutes=5)
    tell(laptop, url, {"off": {"key": "a1", "seconds": 90, "ago": 2, "waiting": 3}})
    assert tell(laptop, url, {"flag": [2, 1]}) == {"left": 3_300_000}
    kinds = [event.kind for event in rows(AttemptEvent)]
    assert kinds == ["started", "resumed", "offline", "flag"]
    for bad in (
        {"flag": 3},
        {"flag": [2]},
        {"off": []},
        {"off": {"key": "", "seconds": 1, "ago": 1, "waiting": 1}},
    ):
        tell(laptop, url, bad, 422)
    tell(laptop, url, {"flag": [77, 1]}, 404)
    assert len(rows(AttemptEvent)) == 4


def test_somebody_elses_test_is_nowhere(made: Sat, trainee: Page, new_page: Any) -> None:
    attempt = begun(trainee, made)
    other = new_page().sign_in(made.account(1))
    for path in ("", "/soal", "/tinjau"):
        other.get(f"/saya/uji/{attempt}{path}", 404)
    for path in ("", "/kumpulkan"):
        other.post(f"/saya/uji/{attempt}{path}", {"selesai": "1"}, 404)
    for path in ("/jawaban", "/kabar"):
        tell(other, f"/saya/uji/{attempt}{path}", {"no": 1, "seq": 1, "answer": "a"}, 404)
    assert rows(Answer) == []


def test_starting_is_a_post_and_twice_is_once(made: Sat, trainee: Page) -> None:
    intro = trainee.get(f"/saya/uji/mulai/{made.test_id}")
    assert rows(Attempt) == []
    first = trainee.submit(intro)
    assert trainee.submit(intro).location == first.location
    again = trainee.get(f"/saya/uji/mulai/{made.test_id}")
    assert "Lanjutkan uji" in again.links
    assert (len(rows(Attempt)), len(rows(AttemptItem))) == (1, 6)


def test_before_it_opens_the_page_says_when(db_session: Any, now: datetime, page: Page) -> None:
    made = sat(now, units=1, opens_at=now + 30 * MINUTE)
    trainee = page.sign_in(made.account())
    intro = trainee.get(f"/saya/uji/mulai/{made.test_id}")
    assert "Uji ini dibuka Minggu, 22 November 2026, pukul 09.30 WIB." in intro.words
    assert "Mulai sekarang" not in intro.words
    refused = trainee.post(f"/saya/uji/mulai/{made.test_id}", {}, 409)
    assert refused.errors == [
        "Uji ini dibuka Minggu, 22 November 2026, pukul 09.30 WIB. Halaman ini boleh dibiarkan terbuka."
    ]


def test_a_page_of_a_test_takes_a_fixed_number_of_statements(made: Sat, trainee: Page) -> None:
    attempt = begun(trainee, made)
    for path, most in (("", 5), ("/tinjau", 5), ("/soal", 4)):
        with count_statements(at_most=most):
            trainee.get(f"/saya/uji/{attempt}{path}", htmx=False)


def test_an_htmx_start_is_sent_on(made: Sat, trainee: Page) -> None:
    sent = trainee.post(f"/saya/uji/mulai/{made.test_id}", {}, 200, **HTMX)
    assert sent.location.startswith("/saya/uji/")


def test_what_a_sitting_weighs(made: Sat, trainee: Page) -> None:
    """The page, all its questions, and one saved answer with its acknowledgement."""
    attempt = begun(trainee, made)
    no = place(attempt, "single")
    pages = {
        path: trainee.get(f"/saya/uji/{attempt}{path}").response.data for path in ("", "/soal", "/tinjau")
    }
    sizes = {path: len(gzip.compress(body, 9)) for path, body in pages.items()}
    assert sizes[""] <= 7_000, sizes
    assert max(sizes.values()) <= 14_000, sizes
    said = tell(trainee, f"/saya/uji/{attempt}/jawaban", {"no": no, "seq": 1, "answer": "a"})
    assert len(json.dumps(said)) + len(json.dumps({"no": no, "seq": 1, "answer": "a"})) <= 200
