"""Waitlist places of many people in many batches at once."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

import sqlalchemy as sa

from portal.batches.models import Batch
from portal.core.db import db
from portal.enrollment import rules
from portal.enrollment.queries.counts import holdings, room_for
from portal.enrollment.queries.waitlist import open_posts, waiting_rows


def ranks_in(batch_ids: Collection[int], now: datetime) -> dict[int, int]:
    """Enrollment id -> place (from 1), over the whole pool, for everybody who waits in these batches. Four
    statements at most, however many batches."""
    if not batch_ids:
        return {}
    batches = list(db.session.scalars(sa.select(Batch).where(Batch.id.in_(sorted(set(batch_ids))))))
    pools = _pools(batches)
    rows = waiting_rows(sorted({number for pool in pools.values() for number in pool}))
    if not rows:
        return {}
    held = holdings([batch.id for batch in batches])
    found: dict[int, int] = {}
    for batch in batches:
        posts = open_posts(room_for(batch, held[batch.id], now))
        line = sorted(
            (row.waiter(posts) for row in rows if row.batch_id in pools[batch.id]), key=rules.queue_key
        )
        found |= {one.id: place for place, one in enumerate(line, 1) if one.batch_id == batch.id}
    return found


def _pools(batches: Collection[Batch]) -> dict[int, set[int]]:
    """Batch id -> the batches that share its waitlist, itself among them."""
    found = {batch.id: {batch.id} for batch in batches}
    shared = [batch for batch in batches if batch.waitlist_pool]
    if not shared:
        return found
    statement = sa.select(Batch.id, Batch.program_id, Batch.waitlist_pool).where(
        Batch.waitlist_pool.in_({batch.waitlist_pool for batch in shared}), Batch.state == "published"
    )
    for number, program_id, name in db.session.execute(statement):
        for batch in shared:
            if (batch.program_id, batch.waitlist_pool) == (program_id, name):
                found[batch.id].add(number)
    return found
