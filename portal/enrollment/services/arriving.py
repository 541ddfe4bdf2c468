"""The row of somebody who comes over from another batch of the program."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from portal.batches.models import Batch
from portal.core.db import db
from portal.core.permissions import Actor
from portal.enrollment.models import Enrollment, State
from portal.enrollment.services.caps import refuse_over_cap
from portal.enrollment.services.cases import change_state, new_codes

#: What goes along from one batch to the other.
_GOES_ALONG = ("nomination_id", "group_id", "cooperative_id", "stated_cooperative", "region_code", "post",
               "priority", "helped_by")  # fmt: skip


def row_in(
    target: Batch, old: Enrollment, state: State, *, queued_at: datetime, actor: Actor, now: datetime
) -> Enrollment:
    """The person's enrollment in a locked batch, in `state` (applied or waitlisted) or already beyond it:
    made new, or taken up again when they had left. Raises Conflict `cooperative_full`, DomainError
    `illegal_move`."""
    statement = sa.select(Enrollment).where(
        Enrollment.batch_id == target.id, Enrollment.person_id == old.person_id
    )
    found: Enrollment | None = db.session.scalar(statement.with_for_update())
    if found is not None and found.state not in (State.WITHDRAWN, State.EXPIRED):
        return found
    values = {name: getattr(old, name) for name in _GOES_ALONG} | {"queued_at": queued_at, "applied_at": now}
    if found is not None:
        for name, value in values.items():
            setattr(found, name, value)
        found.moved_class = None
        change_state(target, found, state, action="enrollment.reapplied", actor=actor, now=now)
        return found
    if state == State.APPLIED:
        refuse_over_cap(target, [old.cooperative_id])
    new = Enrollment(person_id=old.person_id, batch_id=target.id, state=state, **values, **new_codes())
    db.session.add(new)
    db.session.flush()
    return new
