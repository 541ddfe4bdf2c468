"""Reads around corrected answer keys: the question in somebody's reach, who answered it, past corrections."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from portal.accounts.models import User
from portal.assessment.models import (
    Attempt,
    AttemptItem,
    KeyCorrection,
    Question,
    QuestionVersion,
    Verdict,
    WrittenTest,
)
from portal.assessment.queries.bank import reach_of
from portal.assessment.queries.written import CLOSED, chunks
from portal.batches.models import Batch
from portal.catalog.models import CompetencyUnit
from portal.core.db import db
from portal.core.errors import NotFound
from portal.core.permissions import Actor
from portal.enrollment.models import SEAT_STATES, Enrollment
from portal.people.models import Person


@dataclass(frozen=True)
class KeyedQuestion:
    """A question with its current version, for whoever may correct its key."""

    id: int
    unit_id: int
    unit: str
    center_id: int | None
    name: str
    kind: str
    state: str
    version: int
    content: dict[str, Any]


_QUESTION = (
    sa.select(
        Question.id,
        Question.unit_id,
        CompetencyUnit.title,
        Question.center_id,
        Question.name,
        Question.kind,
        Question.state,
        Question.version,
        QuestionVersion.content,
    )
    .join(CompetencyUnit, CompetencyUnit.id == Question.unit_id)
    .join(
        QuestionVersion,
        sa.and_(QuestionVersion.question_id == Question.id, QuestionVersion.version == Question.version),
    )
    .where(Question.id == sa.bindparam("question"))
)


def get_question(actor: Actor, question_id: int) -> KeyedQuestion:
    """The question, if it is in a bank that the actor may change. Two statements. Raises NotFound."""
    row = db.session.execute(_QUESTION, {"question": question_id}).first()
    if row is None or not reach_of(actor).edits(row.center_id):
        raise NotFound()
    return KeyedQuestion(*row)


@dataclass(frozen=True)
class Scored:
    """A closed attempt with its score, its person, test and batch."""

    attempt_id: int
    enrollment_id: int
    person_id: int
    name: str
    cooperative_id: int | None
    test_id: int
    title: str
    blueprint: list[dict[str, Any]]
    score: dict[str, list[float]]
    batch_id: int
    batch_number: int
    batch_state: str
    center_id: int
    is_seated: bool


@dataclass(frozen=True)
class Holder(Scored):
    """A closed attempt that asked a question, in this version."""

    version_id: int


_SCORED = (
    sa.select(
        Attempt.id,
        Attempt.enrollment_id,
        Attempt.person_id,
        Person.name,
        Enrollment.cooperative_id,
        WrittenTest.id,
        WrittenTest.title,
        WrittenTest.blueprint,
        Attempt.score,
        Batch.id,
        Batch.number,
        Batch.state,
        Batch.center_id,
        Enrollment.state.in_(sorted(SEAT_STATES)),
    )
    .join(WrittenTest, WrittenTest.id == Attempt.test_id)
    .join(Batch, Batch.id == WrittenTest.batch_id)
    .join(Enrollment, Enrollment.id == Attempt.enrollment_id)
    .join(Person, Person.id == Attempt.person_id)
    .where(Attempt.state.in_(CLOSED), Attempt.score.is_not(None), WrittenTest.state == "published")
    .order_by(Batch.id, WrittenTest.id, Person.name, Attempt.id)
)


def holders_of(question_id: int, since: datetime) -> list[Holder]:
    """Who answered any version of the question in a test that counts and was closed after `since`, by batch
    and name. One statement."""
    rows = db.session.execute(
        _SCORED.add_columns(AttemptItem.version_id)
        .join(AttemptItem, AttemptItem.attempt_id == Attempt.id)
        .where(AttemptItem.question_id == question_id, Attempt.closed_at > since)
    )
    return [Holder(*list(row)) for row in rows]


def find_scored(attempt_id: int) -> Scored | None:
    """The attempt, once it is closed and scored in a test that counts. One statement."""
    row = db.session.execute(_SCORED.where(Attempt.id == attempt_id)).first()
    return Scored(*list(row)) if row else None


def sitting_now(question_id: int) -> list[tuple[int, int | None]]:
    """(person id, cooperative id) of everybody who is being asked the question now. One statement."""
    rows = db.session.execute(
        sa.select(Attempt.person_id, Enrollment.cooperative_id)
        .join(AttemptItem, AttemptItem.attempt_id == Attempt.id)
        .join(Enrollment, Enrollment.id == Attempt.enrollment_id)
        .where(AttemptItem.question_id == question_id, Attempt.state == "running")
    )
    return [(row[0], row[1]) for row in rows]


def hold_attempts(question_id: int) -> list[int]:
    """Lock every attempt that asks the question, so that none is closed with the old key meanwhile; answers
    the batches they are in, in order. SQLite has one writer anyway."""
    held = sa.select(AttemptItem.attempt_id).where(AttemptItem.question_id == question_id)
    if db.session.get_bind().dialect.name == "postgresql":
        lock = sa.select(Attempt.id).where(Attempt.id.in_(held)).order_by(Attempt.id)
        db.session.execute(lock.with_for_update(key_share=True))
    batches = (
        sa.select(WrittenTest.batch_id)
        .join(Attempt, Attempt.test_id == WrittenTest.id)
        .where(Attempt.id.in_(held))
        .distinct()
        .order_by(WrittenTest.batch_id)
    )
    return list(db.session.scalars(batches))


def hold_question(question_id: int) -> None:
    """One correction of a question at a time. A statement of its own, so that what is read next is newer."""
    if db.session.get_bind().dialect.name == "postgresql":
        held = sa.select(Question.id).where(Question.id == question_id)
        db.session.execute(held.with_for_update(key_share=True))


def verdicts_on(enrollment_ids: Collection[int], unit_id: int) -> dict[int, Verdict]:
    """enrollment id -> the verdict in force on one unit; a statement for each 500 people."""
    statement = sa.select(Verdict).where(Verdict.unit_id == unit_id, Verdict.is_current)
    return {
        row.enrollment_id: row
        for part in chunks(set(enrollment_ids))
        for row in db.session.scalars(statement.where(Verdict.enrollment_id.in_(part)))
    }


@dataclass(frozen=True)
class PastCorrection:
    """A corrected key, with who adopted it."""

    id: int
    question_id: int
    question: str
    old_version: int
    new_version: int
    reason: str
    changes: list[dict[str, Any]]
    by: str
    at: datetime
    center_id: int | None

    @property
    def applied(self) -> int:
        """How many verdicts it changed."""
        return sum(bool(one["applied"]) for one in self.changes)


_PAST = (
    sa.select(
        KeyCorrection.id,
        KeyCorrection.question_id,
        Question.name,
        KeyCorrection.old_version,
        KeyCorrection.new_version,
        KeyCorrection.reason,
        KeyCorrection.changes,
        sa.func.coalesce(User.name, ""),
        KeyCorrection.adopted_at,
        Question.center_id,
    )
    .join(Question, Question.id == KeyCorrection.question_id)
    .outerjoin(User, User.id == KeyCorrection.adopted_by)
    .order_by(KeyCorrection.id.desc())
)


def corrections_of_question(question_id: int) -> list[PastCorrection]:
    """Every corrected key of a question, newest first."""
    rows = db.session.execute(_PAST.where(KeyCorrection.question_id == question_id))
    return [PastCorrection(*row) for row in rows]


def corrections_of_batch(batch_id: int) -> list[PastCorrection]:
    """The corrected keys that touched tests of a batch, newest first; their changes are those of the batch
    alone. Two statements."""
    asked = (
        sa.select(AttemptItem.question_id)
        .join(Attempt, Attempt.id == AttemptItem.attempt_id)
        .join(WrittenTest, WrittenTest.id == Attempt.test_id)
        .where(WrittenTest.batch_id == batch_id)
    )
    tests = set(db.session.scalars(sa.select(WrittenTest.id).where(WrittenTest.batch_id == batch_id)))
    found = []
    for row in db.session.execute(_PAST.where(KeyCorrection.question_id.in_(asked))):
        here = [one for one in row.changes if one["test_id"] in tests]
        if here:
            found.append(PastCorrection(*[*row[:6], here, *row[7:]]))
    return found


def get_correction(question_id: int, correction_id: int) -> PastCorrection:
    """One correction of that question. Raises NotFound."""
    wanted = _PAST.where(KeyCorrection.question_id == question_id, KeyCorrection.id == correction_id)
    row = db.session.execute(wanted).first()
    if row is None:
        raise NotFound()
    return PastCorrection(*row)


def names_of(enrollment_ids: Collection[int]) -> dict[int, tuple[str, int, str]]:
    """enrollment id -> (name, number of the batch, reference); a statement for each 500 people."""
    statement = (
        sa.select(Enrollment.id, Person.name, Batch.number, Enrollment.reference)
        .join(Person, Person.id == Enrollment.person_id)
        .join(Batch, Batch.id == Enrollment.batch_id)
    )
    return {
        row.id: (row.name, row.number, row.reference)
        for part in chunks(set(enrollment_ids))
        for row in db.session.execute(statement.where(Enrollment.id.in_(part)))
    }
