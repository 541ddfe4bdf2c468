"""A thousand people check in by their own phones as a class begins: each counted once, within a minute."""

from __future__ import annotations

import random
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from bench import classroom
from bench.cases.attendance import FIRST, statements
from bench.classroom import PEOPLE, Visitor
from bench.databases import scratch
from bench.rows import Goal, Row
from bench.run import Run
from bench.serving import served
from portal.attendance.models import AttendanceMark, CheckIn
from portal.attendance.queries import find_hall
from portal.attendance.rules import tokens
from portal.attendance.services.keys import projector_key
from portal.core.db import db

WITHIN_SECONDS = 60


def checkins(run: Run) -> Iterator[Row]:
    """PEOPLE check-ins by the typed code, every one sent twice in a shuffled order over eight connections."""
    with scratch(run.database(content="classroom"), run.say) as database:
        app = database.portal()
        with app.app_context():
            now = datetime.now(UTC)
            classroom.today(now)
            people = classroom.visitors(app, list(range(1, PEOPLE + 1)), now)
        with served("portal", database) as portal:
            with app.app_context():
                code = _code()
            posts = [_post(person, code) for person in people for _turn in range(2)]
            random.Random(11).shuffle(posts)  # noqa: S311  no secret
            run.say(f"checkins: {len(posts)} check-ins of {PEOPLE} people")
            found = portal.post(posts, status="303", connections=8)
        with app.app_context():
            counted = [
                db.session.execute(sa.select(sa.func.count()).where(table.session_id == FIRST)).scalar() or 0
                for table in (CheckIn, AttendanceMark)
            ]
            again = _post(people[0], _code())
        seen, _answer = statements(app, again)
    more = {**run.about(), "cpu_ms": found["cpu_ms"], "rate": found["rate"], "p99_ms": found["p99_ms"]}
    yield Row(
        f"checkins of {PEOPLE:,}", "s", None, found["seconds"], Goal("<=", WITHIN_SECONDS, "portal"),
        "each sent twice", more,
    )  # fmt: skip
    wrong = sum(abs(number - PEOPLE) for number in counted)
    yield Row("checkins miscounted", "rows", None, wrong, Goal("<=", 0, "portal"))
    yield Row("checkins again", "statements/request", None, len(seen))


def _code() -> str:
    hall = find_hall(FIRST)
    assert hall is not None
    place = tokens.Place(FIRST, hall.room_id, 1)
    return tokens.make_code(projector_key(), place, int(datetime.now(UTC).timestamp()))


def _post(person: Visitor, code: str) -> dict[str, Any]:
    return person.post("/hadir", {"code": code, "op": secrets.token_hex(16)})
