"""Reads of sittings: what one person may take, what was drawn for them, what they answered."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from portal.assessment.models import (
    Allowance,
    Answer,
    Attempt,
    AttemptEvent,
    AttemptItem,
    Question,
    QuestionVersion,
    Retest,
    WrittenTest,
)
from portal.assessment.rules.content import shown
from portal.batches.models import Batch
from portal.catalog.models import Program
from portal.centers.models import TrainingCenter
from portal.core.db import db
from portal.core.errors import NotFound
from portal.core.permissions import Actor
from portal.enrollment.models import Enrollment, State

#: Who may sit a test: people with a confirmed seat, also after the sheet was signed (re-tests).
SITTING_STATES = (State.CONFIRMED.value, State.COMPLETED.value, State.NOT_COMPLETED.value)


@dataclass(frozen=True)
class OwnTest:
    """A test of somebody's own batch, with their attempt if there is one. `open_units`: of a re-test the
    units that are open for them, else None."""

    id: int
    batch_id: int
    title: str
    state: str
    is_retest: bool
    blueprint: list[dict[str, Any]]
    minutes: int
    opens_at: datetime
    closes_at: datetime
    enrollment_id: int
    program: str
    batch_number: int
    center_id: int
    zone: str
    extra: int
    attempt_id: int | None
    attempt_state: str
    deadline_at: datetime | None
    is_paper: bool = False
    open_units: frozenset[int] | None = None

    @property
    def questions(self) -> int:
        """How many questions this person gets."""
        return sum(
            need["count"]
            for need in self.blueprint
            if self.open_units is None or need["unit_id"] in self.open_units
        )


_OWN = (
    sa.select(
        WrittenTest.id,
        WrittenTest.batch_id,
        WrittenTest.title,
        WrittenTest.state,
        WrittenTest.is_retest,
        WrittenTest.blueprint,
        WrittenTest.minutes,
        WrittenTest.opens_at,
        WrittenTest.closes_at,
        Enrollment.id,
        Program.short_name,
        Batch.number,
        Batch.center_id,
        TrainingCenter.zone,
        sa.func.coalesce(Allowance.minutes, 0),
        Attempt.id,
        sa.func.coalesce(Attempt.state, ""),
        Attempt.deadline_at,
        sa.func.coalesce(Attempt.is_paper, sa.false()),
    )
    .join(Enrollment, Enrollment.batch_id == WrittenTest.batch_id)
    .join(Batch, Batch.id == WrittenTest.batch_id)
    .join(Program, Program.id == Batch.program_id)
    .join(TrainingCenter, TrainingCenter.id == Batch.center_id)
    .outerjoin(
        Allowance, sa.and_(Allowance.test_id == WrittenTest.id, Allowance.enrollment_id == Enrollment.id)
    )
    .outerjoin(Attempt, sa.and_(Attempt.test_id == WrittenTest.id, Attempt.enrollment_id == Enrollment.id))
    .where(
        Enrollment.person_id == sa.bindparam("person"),
        Enrollment.state.in_(SITTING_STATES),
        WrittenTest.state != "draft",
        Batch.state.in_(("published", "finalized")),
    )
    .order_by(WrittenTest.opens_at.desc(), WrittenTest.id.desc())
)


def own_tests(person_id: int) -> list[OwnTest]:
    """The tests of a person's own batches, newest first, without re-tests that do not concern them. Two
    statements."""
    rows = [OwnTest(*row) for row in db.session.execute(_OWN.limit(40), {"person": person_id})]
    open_ = _open_units([row.enrollment_id for row in rows if row.is_retest])
    found = []
    for row in rows:
        units = open_.get((row.enrollment_id, row.id), frozenset()) if row.is_retest else None
        if units is None or units or row.attempt_id:
            found.append(_with(row, units))
    return found


def get_own_test(actor: Actor, test_id: int) -> OwnTest:
    """One of `own_tests`. Raises NotFound for a foreign, unpublished or missing one."""
    statement = _OWN.where(WrittenTest.id == sa.bindparam("test"))
    row = db.session.execute(statement, {"person": actor.person_id or 0, "test": test_id}).first()
    if row is None:
        raise NotFound()
    found = OwnTest(*row)
    if not found.is_retest:
        return found
    open_ = _open_units([found.enrollment_id])
    return _with(found, open_.get((found.enrollment_id, found.id), frozenset()))


def _with(row: OwnTest, units: frozenset[int] | None) -> OwnTest:
    return OwnTest(**{**row.__dict__, "open_units": units})


def _open_units(enrollment_ids: Collection[int]) -> dict[tuple[int, int | None], frozenset[int]]:
    """(enrollment id, test id) -> the units of open re-tests."""
    if not enrollment_ids:
        return {}
    rows = db.session.execute(
        sa.select(Retest.enrollment_id, Retest.test_id, Retest.unit_id).where(
            Retest.enrollment_id.in_(enrollment_ids), Retest.is_open, Retest.test_id.is_not(None)
        )
    )
    found: dict[tuple[int, int | None], frozenset[int]] = {}
    for enrollment_id, test_id, unit_id in rows:
        key = (enrollment_id, test_id)
        found[key] = found.get(key, frozenset()) | {unit_id}
    return found


@dataclass(frozen=True)
class Sitting:
    """An attempt with what its pages need of its test."""

    id: int
    test_id: int
    enrollment_id: int
    person_id: int
    seed: str
    state: str
    is_paper: bool
    started_at: datetime
    deadline_at: datetime
    closed_at: datetime | None
    title: str
    file_public: str
    batch_id: int
    zone: str


_SITTING = (
    sa.select(
        Attempt.id,
        Attempt.test_id,
        Attempt.enrollment_id,
        Attempt.person_id,
        Attempt.seed,
        Attempt.state,
        Attempt.is_paper,
        Attempt.started_at,
        Attempt.deadline_at,
        Attempt.closed_at,
        WrittenTest.title,
        WrittenTest.file_public,
        WrittenTest.batch_id,
        TrainingCenter.zone,
    )
    .join(WrittenTest, WrittenTest.id == Attempt.test_id)
    .join(Batch, Batch.id == WrittenTest.batch_id)
    .join(TrainingCenter, TrainingCenter.id == Batch.center_id)
    .where(Attempt.id == sa.bindparam("attempt"))
)


def get_sitting(actor: Actor, attempt_id: int) -> Sitting:
    """The actor's own attempt. Raises NotFound for a foreign or missing one, and for one on paper."""
    row = db.session.execute(_SITTING, {"attempt": attempt_id}).first()
    if row is None or row.person_id != actor.person_id or row.is_paper:
        raise NotFound()
    return Sitting(*list(row))


