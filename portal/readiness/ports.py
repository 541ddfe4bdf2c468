"""What readiness plugs into the house: lower rooms say whose standing has changed."""

from __future__ import annotations

from flask import Flask

from portal.readiness import timers
from portal.readiness.services import editions
from portal.readiness.services.refresh import all_standings_touched, standing_touched


def install(app: Flask) -> None:
    """Fill the port; timers and jobs are imported so that they are registered."""
    assert timers
    assert editions
    app.extensions["ports"].standing_touched = standing_touched
    app.extensions["ports"].standards_touched = all_standings_touched
