"""A status list, whole and for whoever has it already, beside Flask's emptiest answer."""

from __future__ import annotations

import http.client
from collections.abc import Iterator

from bench.counting import alternate
from bench.rows import Goal, Row
from bench.run import HOST, Run
from bench.serving import Server

PATH = "/status/1"
UNIT = "requests/CPU s"
GOAL = Goal(">=", 0.5)


def status(run: Run) -> Iterator[Row]:
    """GET /status/1 with its ETag (304) and without (200)."""
    portal, floor = run.server("portal"), run.server("floor")
    known = {"If-None-Match": etag(portal)}
    hello, same, whole = alternate(
        run.rounds,
        lambda: floor.load(["/hello"], run.requests * 2),
        lambda: portal.load([PATH], run.requests, status="304", headers=known),
        lambda: portal.load([PATH], run.requests),
    )
    for name, side in (("status 304", same), ("status", whole)):
        rates = {"floor_rate": hello["rate"], "portal_rate": side["rate"]}
        beside = {**run.about(), **rates, "bytes": side["bytes"]}
        yield Row(name, UNIT, 1000 / hello["cpu_ms"], 1000 / side["cpu_ms"], GOAL, more=beside)


def etag(server: Server) -> str:
    """The list's ETag as sent. Raises RuntimeError where there is none."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    connection.request("GET", PATH, headers={"Host": HOST})
    answer = connection.getresponse()
    answer.read()
    connection.close()
    found = answer.headers.get("ETag")
    if answer.status != 200 or not found:
        raise RuntimeError(f"GET {PATH} answers {answer.status} with ETag {found}")
    return str(found)
