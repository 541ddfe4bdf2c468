"""What centers plugs into the house: its part of the rights over one's data."""

from __future__ import annotations

from flask import Flask

from portal.centers import personal


def install(app: Flask) -> None:
    """Register the contributors."""
    app.extensions["ports"].personal_data["staff"] = personal.personal_data
    app.extensions["ports"].erase_person["staff"] = personal.erase_person
