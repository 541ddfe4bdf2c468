"""The phase on screen: what a batch's state, window, seats and the moment make of it."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from portal.batches.rules.seats import seats_left

#: At most this share of the quota left means "hampir penuh".
FEW_SEATS_PCT = 20

#: Stored state -> states it may become.
LEGAL_MOVES: dict[str, frozenset[str]] = {
    "draft": frozenset({"published", "cancelled"}),
    "published": frozenset({"postponed", "cancelled", "finalized"}),
    "postponed": frozenset({"published", "cancelled"}),
    "cancelled": frozenset(),
    "finalized": frozenset(),
}


class Phase(StrEnum):
    """What people read on a batch (FLOWS: States)."""

    DRAFT = "draft"
    NOT_OPEN = "not_open"
    OPEN = "open"
    FEW_LEFT = "few_left"
    WAITLIST = "waitlist"
    CLOSED = "closed"
    RUNNING = "running"
    ASSESSING = "assessing"
    FINISHED = "finished"
    POSTPONED = "postponed"
    CANCELLED = "cancelled"


_BY_STATE = {
    "draft": Phase.DRAFT,
    "postponed": Phase.POSTPONED,
    "cancelled": Phase.CANCELLED,
    "finalized": Phase.FINISHED,
}

#: Phases in which somebody may apply: for a seat or for the waitlist.
APPLY_PHASES = frozenset({Phase.OPEN, Phase.FEW_LEFT, Phase.WAITLIST})


def phase(
    *,
    state: str,
    opens_at: datetime,
    closes_at: datetime,
    starts_on: date,
    ends_on: date,
    quota: int,
    seats_taken: int,
    now: datetime,
    zone: str = "Asia/Jakarta",
) -> Phase:
    """The phase at `now` (aware). Days are days of the center's `zone`; the window closes at `closes_at`."""
    if state in _BY_STATE:
        return _BY_STATE[state]
    today = now.astimezone(ZoneInfo(zone)).date()
    if today > ends_on:
        return Phase.ASSESSING
    if today >= starts_on:
        return Phase.RUNNING
    if now < opens_at:
        return Phase.NOT_OPEN
    if now >= closes_at:
        return Phase.CLOSED
    left = seats_left(quota, seats_taken)
    if left == 0:
        return Phase.WAITLIST
    return Phase.FEW_LEFT if left * 100 <= FEW_SEATS_PCT * quota else Phase.OPEN


def phase_of(batch: Any, now: datetime, zone: str = "Asia/Jakarta") -> Phase:
    """`phase` of anything with a batch's attributes (a Batch, a row of a list)."""
    return phase(
        state=batch.state,
        opens_at=batch.opens_at,
        closes_at=batch.closes_at,
        starts_on=batch.starts_on,
        ends_on=batch.ends_on,
        quota=batch.quota,
        seats_taken=batch.seats_taken,
        now=now,
        zone=zone,
    )
