"""Public verification: no session, no cookie, no write."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Flask, Response, jsonify, redirect, request, url_for
from werkzeug.routing import BaseConverter

from portal.core import clock
from portal.core.htmx import render
from portal.core.permissions import public
from portal.verification import presenter
from portal.verification.queries import check_code
from portal.verification.rules import names_match

blueprint = Blueprint("verification", __name__)


class CodeConverter(BaseConverter):
    """A certificate code as people type it: any case, spaces and hyphens inside."""

    regex = r"[0-9A-Za-z \-]{1,40}"


def install(app: Flask) -> None:
    """Teach the router codes."""
    app.url_map.converters["code"] = CodeConverter


def _private(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Robots-Tag"] = "noindex"
    return response


@blueprint.get("/verifikasi")
@public(bare=True)
def lookup() -> Any:
    """Type a code; a code goes on to its page."""
    text = request.args.get("kode", "").strip()
    if text:
        compact = "".join(c for c in text if c.isalnum())[:40].upper()
        if compact:
            return redirect(url_for("verification.show", code=compact), 303)
    error = "kode" in request.args
    return render("verification/lookup.html", error=error)


@blueprint.get("/V/<code:code>")
@blueprint.get("/v/<code:code>", endpoint="show_lower")
@public(bare=True)
def show(code: str) -> Any:
    """The verdict and every printed fact."""
    result = check_code(code, clock.now())
    return _private(render("verification/show.html", **presenter.page_context(result), match=None))


@blueprint.get("/V/<code:code>/bukti")
@public(bare=True)
def proof(code: str) -> Any:
    """The same check on one printable sheet."""
    result = check_code(code, clock.now())
    return _private(render("verification/proof.html", **presenter.page_context(result), match=None))


@blueprint.post("/V/<code:code>/cocok")
@public(post=True, bare=True)
def match_name(code: str) -> Any:
    """Does the name on the paper fit the signed one? Nothing is stored."""
    result = check_code(code, clock.now())
    typed = request.form.get("nama", "")[:120]
    match = names_match(typed, result.facts.name) if result.facts and typed.strip() else None
    context = presenter.page_context(result)
    return _private(render("verification/show.html", **context, match=match, typed=typed))


@blueprint.get("/api/v1/verify/<code:code>")
@public(bare=True)
def api(code: str) -> Any:
    """The check as JSON (FLOWS: Command line and JSON)."""
    result = check_code(code, clock.now())
    checked = result.checked_at.isoformat().replace("+00:00", "Z")
    checks = [
        {
            "name": check.name,
            "outcome": str(check.outcome),
            "as_of": check.as_of.isoformat().replace("+00:00", "Z") if check.as_of else None,
        }
        for check in result.checks
    ]
    body = {
        "code": result.code,
        "state": str(result.state),
        "checked_at": checked,
        "checks": checks,
        "facts": presenter.api_facts(result),
    }
    return _private(jsonify(body))
