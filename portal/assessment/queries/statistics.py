"""How the questions of the bank behaved, from closed and scored attempts with the options of today. A fixed
number of statements."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from portal.assessment.models import Answer, Attempt, AttemptItem
from portal.assessment.queries import written
from portal.assessment.queries.bank import QuestionRow
from portal.assessment.rules import keys
from portal.assessment.rules.content import points
from portal.assessment.rules.statistics import Row, Statistics, statistics
from portal.core.db import db
from portal.core.words import gettext as _

#: So many of the newest answers are looked at, of a question or of a unit.
MOST = 20_000


@dataclass(frozen=True)
class _Found:
    """A drawn question of an attempt with its answer in force."""

    attempt_id: int
    unit_id: int
    question_id: int
    version_id: int
    score: Mapping[str, list[float]]
    answer: Any


def _found(where: sa.ColumnElement[bool]) -> list[_Found]:
    """Newest first, at most `MOST`. One statement."""
    later = sa.orm.aliased(Answer)
    is_last = ~sa.exists().where(
        later.attempt_id == Answer.attempt_id,
        later.position == Answer.position,
        later.seq > Answer.seq,
    )
    statement = (
        sa.select(
            AttemptItem.attempt_id,
            AttemptItem.unit_id,
            AttemptItem.question_id,
            AttemptItem.version_id,
            Attempt.score,
            Answer.answer,
        )
        .join(Attempt, Attempt.id == AttemptItem.attempt_id)
        .outerjoin(
            Answer,
            sa.and_(
                Answer.attempt_id == AttemptItem.attempt_id, Answer.position == AttemptItem.position, is_last
            ),
        )
        .where(where, Attempt.state.in_(written.CLOSED), Attempt.score.is_not(None))
        .order_by(AttemptItem.attempt_id.desc())
        .limit(MOST)
    )
    return [_Found(*row) for row in db.session.execute(statement)]


def statistics_of(question: QuestionRow) -> Statistics:
    """One question, from every unit and test that drew it. Three statements."""
    return _statistics([question], AttemptItem.question_id == question.id)[question.id]


def statistics_of_unit(questions: list[QuestionRow], unit_id: int) -> dict[int, Statistics]:
    """Question id -> statistics, of a whole unit at once. Three statements."""
    return _statistics(questions, AttemptItem.unit_id == unit_id)


def _statistics(questions: list[QuestionRow], where: sa.ColumnElement[bool]) -> dict[int, Statistics]:
    known = {question.id: question for question in questions}
    found = [row for row in _found(where) if row.question_id in known]
    versions = written.versions_by_id({row.version_id for row in found})
    corrections = written.corrected_keys({row.question_id for row in found})
    contents = {}
    for version in versions.values():
        judged = keys.in_force(version.version, version.content, corrections.get(version.question_id, ()))
        contents[version.id] = judged.content if judged else version.content
    rows: dict[int, list[Row]] = defaultdict(list)
    for row in found:
        question = known[row.question_id]
        if not keys.same_options(versions[row.version_id].content, question.content):
            continue  # an answer to other options says nothing about these
        worth = points(question.kind, contents[row.version_id], row.answer)
        rows[row.question_id].append(Row(worth, _rest(row, worth), row.answer))
    return {
        question.id: statistics(question.kind, question.content, rows[question.id], _)
        for question in questions
    }


def _rest(row: _Found, worth: float) -> float | None:
    """Mean points of the other questions of the same unit; of the whole test where there was no other."""
    earned, of = row.score.get(str(row.unit_id), (0.0, 0.0))
    if of <= 1:
        earned = sum(pair[0] for pair in row.score.values())
        of = sum(pair[1] for pair in row.score.values())
    return max(0.0, min(1.0, (earned - worth) / (of - 1))) if of > 1 else None
