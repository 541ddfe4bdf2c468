"""Practical observations: the one in force of each cell, and the earlier ones."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from portal.accounts.models import User
from portal.assessment.models import Observation
from portal.assessment.rules.observing import observed_value, unmet
from portal.core.db import db
from portal.enrollment.models import Enrollment


@dataclass(frozen=True)
class Observed:
    """One version of an observation. `criteria`: criterion id as text -> met, not_met, not_observed; `by` the
    observer's name, "" for a command; `noted_at` when it was written down without signal."""

    id: int
    enrollment_id: int
    unit_id: int
    version: int
    criteria: dict[str, str]
    note: str
    interview: str
    observed_by: int | None
    observed_at: datetime
    noted_at: datetime | None
    by: str

    @property
    def unmet(self) -> list[int]:
        """Ids of the criteria seen and not met."""
        return unmet(self.criteria)

    def proposes(self, known: Collection[int]) -> str:
        """K when all of the unit's criteria (`known`) were met, BK when one was not, else ""."""
        return observed_value({int(key): seen for key, seen in self.criteria.items()}, known)

    @property
    def counts(self) -> dict[str, int]:
        """How many criteria were met, not met and not observed, of those that were noted."""
        values = list(self.criteria.values())
        return {seen: values.count(seen) for seen in ("met", "not_met", "not_observed")}


_ALL = (
    sa.select(
        Observation.id,
        Observation.enrollment_id,
        Observation.unit_id,
        Observation.version,
        Observation.criteria,
        Observation.note,
        Observation.interview,
        Observation.observed_by,
        Observation.observed_at,
        Observation.noted_at,
        sa.func.coalesce(User.name, ""),
    )
    .outerjoin(User, User.id == Observation.observed_by)
    .order_by(Observation.enrollment_id, Observation.unit_id, Observation.version)
)


def observed_in(batch_id: int, enrollment_ids: Sequence[int]) -> dict[tuple[int, int], Observed]:
    """(enrollment id, unit id) -> the observation in force; one statement. One id asks for that person
    only, more for the whole batch."""
    if len(enrollment_ids) == 1:
        return _newest(_ALL.where(Observation.enrollment_id == enrollment_ids[0]))
    of_batch = sa.select(Enrollment.id).where(Enrollment.batch_id == batch_id)
    return _newest(_ALL.where(Observation.enrollment_id.in_(of_batch)))


def _newest(statement: Any) -> dict[tuple[int, int], Observed]:
    rows = [Observed(*row) for row in db.session.execute(statement)]
    return {(row.enrollment_id, row.unit_id): row for row in rows}


def observations_of(enrollment_id: int, unit_id: int) -> list[Observed]:
    """Every version of one cell, the newest first."""
    rows = db.session.execute(
        _ALL.where(Observation.enrollment_id == enrollment_id, Observation.unit_id == unit_id)
    )
    return [Observed(*row) for row in rows][::-1]
