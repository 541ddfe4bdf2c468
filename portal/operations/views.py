"""Health for probes, and the style page in development."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, current_app, jsonify

from portal.core.htmx import render
from portal.core.permissions import public
from portal.operations import queries

blueprint = Blueprint("operations", __name__)


@blueprint.get("/sehat")
@public(bare=True)
def health() -> Any:
    """200 when the database answers."""
    queries.ping()
    return jsonify(status="ok")


@blueprint.get("/gaya")
@public()
def style_page() -> Any:
    """Every token and component in every state; development only."""
    if current_app.extensions["portal_settings"].is_production:
        abort(404)
    from portal.core.gaya import sample_context

    return render("gaya/index.html", **sample_context())
