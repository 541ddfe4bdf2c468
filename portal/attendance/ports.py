"""What attendance tells the rooms that may not import it."""

from __future__ import annotations

from flask import Flask

from portal.attendance import personal, queries, retention
from portal.attendance.services import forgetting
from portal.core.retention import keep


def install(app: Flask) -> None:
    """Answer for attendance when results are signed."""
    app.extensions["ports"].attendance_report = queries.report_of_batch
    app.extensions["ports"].personal_data["attendance"] = personal.personal_data
    app.extensions["ports"].erase_person["attendance"] = forgetting.erase_person
    keep(app, *retention.RULES)
