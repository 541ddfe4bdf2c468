"""Use cases of the room. All run inside `transaction()`."""

from portal.assessment.services.judging import (
    Blank,
    VerdictEntry,
    closed_reason,
    finalize_sheet,
    find_blanks,
    judge_rest,
    own_people,
    record_verdict,
    record_verdicts,
)

__all__ = [
    "Blank",
    "VerdictEntry",
    "closed_reason",
    "finalize_sheet",
    "find_blanks",
    "judge_rest",
    "own_people",
    "record_verdict",
    "record_verdicts",
]
