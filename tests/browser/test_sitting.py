"""A written test in a real browser: it survives what happens to browsers and networks."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from portal.assessment.queries import sittings as queries
from portal.assessment.rules.blueprint import Need
from portal.core import clock
from portal.core.db import db
from portal.core.permissions import Role
from tests.support.browser import Served, look
from tests.support.sat import Sat, a_test, fill_bank


@pytest.fixture
def made(served: Served) -> Sat:
    """A test for the running class of the world; trainee A sits it."""
    room = served.world.rooms["running"]
    with served.app.app_context():
        now = clock.now()
        unit = room.units[:1]
        known = served.sql("select count(*) from question where unit_id = :unit", unit=unit[0])[0][0]
        questions = fill_bank(unit, now) if not known else {}
        actor = served.world.actor("assessor", Role.ASSESSOR)
        test = a_test(room, now, actor=actor, needs=(Need(unit[0], 6, 70),))
        db.session.remove()
    return Sat(room, test, questions)


def begin(page: Any, made: Sat) -> int:
    page.goto(f"/saya/uji/mulai/{made.test_id}")
    page.get_by_role("button", name="Mulai sekarang").click()
    page.wait_for_url("**/saya/uji/*")
    return int(page.url.rsplit("/", 1)[1].split("?")[0])


def stored(served: Served, attempt: int) -> dict[int, Any]:
    with served.app.app_context():
        found = queries.answers_of(attempt)
        db.session.remove()
    return found


def test_pages_look_right(served: Served, made: Sat) -> None:
    wrong: list[str] = []
    with served.visitor("trainee_a") as page:
        page.goto("/saya/uji")
        wrong += look(served, page, "uji daftar")
        page.goto(f"/saya/uji/mulai/{made.test_id}")
        wrong += look(served, page, "uji mulai")
        attempt = begin(page, made)
        page.wait_for_selector("[data-ready]")
        for number in range(1, 7):
            page.goto(f"/saya/uji/{attempt}?no={number}")
            page.wait_for_selector("[data-ready]")
            wrong += look(served, page, f"uji soal {number}")
        page.goto(f"/saya/uji/{attempt}/tinjau")
        wrong += look(served, page, "uji tinjau")
    assert not wrong, "\n".join(wrong)
