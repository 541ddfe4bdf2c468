"""Signing the sheet of a batch, which makes its results final."""

from __future__ import annotations

from datetime import datetime

from portal.assessment import queries
from portal.assessment.models import AssessmentSheet
from portal.assessment.queries import SheetHead
from portal.assessment.services.judging import open_head
from portal.assessment.services.outcomes import Blank, survey
from portal.assessment.services.storing import check_own
from portal.batches.services import set_batch_state
from portal.core import audit
from portal.core.db import db
from portal.core.errors import DomainError
from portal.core.permissions import Actor, Permission, require
from portal.core.words import gettext as _
from portal.enrollment.models import State
from portal.enrollment.queries import enrollments_by_id
from portal.enrollment.services import notices_batch
from portal.enrollment.services.outcomes import close_enrollments


def find_blanks(head: SheetHead) -> list[Blank]:
    """Every missing mark and verdict of a batch, by person. Who was in no session needs no verdict."""
    blanks, _outcomes = survey(head.batch_id, head.curriculum_id)
    return blanks


def finalize_sheet(*, batch_id: int, actor: Actor, now: datetime) -> AssessmentSheet:
    """Sign the results of a batch: from here marks and verdicts are read-only and the enrollments end.

    completed: enough attendance and every required unit K; no_show: in no session; else not_completed.
    Raises DomainError `sheet_incomplete` (details: `blanks`), Forbidden, Conflict (`sheet_final`), NotFound.
    """
    require(actor, Permission.SHEET_FINALIZE)
    head = open_head(actor, batch_id, now)
    check_own(actor, queries.candidates_of(batch_id), now)
    blanks, outcomes = survey(head.batch_id, head.curriculum_id)
    if blanks:
        raise DomainError(
            "sheet_incomplete",
            _("Masih ada %(num)s yang kosong. Lengkapi dulu, lalu tandatangani.", num=len(blanks)),
            blanks=blanks,
        )
    if not outcomes:
        raise DomainError(
            "sheet_empty", _("Angkatan ini tidak punya peserta, jadi tidak ada yang ditandatangani.")
        )
    sheet = AssessmentSheet(
        batch_id=batch_id, signed_by=actor.user_id, signer_name=actor.name[:100], signed_at=now
    )
    db.session.add(sheet)
    db.session.flush()
    close_enrollments(batch_id=batch_id, outcomes=outcomes, actor=actor, now=now)
    set_batch_state(batch_id=batch_id, state="finalized", reason="", actor=actor, now=now)
    came = [number for number, state in outcomes.items() if state != State.NO_SHOW]
    notices_batch.results(enrollments_by_id(came), now=now)
    totals = {str(state): list(outcomes.values()).count(state) for state in set(outcomes.values())}
    audit.record(
        "sheet.signed",
        "batch",
        batch_id,
        actor=actor,
        now=now,
        scope=f"center:{head.center_id}",
        outcomes=totals,
    )
    return sheet
