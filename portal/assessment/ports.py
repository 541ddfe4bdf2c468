"""What assessment plugs into the house: its part of the rights over one's data."""

from __future__ import annotations

from flask import Flask

from portal.assessment import personal


def install(app: Flask) -> None:
    """Register the contributors."""
    app.extensions["ports"].personal_data["verdicts"] = personal.personal_data
    app.extensions["ports"].erase_person["verdicts"] = personal.erase_person
