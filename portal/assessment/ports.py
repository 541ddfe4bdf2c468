"""What assessment plugs into the house: signed outcomes, and its part of the rights over one's data."""

from __future__ import annotations

from flask import Flask

from portal.assessment import personal
from portal.assessment.services import outcome_changed


def install(app: Flask) -> None:
    """Register the contributors, and how outcomes are made anew after signing."""
    app.extensions["ports"].outcome_changed = outcome_changed
    app.extensions["ports"].personal_data["verdicts"] = personal.personal_data
    app.extensions["ports"].erase_person["verdicts"] = personal.erase_person
