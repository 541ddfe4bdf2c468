"""Cases 4 and 5: one mark by a tap, and a thousand people in one form; durable, in a class that meets now."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from bench import classroom
from bench.classroom import HTMX, INSTRUCTOR, PEOPLE, SESSIONS, Visitor
from bench.counting import alternate
from bench.databases import scratch
from bench.rows import Goal, Row
from bench.run import HOST, Run
from bench.serving import Server, served
from portal.attendance.models import AttendanceMark
from portal.core.db import db

UNIT = "CPU ms/request"
#: CPU of pretix's check-in, and what Moodle's form of 1,000 people cost, measured beside the goals.
PRETIX_MS, MOODLE_SECONDS, MOODLE_STATEMENTS = 66.0, 15.8, 40_651
FIRST = SESSIONS + 1
_MARKS = ("present", "late", "excused", "sick", "absent")


def tap(run: Run) -> Iterator[Row]:
    """POST one mark of one person, in turns with Flask's emptiest answer under the same server settings."""
    with scratch(run.database(content="classroom"), run.say) as database:
        app = database.portal()
        with app.app_context():
            now = datetime.now(UTC)
            classroom.today(now)
            [teacher] = classroom.visitors(app, [INSTRUCTOR], now, "totp")
        with served("portal", database) as portal, served("floor", database) as floor:
            turns = _Taps(teacher)
            portal.post(turns.posts(300))
            run.say(f"tap: {run.rounds} rounds of {run.requests} marks")
            hello, own = alternate(
                run.rounds,
                lambda: floor.load(["/hello"], run.requests * 2),
                lambda: portal.post(turns.posts(run.requests)),
            )
        statements, size = _one_tap(app, teacher)
    beside = {
        **run.about(),
        "cpu_ms": own["cpu_ms"],
        "hello_cpu_ms": hello["cpu_ms"],
        "p99_ms": own["p99_ms"],
    }
    yield Row("tap of hello", "requests/s", hello["rate"], own["rate"], Goal(">=", 0.15), more=beside)
    note = "floor is pretix's published figure"
    yield Row("tap pretix", UNIT, PRETIX_MS, own["cpu_ms"], Goal("<=", 1 / 15), note)
    yield Row("tap statements", "statements/request", None, statements["all"], more=statements)
    yield Row("tap own statements", "statements/mark", None, statements["service"], Goal("<=", 4, "portal"))
    yield Row("tap bytes", "bytes, gzip", None, size, Goal("<=", 1024, "portal"))


class _Taps:
    """Taps that each change something: everybody in turn, the mark another one every time round."""

    def __init__(self, teacher: Visitor) -> None:
        self._teacher, self._next = teacher, 0

    def posts(self, count: int) -> list[dict[str, Any]]:
        made = []
        for number in range(self._next, self._next + count):
            fields = {
                "enrollment": classroom.seat(number % PEOPLE + 1),
                "mark": _MARKS[number // PEOPLE % len(_MARKS)],
            }
            made.append(self._teacher.post(f"/instruktur/presensi/{FIRST}", fields, **HTMX))
        self._next += count
        return made


def _one_tap(app: Any, teacher: Visitor) -> tuple[dict[str, int], int]:
    """({all, service: without loading the session}, gzip bytes) of one tap on an empty cell."""
    post = teacher.post(
        f"/instruktur/presensi/{FIRST + 1}", {"enrollment": classroom.seat(1), "mark": "present"}, **HTMX
    )
    seen, answer = statements(app, post)
    own = [line for line in seen if "user_session" not in line]
    import gzip

    return {"all": len(seen), "service": len(own) - 1}, len(gzip.compress(answer.data))


def statements(app: Any, post: dict[str, Any]) -> tuple[list[str], Any]:
    """(statements but for BEGIN and COMMIT, the answer) of one POST in this process."""
    seen: list[str] = []
    with app.app_context():
        engine = db.engine
    sa.event.listen(engine, "before_cursor_execute", lambda *given: seen.append(given[2]))
    headers = {**post["headers"], "Host": HOST}
    cookie = headers.pop("Cookie").split("=", 1)
    client = app.test_client()
    client.set_cookie(cookie[0], cookie[1], domain=HOST, secure=True)
    answer = client.post(post["path"], data=post["body"], headers=headers, base_url=f"https://{HOST}")
    if answer.status_code >= 400:
        raise RuntimeError(f"{post['path']}: {answer.status_code}")
    return [line for line in seen if not line.startswith(("BEGIN", "COMMIT", "ROLLBACK"))], answer


def roll(run: Run) -> Iterator[Row]:
    """One form with the marks of PEOPLE people, each time another one for everybody."""
    with scratch(run.database(content="classroom"), run.say) as database:
        app = database.portal()
        with app.app_context():
            now = datetime.now(UTC)
            classroom.today(now)
            [teacher] = classroom.visitors(app, [INSTRUCTOR], now, "totp")
        draw = random.Random(5)  # noqa: S311  no secret
        with served("portal", database) as portal:
            forms = iter([_form(teacher, draw) for _ in range(run.rounds + 1)])
            _send(portal, next(forms))
            run.say(f"roll: {run.rounds} forms of {PEOPLE} people")
            [own] = alternate(run.rounds, lambda: _send(portal, next(forms)))
        seen, _answer = statements(app, _form(teacher, draw, FIRST + 1))
        with app.app_context():
            marked = db.session.execute(
                sa.select(sa.func.count()).where(AttendanceMark.session_id == FIRST)
            ).scalar()
    if marked != PEOPLE:
        raise RuntimeError(f"{marked} of {PEOPLE} were marked")
    note = "floor is Moodle's published figure"
    more = {**run.about(), "cpu_ms": own["cpu_ms"]}
    yield Row("roll of 1,000", "s", MOODLE_SECONDS, own["seconds"], Goal("<=", 1 / 200), note, more)
    yield Row("roll statements", "statements/form", None, len(seen), Goal("<=", 10, "portal"))


def _form(teacher: Visitor, draw: random.Random, session: int = FIRST) -> dict[str, Any]:
    fields: dict[str, Any] = {f"m-{classroom.seat(n)}": draw.choice(_MARKS) for n in range(1, PEOPLE + 1)}
    return teacher.post(f"/instruktur/presensi/{session}/sekaligus", fields)


def _send(portal: Server, form: dict[str, Any]) -> dict[str, float]:
    return portal.post([form], status="303", connections=1)
