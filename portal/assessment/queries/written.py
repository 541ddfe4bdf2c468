"""Reads of what written tests came to: the score of each unit, and what scoring needs."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from portal.assessment.models import (
    Answer,
    Attempt,
    AttemptItem,
    KeyCorrection,
    Question,
    QuestionVersion,
    WrittenTest,
)
from portal.assessment.rules.keys import Corrected
from portal.assessment.rules.scoring import needed_pcts, value_of
from portal.core.db import db

CLOSED = ("submitted", "expired")
#: Ids in one statement.
CHUNK = 500


@dataclass(frozen=True)
class WrittenResult:
    """What one person reached in one unit of a written test. `value` is what it proposes: K or BK."""

    test_id: int
    attempt_id: int
    points: float
    of: float
    needed_pct: float
    value: str


_RESULTS = (
    sa.select(
        Attempt.id,
        Attempt.enrollment_id,
        Attempt.score,
        WrittenTest.id.label("test_id"),
        WrittenTest.blueprint,
    )
    .join(WrittenTest, WrittenTest.id == Attempt.test_id)
    .where(
        WrittenTest.batch_id == sa.bindparam("batch"),
        WrittenTest.state == "published",
        Attempt.state.in_(CLOSED),
        Attempt.score.is_not(None),
    )
    .order_by(WrittenTest.is_retest, WrittenTest.opens_at, WrittenTest.id, Attempt.id)
)


def written_of_batch(batch_id: int) -> dict[tuple[int, int], WrittenResult]:
    """(enrollment id, unit id) -> the latest scored result, a re-test after the first test. One statement."""
    found: dict[tuple[int, int], WrittenResult] = {}
    for row in db.session.execute(_RESULTS, {"batch": batch_id}):
        found.update(_of_attempt(row.test_id, row.blueprint, row.id, row.enrollment_id, row.score))
    return found


def results_of_test(test_id: int) -> dict[tuple[int, int], WrittenResult]:
    """(enrollment id, unit id) -> the scored result of this test. One statement."""
    rows = db.session.execute(
        sa.select(Attempt.id, Attempt.enrollment_id, Attempt.score, WrittenTest.blueprint)
        .join(WrittenTest, WrittenTest.id == Attempt.test_id)
        .where(Attempt.test_id == test_id, Attempt.state.in_(CLOSED), Attempt.score.is_not(None))
    )
    found: dict[tuple[int, int], WrittenResult] = {}
    for row in rows:
        found.update(_of_attempt(test_id, row.blueprint, row.id, row.enrollment_id, row.score))
    return found


def _of_attempt(
    test_id: int, blueprint: Any, attempt_id: int, enrollment_id: int, score: Any
) -> Iterator[tuple[tuple[int, int], WrittenResult]]:
    needed = needed_pcts(blueprint)
    for unit_id, (points, of) in ((int(unit), pair) for unit, pair in score.items()):
        pct = needed.get(unit_id, 100)
        yield (
            (enrollment_id, unit_id),
            WrittenResult(test_id, attempt_id, points, of, pct, value_of(points, of, pct)),
        )


@dataclass(frozen=True)
class HeldItem:
    """A drawn question of an attempt as scoring reads it."""

    attempt_id: int
    position: int
    unit_id: int
    question_id: int
    version_id: int


def held_items(attempt_ids: Collection[int], unit_id: int | None = None) -> list[HeldItem]:
    """The drawn questions of these attempts (of one unit), a statement for each 500 attempts."""
    columns = (AttemptItem.attempt_id, AttemptItem.position, AttemptItem.unit_id)
    statement = sa.select(*columns, AttemptItem.question_id, AttemptItem.version_id)
    if unit_id is not None:
        statement = statement.where(AttemptItem.unit_id == unit_id)
    return [
        HeldItem(*row)
        for part in chunks(attempt_ids)
        for row in db.session.execute(statement.where(AttemptItem.attempt_id.in_(part)))
    ]


def answers_in_force(attempt_ids: Collection[int]) -> dict[int, dict[int, Any]]:
    """attempt id -> {position: answer}: of each position the answer with the highest number."""
    found: dict[int, dict[int, Any]] = {}
    for part in chunks(attempt_ids):
        last = (
            sa.select(Answer.attempt_id, Answer.position, sa.func.max(Answer.seq).label("seq"))
            .where(Answer.attempt_id.in_(part))
            .group_by(Answer.attempt_id, Answer.position)
            .subquery()
        )
        rows = db.session.execute(
            sa.select(Answer.attempt_id, Answer.position, Answer.answer).join(
                last,
                sa.and_(
                    Answer.attempt_id == last.c.attempt_id,
                    Answer.position == last.c.position,
                    Answer.seq == last.c.seq,
                ),
            )
        )
        for attempt_id, position, answer in rows:
            found.setdefault(attempt_id, {})[position] = answer
    return found


@dataclass(frozen=True)
class HeldVersion:
    """A version of a question with what scoring needs of it."""

    id: int
    question_id: int
    version: int
    kind: str
    content: dict[str, Any]


def versions_by_id(version_ids: Iterable[int]) -> dict[int, HeldVersion]:
    """Versions with their contents, a statement for each 500."""
    columns = (QuestionVersion.id, QuestionVersion.question_id, QuestionVersion.version)
    statement = sa.select(*columns, Question.kind, QuestionVersion.content).join(
        Question, Question.id == QuestionVersion.question_id
    )
    return {
        row.id: HeldVersion(*row)
        for part in chunks(set(version_ids))
        for row in db.session.execute(statement.where(QuestionVersion.id.in_(part)))
    }


def corrected_keys(question_ids: Iterable[int]) -> dict[int, list[Corrected]]:
    """question id -> the versions that corrections made, a statement for each 500 questions."""
    statement = sa.select(
        QuestionVersion.question_id, QuestionVersion.version, QuestionVersion.id, QuestionVersion.content
    ).join(
        KeyCorrection,
        sa.and_(
            KeyCorrection.question_id == QuestionVersion.question_id,
            KeyCorrection.new_version == QuestionVersion.version,
        ),
    )
    found: dict[int, list[Corrected]] = {}
    for part in chunks(set(question_ids)):
        for row in db.session.execute(statement.where(KeyCorrection.question_id.in_(part))):
            found.setdefault(row.question_id, []).append(Corrected(*row))
    return found


def chunks(ids: Collection[int], size: int = CHUNK) -> Iterator[Sequence[int]]:
    """The ids in order, so many at a time."""
    ordered = sorted(ids)
    for start in range(0, len(ordered), size):
        yield ordered[start : start + size]
