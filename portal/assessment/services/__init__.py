"""Use cases of the room. All run inside `transaction()`."""

from portal.assessment.services.appeals import (
    appeal_blockers_of,
    appealable,
    assign_appeal,
    decide_appeal,
    file_appeal,
    withdraw_appeal,
)
from portal.assessment.services.changing import VerdictChange, change_verdict, change_verdicts
from portal.assessment.services.corrections import (
    ask_correction,
    certificate_in_the_way,
    check_reach,
    decide_correction,
)
from portal.assessment.services.judging import (
    VerdictEntry,
    closed_reason,
    judge_rest,
    own_people,
    record_verdict,
    record_verdicts,
)
from portal.assessment.services.observing import (
    record_observation,
)
from portal.assessment.services.outcomes import Blank, outcome_changed
from portal.assessment.services.retests import (
    cancel_retest,
    close_retest,
    open_retest,
)
from portal.assessment.services.second import (
    record_second,
)
from portal.assessment.services.signing import finalize_sheet, find_blanks
from portal.assessment.services.storing import hold_batch

__all__ = [
    "Blank",
    "VerdictChange",
    "VerdictEntry",
    "appeal_blockers_of",
    "appealable",
    "ask_correction",
    "assign_appeal",
    "cancel_retest",
    "certificate_in_the_way",
    "change_verdict",
    "change_verdicts",
    "check_reach",
    "close_retest",
    "closed_reason",
    "decide_appeal",
    "decide_correction",
    "file_appeal",
    "finalize_sheet",
    "find_blanks",
    "hold_batch",
    "judge_rest",
    "open_retest",
    "outcome_changed",
    "own_people",
    "record_observation",
    "record_second",
    "record_verdict",
    "record_verdicts",
    "withdraw_appeal",
]
