"""Coverage for everybody: no session, no cookie; down to regencies. And the figures of a past day."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from flask import flash, render_template, request, url_for

from portal.accounts.queries import today
from portal.core import clock, edge, htmx
from portal.core.db import transaction
from portal.core.errors import DomainError, NotFound
from portal.core.jobs import find_job
from portal.core.permissions import Permission, current_actor, public, requires
from portal.core.shelf import kept
from portal.oversight.exports import coverage_csv
from portal.oversight.forms import Ask, read_ask, read_public_ask
from portal.oversight.pages.coverage import coverage_page
from portal.oversight.pages.frame import frame
from portal.oversight.pages.reading import EVERYWHERE, find_reading
from portal.oversight.queries.figures import Edition, find_edition
from portal.oversight.services import count_day, count_public_file
from portal.oversight.views.blueprint import blueprint
from portal.oversight.views.files import CSV, file_name, sent_file
from portal.readiness.services.editions import ensure_edition, remake_edition

KEPT = "public, max-age=300"


@blueprint.get("/cakupan")
@public(bare=True)
def coverage() -> Any:
    """The provinces, or the regencies of one, as of now."""
    day, ask = today(clock.now()), read_public_ask(request.args)
    edition = find_edition(None, day)
    stamps = edition and (edition.id, edition.made_at, edition.stamps)
    key = ("public", edge.language(), ask, day, stamps)
    made = kept("coverage", key, lambda: _public_body(ask, day, edition))
    response = htmx.render("oversight/public.html", body=made.html, name=made.name)
    response.headers["Cache-Control"] = KEPT
    return response


def _public_body(ask: Ask, day: date, edition: Edition | None) -> tuple[str, str, bool]:
    reading = find_reading(ask, EVERYWHERE, day, deepest="province", edition=edition)
    page = coverage_page(reading, _public_link, deepest="province") if reading else {"crumbs": []}
    html = render_template("oversight/public_body.html", **frame("", ask, reading), **page)
    return html, reading.name if reading and reading.code else "", reading is not None


def _public_link(**query: Any) -> str:
    return url_for("oversight.coverage", **query)


@blueprint.get("/cakupan.csv")
@public(bare=True)
def coverage_file() -> Any:
    """The same figures with every level down to regencies."""
    with transaction():
        count_public_file(address=request.remote_addr, now=clock.now())
    ask = read_public_ask(request.args)
    reading = find_reading(ask, EVERYWHERE, today(clock.now()), deepest="province")
    if reading is None:
        raise NotFound()
    return sent_file(coverage_csv(reading, deepest="regency"), file_name(reading, "csv"), CSV, KEPT)


@blueprint.post("/pemantauan/hari")
@requires(Permission.OVERSIGHT_READ)
def prepare() -> Any:
    """Have the figures of a past day worked out; the page then shows how far that is."""
    now = clock.now()
    ask: Ask = read_ask(request.form, today(now))
    if ask.on is not None and not ask.wrong:
        try:
            with transaction():
                _begin(ask.on, now)
        except DomainError as error:
            flash(error.message, "err")
            return htmx.redirect(url_for("desks.oversight", **ask.query(per=None)))
    return htmx.redirect(url_for("desks.oversight", **ask.query()))


def _begin(on: date, now: datetime) -> None:
    """Begin the work, or begin it anew where it failed."""
    found = find_edition(on, today(now))
    job = find_job(found.job_id) if found else None
    if found is None or (job is not None and job.state == "failed"):
        count_day(actor=current_actor(), now=now)
    begin = remake_edition if job is not None and job.state == "failed" else ensure_edition
    begin(on=on, actor=current_actor(), now=now)
