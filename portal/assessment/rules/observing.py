"""A practical observation: what was seen of each criterion, and what a verdict may rest on. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from portal.assessment.rules.judging import COMPETENT, Say, plain
from portal.core.blockers import Blocker

MET = "met"
NOT_MET = "not_met"
NOT_OBSERVED = "not_observed"
SEEN = (MET, NOT_MET, NOT_OBSERVED)
INTERVIEW_LIMIT = 2000
OBSERVATION_NOTE_LIMIT = 1000


def observation_problem(
    criteria: Mapping[int, str], note: str, interview: str, known: Collection[int], _: Say = plain
) -> tuple[Blocker, str] | None:
    """(what is wrong, the field) of an observation, or None. `criteria` maps criterion ids to what was seen;
    `known` are the criteria of the unit. Something must have been seen or said."""
    if not set(criteria) <= set(known):
        message = _("Kriteria ini bukan bagian dari unit tersebut.")
        return Blocker("criteria_foreign", message), "criteria"
    if not set(criteria.values()) <= set(SEEN):
        message = _("Pilih terpenuhi, belum terpenuhi, atau tidak diamati.")
        return Blocker("criteria_unknown", message), "criteria"
    if len(note) > OBSERVATION_NOTE_LIMIT:
        message = _("Catatan paling panjang %(limit)s huruf.", limit=OBSERVATION_NOTE_LIMIT)
        return Blocker("note_long", message), "note"
    if len(interview) > INTERVIEW_LIMIT:
        message = _("Catatan wawancara paling panjang %(limit)s huruf.", limit=INTERVIEW_LIMIT)
        return Blocker("interview_long", message), "interview"
    if not {MET, NOT_MET} & set(criteria.values()) and not note.strip() and not interview.strip():
        message = _("Isi sedikitnya satu kriteria, atau tulis catatan.")
        return Blocker("observation_empty", message), "criteria"
    return None


def unmet(criteria: Mapping[str, str]) -> list[int]:
    """The ids of the criteria that were seen and not met, of an observation as stored."""
    return sorted(int(key) for key, seen in criteria.items() if seen == NOT_MET)


def against_observation(value: str, note: str, unmet_count: int, _: Say = plain) -> Blocker | None:
    """K although a criterion was seen not to be met: the judge says why. None when all is said."""
    if value != COMPETENT or not unmet_count or note.strip():
        return None
    return Blocker(
        "note_over_observation",
        _("Pengamatan mencatat kriteria yang belum terpenuhi. Tulis mengapa tetap kompeten, lalu simpan."),
    )


def observed_value(criteria: Mapping[int, str], known: Collection[int]) -> str:
    """What an observation proposes: K when every criterion was met, BK when one was not; else ""."""
    if NOT_MET in criteria.values():
        return "not_yet_competent"
    return COMPETENT if known and all(criteria.get(one) == MET for one in known) else ""
