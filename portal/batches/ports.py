"""What lower rooms get from batches."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from flask import Flask

from portal.batches.cards import Card, cards_of
from portal.batches.queries import nearest_batches


def _upcoming(
    *, now: datetime, program_id: int | None = None, center_id: int | None = None
) -> Sequence[Card]:
    return cards_of(nearest_batches(now=now, program_id=program_id, center_id=center_id, limit=6), now)


def install(app: Flask) -> None:
    """Fill the ports that catalog and centers read."""
    app.extensions["ports"].upcoming_batches = _upcoming
