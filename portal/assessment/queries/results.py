"""Reads for the pages of results: a written test in somebody's reach, and who sat it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from portal.assessment.models import Attempt, AttemptItem, Question, Retest, WrittenTest
from portal.assessment.queries.judging import SheetHead, get_head
from portal.assessment.rules.scoring import needed_pcts
from portal.catalog.models import CompetencyUnit
from portal.core.db import db
from portal.core.errors import NotFound
from portal.core.permissions import Actor


@dataclass(frozen=True)
class WrittenHead:
    """A written test as its judges see it, with its batch."""

    id: int
    title: str
    is_retest: bool
    blueprint: list[dict[str, Any]]
    minutes: int
    opens_at: datetime
    closes_at: datetime
    state: str
    applied_at: datetime | None
    batch: SheetHead

    @property
    def needed(self) -> dict[int, float]:
        """unit id -> the percentage from which it counts as K."""
        return needed_pcts(self.blueprint)


def get_test_head(actor: Actor, test_id: int) -> WrittenHead:
    """The test, if the actor teaches or assesses in its batch. Two statements. Raises NotFound."""
    columns = (
        WrittenTest.id, WrittenTest.title, WrittenTest.is_retest, WrittenTest.blueprint, WrittenTest.minutes,
        WrittenTest.opens_at, WrittenTest.closes_at, WrittenTest.state, WrittenTest.applied_at,
    )  # fmt: skip
    row = db.session.execute(
        sa.select(*columns, WrittenTest.batch_id).where(WrittenTest.id == test_id)
    ).first()
    if row is None:
        raise NotFound()
    return WrittenHead(*[*list(row)[:-1], get_head(actor, row.batch_id)])


@dataclass(frozen=True)
class AttemptState:
    """Where somebody's sitting of a test stands."""

    id: int
    enrollment_id: int
    state: str
    is_paper: bool
    is_scored: bool


def attempts_of_test(test_id: int) -> dict[int, AttemptState]:
    """enrollment id -> the attempt. One statement."""
    rows = db.session.execute(
        sa.select(
            Attempt.id, Attempt.enrollment_id, Attempt.state, Attempt.is_paper, Attempt.score.is_not(None)
        ).where(Attempt.test_id == test_id)
    )
    return {row.enrollment_id: AttemptState(*row) for row in rows}


@dataclass(frozen=True)
class UnitName:
    """A unit as a column of results."""

    id: int
    position: int
    title: str


def units_named(unit_ids: Collection[int]) -> list[UnitName]:
    """The units in the order of their curriculum. One statement."""
    rows = db.session.execute(
        sa.select(CompetencyUnit.id, CompetencyUnit.position, CompetencyUnit.title)
        .where(CompetencyUnit.id.in_(unit_ids))
        .order_by(CompetencyUnit.position)
    )
    return [UnitName(*row) for row in rows]


def retests_of_test(test_id: int) -> dict[tuple[int, int], tuple[int, bool]]:
    """(enrollment id, unit id) -> (re-test id, is it open) of those that are written in this test."""
    rows = db.session.execute(
        sa.select(Retest.enrollment_id, Retest.unit_id, Retest.id, Retest.is_open)
        .where(Retest.test_id == test_id)
        .order_by(Retest.id)
    )
    return {(row.enrollment_id, row.unit_id): (row.id, row.is_open) for row in rows}


@dataclass(frozen=True)
class UsedQuestion:
    """A question that a test asked, and of how many people."""

    id: int
    name: str
    unit_id: int
    center_id: int | None
    people: int


def questions_of_test(test_id: int) -> list[UsedQuestion]:
    """What was drawn in a test, by unit and name. One statement."""
    rows = db.session.execute(
        sa.select(Question.id, Question.name, Question.unit_id, Question.center_id, sa.func.count())
        .join(AttemptItem, AttemptItem.question_id == Question.id)
        .join(Attempt, Attempt.id == AttemptItem.attempt_id)
        .where(Attempt.test_id == test_id, Attempt.state != "void")
        .group_by(Question.id, Question.name, Question.unit_id, Question.center_id)
        .order_by(Question.unit_id, Question.name)
    )
    return [UsedQuestion(*row) for row in rows]
