"""What comes round by itself (enrollment/timers.py): reminders of classes, offers about to end, offers whose
time is over. Each bears being called again: the keys of the messages and the states of the enrollments make
it once."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from portal.core.errors import Conflict
from portal.core.permissions import Actor
from portal.enrollment import queries, rules
from portal.enrollment.models import State
from portal.enrollment.services import notices, notices_batch
from portal.enrollment.services.cases import zone_of
from portal.enrollment.services.overdue import expire_overdue
from portal.enrollment.services.waitlist import lock_pool, offer_next


def remind_class(*, batch_id: int, days: int, now: datetime) -> int:
    """Tell those with a certain seat that their class begins in `days` days."""
    people = queries.people_in(batch_id, State.CONFIRMED)
    return notices_batch.reminders(people, days=days, now=now)


def warn_of_end(*, enrollment_ids: Iterable[int], now: datetime) -> int:
    """Tell those of these people whose offer is about to end; once for each deadline."""
    found = queries.enrollments_by_id(list(enrollment_ids))
    due = [e for e in found if e.state == State.OFFERED and rules.is_ending(e.contact_at, e.offer_until, now)]
    return notices.ending(due, now=now)


def pass_on(*, batch_id: int, actor: Actor, now: datetime) -> int:
    """End the overdue offers of one batch; each seat that came free goes to the next in line, while the batch
    has not begun. Returns how many offers ended."""
    batch = lock_pool(batch_id)
    ended = expire_overdue(batch, actor=actor, now=now)
    if not rules.may_pass_on(batch.state, batch.starts_on, now, zone_of(batch)):
        return ended
    given = 0
    while given < ended:
        try:
            given += len(offer_next(batch_id=batch_id, actor=actor, now=now))
        except Conflict:  # nobody waits, or nobody who could come: the seat stays free for whoever applies
            break
    return ended


def tell_changed(*, batch_id: int, now: datetime) -> int:
    """Where or how a batch is held changed: tell everybody with a seat."""
    return notices_batch.changed(queries.people_in(batch_id, State.OFFERED, State.CONFIRMED), now=now)
