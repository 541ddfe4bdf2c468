"""Offers whose countdown has ended give their seats back."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from portal.batches.models import Batch
from portal.core.db import db
from portal.core.permissions import Actor
from portal.core.words import gettext as _
from portal.enrollment.models import Enrollment, State
from portal.enrollment.services import notices
from portal.enrollment.services.cases import change_state, lock_batch

_OVERDUE = (
    sa.select(Enrollment)
    .where(
        Enrollment.batch_id == sa.bindparam("batch_id"),
        Enrollment.state == State.OFFERED,
        Enrollment.offer_until.is_not(None),
        Enrollment.offer_until <= sa.bindparam("now"),
    )
    .order_by(Enrollment.id)
)


def expire_overdue(batch: Batch, *, actor: Actor, now: datetime) -> int:
    """End the offers of a locked batch that nobody answered in time; returns how many. Silence never
    counts: only an offer whose person was reached has an end."""
    over = list(db.session.scalars(_OVERDUE, {"batch_id": batch.id, "now": now}))
    for enrollment in over:
        change_state(
            batch,
            enrollment,
            State.EXPIRED,
            action="offer.expired",
            actor=actor,
            now=now,
            reason=_("Tawaran tidak dijawab sampai batas waktunya."),
        )
    notices.ran_out(over, now=now)
    return len(over)


def expire_offers(*, batch_id: int, actor: Actor, now: datetime) -> int:
    """`expire_overdue` for a batch by its id. Raises NotFound."""
    return expire_overdue(lock_batch(batch_id), actor=actor, now=now)
