"""Placing many people at once: a spread roster, the demo. A bounded number of statements however many."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from portal.batches import services as batches
from portal.batches.models import Batch
from portal.core import audit
from portal.core.db import db, insert_many
from portal.core.errors import Conflict
from portal.core.permissions import Actor
from portal.core.words import gettext as _
from portal.enrollment import queries, rules
from portal.enrollment.models import SEAT_STATES, Enrollment, Nomination, NominationState, State
from portal.enrollment.services import notices
from portal.enrollment.services.caps import refuse_kept, refuse_over_cap
from portal.enrollment.services.cases import lock_batch, new_codes, refuse_closed, scope_of
from portal.enrollment.services.prerequisites import refuse_unmet

CHUNK = 500


@dataclass(frozen=True)
class Placement:
    """One person on the way into a batch. `priority`: 0 pilot, 1 nominated, 2 other (what is stored);
    `group_id`: of a nomination group."""

    person_id: int
    cooperative_id: int | None
    post: str
    nomination_id: int | None = None
    stated_cooperative: str = ""
    region_code: str | None = None
    priority: int = 1
    group_id: int | None = None

    @property
    def comer(self) -> rules.Comer:
        """As places are counted."""
        return rules.Somebody(self.cooperative_id, self.post, self.priority == 0)


def place_people(
    *, batch_id: int, placements: Sequence[Placement], state: State, actor: Actor, now: datetime
) -> dict[int, int]:
    """Enroll people straight into a state (offered, confirmed, reserve, waitlisted, applied).

    Answers {person id: enrollment id}, for those who were in the batch already too: they stay as they are.
    Seats are taken in one statement, all or none. Raises Conflict `batch_full`, and Conflict `person_busy`
    with details["person_ids"] when somebody is in another batch on the same days, Conflict
    `cooperative_full` or `seat_kept` (services/caps.py); DomainError `prerequisite_...` when somebody lacks
    what the batch asks for on its first day.
    """
    batch = lock_batch(batch_id)
    refuse_closed(batch, state)
    wanted = {placement.person_id: placement for placement in placements}
    known = _known(batch_id, list(wanted))
    fresh = [placement for person_id, placement in wanted.items() if person_id not in known]
    for placement in fresh:
        rules.check_not_self(actor.person_id, placement.person_id)
    _refuse_busy(batch, [placement.person_id for placement in fresh])
    refuse_unmet(batch, [placement.person_id for placement in fresh])
    if state in rules.PLACE_STATES:
        refuse_over_cap(batch, [placement.cooperative_id for placement in fresh])
    if state in SEAT_STATES and fresh:
        refuse_kept(batch, [placement.comer for placement in fresh], now)
        batches.take_seats(batch_id=batch_id, count=len(fresh))
    rows = [_row(placement, batch_id, state, now) for placement in fresh]
    insert_many(db.session(), Enrollment.__table__, rows)
    _mark_placed([p.nomination_id for p in fresh if p.nomination_id is not None], batch_id, now)
    ids = known | _known(batch_id, [placement.person_id for placement in fresh])
    for placement in fresh:
        audit.record(
            "enrollment.placed",
            "enrollment",
            ids[placement.person_id],
            actor=actor,
            now=now,
            scope=scope_of(batch),
            batch_id=batch_id,
            new=str(state),
        )
    _tell(batch_id, [ids[placement.person_id] for placement in fresh], state, now)
    return ids


def _tell(batch_id: int, enrollment_ids: list[int], state: State, now: datetime) -> None:
    for start in range(0, len(enrollment_ids), CHUNK):
        statement = sa.select(Enrollment).where(Enrollment.id.in_(enrollment_ids[start : start + CHUNK]))
        notices.placed(list(db.session.scalars(statement)), state, now=now)


def _known(batch_id: int, person_ids: list[int]) -> dict[int, int]:
    found: dict[int, int] = {}
    for start in range(0, len(person_ids), CHUNK):
        statement = sa.select(Enrollment.person_id, Enrollment.id).where(
            Enrollment.batch_id == batch_id, Enrollment.person_id.in_(person_ids[start : start + CHUNK])
        )
        found.update((person_id, number) for person_id, number in db.session.execute(statement))
    return found


def _refuse_busy(batch: Batch, person_ids: list[int]) -> None:
    busy = queries.people_busy(batch, person_ids)
    if busy:
        raise Conflict(
            "person_busy",
            _("%(count)d orang sudah terdaftar di pelatihan lain pada hari yang sama.", count=len(busy)),
            person_ids=sorted(busy),
        )


def _row(placement: Placement, batch_id: int, state: State, now: datetime) -> dict[str, Any]:
    return {
        "person_id": placement.person_id,
        "batch_id": batch_id,
        "nomination_id": placement.nomination_id,
        "group_id": placement.group_id,
        "cooperative_id": placement.cooperative_id,
        "stated_cooperative": placement.stated_cooperative[:160],
        "region_code": placement.region_code,
        "post": placement.post,
        "state": state,
        "state_reason": "",
        "priority": placement.priority,
        "queued_at": now,
        "applied_at": now,
        "contact_at": now if state == State.CONFIRMED else None,
        "confirmed_at": now if state == State.CONFIRMED else None,
        "version": 1,
        **new_codes(),
    }


def _mark_placed(nomination_ids: list[int], batch_id: int, now: datetime) -> None:
    for start in range(0, len(nomination_ids), CHUNK):
        db.session.execute(
            sa.update(Nomination)
            .where(Nomination.id.in_(nomination_ids[start : start + CHUNK]))
            .values(state=NominationState.PLACED, batch_id=batch_id, updated_at=now)
            .execution_options(synchronize_session=False)
        )