@dataclass(frozen=True)
class Item:
    """A drawn question of an attempt, in its place. `content` holds the key: show `view` alone."""

    position: int
    unit_id: int
    question_id: int
    version_id: int
    kind: str
    content: Mapping[str, Any]
    options: Any

    @property
    def view(self) -> dict[str, Any]:
        """What the candidate may see."""
        return shown(self.kind, self.content, self.options)


@lru_cache(maxsize=4096)
def _content(text: str) -> Mapping[str, Any]:
    """Contents are shared by everybody who drew them, so they are read from JSON once."""
    found: Mapping[str, Any] = json.loads(text)
    return found


_ITEMS = (
    sa.select(
        AttemptItem.position,
        AttemptItem.unit_id,
        AttemptItem.question_id,
        AttemptItem.version_id,
        Question.kind,
        sa.type_coerce(QuestionVersion.content, sa.Text),
        AttemptItem.options,
    )
    .join(Question, Question.id == AttemptItem.question_id)
    .join(QuestionVersion, QuestionVersion.id == AttemptItem.version_id)
    .where(AttemptItem.attempt_id == sa.bindparam("attempt"))
    .order_by(AttemptItem.position)
)


def _item(row: Any) -> Item:
    parts = [*row]
    parts[5] = _content(parts[5])
    return Item(*parts)


def items_of(attempt_id: int) -> list[Item]:
    """Every drawn question in order; one statement. Contents must not be changed by who reads them."""
    rows = db.session.execute(_ITEMS, {"attempt": attempt_id})
    return [_item(row) for row in rows]


@dataclass(frozen=True)
class InForce:
    """The answer of a position that counts, and its number; `answer` None was cleared."""

    answer: Any
    seq: int
    received_at: datetime


_ANSWERS = (
    sa.select(Answer.position, Answer.answer, Answer.seq, Answer.received_at)
    .where(Answer.attempt_id == sa.bindparam("attempt"))
    .order_by(Answer.position, Answer.seq)
)


def answers_in_force(attempt_id: int) -> dict[int, InForce]:
    """position -> what counts there, one statement. A position without any row is missing."""
    rows = db.session.execute(_ANSWERS, {"attempt": attempt_id})
    return {position: InForce(answer, seq, at) for position, answer, seq, at in rows}


def answers_of(attempt_id: int) -> dict[int, Any]:
    """position -> the answer in force; cleared ones and unanswered positions are missing."""
    found = answers_in_force(attempt_id)
    return {position: one.answer for position, one in found.items() if one.answer is not None}


def flags_of(attempt_id: int) -> set[int]:
    """The positions that the candidate marked as unsure."""
    rows = db.session.scalars(
        sa.select(AttemptEvent.detail)
        .where(AttemptEvent.attempt_id == attempt_id, AttemptEvent.kind == "flag")
        .order_by(AttemptEvent.id)
    )
    last = {detail["no"]: detail["on"] for detail in rows}
    return {position for position, is_on in last.items() if is_on}


def last_device(attempt_id: int) -> str:
    """The mark of the device that sat last; '' when none said."""
    statement = (
        sa.select(AttemptEvent.detail)
        .where(AttemptEvent.attempt_id == attempt_id, AttemptEvent.kind.in_(("started", "resumed")))
        .order_by(AttemptEvent.id.desc())
        .limit(1)
    )
    detail = db.session.scalars(statement).first() or {}
    return str(detail.get("device", ""))


def events_of(attempt_ids: Collection[int]) -> list[AttemptEvent]:
    """Everything that happened in these attempts but marks of unsureness, the oldest first."""
    return list(
        db.session.scalars(
            sa.select(AttemptEvent)
            .where(AttemptEvent.attempt_id.in_(attempt_ids), AttemptEvent.kind != "flag")
            .order_by(AttemptEvent.id)
        )
    )


def due_attempts(before: datetime, limit: int) -> list[int]:
    """Running attempts whose deadline is before that moment, the oldest first. Paper ones are closed by
    whoever keys them in."""
    return list(
        db.session.scalars(
            sa.select(Attempt.id)
            .where(Attempt.state == "running", Attempt.deadline_at < before, Attempt.is_paper.is_(False))
            .order_by(Attempt.deadline_at, Attempt.id)
            .limit(limit)
        )
    )
