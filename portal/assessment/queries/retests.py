"""Re-tests of a batch and of one person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from portal.accounts.models import User
from portal.assessment.models import Attempt, Retest, WrittenTest
from portal.core.db import db
from portal.core.errors import NotFound
from portal.enrollment.models import Enrollment


@dataclass(frozen=True)
class RetestRow:
    """One re-test. `test_title` and its window are empty for a practical one; `result` while open is ""."""

    id: int
    enrollment_id: int
    unit_id: int
    test_id: int | None
    is_open: bool
    result: str
    note: str
    opened_at: datetime
    closed_at: datetime | None
    by: str
    test_title: str
    opens_at: datetime | None
    closes_at: datetime | None


_ROWS = (
    sa.select(
        Retest.id,
        Retest.enrollment_id,
        Retest.unit_id,
        Retest.test_id,
        Retest.is_open,
        Retest.result,
        Retest.note,
        Retest.opened_at,
        Retest.closed_at,
        sa.func.coalesce(User.name, ""),
        sa.func.coalesce(WrittenTest.title, ""),
        WrittenTest.opens_at,
        WrittenTest.closes_at,
    )
    .outerjoin(User, User.id == Retest.opened_by)
    .outerjoin(WrittenTest, WrittenTest.id == Retest.test_id)
    .order_by(Retest.id)
)


def open_retests(batch_id: int) -> dict[tuple[int, int], RetestRow]:
    """(enrollment id, unit id) -> the open re-test. One statement."""
    of_batch = sa.select(Enrollment.id).where(Enrollment.batch_id == batch_id)
    rows = db.session.execute(_ROWS.where(Retest.enrollment_id.in_(of_batch), Retest.is_open))
    return {(row.enrollment_id, row.unit_id): RetestRow(*list(row)) for row in rows}


def retests_of(enrollment_id: int) -> list[RetestRow]:
    """Every re-test of one person, oldest first."""
    rows = db.session.execute(_ROWS.where(Retest.enrollment_id == enrollment_id))
    return [RetestRow(*list(row)) for row in rows]


def batch_of_retest(retest_id: int) -> int:
    """The batch in which a re-test is. Raises NotFound."""
    found = db.session.execute(
        sa.select(Enrollment.batch_id)
        .join(Retest, Retest.enrollment_id == Enrollment.id)
        .where(Retest.id == retest_id)
    ).scalar()
    if found is None:
        raise NotFound()
    return int(found)


def retest_papers(batch_id: int, unit_id: int, enrollment_id: int) -> Sequence[Any]:
    """The published written re-tests of a batch that hold questions of a unit and that this person has not
    begun (a paper is sat once): rows (id, title, opens_at, closes_at)."""
    begun = sa.exists().where(Attempt.test_id == WrittenTest.id, Attempt.enrollment_id == enrollment_id)
    rows = db.session.execute(
        sa.select(
            WrittenTest.id, WrittenTest.title, WrittenTest.opens_at, WrittenTest.closes_at,
            WrittenTest.blueprint,
        )
        .where(
            WrittenTest.batch_id == batch_id, WrittenTest.is_retest, WrittenTest.state == "published", ~begun
        )
        .order_by(WrittenTest.opens_at, WrittenTest.id)
    )  # fmt: skip
    return [row for row in rows if any(int(part["unit_id"]) == unit_id for part in row.blueprint)]
