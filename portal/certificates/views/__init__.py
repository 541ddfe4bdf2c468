"""Pages of certificates: the center's desk and what holders take along."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("certificates", __name__)

from portal.certificates.views import badges, center, holder, published  # noqa: E402, F401

BLUEPRINTS = (blueprint,)
