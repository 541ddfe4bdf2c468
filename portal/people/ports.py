"""What people plugs into the house: its part of the copy of one's own data."""

from __future__ import annotations

from flask import Flask

from portal.people import queries


def install(app: Flask) -> None:
    """Register the contributor to the privacy export."""
    app.extensions["ports"].personal_data["person"] = queries.personal_data
