"""Pure rules of the room: no database, no clock, no framework."""

from portal.assessment.rules.judging import (
    COMPETENT,
    NOT_YET,
    NOTE_LIMIT,
    Say,
    UnitNeed,
    batch_blockers,
    blank_units,
    is_competent,
    judge_blockers,
    outcome,
    plain,
    verdict_problem,
)

__all__ = [
    "COMPETENT",
    "NOTE_LIMIT",
    "NOT_YET",
    "Say",
    "UnitNeed",
    "batch_blockers",
    "blank_units",
    "is_competent",
    "judge_blockers",
    "outcome",
    "plain",
    "verdict_problem",
]
