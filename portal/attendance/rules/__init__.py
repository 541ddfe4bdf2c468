"""Pure rules of the room: no database, no clock, no framework."""

from portal.attendance.rules.marks import (
    AWAY,
    CAME,
    CLEARED,
    PARTIAL,
    Attendance,
    Say,
    SessionMark,
    attendance_blockers,
    attended_hours,
    credited_hours,
    mark_problem,
    needed_hours,
    plain,
    recorder_blockers,
    session_blockers,
    tally,
)

__all__ = [
    "AWAY",
    "CAME",
    "CLEARED",
    "PARTIAL",
    "Attendance",
    "Say",
    "SessionMark",
    "attendance_blockers",
    "attended_hours",
    "credited_hours",
    "mark_problem",
    "needed_hours",
    "plain",
    "recorder_blockers",
    "session_blockers",
    "tally",
]
