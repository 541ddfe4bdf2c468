"""Reads of attendance: the sheet of a session, hours, a batch at a glance."""

from __future__ import annotations

from portal.attendance.queries.hours import (
    PersonAttendance,
    PersonSession,
    attendance_of_batch,
    attendance_of_person,
    report_of_batch,
)
from portal.attendance.queries.overview import (
    Overview,
    OverviewPerson,
    OverviewSession,
    get_overview,
)
from portal.attendance.queries.sheet import (
    Change,
    SheetHead,
    SheetRow,
    changes_of,
    get_cell,
    get_own_cell,
    get_sheet,
    sheet_progress,
    sheet_rows,
    user_name,
)

__all__ = [
    "Change",
    "Overview",
    "OverviewPerson",
    "OverviewSession",
    "PersonAttendance",
    "PersonSession",
    "SheetHead",
    "SheetRow",
    "attendance_of_batch",
    "attendance_of_person",
    "changes_of",
    "get_cell",
    "get_overview",
    "get_own_cell",
    "get_sheet",
    "report_of_batch",
    "sheet_progress",
    "sheet_rows",
    "user_name",
]
