"""Tables of the room: verdicts and what they rest on, the question bank, written tests and their answers."""

from portal.assessment.models.bank import Question, QuestionImage, QuestionKind, QuestionVersion
from portal.assessment.models.objections import Appeal, Retest, VerdictCorrection
from portal.assessment.models.sittings import Answer, Attempt, AttemptEvent, AttemptItem, PaperEntry
from portal.assessment.models.verdicts import (
    AssessmentSheet,
    Observation,
    SecondVerdict,
    Verdict,
    VerdictSource,
    VerdictValue,
)
from portal.assessment.models.written import Allowance, KeyCorrection, WrittenTest

__all__ = [
    "Allowance",
    "Answer",
    "Appeal",
    "AssessmentSheet",
    "Attempt",
    "AttemptEvent",
    "AttemptItem",
    "KeyCorrection",
    "Observation",
    "PaperEntry",
    "Question",
    "QuestionImage",
    "QuestionKind",
    "QuestionVersion",
    "Retest",
    "SecondVerdict",
    "Verdict",
    "VerdictCorrection",
    "VerdictSource",
    "VerdictValue",
    "WrittenTest",
]
