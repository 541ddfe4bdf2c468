"""What a page, a fragment or a file of the classroom told to whom it must not; each keeps its name."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest

from portal.assessment import services
from portal.core.db import db, transaction
from portal.core.errors import Conflict
from portal.core.permissions import Role
from tests.support import html
from tests.support.assessing import BK, K, fill, person_actor, verdict, with_second_assessor
from tests.support.classroom import Classroom, build
from tests.support.page import Page

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
