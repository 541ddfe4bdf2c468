"""Use cases of the room. All run inside `transaction()`."""

from portal.attendance.services.guard import closed_reason, needs_reason, own_rows
from portal.attendance.services.marking import mark_rest, record_attendance, record_many
from portal.attendance.services.storing import StoredMark
from portal.attendance.services.undoing import UNDO_WITHIN, rest_of, undo_mark, undo_rest

__all__ = [
    "UNDO_WITHIN",
    "StoredMark",
    "closed_reason",
    "mark_rest",
    "needs_reason",
    "own_rows",
    "record_attendance",
    "record_many",
    "rest_of",
    "undo_mark",
    "undo_rest",
]
