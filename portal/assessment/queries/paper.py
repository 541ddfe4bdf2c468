"""Reads of tests on paper: whose sheet is where, what is printed, and who keyed it in."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from portal.accounts.models import User
from portal.assessment.models import (
    Attempt,
    AttemptItem,
    PaperEntry,
    Question,
    QuestionImage,
    QuestionVersion,
    WrittenTest,
)
from portal.assessment.queries.written import chunks
from portal.assessment.rules.content import images_of, shown
from portal.assessment.rules.paper import Keyer
from portal.centers.models import TrainingCenter
from portal.core.db import db
from portal.core.errors import NotFound

Views = list[tuple[int, dict[str, Any]]]


@dataclass(frozen=True)
class Entry:
    """One keying of a sheet: its maker and when."""

    attempt_id: int
    turn: int
    keyer: Keyer
    name: str
    at: datetime
    answers: dict[str, Any]

    @property
    def by_position(self) -> dict[int, Any]:
        """position -> answer."""
        return {int(position): answer for position, answer in self.answers.items()}


def entries_of(attempt_ids: Collection[int]) -> dict[int, dict[int, Entry]]:
    """attempt id -> {turn: keying}; a statement for each 500."""
    columns = (PaperEntry.attempt_id, PaperEntry.turn, PaperEntry.entered_by, User.person_id)
    statement = sa.select(
        *columns, sa.func.coalesce(User.name, ""), PaperEntry.entered_at, PaperEntry.answers
    ).outerjoin(User, User.id == PaperEntry.entered_by)
    found: dict[int, dict[int, Entry]] = {}
    for part in chunks(attempt_ids):
        for row in db.session.execute(statement.where(PaperEntry.attempt_id.in_(part))):
            keyer = Keyer(row.entered_by, row.person_id)
            entry = Entry(row.attempt_id, row.turn, keyer, *list(row)[4:])
            found.setdefault(row.attempt_id, {})[row.turn] = entry
    return found


@dataclass(frozen=True)
class Sheet:
    """A sheet of one person."""

    attempt_id: int
    enrollment_id: int
    seed: str
    state: str


def sheets_of(test_id: int) -> dict[int, Sheet]:
    """enrollment id -> the sheet, of everybody who sits this test on paper. One statement."""
    rows = db.session.execute(
        sa.select(Attempt.id, Attempt.enrollment_id, Attempt.seed, Attempt.state).where(
            Attempt.test_id == test_id, Attempt.is_paper
        )
    )
    return {row.enrollment_id: Sheet(row.id, row.enrollment_id, row.seed, row.state) for row in rows}


def get_sheet(test_id: int, enrollment_id: int) -> Sheet:
    """One of `sheets_of`. Raises NotFound."""
    row = db.session.execute(
        sa.select(Attempt.id, Attempt.enrollment_id, Attempt.seed, Attempt.state).where(
            Attempt.test_id == test_id, Attempt.enrollment_id == enrollment_id, Attempt.is_paper
        )
    ).first()
    if row is None:
        raise NotFound()
    return Sheet(row.id, row.enrollment_id, row.seed, row.state)


def views_of(attempt_ids: Collection[int]) -> tuple[dict[int, Views], set[str]]:
    """(attempt id -> [(position, what is printed)] in order, the pictures they name). No keys. A statement
    for each 500 attempts and one for each 500 versions."""
    items = [
        row
        for part in chunks(attempt_ids)
        for row in db.session.execute(
            sa.select(
                AttemptItem.attempt_id, AttemptItem.position, AttemptItem.version_id, AttemptItem.options
            )
            .where(AttemptItem.attempt_id.in_(part))
            .order_by(AttemptItem.attempt_id, AttemptItem.position)
        )
    ]
    contents = _contents({row.version_id for row in items})
    found: dict[int, Views] = {}
    pictures: set[str] = set()
    for row in items:
        kind, content = contents[row.version_id]
        found.setdefault(row.attempt_id, []).append((row.position, shown(kind, content, row.options)))
        pictures.update(images_of(content))
    return found, pictures


def _contents(version_ids: Collection[int]) -> Mapping[int, tuple[str, dict[str, Any]]]:
    statement = sa.select(QuestionVersion.id, Question.kind, QuestionVersion.content).join(
        Question, Question.id == QuestionVersion.question_id
    )
    return {
        row.id: (row.kind, row.content)
        for part in chunks(version_ids)
        for row in db.session.execute(statement.where(QuestionVersion.id.in_(part)))
    }


def pictures_by_digest(digests: Collection[str]) -> dict[str, bytes]:
    """SHA-256 -> body. One statement."""
    if not digests:
        return {}
    rows = db.session.execute(
        sa.select(QuestionImage.sha256, QuestionImage.body).where(QuestionImage.sha256.in_(sorted(digests)))
    )
    return {row.sha256: row.body for row in rows}


def center_name(center_id: int) -> str:
    """The center as it is printed."""
    name = db.session.execute(
        sa.select(TrainingCenter.name).where(TrainingCenter.id == center_id)
    ).scalar_one()
    return str(name)


def blueprint_of(test_id: int) -> list[dict[str, Any]]:
    """What the test draws."""
    found = db.session.execute(sa.select(WrittenTest.blueprint).where(WrittenTest.id == test_id)).scalar_one()
    return list(found)
