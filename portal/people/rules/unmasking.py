"""What seeing somebody's data in full needs: known fields and a reason."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

#: What can be revealed, in the order of the owner's log.
FIELDS = ("nik", "birth_date", "phone", "email", "address")
#: Reasons that need no words of one's own; a text may follow after a colon.
REASONS = ("seat_call", "identity_check", "class_change", "owner_help", "correction")
REASON_LENGTH = (5, 200)
#: How long pages go on showing what was revealed to the same account.
OPEN_FOR = timedelta(minutes=30)


def reason_problem(reason: str) -> str | None:
    """Why a reason cannot stand, or None: reason_missing (empty, or it says nothing), reason_long."""
    text = " ".join(reason.split())
    least, most = REASON_LENGTH
    if len(text) > most:
        return "reason_long"
    if text in REASONS:
        return None
    words = text.partition(":")[2] if reason_code(text) else text
    return None if len("".join(c for c in words if c.isalnum())) >= least else "reason_missing"


def reason_code(reason: str) -> str:
    """The listed reason that a stored one begins with, or an empty text."""
    code = reason.partition(":")[0]
    return code if code in REASONS else ""


def unknown_fields(fields: Iterable[str]) -> set[str]:
    """Those that cannot be revealed."""
    return set(fields) - set(FIELDS)
