"""Who was proposed is replaced or taken back before the registration ends; a rejected claim takes back what
was proposed under it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from portal.batches.models import Batch
from portal.core import audit
from portal.core.clock import local_date
from portal.core.db import db
from portal.core.errors import Conflict, NotFound
from portal.core.permissions import Actor
from portal.core.words import gettext as _
from portal.enrollment import rules_nominating as rules_n
from portal.enrollment.models import Enrollment, Nomination, NominationGroup, NominationState, State
from portal.enrollment.queries.judging import judge
from portal.enrollment.queries.nominating import Ground, Proposed, load_act
from portal.enrollment.queries.nominations import get_nomination
from portal.enrollment.rules_nominating import Mode, Outcome
from portal.enrollment.services import notices
from portal.enrollment.services.cases import change_state, lock_batch, zone_of
from portal.enrollment.services.nominating import (
    check_people,
    introduce,
    judge_people,
    refuse_flood,
    write_enrollments,
    write_nominations,
)


@dataclass(frozen=True)
class _Left:
    """A place that was left, and the state it had."""

    place: Enrollment
    was: State


def swap_nominee(
    *, cooperative_id: int, nomination_id: int, replacement: Proposed, actor: Actor, now: datetime
) -> int:
    """Somebody else goes instead, in the same group; answers the id of the new nomination.

    The new one takes the place under screening or in the queue; a seat that was offered or confirmed is
    given back and screened anew, since it is the person who says yes. Raises Conflict `deadline_over` or the
    first reason why the new one cannot go, NotFound, DomainError `illegal_move`.
    """
    old = get_nomination(actor, cooperative_id, nomination_id)
    [replacement] = check_people([replacement], Mode.FIT, actor, cooperative_id)
    ground, judged = judge_people(
        cooperative_id,
        old.program_id,
        old.batch_id,
        [replacement],
        Mode.FIT,
        False,
        "",
        actor,
        now,
        lock=True,
    )
    old = _open(nomination_id, NominationState.REPLACED, ground, now)
    [answer] = judged.decision.answers
    if answer.blockers:
        first = answer.blockers[0]
        raise Conflict(first.code, first.message, "people", blockers=list(answer.blockers))
    refuse_flood(judged)
    left = _leave(ground, old, NominationState.REPLACED, _("Diganti oleh koperasi."), actor, now)
    place: dict[str, Any] = {}
    if left is not None:
        judged = judge(
            ground, load_act(ground, actor), {}, list(judged.people.values()), mode=Mode.FIT,
            keep_together=False, now=now,
        )  # fmt: skip
        place = _place(left, judged.decision.answers[0].outcome)
    ids = introduce(judged, actor, now)
    assert old.group_id is not None
    numbers = write_nominations(ground, judged, old.group_id, ids, now)
    if left is not None:
        write_enrollments(ground, judged, old.group_id, ids, numbers, now, **place)
    [new_id] = numbers.values()
    old.replaced_by_id = new_id
    audit.record(
        "nomination.replaced", "nomination", old.id, actor=actor, now=now, by=new_id, group=old.group_id,
        batch_id=old.batch_id,
    )  # fmt: skip
    db.session.flush()
    return new_id


def _place(left: _Left, outcome: Outcome) -> dict[str, Any]:
    """What the new one takes over: the state, as far as seats kept for others allow, and the queue."""
    state = rules_n.SUCCEEDS[left.was]
    if state == State.APPLIED and outcome != Outcome.SEAT:
        state = State.WAITLISTED
    old = left.place
    return {
        "state": state.value,
        "queued_at": old.queued_at,
        "priority": old.priority,
        "moved_class": old.moved_class,
    }


def withdraw_nominee(*, cooperative_id: int, nomination_id: int, actor: Actor, now: datetime) -> Nomination:
    """The cooperative takes a nomination back; what the person held is free again. Again is no error. Raises
    NotFound, Conflict `deadline_over`, DomainError `illegal_move`."""
    old = get_nomination(actor, cooperative_id, nomination_id)
    if old.state == NominationState.WITHDRAWN:
        return old
    ground, _judged = judge_people(
        cooperative_id, old.program_id, old.batch_id, [], Mode.FIT, False, "", actor, now, lock=True
    )
    old = _open(nomination_id, NominationState.WITHDRAWN, ground, now)
    _leave(ground, old, NominationState.WITHDRAWN, _("Usulan ditarik oleh koperasi."), actor, now)
    audit.record(
        "nomination.withdrawn", "nomination", old.id, actor=actor, now=now, group=old.group_id,
        batch_id=old.batch_id,
    )  # fmt: skip
    return old


def _open(nomination_id: int, new: NominationState, ground: Ground, now: datetime) -> Nomination:
    found = db.session.get(Nomination, nomination_id, with_for_update=True, populate_existing=True)
    if found is None:
        raise NotFound()
    rules_n.check_nomination_move(found.state, new)
    rules_n.check_before_deadline(ground.batch.closes_at if ground.batch is not None else None, now)
    return found


def _leave(
    ground: Ground, old: Nomination, new: NominationState, reason: str, actor: Actor, now: datetime
) -> _Left | None:
    """End the nomination and its place; None where it had none that was open."""
    old.state, old.updated_at = new, now
    db.session.flush()
    if ground.batch is None:
        return None
    return next(iter(_end_places(ground.batch, old.id, reason, actor, now)), None)


def _end_places(batch: Batch, nomination_id: int, reason: str, actor: Actor, now: datetime) -> list[_Left]:
    """Give back what a nomination holds in a locked batch, and tell the person."""
    statement = sa.select(Enrollment).where(
        Enrollment.nomination_id == nomination_id,
        Enrollment.batch_id == batch.id,
        Enrollment.state.in_(sorted(rules_n.ENDABLE)),
    )
    found = []
    for place in db.session.scalars(statement.with_for_update()).all():
        was = State(place.state)
        change_state(
            batch, place, State.WITHDRAWN, action="nomination.left", actor=actor, now=now, reason=reason
        )
        notices.ended(place, by_self=False, had_seat=was == State.CONFIRMED, now=now)
        found.append(_Left(place, was))
    return found


def reject_of_claim(*, claim_id: int, note: str, actor: Actor, now: datetime) -> int:
    """Port `claim_rejected`: what was proposed under the claim and is still open ends, and so do its places,
    but for classes that have begun; answers how many nominations ended. The note is the claimant's alone.

    Raises Conflict `claim_moved` when somebody was placed elsewhere at this very moment."""
    del note
    reason = _("Dinas tidak menerima klaim pengusulnya atas koperasi.")
    statement = (
        sa.select(Nomination)
        .join(NominationGroup, NominationGroup.id == Nomination.group_id)
        .where(
            NominationGroup.claim_id == claim_id,
            Nomination.state.in_(sorted(rules_n.OPEN_NOMINATIONS)),
        )
        .order_by(Nomination.batch_id, Nomination.id)
    )
    batch_ids = sorted({one.batch_id for one in db.session.scalars(statement) if one.batch_id is not None})
    batches = {number: lock_batch(number) for number in batch_ids}
    days = {number: local_date(now, zone_of(batch)) for number, batch in batches.items()}
    ended = 0
    for nomination in db.session.scalars(statement.with_for_update(of=Nomination)).all():
        batch = batches.get(nomination.batch_id or 0)
        if batch is None and nomination.batch_id is not None:
            message = _("Usulan di bawah klaim ini baru saja berubah. Muat ulang, lalu putuskan lagi.")
            raise Conflict("claim_moved", message)
        if batch is not None and rules_n.has_begun(batch.starts_on, days[batch.id]):
            continue
        nomination.state, nomination.updated_at = NominationState.REJECTED, now
        nomination.answer_note = reason
        db.session.flush()
        audit.record(
            "nomination.rejected", "nomination", nomination.id, actor=actor, now=now, claim=claim_id,
            batch_id=nomination.batch_id,
        )  # fmt: skip
        if batch is not None:
            _end_places(batch, nomination.id, reason, actor, now)
        ended += 1
    return ended
