"""Corrections of signed attendance: asked for with a reason, decided by the head of the center."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from portal.attendance import queries, rules
from portal.attendance.models import AttendanceCorrection, Evidence
from portal.attendance.queries import CorrectionRow, SheetHead, SheetRow
from portal.attendance.services import guard
from portal.attendance.services.storing import Stamp, Wish, store
from portal.batches.models import Batch
from portal.cooperatives.queries import own_cooperatives
from portal.core import audit
from portal.core.db import db
from portal.core.errors import Conflict, DomainError, Forbidden, NotFound
from portal.core.permissions import Actor, Permission, require
from portal.core.ports import ports
from portal.core.words import gettext as _


def ask_correction(
    *,
    session_id: int,
    enrollment_id: int,
    mark: str,
    hours_missed: int = 0,
    reason: str,
    actor: Actor,
    now: datetime,
) -> AttendanceCorrection:
    """Ask for another mark after the sheet was signed. Nothing changes before the head approves.

    Raises NotFound, Forbidden (own), DomainError (fields mark, hours_missed, reason; `not_signed`), Conflict
    (`correction_open`).
    """
    require(actor, Permission.RESULT_CORRECT)
    guard.lock_session(session_id)
    head, row = queries.get_correctable(actor, session_id, enrollment_id)
    guard.check_own(actor, [row], own_cooperatives(actor, now))
    guard.check_value(mark, hours_missed, 0, head)
    wrong = rules.correction_problem(
        batch_state=head.batch_state,
        is_same=(mark, hours_missed) == (row.mark, row.hours_missed),
        reason=reason,
        has_open=queries.find_open_correction(session_id, enrollment_id) is not None,
        _=_,
    )
    if wrong:
        kind = Conflict if wrong[0].code == "correction_open" else DomainError
        raise kind(wrong[0].code, wrong[0].message, wrong[1])
    correction = AttendanceCorrection(
        session_id=session_id, enrollment_id=enrollment_id, old_version=row.version, mark=mark,
        hours_missed=hours_missed, reason=reason.strip(), asked_by=actor.user_id, asked_at=now,
    )  # fmt: skip
    db.session.add(correction)
    db.session.flush()
    _audit(correction, "asked", head.center_id, actor, now)
    return correction


def decide_correction(
    *, correction_id: int, approve: bool, note: str = "", actor: Actor, now: datetime
) -> AttendanceCorrection:
    """Approve or refuse. Who decides is another person than who asked, and not of the same cooperative.

    Raises NotFound, Forbidden (`same_person`, own), DomainError (`note_needed` when refused), Conflict
    (`correction_decided`, `mark_changed`, `certificate_stands`).
    """
    require(actor, Permission.RESULT_APPROVE)
    request = queries.get_correction(actor, correction_id)
    if not actor.scope(Permission.RESULT_APPROVE).covers_center(request.center_id):
        raise NotFound()
    _hold(request.batch_id, request.session_id)
    correction = db.session.get_one(AttendanceCorrection, correction_id, populate_existing=True)
    if correction.state != "open":
        raise Conflict("correction_decided", _("Koreksi ini sudah diputuskan."))
    for blocker in rules.decider_blockers(
        asked_by=request.asked_by,
        asker_person=request.asker_person,
        user_id=actor.user_id,
        person_id=actor.person_id,
        _=_,
    ):
        raise Forbidden(blocker.code, blocker.message)
    found = queries.find_cell(request.session_id, request.enrollment_id)
    if found is None:
        raise Conflict("mark_changed", _("Peserta ini tidak lagi punya kursi di angkatan ini."))
    guard.check_own(actor, [found[1]], own_cooperatives(actor, now))
    _check_note(approve, note)
    if approve:
        _apply(request, *found, actor, now)
    correction.state = "approved" if approve else "refused"
    correction.decision_note = note.strip()
    correction.decided_by, correction.decided_at = actor.user_id, now
    db.session.flush()
    _audit(correction, correction.state, request.center_id, actor, now)
    return correction


def _check_note(approve: bool, note: str) -> None:
    if not approve and not note.strip():
        raise DomainError("note_needed", _("Tulis mengapa koreksi ini ditolak."), "note")
    if len(note) > rules.LONGEST_REASON:
        raise DomainError("note_long", _("Paling banyak %(max)s karakter.", max=rules.LONGEST_REASON), "note")


def _hold(batch_id: int, session_id: int) -> None:
    """The batch before its session, as signing and taps lock them: the outcome is made anew below."""
    if db.session.get_bind().dialect.name == "postgresql":
        held = sa.select(Batch.id).where(Batch.id == batch_id)
        db.session.execute(held.with_for_update(key_share=True))
    guard.lock_session(session_id)


def _apply(request: CorrectionRow, head: SheetHead, row: SheetRow, actor: Actor, now: datetime) -> None:
    if row.version != request.old_version:
        message = _("Catatan ini sudah berubah sejak koreksi diajukan. Tolak, lalu minta diajukan lagi.")
        raise Conflict("mark_changed", message)
    wish = Wish(row, request.mark, request.hours_missed, remark=row.remark)
    store(head, [wish], Stamp(Evidence.CORRECTION, actor, now, reason=request.reason[: rules.LONGEST_TEXT]))
    after = queries.attendance_of_person(request.enrollment_id)
    certificate = ports().certificates_touched([request.enrollment_id]).get(request.enrollment_id)
    for blocker in rules.certificate_blockers(
        after=after.attendance if after else None,
        min_pct=after.min_pct if after else 0,
        certificate=certificate,
        _=_,
    ):
        raise Conflict(blocker.code, f"{blocker.message} {blocker.remedy}", certificate=certificate)
    ports().outcome_changed(enrollment_id=request.enrollment_id, actor=actor, now=now)


def _audit(correction: AttendanceCorrection, what: str, center_id: int, actor: Actor, now: datetime) -> None:
    audit.record(
        f"attendance.correction.{what}",
        "enrollment",
        correction.enrollment_id,
        actor=actor,
        now=now,
        scope=f"center:{center_id}",
        session=correction.session_id,
        correction=correction.id,
        mark=correction.mark,
    )
