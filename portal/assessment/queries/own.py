"""A person's own results: which batches have some, and the head of one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from portal.assessment.models import AssessmentSheet
from portal.batches.models import Batch
from portal.catalog.models import Program
from portal.centers.models import TrainingCenter
from portal.core.db import db
from portal.core.errors import NotFound
from portal.core.permissions import Actor
from portal.enrollment.models import SEAT_STATES, Enrollment


@dataclass(frozen=True)
class OwnHead:
    """One own seat with its batch; `signed_at` None while the results are not signed."""

    enrollment_id: int
    batch_id: int
    state: str
    program: str
    number: int
    center: str
    zone: str
    starts_on: date
    ends_on: date
    signed_at: datetime | None
    signer_name: str | None


_HEADS: Any = (
    sa.select(
        Enrollment.id,
        Enrollment.batch_id,
        Enrollment.state,
        Program.name,
        Batch.number,
        TrainingCenter.name,
        TrainingCenter.zone,
        Batch.starts_on,
        Batch.ends_on,
        AssessmentSheet.signed_at,
        AssessmentSheet.signer_name,
    )
    .join(Batch, Batch.id == Enrollment.batch_id)
    .join(Program, Program.id == Batch.program_id)
    .join(TrainingCenter, TrainingCenter.id == Batch.center_id)
    .outerjoin(AssessmentSheet, AssessmentSheet.batch_id == Batch.id)
    .order_by(Batch.starts_on.desc(), Enrollment.id.desc())
)


def own_heads(person_id: int | None) -> Sequence[OwnHead]:
    """The batches with signed results in which the person had a seat, the newest first; at most 40."""
    if person_id is None:
        return []
    rows = db.session.execute(
        _HEADS.where(
            Enrollment.person_id == person_id,
            Enrollment.state.in_(sorted(SEAT_STATES)),
            AssessmentSheet.signed_at.is_not(None),
        ).limit(40)
    )
    return [OwnHead(*row) for row in rows]


def get_own_head(actor: Actor, enrollment_id: int) -> OwnHead:
    """One enrollment of the person behind the account. Raises NotFound."""
    row = None
    if actor.person_id is not None:
        row = db.session.execute(
            _HEADS.where(Enrollment.id == enrollment_id, Enrollment.person_id == actor.person_id)
        ).first()
    if row is None:
        raise NotFound()
    return OwnHead(*row)
