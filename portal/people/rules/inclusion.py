"""What people may say about disability and the help they need in class: choices, never free text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

YES, NO, UNSAID = "yes", "no", "unsaid"
ANSWERS = (YES, NO, UNSAID)
DISABILITIES = ("physical", "sight", "hearing", "speech", "intellectual", "mental", "other")
NEEDS = (
    *("sign_interpreter", "step_free", "large_print", "read_aloud", "front_seat"),
    *("more_time", "companion", "accessible_toilet"),
)


@dataclass(frozen=True, slots=True)
class InclusionAnswers:
    """disability: yes, no or unsaid (would rather not say), with its kinds when yes. needs: the help wanted
    in class, which anybody may name; needs_answer unsaid when the person would rather not say."""

    disability: str = UNSAID
    kinds: tuple[str, ...] = ()
    needs_answer: str = UNSAID
    needs: tuple[str, ...] = ()

    @property
    def is_said(self) -> bool:
        """Whether anything was answered at all."""
        return self.disability != UNSAID or self.needs_answer != UNSAID


@dataclass(frozen=True, slots=True)
class InclusionFlags:
    """What of somebody's answers is counted: has_disability, needs_help."""

    has_disability: bool
    needs_help: bool


@dataclass(frozen=True, slots=True)
class InclusionCounts:
    """Of these people how many answered, named a disability, named help they need. No names."""

    answered: int
    disability: int
    assistance: int


def clean_answers(answers: InclusionAnswers) -> InclusionAnswers | None:
    """The answers as they are kept, or None for a word that is none of the choices. What does not go with
    its answer (kinds without a yes) is left out."""
    words = (*answers.kinds, *answers.needs)
    if (
        answers.disability not in ANSWERS
        or answers.needs_answer not in ANSWERS
        or not set(words) <= {*DISABILITIES, *NEEDS}
        or not set(answers.kinds) <= set(DISABILITIES)
        or not set(answers.needs) <= set(NEEDS)
    ):
        return None
    kinds = tuple(kind for kind in DISABILITIES if kind in answers.kinds)
    needs = tuple(need for need in NEEDS if need in answers.needs)
    return InclusionAnswers(
        answers.disability,
        kinds if answers.disability == YES else (),
        answers.needs_answer,
        needs if answers.needs_answer == YES else (),
    )


def flags_of(answers: InclusionAnswers) -> InclusionFlags | None:
    """What is counted of somebody's answers; None when they would rather not say anything."""
    if not answers.is_said:
        return None
    return InclusionFlags(answers.disability == YES, answers.needs_answer == YES)


def counted(flags: Iterable[InclusionFlags]) -> InclusionCounts:
    """The counts of some people."""
    found = list(flags)
    return InclusionCounts(
        len(found), sum(one.has_disability for one in found), sum(one.needs_help for one in found)
    )


def preparations(answers: Iterable[InclusionAnswers]) -> list[tuple[str, int]]:
    """(need, how many wanted it) in the order of NEEDS, without zeros."""
    wanted = Counter(need for one in answers for need in one.needs)
    return [(need, wanted[need]) for need in NEEDS if wanted[need]]
