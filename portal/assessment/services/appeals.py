"""Appeals (banding): filed by the person, assigned by the center, answered by somebody uninvolved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from portal.assessment import queries, rules
from portal.assessment.models import Appeal, Verdict, VerdictSource
from portal.assessment.queries import AppealRow, OwnHead
from portal.assessment.services import notices
from portal.assessment.services.changing import change_verdict
from portal.assessment.services.storing import hold_batch
from portal.core import audit
from portal.core.blockers import Blocker
from portal.core.db import db
from portal.core.errors import Conflict, DomainError, Forbidden, NotFound
from portal.core.permissions import Actor, Permission, require
from portal.core.words import gettext as _
from portal.enrollment.models import Enrollment


def appeal_blockers_of(enrollment_id: int, unit_id: int, now: datetime) -> list[Blocker]:
    """Why this person cannot appeal this unit now; empty when they can."""
    batch_id = queries.batch_of(enrollment_id)
    verdict = queries.verdicts_of(enrollment_id).get(unit_id)
    signature = queries.find_signature(batch_id)
    filed = [one for one in queries.appeals_of_enrollment(enrollment_id) if one.unit_id == unit_id]
    return rules.appeal_blockers(
        value=verdict.value if verdict else None,
        signed_at=signature.signed_at if signature else None,
        judged_at=verdict.judged_at if verdict else None,
        now=now,
        has_open=any(one.is_open for one in filed),
        was_decided=_is_answered(verdict, filed),
        _=_,
    )


def appealable(
    head: OwnHead, verdicts: Mapping[int, Verdict], appeals: Sequence[AppealRow], now: datetime
) -> dict[int, datetime]:
    """unit id -> until when the person can appeal it, for the units where they can now."""
    found: dict[int, datetime] = {}
    for unit_id, verdict in verdicts.items():
        filed = [one for one in appeals if one.unit_id == unit_id]
        blockers = rules.appeal_blockers(
            value=verdict.value,
            signed_at=head.signed_at,
            judged_at=verdict.judged_at,
            now=now,
            has_open=any(one.is_open for one in filed),
            was_decided=_is_answered(verdict, filed),
        )
        if not blockers and head.signed_at is not None:
            found[unit_id] = rules.last_moment(head.signed_at, verdict.judged_at)
    return found


def _is_answered(verdict: Verdict | None, filed: Sequence[AppealRow]) -> bool:
    """True when an appeal against this very version was upheld or dismissed."""
    answered = ("upheld", "dismissed")
    return verdict is not None and any(
        one.verdict_id == verdict.id and one.state in answered for one in filed
    )


def file_appeal(*, enrollment_id: int, unit_id: int, reason: str, actor: Actor, now: datetime) -> Appeal:
    """The person objects to one BK of a signed sheet; it is due 14 days later.

    Raises NotFound (not the actor's own), DomainError (`reason_needed` on field reason, or why not), Conflict
    (`appeal_open`).
    """
    require(actor, Permission.APPEAL_FILE)
    owner = db.session.execute(
        sa.select(Enrollment.person_id, Enrollment.batch_id).where(Enrollment.id == enrollment_id)
    ).first()
    if owner is None or actor.person_id is None or owner.person_id != actor.person_id:
        raise NotFound()
    hold_batch(owner.batch_id)
    verdict = queries.verdicts_of(enrollment_id).get(unit_id)
    if verdict is None:
        raise NotFound()
    for blocker in appeal_blockers_of(enrollment_id, unit_id, now):
        kind = Conflict if blocker.code == "appeal_open" else DomainError
        raise kind(blocker.code, blocker.message)
    problem = rules.reason_problem(reason, _)
    if problem:
        raise DomainError(problem.code, problem.message, "reason")
    appeal = Appeal(
        enrollment_id=enrollment_id,
        unit_id=unit_id,
        verdict_id=verdict.id,
        reason=reason.strip(),
        filed_at=now,
        due_at=now + rules.APPEAL_TERM,
    )
    db.session.add(appeal)
    db.session.flush()
    _audit(_row(appeal.id), "filed", actor, now)
    return appeal


def withdraw_appeal(*, appeal_id: int, actor: Actor, now: datetime) -> None:
    """The person takes an open appeal back. Raises NotFound, Conflict `appeal_closed`."""
    require(actor, Permission.APPEAL_FILE)
    row, appeal = _held(queries.get_own_appeal(actor, appeal_id))
    _refuse_closed(appeal)
    appeal.state, appeal.is_open = "withdrawn", False
    appeal.decided_by, appeal.decided_at = actor.user_id, now
    db.session.flush()
    _audit(row, "withdrawn", actor, now)


def assign_appeal(*, appeal_id: int, staff_id: int, actor: Actor, now: datetime) -> None:
    """Give an open appeal to an assessor of the center who had no part in the result, or to another one.

    Raises NotFound, Forbidden (`own_case`), DomainError (`decider_involved`, field staff), Conflict.
    """
    require(actor, Permission.APPEAL_ASSIGN)
    row, appeal = _held(queries.get_center_appeal(actor, appeal_id))
    _refuse_closed(appeal)
    if actor.person_id is not None and actor.person_id == row.person_id:
        raise Forbidden("own_case", _("Anda tidak mengatur banding Anda sendiri. Minta rekan lain."))
    _refuse_involved(row, staff_id, now)
    if appeal.staff_id == staff_id:
        return
    appeal.state, appeal.staff_id = "assigned", staff_id
    appeal.assigned_by, appeal.assigned_at = actor.user_id, now
    db.session.flush()
    _audit(row, "assigned", actor, now, staff=staff_id)


def decide_appeal(*, appeal_id: int, state: str, decision: str, actor: Actor, now: datetime) -> None:
    """Answer an assigned appeal with reasons: `upheld` makes the unit K, `dismissed` leaves it. The person
    is told.

    Raises NotFound (not assigned to the actor), Forbidden, DomainError (fields state, decision;
    `decider_involved`), Conflict (`appeal_closed`, `verdict_changed`).
    """
    require(actor, Permission.APPEAL_DECIDE)
    row, appeal = _held(queries.get_assigned_appeal(actor, appeal_id))
    _refuse_closed(appeal)
    if row.assignee_user != actor.user_id or row.staff_id is None:
        raise NotFound()
    _refuse_involved(row, row.staff_id, now)
    wrong = rules.decision_problem(state, decision, _)
    if wrong:
        raise DomainError(wrong[0].code, wrong[0].message, wrong[1])
    if state == "upheld":
        _uphold(row, decision, actor, now)
    appeal.state, appeal.is_open, appeal.decision = state, False, decision.strip()
    appeal.decided_by, appeal.decided_at = actor.user_id, now
    db.session.flush()
    _audit(row, "decided", actor, now, outcome=state)
    notices.appeal_decided(row.id, row.enrollment_id, now=now)


def _uphold(row: AppealRow, decision: str, actor: Actor, now: datetime) -> None:
    verdict = queries.verdicts_of(row.enrollment_id).get(row.unit_id)
    if verdict is not None and verdict.value == rules.COMPETENT:
        message = _(
            "Unit ini sudah kompeten dengan jalan lain. Tulis itu sebagai alasan, lalu tolak banding."
        )
        raise Conflict("verdict_changed", message)
    change_verdict(
        enrollment_id=row.enrollment_id,
        unit_id=row.unit_id,
        value=rules.COMPETENT,
        note=decision.strip()[: rules.NOTE_LIMIT],
        source=VerdictSource.APPEAL,
        evidence={"appeal": row.id},
        actor=actor,
        now=now,
    )


def _row(appeal_id: int) -> AppealRow:
    return queries.get_appeal(appeal_id)


def _held(row: AppealRow) -> tuple[AppealRow, Appeal]:
    """The appeal read anew under the lock of its batch."""
    hold_batch(row.batch_id)
    appeal = db.session.get_one(Appeal, row.id, populate_existing=True)
    return _row(row.id), appeal


def _refuse_closed(appeal: Appeal) -> None:
    if not appeal.is_open:
        raise Conflict("appeal_closed", _("Banding ini sudah selesai."))


def _refuse_involved(row: AppealRow, staff_id: int, now: datetime) -> None:
    found = {one.staff_id: one for one in queries.deciders_of(row, now, _)}
    if staff_id not in found:
        raise DomainError("decider_unknown", _("Pilih asesor dari balai ini."), "staff")
    if found[staff_id].blockers:
        why = ", ".join(blocker.message for blocker in found[staff_id].blockers)
        message = _(
            "%(name)s tidak dapat memutuskan banding ini: %(why)s.", name=found[staff_id].name, why=why
        )
        raise DomainError("decider_involved", message, "staff")


def _audit(row: AppealRow, what: str, actor: Actor, now: datetime, **more: Any) -> None:
    audit.record(
        f"appeal.{what}",
        "enrollment",
        row.enrollment_id,
        actor=actor,
        now=now,
        scope=f"center:{row.center_id}",
        unit=row.unit_id,
        appeal=row.id,
        **more,
    )
