"""What assessment plugs into the house: signed outcomes, and its part of the rights over one's data."""

from __future__ import annotations

from flask import Flask

from portal.assessment import personal, personal_tests, retention, timers
from portal.assessment.services import outcome_changed
from portal.assessment.services.tests import KEY_AAD
from portal.core.retention import keep
from portal.core.rotation import ProtectedColumn, protect


def install(app: Flask) -> None:
    """Register the contributors, and how outcomes are made anew after signing."""
    assert timers  # imported so that its functions are registered
    keep(app, *retention.RULES)
    protect(app, ProtectedColumn("written_test", "file_key_cipher", KEY_AAD, is_bound=True))
    app.extensions["ports"].outcome_changed = outcome_changed
    app.extensions["ports"].personal_data["verdicts"] = personal.personal_data
    app.extensions["ports"].personal_data["results"] = personal.results_data
    app.extensions["ports"].erase_person["verdicts"] = personal.erase_person
    app.extensions["ports"].personal_data["tests"] = personal_tests.personal_data
    app.extensions["ports"].erase_person["tests"] = personal_tests.erase_person
