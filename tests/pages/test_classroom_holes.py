"""What a page, a fragment or a file of the classroom told to whom it must not; each keeps its name."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest
import sqlalchemy as sa

from portal.accounts.models import RoleGrant, User
from portal.assessment import services
from portal.assessment.models import Answer, Attempt
from portal.assessment.services import paper
from portal.core.db import db, transaction
from portal.core.errors import Conflict
from portal.core.permissions import Role
from tests.support import html
from tests.support.assessing import BK, K, fill, person_actor, trainee_of, verdict, with_second_assessor
from tests.support.certificates import pdf_text
from tests.support.classroom import Classroom, build
from tests.support.page import BROWSER, Page
from tests.support.sat import Sat, sat
from tests.support.tested import add_version, build_test, single, sit

NOTE = "Saldo kas belum cocok"


@pytest.fixture
def room(db_session: Any) -> Classroom:
    return build(people=2, units=1)


@pytest.fixture
def second(page: Page, room: Classroom, now: datetime) -> Page:
    """The second assessor of a class in which the first one judged: a BK with a note, and a K."""
    user, _staff = with_second_assessor(room)
    fill(room, now, weak={0: 0})
    room.extra["second"] = user
    return page.sign_in(user)


def results_url(room: Classroom, more: str = "") -> str:
    return f"/instruktur/hasil/{room.batch_id}{more}"


def test_no_page_shows_a_first_word_to_whom_the_second_is_wanted_of(second: Page, room: Classroom) -> None:
    unit = f"/{room.enrollments[0]}/unit/{room.units[0]}/ulang"
    for more in ("", f"/{room.enrollments[0]}", "/kedua", "/tutup"):
        view = second.get(results_url(room, more))
        assert NOTE not in view.text, more
        assert not {"1 BK", "1 K"} & {html.words(tag) for tag in html.elements(view.tree, "span")}, more
    for answer in (second.get(results_url(room, unit), 303), second.post(results_url(room, unit))):
        assert answer.location.startswith(results_url(room, "/kedua"))


def test_the_results_of_a_written_test_show_no_first_word_either(
    second: Page, new_page: Any, room: Classroom
) -> None:
    made = build_test(room, units=1)
    sit(made, 0, [3])
    kept, url = "tetap BK", f"/instruktur/uji/{made.test_id}/hasil"
    assert kept in new_page().sign_in(room.assessor).get(url).words
    assert kept not in second.get(url).words


def test_the_pack_without_signal_takes_no_first_word_along(second: Page, room: Classroom) -> None:
    answer = second.client.get(f"/instruktur/tanpa-sinyal/{room.sessions[0]}/bekal.json")
    pack = json.loads(answer.data)
    assert pack["can_judge"]
    assert [person["verdicts"] for person in pack["people"]] == [{}, {}]
    assert NOTE not in answer.text


def test_a_verdict_over_an_unseen_first_word_tells_nothing_of_it(
    second: Page, room: Classroom, now: datetime
) -> None:
    who = person_actor(room.extra["second"], Role.ASSESSOR)
    for value in (K, BK):
        with pytest.raises(Conflict) as refused, transaction():
            services.record_verdict(
                enrollment_id=room.enrollments[0], unit_id=room.units[0], value=value, note="Coba",
                expected_version=0, actor=who, now=now,
            )  # fmt: skip
        assert refused.value.code == "second_wanted"
    sent = {"enrollment": room.enrollments[0], "unit": room.units[0], "value": BK, "version": 0}
    view = second.htmx_post(results_url(room), sent, 422)
    assert NOTE not in view.text
    assert 'aria-pressed="true"' not in view.text
    db.session.rollback()
    assert (verdict(room).version, verdict(room).note) == (1, NOTE)


def test_once_the_second_word_is_given_the_first_is_seen(
    second: Page, room: Classroom, now: datetime
) -> None:
    who = person_actor(room.extra["second"], Role.ASSESSOR)
    with transaction():
        services.record_second(
            batch_id=room.batch_id, verdict_id=verdict(room).id, value=K, actor=who, now=now
        )
    assert "1 BK" in second.get(results_url(room)).words
    with transaction():
        services.record_verdict(
            enrollment_id=room.enrollments[0], unit_id=room.units[0], value=K, actor=who, now=now
        )
    assert verdict(room).value == K


def test_nobody_prints_the_sheet_that_a_colleague_prepared_for_them(
    page: Page, room: Classroom, now: datetime
) -> None:
    made = build_test(room, units=1)
    with transaction():
        db.session.get_one(User, room.instructor.id).person_id = room.people[0]
    with transaction():
        paper.prepare_sheets(test_id=made.test_id, enrollment_ids=None, actor=room.assessor_actor(), now=now)
    page.sign_in(room.instructor)
    url = f"/instruktur/uji/{made.test_id}/kertas.pdf"
    text = " ".join(pdf_text(page.client.get(url).data))
    assert "Peserta 002" in text
    assert "Peserta 001" not in text
    assert page.client.get(f"{url}?orang={room.enrollments[0]}").status_code == 409


JSON_POSTS = ("/saya/uji/{attempt}/jawaban", "/saya/uji/{attempt}/kabar", "/instruktur/antrean")
ODD = (
    "", "null", "[]", "{}", "{", "NaN", '"a"', "[" * 2000, '{"no":' * 500,
    '{"no": true, "seq": true, "answer": "a"}', '{"no": 1, "seq": -1, "answer": "a"}',
    '{"no": 1, "seq": 1e400, "answer": "a"}', '{"no": 1, "seq": 9223372036854775808, "answer": "a"}',
    '{"no": 1.5, "seq": 1, "answer": "a"}', '{"no": 1, "seq": 1, "answer": NaN}',
    '{"no": 1, "seq": 1, "answer": {"a": {"b": ["c"]}}}', '{"no": 1, "seq": 1, "answer": "\\ud800"}',
    '{"no": 1, "seq": 1, "answer": "a\\u0000b"}', '{"no": 1, "seq": 1, "answer": [[1], {"a": 1}, null]}',
    '{"flag": true}', '{"flag": [1]}', '{"flag": [99999999999999999999, 1]}', '{"flag": ["1", {"a": 1}]}',
    '{"off": {"key": "\\u0000", "seconds": 1, "ago": 1, "waiting": 1}}',
    '{"off": {"key": "\\ud800", "seconds": 1, "ago": 1, "waiting": 1}}',
    '{"off": {"key": {}, "seconds": -1, "ago": 1e300, "waiting": []}}', '{"off": []}', '{"device": {"a": 1}}',
    '{"client_now": true, "ops": []}', '{"client_now": 1, "ops": [[], {}, 1, null]}',
    '{"client_now": 1, "ops": [{"op_id": "0", "user_id": 1, "endpoint": [], "seq": 1, "client_time": 1, '
    '"payload": {}}]}',
)  # fmt: skip


@pytest.fixture
def everything(page: Page, now: datetime, db_session: Any) -> tuple[Page, Sat, int]:
    """Somebody who sits a test and also teaches, so that every JSON address is open to them."""
    made = sat(now, units=1)
    user = made.account()
    with transaction():
        db.session.add(
            RoleGrant(user_id=user.id, role="instructor", scope_kind="self", scope_id="",
                      starts_on=date(2026, 1, 1))
        )  # fmt: skip
    attempt = made.start(now)
    return page.sign_in(user), made, attempt


@pytest.mark.parametrize("address", JSON_POSTS)
def test_json_without_the_token_or_from_elsewhere_is_refused(
    everything: tuple[Page, Sat, int], address: str
) -> None:
    page, _made, attempt = everything
    url, token = address.format(attempt=attempt), page._complete({})["csrf_token"]
    body = '{"no": 1, "seq": 1, "answer": null, "client_now": 1, "ops": []}'
    for kind in ("application/json", "text/plain", "application/x-www-form-urlencoded"):
        bare = page.client.post(url, data=body, headers={**BROWSER, "Content-Type": kind})
        elsewhere = page.client.post(
            url, data=body,
            headers={"Sec-Fetch-Site": "cross-site", "Origin": "https://lain.example", "X-CSRFToken": token,
                     "Content-Type": kind},
        )  # fmt: skip
        assert 400 <= bare.status_code < 500, kind
        assert 400 <= elsewhere.status_code < 500, kind
    db.session.rollback()
    assert db.session.scalar(sa.select(sa.func.count(Answer.seq))) == 0


@pytest.mark.parametrize("address", JSON_POSTS)
def test_odd_json_is_refused_and_stores_nothing(everything: tuple[Page, Sat, int], address: str) -> None:
    page, _made, attempt = everything
    url, token = address.format(attempt=attempt), page._complete({})["csrf_token"]
    for body in ODD:
        sent = {**BROWSER, "X-CSRFToken": token, "Content-Type": "application/json"}
        answer = page.client.post(url, data=body.encode(), headers=sent)
        assert answer.status_code < 500, (address, body[:80])
    db.session.rollback()
    assert db.session.scalar(sa.select(sa.func.count(Answer.seq))) == 0


EVIL = '<script>alert(1)</script><img src=x onerror=alert(1)>#import "x"; $ x $ `raw` {{ 7*7 }} "\'&'


def test_what_is_written_in_a_question_is_text_everywhere(
    page: Page, new_page: Any, db_session: Any, now: datetime
) -> None:
    room = build(people=3, units=1)
    made = build_test(room, units=1, per_unit=1)
    with transaction():
        options = [{"id": i, "text": f"{EVIL} {i}"} for i in "abc"]
        add_version(made.all[0][1], 2, single(stem=EVIL, options=options))
    sit(made, 1, [0])
    attempt = sit(made, 0, [0], state="running")
    trainee = page.sign_in(trainee_of(room))
    with transaction():
        soon = datetime(2030, 1, 1, tzinfo=UTC)
        db.session.execute(sa.update(Attempt).where(Attempt.id == attempt).values(deadline_at=soon))
    judge = new_page().sign_in(room.assessor)
    addresses = [
        (trainee, f"/saya/uji/{attempt}"), (trainee, f"/saya/uji/{attempt}/soal"),
        (trainee, f"/saya/uji/{attempt}/tinjau"), (judge, f"/soal/{made.all[0][1]}"),
        (judge, f"/instruktur/uji/{made.test_id}/hasil"),
    ]  # fmt: skip
    shown = 0
    for who, url in addresses:
        answer = who.client.get(url)
        assert answer.status_code == 200, url
        assert "<script>alert" not in answer.text, url
        assert "<img src=x" not in answer.text, url
        shown += "alert(1)" in answer.text
    assert shown >= 2
    with transaction():
        paper.prepare_sheets(test_id=made.test_id, enrollment_ids=None, actor=room.actor(), now=now)
    text = " ".join(pdf_text(judge.client.get(f"/instruktur/uji/{made.test_id}/kertas.pdf").data))
    for piece in ("#import", "$ x $", "`raw`", "{{ 7*7 }}"):
        assert piece in text, piece
