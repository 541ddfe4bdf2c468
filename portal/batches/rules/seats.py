"""Seats: what is left, and what is kept for pilot cooperatives."""

from __future__ import annotations

from datetime import datetime


def seats_left(quota: int, seats_taken: int) -> int:
    """Free seats, never below 0."""
    return max(quota - seats_taken, 0)


def open_seats(
    *,
    quota: int,
    seats_taken: int,
    pilot_seats: int = 0,
    pilot_taken: int = 0,
    pilot_until: datetime | None = None,
    is_pilot: bool = False,
    now: datetime,
) -> int:
    """Seats that this person may take now. Until `pilot_until` the kept seats that no pilot cooperative has
    taken yet (`pilot_taken` counts theirs) are not for others; without an end they are kept to the last."""
    left = seats_left(quota, seats_taken)
    if is_pilot or (pilot_until is not None and now >= pilot_until):
        return left
    kept = max(pilot_seats - pilot_taken, 0)
    return max(left - kept, 0)
