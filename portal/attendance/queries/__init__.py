"""Reads of attendance: the sheet of a session, hours, a batch at a glance."""

from __future__ import annotations

from portal.attendance.queries.cells import Cell, take_cell
from portal.attendance.queries.checkin import (
    ArrivalRow,
    Hall,
    class_of,
    find_arrival,
    find_arrived,
    find_hall,
    own_halls,
    parts_of_hall,
    parts_of_halls,
    parts_of_person,
)
from portal.attendance.queries.hours import (
    PersonAttendance,
    PersonSession,
    attendance_of_batch,
    attendance_of_person,
    report_of_batch,
)
from portal.attendance.queries.live import Device, Live, Seen, check_ins, devices_of, live
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
    get_sheet,
    sheet_progress,
    sheet_rows,
    user_name,
)

__all__ = [
    "ArrivalRow",
    "Cell",
    "Change",
    "Device",
    "Hall",
    "Live",
    "Overview",
    "OverviewPerson",
    "OverviewSession",
    "PersonAttendance",
    "PersonSession",
    "Seen",
    "SheetHead",
    "SheetRow",
    "attendance_of_batch",
    "attendance_of_person",
    "changes_of",
    "check_ins",
    "class_of",
    "devices_of",
    "find_arrival",
    "find_arrived",
    "find_hall",
    "get_cell",
    "get_overview",
    "get_sheet",
    "live",
    "own_halls",
    "parts_of_hall",
    "parts_of_halls",
    "parts_of_person",
    "report_of_batch",
    "sheet_progress",
    "sheet_rows",
    "take_cell",
    "user_name",
]
