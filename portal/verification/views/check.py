"""One certificate: its verdict, its printable proof, the match of a name."""

from __future__ import annotations

from typing import Any

from flask import Response, request

from portal.core.htmx import render
from portal.core.permissions import public
from portal.core.sketches import render_sketch
from portal.verification import presenter
from portal.verification.rules import names_match

from ._common import blueprint, checked, count_miss, private


@blueprint.get("/V/<code:code>")
@blueprint.get("/v/<code:code>", endpoint="show_lower")
@public(bare=True)
def show(code: str) -> Any:
    """The verdict and every printed fact."""
    result = checked(code)
    response = _page(presenter.show_context(result))
    # For the cache before the portal (deploy/nginx.conf), which does not pass it on.
    response.headers["X-Accel-Expires"] = "1"
    return response


@blueprint.get("/V/<code:code>/bukti")
@public(bare=True)
def proof(code: str) -> Any:
    """The same check on one printable sheet."""
    result = checked(code)
    return private(render("verification/proof.html", result=result, **presenter.page_context(result)))


@blueprint.post("/V/<code:code>/cocok")
@public(post=True, bare=True)
def match_name(code: str) -> Any:
    """Does the name on the paper fit the signed one? Nothing is stored."""
    result = checked(code)
    typed = request.form.get("nama", "")[:120]
    match = names_match(typed, result.facts.name) if result.facts and typed.strip() else None
    if match is False:
        count_miss()
    return _page(presenter.show_context(result, match, typed))


def _page(context: dict[str, Any]) -> Response:
    return private(Response(render_sketch("verification/show.html", **context), mimetype="text/html"))
