"""The row of somebody who comes over from another batch of the program."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from portal.batches.models import Batch
from portal.core.db import db
from portal.core.permissions import Actor
from portal.enrollment.models import Enrollment, Nomination, State
from portal.enrollment.rules_nominating import OPEN_NOMINATIONS
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
        _take_nomination_along(target, old, now)
        return found
    if state == State.APPLIED:
        refuse_over_cap(target, [old.cooperative_id])
    new = Enrollment(person_id=old.person_id, batch_id=target.id, state=state, **values, **new_codes())
    db.session.add(new)
    db.session.flush()
    _take_nomination_along(target, old, now)
    return new


def _take_nomination_along(target: Batch, old: Enrollment, now: datetime) -> None:
    """What somebody holds is given back through their nomination: it names the batch where that is."""
    if old.nomination_id is None:
        return
    db.session.execute(
        sa.update(Nomination)
        .where(
            Nomination.id == old.nomination_id,
            Nomination.batch_id == old.batch_id,
            Nomination.state.in_(sorted(OPEN_NOMINATIONS)),
        )
        .values(batch_id=target.id, updated_at=now)
        .execution_options(synchronize_session="fetch")
    )
