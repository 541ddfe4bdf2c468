"""Use cases of the room. All run inside `transaction()`."""

from portal.assessment.services.changing import VerdictChange, change_verdict, change_verdicts
from portal.assessment.services.judging import (
    VerdictEntry,
    closed_reason,
    judge_rest,
    own_people,
    record_verdict,
    record_verdicts,
)
from portal.assessment.services.outcomes import Blank, outcome_changed
from portal.assessment.services.signing import finalize_sheet, find_blanks

__all__ = [
    "Blank",
    "VerdictChange",
    "VerdictEntry",
    "change_verdict",
    "change_verdicts",
    "closed_reason",
    "finalize_sheet",
    "find_blanks",
    "judge_rest",
    "outcome_changed",
    "own_people",
    "record_verdict",
    "record_verdicts",
]
