"""Small reads about a person for the profile."""

from __future__ import annotations

from portal.regions.queries import path_of


def own_village(code: str) -> str:
    """A village with its district, regency and province, as an address reads. One statement."""
    return ", ".join(reversed(path_of(code)))
