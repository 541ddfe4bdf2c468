"""Reads of people, their consents and their rights."""

from portal.people.queries.known import (
    find_by_nik,
    get_person,
    has_consent,
    list_consents,
    people_by_id,
    people_by_nik,
    personal_data,
)

__all__ = [
    "find_by_nik",
    "get_person",
    "has_consent",
    "list_consents",
    "people_by_id",
    "people_by_nik",
    "personal_data",
]
