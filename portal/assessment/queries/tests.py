"""Reads of written tests for those who plan and watch them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from portal.assessment.models import (
    Allowance,
    Answer,
    Attempt,
    AttemptItem,
    Question,
    QuestionVersion,
    WrittenTest,
)
from portal.assessment.queries.judging import _links
from portal.assessment.queries.sittings import SITTING_STATES
from portal.assessment.rules.drawing import Stock
from portal.batches.models import Batch
from portal.catalog.models import Program
from portal.centers.models import TrainingCenter
from portal.core.db import db
from portal.core.errors import NotFound
from portal.core.permissions import Actor, Permission
from portal.enrollment.models import Enrollment
from portal.people.models import Person


@dataclass(frozen=True)
class PlanHead:
    """A batch as those see it who plan its tests."""

    id: int
    number: int
    state: str
    program: str
    curriculum_id: int
    center_id: int
    zone: str
    is_center: bool


_PLAN = (
    sa.select(
        Batch.id,
        Batch.number,
        Batch.state,
        Program.short_name,
        Batch.curriculum_id,
        Batch.center_id,
        TrainingCenter.zone,
        _links("assessor").label("assesses"),
    )
    .join(Program, Program.id == Batch.program_id)
    .join(TrainingCenter, TrainingCenter.id == Batch.center_id)
    .where(Batch.id == sa.bindparam("batch"))
)


def get_plan(actor: Actor, batch_id: int) -> PlanHead:
    """The batch, if the actor assesses in it or administers its center. Raises NotFound."""
    row = db.session.execute(_PLAN, {"batch": batch_id, "user": actor.user_id}).first()
    scope = actor.scope(Permission.TEST_EDIT)
    if row is None or not (scope.covers_center(row.center_id) or (scope.own and row.assesses)):
        raise NotFound()
    parts: list[Any] = [*row[:7], scope.covers_center(row.center_id)]
    return PlanHead(*parts)


@dataclass(frozen=True)
class TestRow:
    """A test in the list of its batch."""

    id: int
    title: str
    state: str
    is_retest: bool
    minutes: int
    opens_at: datetime
    closes_at: datetime
    blueprint: list[dict[str, Any]]
    started: int
    running: int

    @property
    def questions(self) -> int:
        """How many questions it draws."""
        return sum(need["count"] for need in self.blueprint)


def _count(*where: Any) -> Any:
    return (
        sa.select(sa.func.count(Attempt.id))
        .where(Attempt.test_id == WrittenTest.id, *where)
        .correlate(WrittenTest)
        .scalar_subquery()
    )


_ROWS = sa.select(
    WrittenTest.id,
    WrittenTest.title,
    WrittenTest.state,
    WrittenTest.is_retest,
    WrittenTest.minutes,
    WrittenTest.opens_at,
    WrittenTest.closes_at,
    WrittenTest.blueprint,
    _count(Attempt.state != "void"),
    _count(Attempt.state == "running"),
).order_by(WrittenTest.opens_at.desc(), WrittenTest.id.desc())


def tests_of_batch(batch_id: int) -> list[TestRow]:
    """The tests of a batch, newest first; one statement."""
    rows = db.session.execute(_ROWS.where(WrittenTest.batch_id == batch_id))
    return [TestRow(*row) for row in rows]


def watched_tests(user_id: int, since: datetime) -> list[tuple[TestRow, str, int]]:
    """[(test, program, batch number)] published in the batches that somebody teaches or assesses and not over
    since `since`. One statement."""
    statement = (
        _ROWS.add_columns(Program.short_name, Batch.number)
        .join(Batch, Batch.id == WrittenTest.batch_id)
        .join(Program, Program.id == Batch.program_id)
        .where(WrittenTest.state == "published", WrittenTest.closes_at >= since, _links(None))
        .limit(20)
    )
    rows = db.session.execute(statement, {"user": user_id})
    return [(TestRow(*row[:10]), row[10], row[11]) for row in rows]


def planned_batches(user_id: int, since: date) -> list[tuple[int, str, int]]:
    """[(batch id, program, batch number)] that somebody assesses and that are not over since `since`, for the
    way to their tests. One statement."""
    statement = (
        sa.select(Batch.id, Program.short_name, Batch.number)
        .join(Program, Program.id == Batch.program_id)
        .where(Batch.state.in_(("published", "finalized")), Batch.ends_on >= since, _links("assessor"))
        .order_by(Batch.starts_on, Batch.id)
        .limit(20)
    )
    return [(row[0], row[1], row[2]) for row in db.session.execute(statement, {"user": user_id})]


def get_test(batch_id: int, test_id: int) -> WrittenTest:
    """A test of that batch. Raises NotFound."""
    found = db.session.get(WrittenTest, test_id)
    if found is None or found.batch_id != batch_id:
        raise NotFound()
    return found


@dataclass(frozen=True)
class WatchHead:
    """A test with its batch, as those see it who keep watch over it."""

    id: int
    title: str
    state: str
    minutes: int
    opens_at: datetime
    closes_at: datetime
    is_retest: bool
    batch_id: int
    batch_number: int
    program: str
    center_id: int
    zone: str
    sealed_key: str


_WATCH = (
    sa.select(
        WrittenTest.id,
        WrittenTest.title,
        WrittenTest.state,
        WrittenTest.minutes,
        WrittenTest.opens_at,
        WrittenTest.closes_at,
        WrittenTest.is_retest,
        Batch.id,
        Batch.number,
        Program.short_name,
        Batch.center_id,
        TrainingCenter.zone,
        WrittenTest.file_key_cipher,
    )
    .join(Batch, Batch.id == WrittenTest.batch_id)
    .join(Program, Program.id == Batch.program_id)
    .join(TrainingCenter, TrainingCenter.id == Batch.center_id)
    .where(WrittenTest.id == sa.bindparam("test"), _links(None))
)


def get_watch(actor: Actor, test_id: int) -> WatchHead:
    """The test, if the actor teaches or assesses in its batch. Raises NotFound."""
    row = db.session.execute(_WATCH, {"test": test_id, "user": actor.user_id}).first()
    if row is None or not actor.scope(Permission.TEST_INVIGILATE).own:
        raise NotFound()
    return WatchHead(*list(row))


@dataclass(frozen=True)
class Seat:
    """One person of the batch and how they stand in a test."""

    enrollment_id: int
    person_id: int
    name: str
    cooperative_id: int | None
    extra: int
    reason: str
    attempt_id: int | None
    state: str
    is_paper: bool
    started_at: datetime | None
    deadline_at: datetime | None
    closed_at: datetime | None
    questions: int
    answered: int


def _answered() -> Any:
    """SQL: (attempt, how many positions hold an answer that was not cleared)."""
    last = (
        sa.select(Answer.attempt_id, Answer.position, sa.func.max(Answer.seq).label("seq"))
        .join(Attempt, Attempt.id == Answer.attempt_id)
        .where(Attempt.test_id == sa.bindparam("test"))
        .group_by(Answer.attempt_id, Answer.position)
        .subquery()
    )
    return (
        sa.select(last.c.attempt_id, sa.func.count().label("answered"))
        .join(
            Answer,
            sa.and_(
                Answer.attempt_id == last.c.attempt_id,
                Answer.position == last.c.position,
                Answer.seq == last.c.seq,
            ),
        )
        .where(sa.type_coerce(Answer.answer, sa.Text) != "null")
        .group_by(last.c.attempt_id)
        .subquery()
    )


def _asked() -> Any:
    """SQL: (attempt, how many questions were drawn)."""
    return (
        sa.select(AttemptItem.attempt_id, sa.func.count().label("questions"))
        .join(Attempt, Attempt.id == AttemptItem.attempt_id)
        .where(Attempt.test_id == sa.bindparam("test"))
        .group_by(AttemptItem.attempt_id)
        .subquery()
    )


def seats_of(test_id: int, batch_id: int) -> list[Seat]:
    """Everybody who may sit the test, by name, with how far they are. One statement."""
    answered, asked = _answered(), _asked()
    statement = (
        sa.select(
            Enrollment.id,
            Enrollment.person_id,
            Person.name,
            Enrollment.cooperative_id,
            sa.func.coalesce(Allowance.minutes, 0),
            sa.func.coalesce(Allowance.reason, ""),
            Attempt.id,
            sa.func.coalesce(Attempt.state, ""),
            sa.func.coalesce(Attempt.is_paper, sa.false()),
            Attempt.started_at,
            Attempt.deadline_at,
            Attempt.closed_at,
            sa.func.coalesce(asked.c.questions, 0),
            sa.func.coalesce(answered.c.answered, 0),
        )
        .join(Person, Person.id == Enrollment.person_id)
        .outerjoin(
            Allowance,
            sa.and_(Allowance.test_id == sa.bindparam("test"), Allowance.enrollment_id == Enrollment.id),
        )
        .outerjoin(
            Attempt,
            sa.and_(Attempt.test_id == sa.bindparam("test"), Attempt.enrollment_id == Enrollment.id),
        )
        .outerjoin(asked, asked.c.attempt_id == Attempt.id)
        .outerjoin(answered, answered.c.attempt_id == Attempt.id)
        .where(
            Enrollment.batch_id == sa.bindparam("batch"),
            sa.or_(Enrollment.state.in_(SITTING_STATES), Attempt.id.is_not(None)),
        )
        .order_by(Person.name, Enrollment.id)
    )
    return [Seat(*list(row)) for row in db.session.execute(statement, {"test": test_id, "batch": batch_id})]


def _of_bank(center_id: int) -> Any:
    return sa.or_(Question.center_id.is_(None), Question.center_id == center_id)


def _in_force() -> Any:
    """SQL: the version in force of a question. One that a corrected key made void (or a part of which) is
    asked no more: it would give everybody its points."""
    text = sa.type_coerce(QuestionVersion.content, sa.Text)
    return sa.and_(
        QuestionVersion.question_id == Question.id, QuestionVersion.version == Question.version,
        ~text.contains('"void":true', autoescape=True),
    )  # fmt: skip


def supply_of(unit_ids: Collection[int], center_id: int) -> dict[int, int]:
    """unit id -> how many active questions the country's bank and the center's own hold."""
    rows = db.session.execute(
        sa.select(Question.unit_id, sa.func.count(Question.id))
        .join(QuestionVersion, _in_force())
        .where(Question.unit_id.in_(unit_ids), Question.state == "active", _of_bank(center_id))
        .group_by(Question.unit_id)
    )
    return {row[0]: row[1] for row in rows}


def pool_of(unit_ids: Sequence[int], center_id: int) -> dict[int, list[Stock]]:
    """unit id -> the active questions with their versions in force. One statement."""
    rows = db.session.execute(
        sa.select(Question.unit_id, Question.id, QuestionVersion.id, Question.kind, QuestionVersion.content)
        .join(QuestionVersion, _in_force())
        .where(Question.unit_id.in_(unit_ids), Question.state == "active", _of_bank(center_id))
        .order_by(Question.id)
    )
    found: dict[int, list[Stock]] = {}
    for unit_id, *stock in rows:
        found.setdefault(unit_id, []).append(Stock(*stock))
    return found


def running_people(test_id: int) -> list[tuple[int, int, int | None]]:
    """(enrollment id, person id, cooperative id) of who is sitting the test now."""
    rows = db.session.execute(
        sa.select(Enrollment.id, Enrollment.person_id, Enrollment.cooperative_id)
        .join(Attempt, Attempt.enrollment_id == Enrollment.id)
        .where(Attempt.test_id == test_id, Attempt.state == "running")
        .order_by(Enrollment.id)
    )
    return [(row[0], row[1], row[2]) for row in rows]
