"""Loading an enrollment for change, and the one place where its state and the seats of its batch change."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from portal.batches import services as batches
from portal.batches.models import Batch
from portal.centers.models import TrainingCenter
from portal.core import audit
from portal.core.crypto import random_code
from portal.core.db import db
from portal.core.errors import Conflict, NotFound
from portal.core.permissions import Actor
from portal.enrollment import messages, rules
from portal.enrollment.models import Enrollment, State
from portal.enrollment.services.caps import refuse_kept, refuse_over_cap
from portal.enrollment.services.following import follow_enrollment

REFERENCE_LENGTH = 10
CARD_LENGTH = 16


def lock_batch(batch_id: int) -> Batch:
    """A batch, locked until the transaction ends: all seat work on it goes one after the other. Raises
    NotFound."""
    # Read anew: who waited for the lock must not decide by what was read before it.
    batch = db.session.get(Batch, batch_id, with_for_update=True, populate_existing=True)
    if batch is None:
        raise NotFound()
    return batch


def refuse_closed(batch: Batch, new: State) -> None:
    """Nobody comes into a batch that is cancelled or whose results are signed. Raises Conflict
    `batch_closed`."""
    if new in rules.OPEN_STATES and batch.state in ("cancelled", "finalized"):
        raise Conflict("batch_closed", messages.batch_closed())


def lock_case(enrollment_id: int) -> tuple[Batch, Enrollment]:
    """An enrollment and its batch, the batch locked first: use cases never wait for each other."""
    found = db.session.get(Enrollment, enrollment_id)
    if found is None:
        raise NotFound()
    batch = lock_batch(found.batch_id)
    enrollment = db.session.get(Enrollment, enrollment_id, with_for_update=True, populate_existing=True)
    if enrollment is None:
        raise NotFound()
    return batch, enrollment


def zone_of(batch: Batch) -> str:
    """The IANA zone of the batch's center."""
    center = db.session.get(TrainingCenter, batch.center_id)
    return center.zone if center else "Asia/Jakarta"


def scope_of(batch: Batch) -> str:
    """Whose audit trail an event belongs to."""
    return f"center:{batch.center_id}"


def new_codes() -> dict[str, str]:
    """A fresh reference and card token; both random, neither says anything about the person."""
    return {"reference": random_code(REFERENCE_LENGTH), "card_token": random_code(CARD_LENGTH)}


def change_state(
    batch: Batch,
    enrollment: Enrollment,
    new: State,
    *,
    action: str,
    actor: Actor,
    now: datetime,
    reason: str = "",
    **facts: Any,
) -> None:
    """Make a legal move, take or release the seat that goes with it, and record it.

    Raises DomainError `illegal_move`, Conflict `batch_closed` for a way into a batch that is over,
    `cooperative_full` when a cooperative has as many people as it may, `seat_kept` when the seats left are
    kept for others, and `batch_full` when the move needs a seat and none is left.
    """
    old = State(enrollment.state)
    rules.check_move(old, new)
    refuse_closed(batch, new)
    if rules.place_change(old, new) > 0:
        refuse_over_cap(batch, [enrollment.cooperative_id])
    change = rules.seat_change(old, new)
    if change > 0 and old != State.APPLIED:
        who = rules.Somebody(enrollment.cooperative_id, enrollment.post, enrollment.priority == 0)
        refuse_kept(batch, [who], now)
    if change > 0:
        batches.take_seat(batch_id=batch.id)
    elif change < 0:
        batches.release_seat(batch_id=batch.id)
    enrollment.state = new
    enrollment.state_reason = reason[:300]
    enrollment.version += 1
    if new in (State.APPLIED, State.WAITLISTED, State.OFFERED):
        enrollment.contact_at = enrollment.offer_until = enrollment.confirmed_at = None
    if new == State.CONFIRMED:
        enrollment.confirmed_at = now
        enrollment.offer_until = None
    db.session.flush()
    follow_enrollment(enrollment, new, action=action, by_self=bool(facts.get("by_self")), now=now)
    audit.record(
        action,
        "enrollment",
        enrollment.id,
        actor=actor,
        now=now,
        scope=scope_of(batch),
        batch_id=batch.id,
        old=str(old),
        new=str(new),
        **facts,
    )
