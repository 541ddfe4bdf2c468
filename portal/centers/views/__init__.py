"""Pages of centers: the public directory and the desk of their administrators."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("centers", __name__)

from portal.centers.views import desk, public  # noqa: E402, F401

BLUEPRINTS = (blueprint,)
