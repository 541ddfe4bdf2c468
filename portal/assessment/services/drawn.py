"""What was drawn for an attempt, kept in memory: it never changes, so an answer is checked without a read.

An entry is only believed together with the seed it was read with: the statement that stores an answer asks
for an attempt of that seed, so an entry of another database (tests, a restored backup) can store nothing.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from threading import Lock
from typing import Any

import sqlalchemy as sa

from portal.assessment.models import Attempt
from portal.assessment.queries.sittings import items_of
from portal.core.db import db

MOST = 5000


@dataclass(frozen=True)
class DrawnTest:
    """position -> (kind, content) of one attempt, and its seed."""

    seed: str
    questions: dict[int, tuple[str, Mapping[str, Any]]]


_kept: OrderedDict[int, DrawnTest] = OrderedDict()
_lock = Lock()


def drawn_of(attempt_id: int, *, fresh: bool = False) -> DrawnTest | None:
    """What was drawn, from memory unless `fresh`; None for an attempt that is not there. Two statements the
    first time in each worker."""
    with _lock:
        found = _kept.get(attempt_id)
        if found is not None and not fresh:
            _kept.move_to_end(attempt_id)
            return found
    seed = db.session.scalar(sa.select(Attempt.seed).where(Attempt.id == attempt_id))
    if seed is None:
        return None
    made = DrawnTest(seed, {one.position: (one.kind, one.content) for one in items_of(attempt_id)})
    with _lock:
        _kept[attempt_id] = made
        _kept.move_to_end(attempt_id)
        while len(_kept) > MOST:
            _kept.popitem(last=False)
    return made
