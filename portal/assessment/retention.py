"""How long assessment keeps the answers of written tests; the scores made of them stay."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from portal.assessment.models import Answer, Attempt, PaperEntry
from portal.assessment.rules.clock import ANSWERS_KEPT
from portal.core.db import db
from portal.core.retention import Due, Rule
from portal.core.words import lazy_gettext as _l
from portal.people.services import in_force


def _old(cutoff: datetime, now: datetime) -> Any:
    """Closed attempts with answers, closed before the cut-off, of people whose data nobody holds."""
    return sa.and_(
        Attempt.closed_at.is_not(None),
        Attempt.closed_at < cutoff,
        sa.or_(
            sa.exists().where(Answer.attempt_id == Attempt.id),
            sa.exists().where(PaperEntry.attempt_id == Attempt.id),
        ),
        sa.not_(in_force(Attempt.person_id, now)),
    )


def _count(cutoff: datetime, now: datetime) -> Due:
    statement = sa.select(sa.func.count(), sa.func.min(Attempt.closed_at)).where(_old(cutoff, now))
    number, oldest = db.session.execute(statement).one()
    return number, oldest


def _sweep(cutoff: datetime, now: datetime, limit: int) -> int:
    found = list(
        db.session.scalars(sa.select(Attempt.id).where(_old(cutoff, now)).order_by(Attempt.id).limit(limit))
    )
    for table in (Answer, PaperEntry):
        db.session.execute(
            sa.delete(table).where(table.attempt_id.in_(found)).execution_options(synchronize_session=False)
        )
    return len(found)


RULES = (
    Rule(
        "test_answers",
        _l("Jawaban uji tertulis"),
        ANSWERS_KEPT,
        _l("Cukup untuk banding dan perbaikan kunci; nilai dan putusannya tetap tercatat."),
        _count,
        _sweep,
        chunk=50,
    ),
)
