"""Corrections of signed verdicts: the list of a center, and one with what it would change."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from portal.accounts.models import User
from portal.assessment.models import Verdict, VerdictCorrection
from portal.batches.models import Batch
from portal.catalog.models import CompetencyUnit, Program
from portal.centers.models import TrainingCenter
from portal.core.db import db
from portal.core.errors import NotFound
from portal.core.permissions import Actor, Permission
from portal.enrollment.models import Enrollment
from portal.people.models import Person


@dataclass(frozen=True)
class CorrectionRow:
    """One wish to correct. `old_value` and `old_note` are of the version it was asked about; `asker_person`
    the person behind the asking account."""

    id: int
    enrollment_id: int
    unit_id: int
    verdict_id: int | None
    value: str
    note: str
    reason: str
    state: str
    is_open: bool
    asked_by: int | None
    asked_at: datetime
    decision_note: str
    decided_at: datetime | None
    person_id: int
    person: str
    cooperative_id: int | None
    batch_id: int
    number: int
    center_id: int
    zone: str
    program: str
    unit: str
    position: int
    old_value: str | None
    old_note: str | None
    asker: str
    asker_person: int | None
    decider: str


_Decider = aliased(User)
_ROWS = (
    sa.select(
        VerdictCorrection.id,
        VerdictCorrection.enrollment_id,
        VerdictCorrection.unit_id,
        VerdictCorrection.verdict_id,
        VerdictCorrection.value,
        VerdictCorrection.note,
        VerdictCorrection.reason,
        VerdictCorrection.state,
        VerdictCorrection.is_open,
        VerdictCorrection.asked_by,
        VerdictCorrection.asked_at,
        VerdictCorrection.decision_note,
        VerdictCorrection.decided_at,
        Enrollment.person_id,
        Person.name,
        Enrollment.cooperative_id,
        Batch.id,
        Batch.number,
        Batch.center_id,
        TrainingCenter.zone,
        Program.short_name,
        CompetencyUnit.title,
        CompetencyUnit.position,
        Verdict.value,
        Verdict.note,
        sa.func.coalesce(User.name, ""),
        User.person_id,
        sa.func.coalesce(_Decider.name, ""),
    )
    .join(Enrollment, Enrollment.id == VerdictCorrection.enrollment_id)
    .join(Person, Person.id == Enrollment.person_id)
    .join(Batch, Batch.id == Enrollment.batch_id)
    .join(TrainingCenter, TrainingCenter.id == Batch.center_id)
    .join(Program, Program.id == Batch.program_id)
    .join(CompetencyUnit, CompetencyUnit.id == VerdictCorrection.unit_id)
    .outerjoin(Verdict, Verdict.id == VerdictCorrection.verdict_id)
    .outerjoin(User, User.id == VerdictCorrection.asked_by)
    .outerjoin(_Decider, _Decider.id == VerdictCorrection.decided_by)
    .order_by(VerdictCorrection.is_open.desc(), VerdictCorrection.asked_at.desc(), VerdictCorrection.id)
)


def _rows(*where: Any) -> list[CorrectionRow]:
    return [CorrectionRow(*list(row)) for row in db.session.execute(_ROWS.where(*where).limit(200))]


def verdict_corrections(actor: Actor) -> list[CorrectionRow]:
    """Corrections in the centers of the actor, open ones first; at most 200. One statement."""
    scope = actor.scope(Permission.BATCH_VIEW)
    return _rows(sa.true() if scope.everything else Batch.center_id.in_(scope.centers))


def get_verdict_correction(
    actor: Actor, correction_id: int, permission: Permission = Permission.BATCH_VIEW
) -> CorrectionRow:
    """One correction in a center of the actor. Raises NotFound."""
    found = _rows(VerdictCorrection.id == correction_id)
    if not found or not actor.scope(permission).covers_center(found[0].center_id):
        raise NotFound()
    return found[0]


def corrections_of_cell(enrollment_id: int, unit_id: int) -> list[CorrectionRow]:
    """Every correction of one verdict, open ones first. The caller checks the reach."""
    return _rows(VerdictCorrection.enrollment_id == enrollment_id, VerdictCorrection.unit_id == unit_id)
