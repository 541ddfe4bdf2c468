"""The second assessor: where a second word is needed, whose it may be, and what the two make. Pure."""

from __future__ import annotations

from portal.assessment.rules.judging import Say, plain
from portal.core.blockers import Blocker

#: An appeal, a correction and a corrected key were looked at by others already.
NEEDS_SECOND = frozenset({"judged", "written", "retest"})
MISSING, AGREED, DISAGREED, NOT_NEEDED = "missing", "agreed", "disagreed", ""


def second_state(*, asked: bool, source: str, first: str, second: str | None) -> str:
    """ "" where none is needed, else missing, agreed or disagreed. `asked`: the program wants two assessors;
    `second` None: not given yet for this version."""
    if not asked or source not in NEEDS_SECOND:
        return NOT_NEEDED
    if second is None:
        return MISSING
    return AGREED if second == first else DISAGREED


def second_blockers(
    *,
    is_assessor: bool,
    separate_assessor: bool,
    is_trainer: bool,
    user_id: int | None,
    person_id: int | None,
    first_user: int | None,
    first_person: int | None,
    _: Say = plain,
) -> list[Blocker]:
    """Why this account may not give the second word on a version: not an assessor of the batch, its trainer
    where the program separates the two, or the first judge, also under another account."""
    if not is_assessor:
        message = _("Penilaian kedua diberikan oleh asesor yang ditugaskan di angkatan ini.")
        return [Blocker("not_assessor", message)]
    if separate_assessor and is_trainer:
        message = _("Anda melatih angkatan ini, jadi bukan penilai keduanya.")
        return [Blocker("trainer_may_not_judge", message)]
    same_person = person_id is not None and person_id == first_person
    if (user_id is not None and user_id == first_user) or same_person:
        message = _("Anda penilai pertama unit ini. Penilaian kedua diberikan oleh asesor lain.")
        return [Blocker("same_judge", message)]
    return []
