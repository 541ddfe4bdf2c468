"""Postponing and cancelling a batch with people in it: each person keeps, moves or leaves by their own
choice."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa

from portal.batches import services as batches
from portal.batches.models import Batch
from portal.core import audit
from portal.core.db import db, insert_many
from portal.core.errors import Conflict, DomainError, Forbidden, NotFound
from portal.core.permissions import Actor
from portal.core.words import gettext as _
from portal.enrollment import queries, rules
from portal.enrollment.models import Enrollment, MoveChoice, State
from portal.enrollment.services import notices, notices_batch
from portal.enrollment.services.arriving import row_in
from portal.enrollment.services.cases import change_state, lock_batch, lock_case, scope_of
from portal.enrollment.services.prerequisites import refuse_unmet

_WITH_SEAT = (State.OFFERED, State.CONFIRMED)
_WITHOUT_SEAT = (State.APPLIED, State.WAITLISTED, State.RESERVE)


@dataclass(frozen=True)
class Moved:
    """What a postponement or cancellation did: how many may choose, how many simply ended."""

    batch: Batch
    asked: int
    ended: int


def postpone_batch(
    *, batch_id: int, starts_on: date | None, reason: str, actor: Actor, now: datetime
) -> Moved:
    """Give a batch new dates (or none yet), and let everybody with a seat choose: keep, move or leave.

    Seats stay held until somebody chooses otherwise; countdowns of offers begin anew. Raises DomainError on
    `reason` or `starts_on`, Conflict `schedule_clash` with nothing changed.
    """
    reason = _checked(reason)
    found = db.session.get(Batch, batch_id)
    if found is None:
        raise NotFound()
    before, began = found.starts_on, queries.first_class(batch_id)
    if starts_on is None:
        batches.set_batch_state(batch_id=batch_id, state="postponed", reason=reason, actor=actor, now=now)
    elif starts_on == before:
        raise DomainError("same_day", _("Tanggal baru sama dengan tanggal yang lama."), "starts_on")
    else:
        batches.move_batch(batch_id=batch_id, starts_on=starts_on, actor=actor, now=now)
    batch = lock_batch(batch_id)
    batch.state_reason = reason[:300]
    people = _ask(batch, "postponed", before, actor, now)
    notices_batch.postponed(people, was=before, began=began, reason=reason, now=now)
    return Moved(batch, len(people), 0)


def cancel_batch(*, batch_id: int, reason: str, actor: Actor, now: datetime) -> Moved:
    """Cancel a batch: everybody with a seat may move to another one or leave; those who waited are let go."""
    reason = _checked(reason)
    batches.set_batch_state(batch_id=batch_id, state="cancelled", reason=reason, actor=actor, now=now)
    batch = lock_batch(batch_id)
    asked = _ask(batch, "cancelled", batch.starts_on, actor, now)
    ended = _people(batch_id, _WITHOUT_SEAT)
    for enrollment in ended:
        change_state(
            batch,
            enrollment,
            State.EXPIRED,
            action="enrollment.expired",
            actor=actor,
            now=now,
            reason=_("Angkatan dibatalkan: %(reason)s", reason=reason),
            cause="cancelled",
        )
    notices_batch.cancelled(asked, reason=reason, has_choice=True, now=now)
    notices_batch.cancelled(ended, reason=reason, has_choice=False, now=now)
    return Moved(batch, len(asked), len(ended))


def answer_move(
    *, enrollment_id: int, choice: str, target_batch_id: int | None = None, actor: Actor, now: datetime
) -> Enrollment:
    """The person's answer: `keep` the new dates, `move` to another batch of the program with a free seat,
    `leave`.

    Returns the enrollment that holds the seat afterwards. Raises Conflict `batch_full`, `no_choice`,
    DomainError; Forbidden for anybody but the person.
    """
    first = db.session.get(Enrollment, enrollment_id)
    if first is None:
        raise NotFound()
    if actor.person_id != first.person_id:
        raise Forbidden("own_choice", _("Hanya orangnya sendiri yang memilih."))
    if target_batch_id is not None and db.session.get(Batch, target_batch_id) is None:
        raise DomainError("target_unknown", _("Pilih angkatan dari daftar."), "target")
    # Both batches are locked in the order of their numbers: two people who swap batches never wait in a
    # circle.
    for number in sorted({first.batch_id, target_batch_id or first.batch_id}):
        lock_batch(number)
    batch, enrollment = lock_case(enrollment_id)
    pending = _pending(enrollment_id)
    if pending is None:
        raise Conflict("no_choice", _("Pilihan ini sudah dijawab."))
    if choice == "keep":
        result = _keep(batch, enrollment, actor, now)
    elif choice == "move":
        result = _move(batch, enrollment, target_batch_id, actor, now)
    elif choice == "leave":
        if enrollment.state in _WITH_SEAT:
            had_seat = enrollment.state == State.CONFIRMED
            change_state(
                batch,
                enrollment,
                State.WITHDRAWN,
                action="enrollment.withdrawn",
                actor=actor,
                now=now,
                reason=_("Mundur setelah jadwal berubah."),
                by_self=True,
            )
            notices.ended(enrollment, by_self=True, had_seat=had_seat, now=now)
        result = enrollment
    else:
        raise DomainError("choice_missing", _("Pilih salah satu jawaban."), "choice")
    pending.choice, pending.answered_at = choice, now
    pending.target_batch_id = target_batch_id if choice == "move" else None
    audit.record(
        "move.answered",
        "enrollment",
        enrollment_id,
        actor=actor,
        now=now,
        scope=scope_of(batch),
        batch_id=batch.id,
        choice=choice,
        target=pending.target_batch_id,
    )
    return result


def _checked(reason: str) -> str:
    reason = " ".join(reason.split())
    if len(reason) < 5:
        raise DomainError("reason_missing", _("Tulis alasannya; peserta akan membacanya."), "reason")
    return reason


def _people(batch_id: int, states: tuple[State, ...]) -> list[Enrollment]:
    statement = sa.select(Enrollment).where(Enrollment.batch_id == batch_id, Enrollment.state.in_(states))
    return list(db.session.scalars(statement.order_by(Enrollment.id)))


def _ask(batch: Batch, cause: str, before: date, actor: Actor, now: datetime) -> list[Enrollment]:
    """Put the choice before everybody with a seat; an older open choice is replaced by this one."""
    people = _people(batch.id, _WITH_SEAT)
    ids = [enrollment.id for enrollment in people]
    db.session.execute(
        sa.delete(MoveChoice)
        .where(MoveChoice.enrollment_id.in_(ids), MoveChoice.choice == "pending")
        .execution_options(synchronize_session=False)
    )
    rows = [
        {
            "enrollment_id": number,
            "cause": cause,
            "old_starts_on": before,
            "choice": "pending",
            "created_at": now,
        }
        for number in ids
    ]
    insert_many(db.session(), MoveChoice.__table__, rows)
    db.session.execute(
        sa.update(Enrollment)
        .where(Enrollment.batch_id == batch.id, Enrollment.state == State.OFFERED)
        .values(contact_at=None, offer_until=None)
    )
    for enrollment in people:
        audit.record(
            "move.asked",
            "enrollment",
            enrollment.id,
            actor=actor,
            now=now,
            scope=scope_of(batch),
            batch_id=batch.id,
            cause=cause,
        )
    return people


def _pending(enrollment_id: int) -> MoveChoice | None:
    found: MoveChoice | None = db.session.scalar(
        sa.select(MoveChoice)
        .where(MoveChoice.enrollment_id == enrollment_id, MoveChoice.choice == "pending")
        .order_by(MoveChoice.id.desc())
        .limit(1)
        .with_for_update()
    )
    return found


def _keep(batch: Batch, enrollment: Enrollment, actor: Actor, now: datetime) -> Enrollment:
    """Stay with the new dates: whoever answers has confirmed the seat."""
    if batch.state == "cancelled":
        raise DomainError(
            "batch_cancelled", _("Angkatan ini dibatalkan. Pilih angkatan lain atau mundur."), "choice"
        )
    if enrollment.state == State.OFFERED:
        refuse_unmet(batch, [enrollment.person_id])
        enrollment.contact_at = enrollment.contact_at or now
        change_state(
            batch, enrollment, State.CONFIRMED, action="seat.confirmed", actor=actor, now=now, by_self=True
        )
        notices.confirmed(enrollment, now=now)
    return enrollment


def _move(
    batch: Batch, enrollment: Enrollment, target_id: int | None, actor: Actor, now: datetime
) -> Enrollment:
    """Give the seat back here and take one there, both or neither; the person is confirmed at once."""
    target = db.session.get(Batch, target_id) if target_id else None
    if target is None or target.program_id != batch.program_id or target.id == batch.id:
        raise DomainError("target_unknown", _("Pilih angkatan dari daftar."), "target")
    if enrollment.state not in _WITH_SEAT:
        raise Conflict("no_choice", _("Anda tidak lagi memegang kursi di angkatan ini."))
    change_state(
        batch,
        enrollment,
        State.WITHDRAWN,
        action="enrollment.moved_away",
        actor=actor,
        now=now,
        reason=_("Pindah ke angkatan lain."),
        target=target.id,
    )
    standing = queries.standing(
        target,
        person_id=enrollment.person_id,
        cooperative_id=enrollment.cooperative_id,
        post=enrollment.post,
        region_code=enrollment.region_code,
        now=now,
    )
    blockers = rules.hard_blockers(standing.blockers)
    if blockers:
        raise DomainError(blockers[0].code, blockers[0].message, "target", blockers=blockers)
    if not standing.free:
        soft = next(iter(standing.blockers), None)
        if soft is not None:
            raise Conflict(soft.code, soft.message, "target")
        raise Conflict("batch_full", _("Kursi angkatan itu baru saja terisi."), "target")
    return _arrive(target, enrollment, actor, now)


def _arrive(target: Batch, old: Enrollment, actor: Actor, now: datetime) -> Enrollment:
    new = row_in(target, old, State.APPLIED, queued_at=now, actor=actor, now=now)
    if new.state != State.OFFERED:
        change_state(
            target, new, State.OFFERED, action="seat.offered", actor=actor, now=now, moved_from=old.batch_id
        )
    new.contact_at = now
    change_state(target, new, State.CONFIRMED, action="seat.confirmed", actor=actor, now=now, by_self=True)
    notices.confirmed(new, left=old, now=now)
    return new
