"""Reads of people, their consents and their rights."""

from portal.people.queries.consents import (
    Standing,
    has_refused,
    people_who_refused,
    refused,
    standings,
)
from portal.people.queries.inclusion import (
    inclusion_counts,
    inclusion_flags,
    own_inclusion,
    preparations_for,
)
from portal.people.queries.known import (
    find_by_nik,
    get_person,
    has_consent,
    list_consents,
    people_by_id,
    people_by_nik,
    personal_data,
)
from portal.people.queries.rights import (
    CorrectionView,
    corrections_of,
    erasures_of,
    get_correction,
    get_erasure,
    get_hold,
    list_corrections,
    list_erasures,
    list_holds,
)
from portal.people.queries.unmasked import open_reads, reads_of, shown_again

__all__ = [
    "CorrectionView",
    "Standing",
    "corrections_of",
    "erasures_of",
    "find_by_nik",
    "get_correction",
    "get_erasure",
    "get_hold",
    "get_person",
    "has_consent",
    "has_refused",
    "inclusion_counts",
    "inclusion_flags",
    "list_consents",
    "list_corrections",
    "list_erasures",
    "list_holds",
    "open_reads",
    "own_inclusion",
    "people_by_id",
    "people_by_nik",
    "people_who_refused",
    "personal_data",
    "preparations_for",
    "reads_of",
    "refused",
    "shown_again",
    "standings",
]
