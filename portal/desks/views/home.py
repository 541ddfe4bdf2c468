"""After signing in: to the desk of the account's role."""

from __future__ import annotations

from typing import Any

from flask import request

from portal.core import htmx
from portal.core.permissions import current_actor, signed_in
from portal.desks.rules import home_path
from portal.desks.views.blueprint import blueprint


@blueprint.get("/beranda")
@signed_in
def home() -> Any:
    """303 to the right desk."""
    return htmx.redirect(request.script_root + home_path(current_actor()))
