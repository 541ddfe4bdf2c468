"""Use cases of the room. All run inside `transaction()`."""

from portal.attendance.services.marking import (
    UNDO_WITHIN,
    closed_reason,
    mark_rest,
    own_rows,
    record_attendance,
    record_many,
    rest_of,
    undo_mark,
    undo_rest,
)

__all__ = [
    "UNDO_WITHIN",
    "closed_reason",
    "mark_rest",
    "own_rows",
    "record_attendance",
    "record_many",
    "rest_of",
    "undo_mark",
    "undo_rest",
]
