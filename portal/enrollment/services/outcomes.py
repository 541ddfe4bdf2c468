"""Closing a batch: what became of everybody who held a seat, and what a later change makes of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

import sqlalchemy as sa

from portal.core import audit
from portal.core.db import UtcDateTime, db
from portal.core.errors import DomainError, NotFound
from portal.core.permissions import Actor
from portal.core.words import gettext as _
from portal.enrollment import rules
from portal.enrollment.models import Enrollment, State
from portal.enrollment.services.cases import lock_batch, scope_of

CHUNK = 500


def close_enrollments(*, batch_id: int, outcomes: Mapping[int, State], actor: Actor, now: datetime) -> int:
    """Set completed, not_completed or no_show by enrollment id; returns how many changed.

    Who never answered the offer but came is confirmed by coming. The same outcome again changes nothing. A
    few statements however many people. Raises NotFound for an id of another batch, DomainError
    `illegal_move`.
    """
    return _end(batch_id, outcomes, _first, "enrollment.closed", actor, now)


def change_outcomes(*, batch_id: int, outcomes: Mapping[int, State], actor: Actor, now: datetime) -> int:
    """Another outcome for people of a signed batch, because a mark or a verdict was changed; returns how
    many changed. Seats stay as they are. Errors as `close_enrollments`."""
    return _end(batch_id, outcomes, rules.check_outcome, "enrollment.outcome_changed", actor, now)


def _first(old: State, new: State) -> None:
    rules.check_move(State.CONFIRMED if old == State.OFFERED else old, new)


def _end(
    batch_id: int,
    outcomes: Mapping[int, State],
    check: Callable[[State, State], None],
    action: str,
    actor: Actor,
    now: datetime,
) -> int:
    batch = lock_batch(batch_id)
    if any(State(outcome) not in rules.OUTCOMES for outcome in outcomes.values()):
        raise DomainError("outcome_unknown", _("Hasil akhir ini tidak dikenal."))
    statement = sa.select(Enrollment.id, Enrollment.state).where(Enrollment.batch_id == batch_id)
    states = {row.id: State(row.state) for row in db.session.execute(statement.with_for_update())}
    if not set(outcomes) <= set(states):
        raise NotFound()
    groups: dict[State, list[int]] = {}
    for enrollment_id, outcome in outcomes.items():
        old, new = states[enrollment_id], State(outcome)
        if old == new:
            continue
        check(old, new)
        groups.setdefault(new, []).append(enrollment_id)
        audit.record(
            action,
            "enrollment",
            enrollment_id,
            actor=actor,
            now=now,
            scope=scope_of(batch),
            batch_id=batch_id,
            old=str(old),
            new=str(new),
        )
    for new, ids in groups.items():
        for start in range(0, len(ids), CHUNK):
            db.session.execute(
                sa.update(Enrollment)
                .where(Enrollment.id.in_(ids[start : start + CHUNK]))
                .values(
                    state=new,
                    offer_until=None,
                    confirmed_at=sa.func.coalesce(Enrollment.confirmed_at, sa.literal(now, UtcDateTime())),
                    version=Enrollment.version + 1,
                )
                .execution_options(synchronize_session=False)
            )
    db.session.expire_all()
    return sum(len(ids) for ids in groups.values())
