"""Use cases of batches. All run inside `transaction()`."""

from __future__ import annotations

from portal.batches.services.copying import (
    ParallelClass,
    copy_batch,
    copy_parallel,
    copy_series,
    plan_of,
)
from portal.batches.services.making import House, create_batch, move_batch, plans_of, update_batch
from portal.batches.services.plans import BatchPlan, SessionPlan
from portal.batches.services.states import (
    publish_batch,
    release_seat,
    release_seats,
    set_batch_state,
    take_seat,
    take_seats,
)

__all__ = [
    "BatchPlan",
    "House",
    "ParallelClass",
    "SessionPlan",
    "copy_batch",
    "copy_parallel",
    "copy_series",
    "create_batch",
    "move_batch",
    "plan_of",
    "plans_of",
    "publish_batch",
    "release_seat",
    "release_seats",
    "set_batch_state",
    "take_seat",
    "take_seats",
    "update_batch",
]
