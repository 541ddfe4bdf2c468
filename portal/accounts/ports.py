"""What accounts plugs into the house: who sends a request, and its part of the copy of one's own data."""

from __future__ import annotations

from flask import Flask

from portal.accounts import identity, queries


def install(app: Flask) -> None:
    """Register the actor loader and the contributor to the privacy export."""
    identity.install(app)
    app.extensions["ports"].personal_data["account"] = queries.personal_data
