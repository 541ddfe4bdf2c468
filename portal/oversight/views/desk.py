"""The desk of those who watch: coverage of their region."""

from __future__ import annotations

from typing import Any

from flask import Flask, request, url_for

from portal.accounts.queries import today
from portal.core import clock, htmx
from portal.core.permissions import Permission, current_actor, requires
from portal.oversight.forms import read_ask
from portal.oversight.pages.coverage import coverage_page
from portal.oversight.pages.frame import frame, waiting
from portal.oversight.pages.reading import find_reading


@requires(Permission.OVERSIGHT_READ)
def oversight() -> Any:
    """Coverage of a region in the actor's scope: table, map, denominators."""
    day = today(clock.now())
    ask = read_ask(request.args, day)
    reading = find_reading(ask, current_actor().scope(Permission.OVERSIGHT_READ), day)
    page = coverage_page(reading, _link) if reading else {"crumbs": [], **waiting(ask, day)}
    return htmx.render(
        "oversight/desk.html",
        "oversight/_coverage.html" if reading else "oversight/_waiting.html",
        422 if ask.wrong else 200,
        **frame("cakupan", ask, reading),
        **page,
    )


def _link(**query: Any) -> str:
    return url_for("desks.oversight", **query)


def install(app: Flask) -> None:
    """It is a desk like those of the other roles, and named like them; what it shows is made here."""
    app.add_url_rule("/pemantauan", endpoint="desks.oversight", view_func=oversight, methods=["GET"])
