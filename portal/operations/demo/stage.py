"""Each batch of the demo, step by step through the services, from its first draft to its certificates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from portal.batches.services import create_batch, publish_batch
from portal.certificates.queries import certificates_of_batch
from portal.certificates.rules import Facts
from portal.certificates.services import REASONS, decide_request, prepare_change
from portal.core.clock import at, local_date
from portal.core.db import db, transaction
from portal.core.permissions import Actor
from portal.enrollment.models import State
from portal.enrollment.services.apply import enroll_person
from portal.enrollment.services.contact import record_contact
from portal.enrollment.services.moves import cancel_batch, postpone_batch
from portal.enrollment.services.overdue import expire_offers
from portal.enrollment.services.placing import Placement, place_people
from portal.enrollment.services.seats import offer_seat, reject, withdraw
from portal.operations import classwork
from portal.operations.demo.cast import House
from portal.operations.demo.people import Member
from portal.operations.demo.plan import OVER, Act, Spec
from portal.operations.demo.schedule import Slot
from portal.operations.demo.timeline import Timeline


@dataclass
class Batch:
    """A batch on stage: what it is to show, who is in it, and its id once it exists."""

    spec: Spec
    house: House
    slot: Slot
    people: Sequence[Member]
    rng: Random
    timeline: Timeline
    id: int = 0
    enrolled: dict[int, int] = field(default_factory=dict)
    work: classwork.Classwork | None = None

    @property
    def zone(self) -> str:
        """The IANA zone of the center."""
        return self.house.center.zone

    @property
    def begins(self) -> datetime:
        """When the first class begins."""
        return at(self.slot.plan.sessions[0].day, 8, 0, self.zone)

    @property
    def ends(self) -> datetime:
        """When the last class ends."""
        return at(self.slot.plan.sessions[-1].day, 15, 30, self.zone)

    @property
    def instructor(self) -> Actor:
        """Who teaches it."""
        return self.house.instructors[self.slot.instructor_id]

    @property
    def assessor(self) -> Actor:
        """Who judges in it."""
        return self.house.assessors[self.slot.assessor_id]


def plan_steps(batch: Batch) -> None:
    """Put the whole life of a batch, as far as it has happened, on the timeline."""
    spec, line, now = batch.spec, batch.timeline, batch.timeline.now
    made = min(batch.begins - timedelta(days=48), now - timedelta(days=24))
    line.at(made, lambda moment: _create(batch, moment))
    if spec.act == Act.DRAFT:
        return
    line.at(made + timedelta(days=1), lambda moment: _publish(batch, moment))
    if spec.act == Act.NOT_OPEN:
        return
    if spec.act == Act.OPEN:
        _screening(batch)
        return
    placed = min(batch.begins - timedelta(days=12), now - timedelta(days=6))
    line.at(placed, lambda moment: _place(batch, moment))
    if spec.act in (Act.WAITLIST, Act.CLOSED):
        line.at(
            min(placed + timedelta(days=1), now - timedelta(days=5)), lambda moment: _queue(batch, moment)
        )
    if spec.act in (Act.POSTPONED, Act.MOVED, Act.CANCELLED):
        line.at(now - timedelta(days=2), lambda moment: _change_plans(batch, moment))
    if spec.act in OVER or spec.act == Act.RUNNING:
        _teach(batch)


def _create(batch: Batch, now: datetime) -> None:
    with transaction():
        batch.id = create_batch(plan=batch.slot.plan, actor=batch.house.admin, now=now).id


def _publish(batch: Batch, now: datetime) -> None:
    with transaction():
        publish_batch(batch_id=batch.id, actor=batch.house.admin, now=now)


def _placement(member: Member) -> Placement:
    return Placement(
        person_id=member.person_id,
        cooperative_id=member.cooperative_id,
        post=member.post,
        region_code=member.region_code,
        priority=0 if member.is_pilot else 1,
    )


def _seats(batch: Batch) -> int:
    """How many seats of a batch are held: a few stay free where that is the point."""
    quota = batch.slot.plan.quota
    if batch.spec.act == Act.FEW:
        return quota - max(1, quota // 6)
    return quota


def _place(batch: Batch, now: datetime) -> None:
    placements = [_placement(member) for member in batch.people[: _seats(batch)]]
    with transaction():
        batch.enrolled = place_people(
            batch_id=batch.id, placements=placements, state=State.CONFIRMED, actor=batch.house.admin, now=now
        )


def _queue(batch: Batch, now: datetime) -> None:
    """Two reserves and a waitlist behind a full class."""
    behind = list(batch.people[_seats(batch) :])
    with transaction():
        place_people(
            batch_id=batch.id, placements=[_placement(member) for member in behind[:2]], state=State.RESERVE,
            actor=batch.house.admin, now=now,
        )  # fmt: skip
    for place, member in enumerate(behind[2:]):
        _apply(batch, member, now + timedelta(minutes=7 * place), waitlist=True)


def _apply(batch: Batch, member: Member, now: datetime, waitlist: bool = False) -> int:
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


def _screening(batch: Batch) -> None:
    line, now = batch.timeline, batch.timeline.now
    rate = batch.rng.choice((0.5, 0.75, 1.0)) if len(batch.people) > 8 else 1.0
    most = batch.slot.plan.quota - batch.slot.plan.pilot_seats
    chosen = batch.people[: min(most, max(7, round(len(_FORTUNES) * rate)))]
    for place, (member, fortune) in enumerate(zip(chosen, _FORTUNES, strict=False)):
        begins = now - timedelta(days=9) + timedelta(hours=3 * place)
        line.at(begins, lambda moment, m=member, f=fortune: _screen(batch, m, f, moment))  # type: ignore[misc]


def _screen(batch: Batch, member: Member, fortune: str, now: datetime) -> None:
    enrollment_id = _apply(batch, member, now)
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


def _change_plans(batch: Batch, now: datetime) -> None:
    admin, plan = batch.house.admin, batch.slot.plan
    with transaction():
        if batch.spec.act == Act.CANCELLED:
            cancel_batch(batch_id=batch.id, reason="Listrik gedung sedang diperbaiki.", actor=admin, now=now)
            return
        new_day = None
        if batch.spec.act == Act.MOVED:
            new_day = plan.sessions[0].day + timedelta(days=43)
        reason = "Instruktur bertugas di tempat lain." if new_day else "Menunggu jalan desa dapat dilalui."
        postpone_batch(batch_id=batch.id, starts_on=new_day, reason=reason, actor=admin, now=now)


def _teach(batch: Batch) -> None:
    line, now = batch.timeline, batch.timeline.now
    met = batch.begins - timedelta(minutes=30)
    if met > now:  # the first class begins later today
        return
    line.at(met, lambda moment: _meet(batch, moment))
    for place, session in enumerate(batch.slot.plan.sessions):
        marked = at(session.day, 8, 20, batch.zone)
        if marked <= now:
            line.at(marked, lambda moment, p=place: _mark(batch, p, moment))  # type: ignore[misc]
    if batch.spec.act not in OVER:
        return
    if batch.spec.act == Act.ASSESSING:
        line.at(batch.ends - timedelta(minutes=30), lambda moment: _judge_half(batch, moment))
        return
    line.at(batch.ends - timedelta(minutes=30), lambda moment: _judge(batch, moment))
    line.at(batch.ends + timedelta(hours=18), lambda moment: classwork.sign_sheet(_work(batch), now=moment))
    if batch.spec.act != Act.SIGNED:
        line.at(batch.ends + timedelta(days=1, hours=20), lambda moment: _prepare(batch, moment))


def _work(batch: Batch) -> classwork.Classwork:
    assert batch.work is not None
    return batch.work


def _meet(batch: Batch, now: datetime) -> None:
    house = batch.house
    batch.work = classwork.load_classwork(
        batch.id, admin=house.admin, head=house.head, instructor=batch.instructor, assessor=batch.assessor
    )
    classwork.draw_fates(batch.work, batch.rng)
    db.session.rollback()


def _mark(batch: Batch, place: int, now: datetime) -> None:
    """A whole roll; of a session that is going on now the last people are still to be marked."""
    work = _work(batch)
    is_today = local_date(work.sessions[place][1], batch.zone) == local_date(batch.timeline.now, batch.zone)
    people = list(work.fates)
    classwork.mark_session(
        work, place, now=now, people=people[: len(people) * 2 // 3] if is_today else people
    )


def _judge(batch: Batch, now: datetime) -> None:
    classwork.judge(_work(batch), now=now, rng=batch.rng)


def _judge_half(batch: Batch, now: datetime) -> None:
    people = list(_work(batch).fates)
    classwork.judge(_work(batch), now=now, rng=batch.rng, people=people[: len(people) // 2])


def _prepare(batch: Batch, now: datetime) -> None:
    request_id = classwork.prepare(_work(batch), now=now)
    if batch.spec.act == Act.ISSUED:
        approved = now + timedelta(days=1)
        batch.timeline.at(approved, lambda moment: _approve(batch, request_id, moment))


def _approve(batch: Batch, request_id: int, now: datetime) -> None:
    classwork.approve(_work(batch), request_id, now=now)
    last = 0
    for place, action in enumerate(batch.spec.changes):
        last = max(0, place - 1) if action == "unsuspend" else place
        moment = now + timedelta(days=9 + 4 * place)
        batch.timeline.at(moment, lambda m, a=action, p=last: _change(batch, a, p, m))  # type: ignore[misc]


def _change(batch: Batch, action: str, place: int, now: datetime) -> None:
    """Suspend, unsuspend, revoke or replace the certificate in that place of the batch, by two people."""
    held = certificates_of_batch(batch.id, local_date(now, batch.zone))
    originals = sorted((row for row in held), key=lambda row: row.id)
    chosen = originals[place % len(originals)]
    with transaction():
        request = prepare_change(
            certificate_id=chosen.id,
            action=action,
            reason_class=next(iter(REASONS[action])),
            note="Catatan contoh: berkas pendukung ada pada balai.",
            changes={"name": _corrected(chosen.facts)} if action == "replace" else None,
            actor=batch.house.admin,
            now=now,
        )
        request_id = request.id
    with transaction():
        decide_request(
            request_id=request_id, approve=True, actor=batch.house.head, now=now + timedelta(hours=3)
        )


def _corrected(facts: Facts) -> str:
    """The name with the degree that was forgotten, or without the one that was wrong."""
    return facts.name.split(",")[0] if "," in facts.name else f"{facts.name}, S.Sos."
