"""Pages of batches: the public schedule and the center's desk."""

from __future__ import annotations

from flask import Blueprint, Flask

from portal.batches.links import batch_tabs, find_url

blueprint = Blueprint("batches", __name__)

from portal.batches.views import board, desk, editing, public  # noqa: E402, F401

BLUEPRINTS = (blueprint,)


def install(app: Flask) -> None:
    """Give every room's templates the tabs of a batch's workspace."""
    app.jinja_env.globals.update(batch_tabs=batch_tabs, find_url=find_url)
