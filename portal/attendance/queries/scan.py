"""Reads of the card scan: whose card it is where it is not of this class, and what was scanned last."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from portal.attendance.models import CheckIn
from portal.attendance.queries.columns import SEATED
from portal.batches.models import ClassSession
from portal.core.db import db
from portal.enrollment.models import Enrollment
from portal.people.models import Person

LATEST = 5


def card_standing(card: str, batch_id: int) -> str:
    """What a card that is on no roll of the batch is: "no_seat" of this batch, "other" class, or ""
    unknown."""
    statement = sa.select(Enrollment.batch_id).where(Enrollment.card_token == card)
    found = db.session.scalar(statement)
    if found is None:
        return ""
    return "no_seat" if found == batch_id else "other"


@dataclass(frozen=True)
class Scan:
    """Somebody whose card was scanned, when first."""

    enrollment_id: int
    name: str
    at: datetime


def latest_scans(session_id: int) -> list[Scan]:
    """The last people of a session whose cards were scanned, the newest first. The caller has checked the
    session."""
    first = sa.func.min(CheckIn.at).label("first")
    statement = (
        sa.select(CheckIn.enrollment_id, Person.name, first)
        .join(Enrollment, Enrollment.id == CheckIn.enrollment_id)
        .join(Person, Person.id == Enrollment.person_id)
        .join(ClassSession, ClassSession.id == CheckIn.session_id)
        .where(CheckIn.session_id == session_id, CheckIn.evidence == "card", SEATED)
        .group_by(CheckIn.enrollment_id, Person.name)
        .order_by(sa.func.max(CheckIn.at).desc(), Person.name)
        .limit(LATEST)
    )
    return [Scan(*row) for row in db.session.execute(statement)]
