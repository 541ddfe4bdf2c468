"""The classes of a batch, from the first roll to its certificates and what happens to those afterwards."""

from __future__ import annotations

from datetime import datetime, timedelta

from portal.attendance.models import Evidence
from portal.attendance.services.checkin import check_in
from portal.certificates.queries import certificates_of_batch
from portal.certificates.rules import Facts
from portal.certificates.services import REASONS, decide_request, prepare_change
from portal.core.clock import at, local_date
from portal.core.db import db, transaction
from portal.operations import classwork
from portal.operations.demo.batch import Batch
from portal.operations.demo.plan import OVER, Act
from portal.operations.demo.testing import plan_tests, trainee


def plan_teaching(batch: Batch) -> None:
    """Put the classes of a batch that have been held on the timeline, and what followed them."""
    line, now = batch.timeline, batch.timeline.now
    met = batch.begins - timedelta(minutes=30)
    if met > now:  # the first class begins later today
        return
    line.at(met, lambda moment: _meet(batch, moment))
    for place, session in enumerate(batch.slot.plan.sessions):
        arrived = at(session.day, 7, 50, batch.zone)
        if batch.spec.act == Act.RUNNING and met < arrived <= now:
            line.at(arrived, lambda moment, p=place: _arrive(batch, p, moment))  # type: ignore[misc]
        marked = at(session.day, 8, 20, batch.zone)
        if marked <= now:
            line.at(marked, lambda moment, p=place: _mark(batch, p, moment))  # type: ignore[misc]
    plan_tests(batch)
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
        batch.id, admin=house.admin, head=house.head, instructor=batch.instructor, assessor=batch.assessor,
        second=batch.second,
    )  # fmt: skip
    classwork.draw_fates(batch.work, batch.rng)
    db.session.rollback()


def _arrive(batch: Batch, place: int, now: datetime) -> None:
    """A third of the class reads the code from the projector, two of them with one phone."""
    people = {number: person for person, number in batch.enrolled.items()}
    with transaction():
        for turn, enrollment_id in enumerate(sorted(people)[: len(people) // 3]):
            check_in(
                session_id=_work(batch).sessions[place][0], position=1, evidence=Evidence.QR, at=now, now=now,
                device=f"{max(turn, 1):032x}", actor=trainee(people[enrollment_id]),
            )  # fmt: skip


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
            now=now - timedelta(hours=3),
        )
        request_id = request.id
    # At the moment of this step, so that the log's times never go back.
    with transaction():
        decide_request(request_id=request_id, approve=True, actor=batch.house.head, now=now)


def _corrected(facts: Facts) -> str:
    """The name with the degree that was forgotten, or without the one that was wrong."""
    return facts.name.split(",")[0] if "," in facts.name else f"{facts.name}, S.Sos."
