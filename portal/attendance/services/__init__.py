"""Use cases of the room. All run inside `transaction()`."""

from portal.attendance.services.corrections import (
    ask_correction,
    decide_correction,
)
from portal.attendance.services.guard import closed_reason, needs_reason, own_rows
from portal.attendance.services.marking import mark_rest, record_attendance, record_many
from portal.attendance.services.paper import (
    print_sheet,
    reconcile_sheet,
)
from portal.attendance.services.scan import (
    Scanned,
    scan_card,
)
from portal.attendance.services.storing import StoredMark
from portal.attendance.services.undoing import UNDO_WITHIN, rest_of, undo_mark, undo_rest
from portal.attendance.services.walkins import (
    admit_walk_in,
    note_walk_in,
    refuse_walk_in,
)

__all__ = [
    "UNDO_WITHIN",
    "Scanned",
    "StoredMark",
    "admit_walk_in",
    "ask_correction",
    "closed_reason",
    "decide_correction",
    "mark_rest",
    "needs_reason",
    "note_walk_in",
    "own_rows",
    "print_sheet",
    "reconcile_sheet",
    "record_attendance",
    "record_many",
    "refuse_walk_in",
    "rest_of",
    "scan_card",
    "undo_mark",
    "undo_rest",
]
