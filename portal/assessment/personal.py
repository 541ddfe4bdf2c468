"""What assessment holds of a person: verdicts. For their own copy, and for being forgotten."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _

from portal.assessment.models import AssessmentSheet, Verdict
from portal.batches.models import Batch
from portal.catalog.models import CompetencyUnit, Program
from portal.core.db import db
from portal.core.permissions import Actor
from portal.core.ports import Erasure
from portal.enrollment.models import Enrollment

#: A note is never empty below a "not yet competent".
ERASED_NOTE = "Catatan dihapus"


def personal_data(person_id: int) -> list[dict[str, Any]]:
    """Every version of every verdict of signed sheets; what is still being judged is not told before. One
    statement."""
    statement = (
        sa.select(Verdict, CompetencyUnit.title, Program.name)
        .join(Enrollment, Enrollment.id == Verdict.enrollment_id)
        .join(Batch, Batch.id == Enrollment.batch_id)
        .join(Program, Program.id == Batch.program_id)
        .join(AssessmentSheet, AssessmentSheet.batch_id == Batch.id)
        .join(CompetencyUnit, CompetencyUnit.id == Verdict.unit_id)
        .where(Enrollment.person_id == person_id)
        .order_by(Enrollment.id, CompetencyUnit.position, Verdict.version)
    )
    return [
        {
            "program": program,
            "unit": unit,
            "value": verdict.value,
            "version": verdict.version,
            "is_current": verdict.is_current,
            "note": verdict.note or None,
            "judged_at": verdict.judged_at.isoformat(),
        }
        for verdict, unit, program in db.session.execute(statement)
    ]


def erase_person(*, person_id: int, actor: Actor, now: datetime, is_dry: bool) -> Erasure:
    """The judges' notes go; the verdicts stay as rows without a name."""
    own = sa.select(Enrollment.id).where(Enrollment.person_id == person_id)
    if not is_dry:
        db.session.execute(
            sa.update(Verdict)
            .where(Verdict.enrollment_id.in_(own), Verdict.note != "")
            .values(note=ERASED_NOTE)
            .execution_options(synchronize_session=False)
        )
    return Erasure(goes=(_("Catatan penilai tentang Anda."),))
