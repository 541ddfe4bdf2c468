"""Seats: offering, confirming, leaving; naming the waitlisted and the reserves. The order of the waitlist is
services/waitlist.py."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from portal.core import audit
from portal.core.db import db
from portal.core.errors import Conflict, DomainError, NotFound
from portal.core.permissions import Actor
from portal.core.words import gettext as _
from portal.enrollment import rules
from portal.enrollment.models import Enrollment, State
from portal.enrollment.services import notices
from portal.enrollment.services.cases import change_state, lock_batch, lock_case, scope_of
from portal.enrollment.services.following import refuse_unanswered
from portal.enrollment.services.overdue import expire_overdue
from portal.enrollment.services.prerequisites import refuse_unmet


def offer_seat(*, enrollment_id: int, actor: Actor, now: datetime) -> Enrollment:
    """Offer a seat; it is held from now on. The countdown starts only when the person is reached.

    Raises Conflict `batch_full` for the loser of the last seat, DomainError `illegal_move` or
    `prerequisite_...`, Forbidden `own_case`.
    """
    batch, enrollment = lock_case(enrollment_id)
    rules.check_not_self(actor.person_id, enrollment.person_id)
    expire_overdue(batch, actor=actor, now=now)
    refuse_unmet(batch, [enrollment.person_id])
    refuse_unanswered([enrollment.id])
    change_state(batch, enrollment, State.OFFERED, action="seat.offered", actor=actor, now=now)
    notices.offered([enrollment], now=now)
    return enrollment


def offer_seats(*, batch_id: int, enrollment_ids: Sequence[int], actor: Actor, now: datetime) -> int:
    """Offer seats to several people of one batch, all or none; returns how many.

    Raises NotFound when one of them is not of this batch, Conflict `batch_full` when the seats do not
    suffice.
    """
    batch = lock_batch(batch_id)
    wanted = list(dict.fromkeys(enrollment_ids))
    statement = sa.select(Enrollment).where(Enrollment.batch_id == batch_id, Enrollment.id.in_(wanted))
    found = {enrollment.id: enrollment for enrollment in db.session.scalars(statement)}
    if len(found) != len(wanted):
        raise NotFound()
    if not wanted:
        raise DomainError("nothing_chosen", _("Pilih paling sedikit satu orang."))
    expire_overdue(batch, actor=actor, now=now)
    people = sorted(found.values(), key=rules.queue_key)
    refuse_unmet(batch, [enrollment.person_id for enrollment in people])
    refuse_unanswered(wanted)
    for enrollment in people:
        rules.check_not_self(actor.person_id, enrollment.person_id)
        change_state(
            batch, enrollment, State.OFFERED, action="seat.offered", actor=actor, now=now, bulk=len(wanted)
        )
    notices.offered(people, now=now)
    return len(wanted)


def confirm_seat(*, enrollment_id: int, actor: Actor, now: datetime) -> Enrollment:
    """The person says yes. Confirmed already is no error. Raises Conflict `offer_over`, DomainError."""
    batch, enrollment = lock_case(enrollment_id)
    if enrollment.state == State.CONFIRMED:
        return enrollment
    if enrollment.state == State.EXPIRED:
        rules.check_offer_open(now, now)
    rules.check_offer_open(enrollment.offer_until, now)
    refuse_unmet(batch, [enrollment.person_id])
    if enrollment.contact_at is None:
        enrollment.contact_at = now
    by_self = actor.person_id == enrollment.person_id
    change_state(
        batch, enrollment, State.CONFIRMED, action="seat.confirmed", actor=actor, now=now, by_self=by_self
    )
    notices.confirmed(enrollment, now=now)
    return enrollment


def move_to_waitlist(*, enrollment_id: int, actor: Actor, now: datetime) -> Enrollment:
    """Screening found no seat: the person waits with the place of the day they applied."""
    batch, enrollment = lock_case(enrollment_id)
    rules.check_not_self(actor.person_id, enrollment.person_id)
    change_state(batch, enrollment, State.WAITLISTED, action="enrollment.waitlisted", actor=actor, now=now)
    notices.waits([enrollment], now=now)
    return enrollment


def make_reserve(*, enrollment_id: int, actor: Actor, now: datetime) -> Enrollment:
    """Name a reserve, at most as many as the batch has. Raises Conflict `reserves_full`."""
    batch, enrollment = lock_case(enrollment_id)
    rules.check_not_self(actor.person_id, enrollment.person_id)
    statement = sa.select(sa.func.count()).where(
        Enrollment.batch_id == batch.id, Enrollment.state == State.RESERVE
    )
    if (db.session.scalar(statement) or 0) >= batch.reserve_seats:
        raise Conflict(
            "reserves_full", _("Angkatan ini sudah punya %(count)d cadangan.", count=batch.reserve_seats)
        )
    change_state(batch, enrollment, State.RESERVE, action="enrollment.reserve", actor=actor, now=now)
    notices.waits([enrollment], now=now)
    return enrollment


def withdraw(*, enrollment_id: int, reason: str = "", actor: Actor, now: datetime) -> Enrollment:
    """Leave, by oneself or through staff who were told so; a held seat is free again. Raises DomainError."""
    batch, enrollment = lock_case(enrollment_id)
    if enrollment.state == State.WITHDRAWN:
        return enrollment
    by_self = actor.person_id == enrollment.person_id
    had_seat = enrollment.state == State.CONFIRMED
    change_state(
        batch,
        enrollment,
        State.WITHDRAWN,
        action="enrollment.withdrawn",
        actor=actor,
        now=now,
        reason=reason.strip(),
        by_self=by_self,
    )
    notices.ended(enrollment, by_self=by_self, had_seat=had_seat, now=now)
    return enrollment


def reject(*, enrollment_id: int, reason: str, actor: Actor, now: datetime) -> Enrollment:
    """The center says no, with a reason that the person reads. Raises DomainError `reason_missing`."""
    if len(reason.strip()) < 5:
        raise DomainError("reason_missing", _("Tulis alasan yang akan dibaca orangnya."), "reason")
    batch, enrollment = lock_case(enrollment_id)
    rules.check_not_self(actor.person_id, enrollment.person_id)
    change_state(
        batch,
        enrollment,
        State.REJECTED,
        action="enrollment.rejected",
        actor=actor,
        now=now,
        reason=reason.strip(),
    )
    notices.ended(enrollment, by_self=False, had_seat=False, now=now)
    return enrollment


def let_go(*, enrollment_id: int, reason: str, actor: Actor, now: datetime) -> Enrollment:
    """Staff note that somebody leaves, and why. Raises DomainError `reason_missing`, Forbidden `own_case`."""
    if len(reason.strip()) < 5:
        raise DomainError("reason_missing", _("Tulis mengapa orangnya keluar."), "reason")
    found = db.session.get(Enrollment, enrollment_id)
    if found is not None:
        rules.check_not_self(actor.person_id, found.person_id)
    return withdraw(enrollment_id=enrollment_id, reason=reason, actor=actor, now=now)


def reconsider(*, enrollment_id: int, actor: Actor, now: datetime) -> Enrollment:
    """Take a rejection back: the person is under screening again."""
    batch, enrollment = lock_case(enrollment_id)
    rules.check_not_self(actor.person_id, enrollment.person_id)
    change_state(batch, enrollment, State.APPLIED, action="enrollment.reconsidered", actor=actor, now=now)
    return enrollment


def expire(*, enrollment_id: int, reason: str = "", actor: Actor, now: datetime) -> Enrollment:
    """End an enrollment that can lead to nothing any more. Raises DomainError `illegal_move`."""
    batch, enrollment = lock_case(enrollment_id)
    change_state(
        batch,
        enrollment,
        State.EXPIRED,
        action="enrollment.expired",
        actor=actor,
        now=now,
        reason=reason.strip(),
    )
    return enrollment


def open_offer(*, enrollment_id: int, actor: Actor, now: datetime) -> Enrollment:
    """The person opened the page of the offer: that is the confirmed contact, and the countdown starts
    once."""
    batch, enrollment = lock_case(enrollment_id)
    if actor.person_id != enrollment.person_id or enrollment.state != State.OFFERED or enrollment.contact_at:
        return enrollment
    if batch.state in ("cancelled", "finalized"):
        return enrollment
    start_countdown(batch.id, enrollment, now)
    audit.record(
        "offer.opened",
        "enrollment",
        enrollment.id,
        actor=actor,
        now=now,
        scope=scope_of(batch),
        batch_id=batch.id,
    )
    return enrollment


def start_countdown(batch_id: int, enrollment: Enrollment, now: datetime) -> None:
    """Set when the person was reached and until when the offer stands; a running countdown stays."""
    from portal.enrollment.queries import first_class

    if enrollment.contact_at is None:
        enrollment.contact_at = now
        enrollment.offer_until = rules.offer_deadline(now, first_class(batch_id))
