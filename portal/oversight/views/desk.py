"""The desk of those who watch: coverage of their region."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Flask, render_template, request, url_for

from portal.accounts.queries import today
from portal.core import clock, edge, htmx
from portal.core.permissions import Permission, Scope, current_actor, requires
from portal.core.shelf import kept
from portal.oversight.forms import Ask, read_ask
from portal.oversight.pages.coverage import coverage_page
from portal.oversight.pages.frame import frame, waiting
from portal.oversight.pages.reading import find_reading, whole_of
from portal.oversight.queries.figures import Edition, find_edition


@requires(Permission.OVERSIGHT_READ)
def oversight() -> Any:
    """Coverage of a region in the actor's scope: table, map, denominators."""
    day = today(clock.now())
    ask, scope = read_ask(request.args, day), current_actor().scope(Permission.OVERSIGHT_READ)
    status = 422 if ask.wrong else 200
    edition = find_edition(ask.on, day)
    if htmx.is_fragment():
        context, piece = _context(ask, scope, day, edition)
        return htmx.render("oversight/desk.html", piece, status, **context)
    stamps = edition and (edition.id, edition.state, edition.made_at, edition.stamps)
    key = ("desk", edge.language(), whole_of(scope), ask, day, stamps)
    made = kept("coverage", key, lambda: _body(ask, scope, day, edition))
    return htmx.render("oversight/desk.html", None, status, body=made.html, name=made.name, wrong=ask.wrong)


def _context(ask: Ask, scope: Scope, day: date, edition: Edition | None) -> tuple[dict[str, Any], str]:
    """What the page shows, and its piece for htmx."""
    reading = find_reading(ask, scope, day, edition=edition)
    if reading is None:
        return {**frame("cakupan", ask, None), "crumbs": [], **waiting(ask, day)}, "oversight/_waiting.html"
    return {**frame("cakupan", ask, reading), **coverage_page(reading, _link)}, "oversight/_coverage.html"


def _body(ask: Ask, scope: Scope, day: date, edition: Edition | None) -> tuple[str, str, bool]:
    context, _piece = _context(ask, scope, day, edition)
    reading = context["reading"]
    html = render_template("oversight/desk_body.html", **context)
    # The names of cooperatives may change without a mark of it: a district is made anew each time.
    may_keep = reading is not None and reading.level != "district" and not ask.wrong
    return html, reading.name if reading and reading.code != "" else "", may_keep


def _link(**query: Any) -> str:
    return url_for("desks.oversight", **query)


def install(app: Flask) -> None:
    """It is a desk like those of the other roles, and named like them; what it shows is made here."""
    app.add_url_rule("/pemantauan", endpoint="desks.oversight", view_func=oversight, methods=["GET"])
