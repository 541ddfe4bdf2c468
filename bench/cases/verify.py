"""Case 1: the public page of a certificate, live, beside a bare Flask and SQLAlchemy page of one row."""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa

from bench.counting import alternate
from bench.rows import Goal, Row
from bench.run import HOST, Run
from portal.core.db import db

#: CPU of the same page in Moodle 4.5.6 with customcert, measured beside the goals; derived, not run here.
MOODLE_MS = 25.0
TIMES_MOODLE = {"sqlite": 15, "postgresql": 10}
UNIT = "CPU ms/request"


def verify(run: Run) -> Iterator[Row]:
    """GET /V/<code> of codes at random, in turns with the floor on the same database and settings."""
    paths = [f"/V/{code}" for code in run.codes(2000)]
    portal, floor = run.server("portal"), run.server("floor")
    for server in (portal, floor):
        server.load(paths, 300)
    run.say(f"verify: {run.rounds} rounds of {run.requests} requests")
    hello, page, own = alternate(
        run.rounds,
        lambda: floor.load(["/hello"], run.requests * 2),
        lambda: floor.load(paths, run.requests),
        lambda: portal.load(paths, run.requests),
    )
    beside = {
        **run.about(),
        "hello_cpu_ms": hello["cpu_ms"],
        "portal_rate": own["rate"],
        "floor_rate": page["rate"],
    }
    yield Row("verify", UNIT, page["cpu_ms"], own["cpu_ms"], Goal("<=", 1.0), more=beside)
    times = Goal("<=", 1 / TIMES_MOODLE[run.engine])
    yield Row("verify moodle", UNIT, MOODLE_MS, own["cpu_ms"], times, "floor is Moodle's published figure")
    yield Row("verify p99", "ms", page["p99_ms"], own["p99_ms"], Goal("<=", 2.0))
    yield Row("verify cookies", "cookies set", None, own["cookies"], Goal("<=", 0, "portal"))
    statements, size = _in_process(run, paths[0])
    yield Row("verify statements", "statements/request", None, statements, Goal("<=", 2, "portal"))
    yield Row("verify bytes", "bytes of HTML", None, size, Goal("<=", 45 * 1024, "portal"))


def _in_process(run: Run, path: str) -> tuple[int, int]:
    """(statements, bytes) of one page; BEGIN and ROLLBACK are not statements."""
    app, seen = run.app(), []
    with app.app_context():
        engine = db.engine
    sa.event.listen(engine, "before_cursor_execute", lambda *given: seen.append(given[2]))
    answer = app.test_client().get(path, headers={"Host": HOST})
    return len([line for line in seen if not line.startswith("BEGIN")]), len(answer.data)
