"""The home page with the search, one batch, its calendar file. None of them sets a cookie."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from flask import Response, current_app, make_response, request, url_for

from portal.batches import queries
from portal.batches.calendar_file import batch_calendar
from portal.batches.cards import batch_url, cards_of
from portal.batches.forms.search import SearchForm, parse_search
from portal.batches.pages import batch_page
from portal.batches.views import blueprint
from portal.core import clock, htmx
from portal.core.permissions import public
from portal.core.words import gettext as _

PER_PAGE = 20


@blueprint.get("/")
@public()
def home() -> Any:
    """Search upcoming batches; htmx gets the results alone."""
    now, search = clock.now(), parse_search(request.args)
    found = queries.search_batches(search.wanted, search.page, now)
    fragment = htmx.is_fragment()
    response = htmx.render(
        "batches/home.html",
        "batches/_results.html",
        422 if search.errors else 200,
        trigger={"announce": _("%(num)s angkatan ditemukan", num=found.total or 0)},
        search=search,
        cards=cards_of(found.items, now),
        options={} if fragment else queries.filter_options(),
        **_paging(search, found, appended=fragment),
    )
    if fragment and search.page == 1:
        response.headers["HX-Push-Url"] = url_for("batches.home", **dict[str, Any](search.params))
    return response


def _paging(search: SearchForm, found: Any, *, appended: bool) -> dict[str, Any]:
    def url(number: int) -> str:
        more: dict[str, Any] = {**search.params, **({"hal": number} if number > 1 else {})}
        return url_for("batches.home", **more)

    first = 1 if appended else (found.number - 1) * PER_PAGE + 1
    return {
        "total": found.total or 0,
        "first": first,
        "last": (found.number - 1) * PER_PAGE + len(found.items),
        "next_url": url(found.number + 1) if found.has_next else None,
        "previous_url": url(found.number - 1) if found.number > 1 and not appended else None,
        "per_page": PER_PAGE,
    }


@blueprint.get("/angkatan/<int:batch_id>-<slug>")
@public()
def show(batch_id: int, slug: str) -> Any:
    """One batch in whatever phase it is; an old address leads to the new one."""
    batch = queries.get_batch(batch_id)
    if slug != batch.slug:
        return _to_page(batch_id, batch.slug)
    return htmx.render("batches/show.html", **batch_page(batch, clock.now()))


@blueprint.get("/angkatan/<int:batch_id>")
@public()
def short(batch_id: int) -> Any:
    """The address without words, as it is read aloud."""
    return _to_page(batch_id, queries.get_batch(batch_id).slug)


def _to_page(batch_id: int, slug: str) -> Response:
    response = make_response("", 301)
    response.headers["Location"] = batch_url(batch_id, slug)
    response.headers["Cache-Control"] = "no-cache"
    return response


@blueprint.get("/angkatan/<int:batch_id>.ics")
@public()
def calendar(batch_id: int) -> Any:
    """The sessions as a calendar file."""
    batch = queries.get_batch(batch_id)
    base = current_app.extensions["portal_settings"].base_url
    body = batch_calendar(
        batch,
        url=base + batch_url(batch.id, batch.slug),
        host=urlsplit(base).hostname or "balai",
        now=clock.now(),
    )
    response = make_response(body)
    response.headers["Content-Type"] = "text/calendar; charset=utf-8"
    response.headers["Content-Disposition"] = f'attachment; filename="angkatan-{batch.id}.ics"'
    return response
