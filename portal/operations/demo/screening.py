"""Applications to the open batches, and what becomes of each: offers, calls, answers and silence."""

from __future__ import annotations

from datetime import datetime, timedelta

from portal.core.db import transaction
from portal.core.permissions import Actor
from portal.enrollment.services.apply import enroll_person
from portal.enrollment.services.contact import record_contact
from portal.enrollment.services.overdue import expire_offers
from portal.enrollment.services.seats import offer_seat, reject, withdraw
from portal.operations.demo.batch import Batch
from portal.operations.demo.people import Member

#: What becomes of the applicants of an open batch, in the order in which they applied.
_FORTUNES = (
    "confirmed",
    "offered",
    "applied",
    "reached",
    "withdrawn",
    "rejected",
    "expired",
    "confirmed",
    "offered",
    "applied",
    "confirmed",
    "applied",
)


def plan_screening(batch: Batch) -> None:
    """Put the applications to an open batch on the timeline, a few hours apart."""
    line, now = batch.timeline, batch.timeline.now
    rate = batch.rng.choice((0.5, 0.75, 1.0)) if len(batch.people) > 8 else 1.0
    most = batch.slot.plan.quota - batch.slot.plan.pilot_seats
    chosen = batch.people[: min(most, max(7, round(len(_FORTUNES) * rate)))]
    for place, (member, fortune) in enumerate(zip(chosen, _FORTUNES, strict=False)):
        begins = now - timedelta(days=9) + timedelta(hours=3 * place)
        line.at(begins, lambda moment, m=member, f=fortune: _screen(batch, m, f, moment))  # type: ignore[misc]


def _screen(batch: Batch, member: Member, fortune: str, now: datetime) -> None:
    enrollment_id = apply_for(batch, member, now)
    batch.enrolled[member.person_id] = enrollment_id
    line, admin, today = batch.timeline, batch.house.admin, batch.timeline.now

    def offer(moment: datetime) -> None:
        with transaction():
            offer_seat(enrollment_id=enrollment_id, actor=admin, now=moment)

    def contact(channel: str, outcome: str, note: str, moment: datetime) -> None:
        with transaction():
            record_contact(
                enrollment_id=enrollment_id,
                channel=channel,
                outcome=outcome,
                note=note,
                actor=admin,
                now=moment,
            )

    if fortune == "rejected":
        line.at(now + timedelta(days=1), lambda moment: _reject(enrollment_id, admin, moment))
        return
    if fortune == "applied":
        return
    line.at(now + timedelta(days=1), offer)
    if fortune == "confirmed":
        note = "Hadir, minta surat undangan untuk desa."
        line.at(now + timedelta(days=2), lambda moment: contact("call", "accepted", note, moment))
    elif fortune == "reached":
        line.at(
            today - timedelta(hours=5),
            lambda moment: contact("whatsapp", "reached", "Akan bertanya dulu.", moment),
        )
    elif fortune == "withdrawn":
        line.at(now + timedelta(days=3), lambda moment: _withdraw(enrollment_id, admin, moment))
    elif fortune == "expired":
        line.at(now + timedelta(days=2), lambda moment: contact("call", "reached", "Menunggu kabar.", moment))
        line.at(now + timedelta(days=5), lambda moment: _expire(batch, moment))
    elif batch.rng.random() < 0.5:
        line.at(today - timedelta(hours=20), lambda moment: contact("call", "no_answer", "", moment))


def _reject(enrollment_id: int, actor: Actor, now: datetime) -> None:
    with transaction():
        reason = "Program ini untuk jabatan lain; silakan ikut pelatihan dasar."
        reject(enrollment_id=enrollment_id, reason=reason, actor=actor, now=now)


def _withdraw(enrollment_id: int, actor: Actor, now: datetime) -> None:
    with transaction():
        withdraw(enrollment_id=enrollment_id, reason="Bersamaan dengan panen.", actor=actor, now=now)


def _expire(batch: Batch, now: datetime) -> None:
    with transaction():
        expire_offers(batch_id=batch.id, actor=batch.house.admin, now=now)


def apply_for(batch: Batch, member: Member, now: datetime, waitlist: bool = False) -> int:
    """Somebody applies with the help of the center; the enrollment's id."""
    with transaction():
        enrollment = enroll_person(
            batch_id=batch.id,
            person_id=member.person_id,
            cooperative_id=member.cooperative_id,
            post=member.post,
            helped_by=batch.house.admin.user_id,
            waitlist=waitlist,
            actor=batch.house.admin,
            now=now,
        )
        return enrollment.id
