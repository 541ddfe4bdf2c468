"""Pages of a whole country: the national coverage table, and a cooperative's page, beside one looked-up row.

`--rows` is the number of certificates; 500,000 of them come with 83,000 cooperatives and 660,000 people.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from bench import classroom
from bench.classroom import SAME_ORIGIN, Visitor
from bench.counting import alternate
from bench.databases import Database, scratch
from bench.rows import Goal, Row
from bench.run import HOST, Run
from bench.serving import served
from portal.accounts.models import User
from portal.certificates.models import Certificate
from portal.cooperatives.models import Cooperative
from portal.core.db import db

UNIT = "CPU ms/request"
SHARE, QUERIES = 3.0, {"coverage": 4, "cooperative": 8}
#: Who opens which page: a regulator of the country, and the administrator, who may open every cooperative.
VISITORS = {"coverage": "pemantau.nasional", "cooperative": "pengelola.portal"}


def coverage(run: Run) -> Iterator[Row]:
    """The national table, from its summaries."""
    yield from _page(run, "coverage")


def cooperative(run: Run) -> Iterator[Row]:
    """The page of one cooperative after the other, at random."""
    yield from _page(run, "cooperative")


def _page(run: Run, case: str) -> Iterator[Row]:
    with scratch(run.database(content="country"), run.say) as database:
        app = database.portal()
        with app.app_context():
            user = db.session.scalar(sa.select(User.id).where(User.login == VISITORS[case]))
            [visitor] = classroom.visitors(app, [int(user or 0)], datetime.now(UTC), "totp")
            codes, ids = _ids(database)
            db.session.remove()
        paths = ["/pemantauan"] if case == "coverage" else [f"/koperasi/{number}" for number in ids]
        headers = {**SAME_ORIGIN, "Cookie": visitor.cookie}
        with served("portal", database) as portal, served("floor", database) as floor:
            portal.load(paths, 200, headers=headers)
            floor.load(codes, 200)
            run.say(f"{case}: {run.rounds} rounds of {run.requests} pages")
            bare, own = alternate(
                run.rounds,
                lambda: floor.load(codes, run.requests),
                lambda: portal.load(paths, run.requests, headers=headers),
            )
        seen = [statements(app, visitor, path) for path in paths[:20]]
    more = {**run.about(), "rate": own["rate"], "p99_ms": own["p99_ms"], "bytes": own["bytes"]}
    yield Row(case, UNIT, bare["cpu_ms"], own["cpu_ms"], Goal("<=", SHARE), more=more)
    most = max(len(own_ones(lines)) for lines in seen)
    note = "without the session's own"
    yield Row(f"{case} statements", "statements/page", None, most, Goal("<=", QUERIES[case], "portal"), note)


def _ids(database: Database) -> tuple[list[str], list[int]]:
    """Paths of certificates for the floor, and cooperatives: the same ones in every run."""
    draw = random.Random(11)  # noqa: S311  no secret
    last = db.session.scalar(sa.select(sa.func.max(Certificate.id))) or 1
    wanted = [draw.randint(1, last) for _ in range(1500)]
    statement = sa.select(Certificate.code).where(Certificate.expires_on.is_not(None))
    codes = db.session.scalars(statement.where(Certificate.id.in_(wanted))).all()
    most = db.session.scalar(sa.select(sa.func.max(Cooperative.id))) or 1
    return [f"/V/{code}" for code in codes], [draw.randint(1, most) for _ in range(1500)]


def statements(app: Any, visitor: Visitor, path: str) -> list[str]:
    """The statements of one GET in this process."""
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        seen.append(statement)

    with app.app_context():
        engine = db.engine
    sa.event.listen(engine, "before_cursor_execute", note)
    client = app.test_client()
    name, value = visitor.cookie.split("=", 1)
    client.set_cookie(name, value, domain=HOST, secure=True)
    answer = client.get(path, headers={"Host": HOST}, base_url=f"https://{HOST}")
    sa.event.remove(engine, "before_cursor_execute", note)
    if answer.status_code != 200:
        raise RuntimeError(f"{path}: {answer.status_code}")
    return seen


def own_ones(lines: Sequence[str]) -> list[str]:
    """Without those that load the session and its roles, which every signed-in page has."""
    others = ("BEGIN", "user_session", "role_grant")
    return [line for line in lines if not any(name in line for name in others)]
