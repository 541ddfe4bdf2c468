"""Corrections of a signed verdict: asked for with a reason, decided by the head of the center."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from portal.assessment import queries, rules
from portal.assessment.models import VerdictCorrection, VerdictSource
from portal.assessment.queries import CorrectionRow
from portal.assessment.services.changing import change_verdict
from portal.assessment.services.storing import check_own, hold_batch
from portal.batches.models import Batch
from portal.core import audit
from portal.core.db import db
from portal.core.errors import Conflict, DomainError, Forbidden, NotFound
from portal.core.permissions import Actor, Permission, require
from portal.core.ports import ports
from portal.core.words import gettext as _


def check_reach(actor: Actor, batch_id: int) -> int:
    """The center of a batch whose results the actor may ask to correct: its judge, or the administrator of
    its center. Raises NotFound."""
    center_id = db.session.scalar(sa.select(Batch.center_id).where(Batch.id == batch_id))
    if center_id is None:
        raise NotFound()
    if not actor.scope(Permission.RESULT_CORRECT).covers_center(center_id):
        queries.get_head(actor, batch_id)
    return int(center_id)


def ask_correction(
    *,
    batch_id: int,
    enrollment_id: int,
    unit_id: int,
    value: str,
    note: str,
    reason: str,
    actor: Actor,
    now: datetime,
) -> VerdictCorrection:
    """Ask for another value of a signed verdict. Nothing changes before the head of the center approves.

    Raises NotFound, Forbidden (own), DomainError (fields value, note, reason), Conflict (`correction_open`).
    """
    require(actor, Permission.RESULT_CORRECT)
    center_id = check_reach(actor, batch_id)
    hold_batch(batch_id)
    check_own(actor, [queries.get_candidate(batch_id, enrollment_id)], now)
    units = {unit.unit_id for unit in queries.verdicts_of_enrollment(enrollment_id)}
    if unit_id not in units:
        raise NotFound()
    verdict = queries.verdicts_of(enrollment_id).get(unit_id)
    wrong = rules.correction_problem(
        is_signed=queries.is_final(batch_id),
        value=value,
        note=note,
        reason=reason,
        old_value=verdict.value if verdict else None,
        old_note=verdict.note if verdict else "",
        has_open=any(one.is_open for one in queries.corrections_of_cell(enrollment_id, unit_id)),
        _=_,
    )
    if wrong:
        kind = Conflict if wrong[0].code == "correction_open" else DomainError
        raise kind(wrong[0].code, f"{wrong[0].message} {wrong[0].remedy}".strip(), wrong[1])
    correction = VerdictCorrection(
        enrollment_id=enrollment_id,
        unit_id=unit_id,
        verdict_id=verdict.id if verdict else None,
        value=str(value),
        note=note.strip(),
        reason=reason.strip(),
        asked_by=actor.user_id,
        asked_at=now,
    )
    db.session.add(correction)
    db.session.flush()
    _audit(correction, "asked", center_id, actor, now, value=str(value))
    return correction


def decide_correction(
    *, correction_id: int, approve: bool, note: str = "", actor: Actor, now: datetime
) -> None:
    """Approve or refuse. Who decides is another person than who asked, and not of the same cooperative.

    Raises NotFound, Forbidden (`same_person`, own), DomainError (`note_needed` when refused), Conflict
    (`correction_decided`, `verdict_changed`, `certificate_stands`).
    """
    require(actor, Permission.RESULT_APPROVE)
    row = queries.get_verdict_correction(actor, correction_id, Permission.RESULT_APPROVE)
    hold_batch(row.batch_id)
    correction = db.session.get_one(VerdictCorrection, correction_id, populate_existing=True)
    if not correction.is_open:
        raise Conflict("correction_decided", _("Koreksi ini sudah diputuskan."))
    for blocker in rules.decider_blockers(
        asked_by=row.asked_by,
        asker_person=row.asker_person,
        user_id=actor.user_id,
        person_id=actor.person_id,
        _=_,
    ):
        raise Forbidden(blocker.code, blocker.message)
    check_own(actor, [queries.get_candidate(row.batch_id, row.enrollment_id)], now)
    if not approve and not note.strip():
        raise DomainError("note_needed", _("Tulis mengapa koreksi ini ditolak."), "note")
    if len(note) > rules.CORRECTION_LIMIT:
        limit = rules.CORRECTION_LIMIT
        raise DomainError("note_long", _("Catatan paling panjang %(limit)s huruf.", limit=limit), "note")
    if approve:
        _apply(row, actor, now)
    correction.state, correction.is_open = "approved" if approve else "refused", False
    correction.decision_note = note.strip()
    correction.decided_by, correction.decided_at = actor.user_id, now
    db.session.flush()
    _audit(correction, correction.state, row.center_id, actor, now)


def certificate_in_the_way(row: CorrectionRow) -> str | None:
    """The code of the certificate that must be revoked before this correction can be approved."""
    code = ports().certificates_touched([row.enrollment_id]).get(row.enrollment_id)
    found = rules.certificate_blockers_of_change(old_value=row.old_value, value=row.value, certificate=code)
    return code if found else None


def _apply(row: CorrectionRow, actor: Actor, now: datetime) -> None:
    current = queries.verdicts_of(row.enrollment_id).get(row.unit_id)
    if (current.id if current else None) != row.verdict_id:
        message = _("Hasil unit ini sudah berubah sejak koreksi diajukan. Tolak, lalu minta diajukan lagi.")
        raise Conflict("verdict_changed", message)
    change_verdict(
        enrollment_id=row.enrollment_id,
        unit_id=row.unit_id,
        value=row.value,
        note=row.note,
        source=VerdictSource.CORRECTION,
        evidence={"correction": row.id},
        actor=actor,
        now=now,
    )


def _audit(
    correction: VerdictCorrection, what: str, center_id: int, actor: Actor, now: datetime, **more: Any
) -> None:
    audit.record(
        f"verdict.correction.{what}",
        "enrollment",
        correction.enrollment_id,
        actor=actor,
        now=now,
        scope=f"center:{center_id}",
        unit=correction.unit_id,
        correction=correction.id,
        **more,
    )
