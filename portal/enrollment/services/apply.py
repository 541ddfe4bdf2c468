"""Applying for a batch: a place under screening, or a place on the waitlist."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from portal.core import audit
from portal.core.blockers import Blocker
from portal.core.db import db
from portal.core.errors import Conflict, DomainError
from portal.core.permissions import Actor
from portal.enrollment import messages, queries, rules
from portal.enrollment.models import Enrollment, State
from portal.enrollment.services.caps import refuse_over_cap
from portal.enrollment.services.cases import change_state, lock_batch, new_codes, scope_of
from portal.enrollment.services.overdue import expire_overdue
from portal.people.models import Person
from portal.people.queries import has_refused
from portal.people.services import CONSENT_TRAINING


def enroll_person(
    *,
    batch_id: int,
    person_id: int,
    cooperative_id: int | None,
    stated_cooperative: str = "",
    post: str,
    priority: int | None = None,
    nomination_id: int | None = None,
    group_id: int | None = None,
    helped_by: int | None = None,
    region_code: str | None = None,
    waitlist: bool = False,
    actor: Actor,
    now: datetime,
) -> Enrollment:
    """Apply for a batch: `applied` while a seat can be hoped for, else `waitlisted` if `waitlist`.

    priority: 0 pilot, 1 nominated, 2 other (stored; see rules.queue_class); worked out when None. group_id:
    of a nomination group. helped_by: the user who helped. Raises
    DomainError with the code of the first blocker (all of them in details["blockers"]), Conflict
    `batch_full` without `waitlist`, Conflict `already_enrolled` for an application that stands.
    """
    batch = lock_batch(batch_id)
    # The person too: two applications for the same days, in two batches at once, see each other.
    db.session.get(Person, person_id, with_for_update={"key_share": True})
    if helped_by is not None:
        rules.check_not_self(actor.person_id, person_id)
    expire_overdue(batch, actor=actor, now=now)
    if has_refused(person_id, CONSENT_TRAINING):
        raise DomainError("consent_withdrawn", messages.consent_withdrawn())
    standing = queries.standing(
        batch,
        person_id=person_id,
        cooperative_id=cooperative_id,
        post=post,
        region_code=region_code,
        now=now,
    )
    _refuse(rules.hard_blockers(standing.blockers))
    if not standing.free and not waitlist:
        raise Conflict("batch_full", messages.batch_full(), waiting=standing.waiting)
    state = State.APPLIED if standing.free else State.WAITLISTED
    nomination_id = nomination_id or standing.nomination_id
    if priority is None:
        priority = rules.priority_class(is_pilot=standing.is_pilot, is_nominated=nomination_id is not None)
    values = {
        "nomination_id": nomination_id,
        "group_id": group_id,
        "cooperative_id": cooperative_id,
        "stated_cooperative": stated_cooperative[:160],
        "region_code": region_code or standing.region_code,
        "post": post,
        "priority": priority,
        "moved_class": None,
        "queued_at": now,
        "applied_at": now,
        "helped_by": helped_by,
    }
    earlier = db.session.scalar(
        sa.select(Enrollment).where(Enrollment.batch_id == batch_id, Enrollment.person_id == person_id)
    )
    if earlier is not None:
        for name, value in values.items():
            setattr(earlier, name, value)
        change_state(batch, earlier, state, action="enrollment.reapplied", actor=actor, now=now)
        return earlier
    if state == State.APPLIED:
        refuse_over_cap(batch, [cooperative_id])
    enrollment = Enrollment(person_id=person_id, batch_id=batch_id, state=state, **new_codes(), **values)
    db.session.add(enrollment)
    try:
        db.session.flush()
    except IntegrityError as error:
        raise Conflict("already_enrolled", messages.already_here().message) from error
    audit.record(
        "enrollment.applied",
        "enrollment",
        enrollment.id,
        actor=actor,
        now=now,
        scope=scope_of(batch),
        batch_id=batch_id,
        new=str(state),
        helped=helped_by is not None,
    )
    return enrollment


def _refuse(blockers: list[Blocker]) -> None:
    if not blockers:
        return
    first = blockers[0]
    kind = Conflict if first.code == "already_enrolled" else DomainError
    raise kind(first.code, first.message, blockers=blockers)
