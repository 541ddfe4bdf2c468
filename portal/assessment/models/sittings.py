"""One person's sitting of a written test: what was drawn, every answer that arrived, and what happened."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import JsonText, Pk, UtcDateTime, db


class Attempt(db.Model):  # type: ignore[name-defined]
    """One person sits one test. The server owns the clock: `deadline_at` is the last moment at which an
    answer may arrive; what arrived by then counts, also when it is written down later.

    `state`: running, submitted (by the person), expired (closed at the deadline), void (with a reason).
    `score` is {unit id as text: [points, of]} once it is closed and scored, None before. `is_paper`:
    printed and keyed in.
    """

    __tablename__ = "test_attempt"
    id: Mapped[Pk]
    test_id: Mapped[int] = mapped_column(sa.ForeignKey("written_test.id"))
    enrollment_id: Mapped[int] = mapped_column(sa.ForeignKey("enrollment.id"), index=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    seed: Mapped[str] = mapped_column(sa.String(32))
    is_paper: Mapped[bool] = mapped_column(default=False)
    state: Mapped[str] = mapped_column(sa.String(12), default="running")
    started_at: Mapped[datetime] = mapped_column(UtcDateTime())
    deadline_at: Mapped[datetime] = mapped_column(UtcDateTime())
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    score: Mapped[dict[str, list[float]] | None] = mapped_column(JsonText())
    __table_args__ = (
        sa.UniqueConstraint("test_id", "enrollment_id"),
        sa.CheckConstraint("state in ('running','submitted','expired','void')", name="state_known"),
        sa.CheckConstraint("(state = 'running') = (closed_at is null)", name="closed_with_time"),
        sa.CheckConstraint("deadline_at > started_at", name="deadline_later"),
        sa.Index("ix_test_attempt_running", "state", "deadline_at"),
    )


class AttemptItem(db.Model):  # type: ignore[name-defined]
    """A drawn question in its place; `options` is the order in which its options are shown."""

    __tablename__ = "attempt_item"
    attempt_id: Mapped[int] = mapped_column(sa.ForeignKey("test_attempt.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    unit_id: Mapped[int] = mapped_column(sa.ForeignKey("competency_unit.id"))
    question_id: Mapped[int] = mapped_column(sa.ForeignKey("question.id"))
    version_id: Mapped[int] = mapped_column(sa.ForeignKey("question_version.id"))
    options: Mapped[Any] = mapped_column(JsonText(), default=list)
    __table_args__ = (
        sa.UniqueConstraint("attempt_id", "question_id"),
        sa.Index("ix_attempt_item_question", "question_id"),
    )


class Answer(db.Model):  # type: ignore[name-defined]
    """Every answer that arrived, never changed: the highest `seq` of a position is in force. The key
    makes the same one again a no-op; `received_at` is when the request reached the server.

    `source`: web, file (from an encrypted answer file, adopted with a reason), paper (keyed in twice).
    """

    __tablename__ = "test_answer"
    attempt_id: Mapped[int] = mapped_column(sa.ForeignKey("test_attempt.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    answer: Mapped[Any] = mapped_column(JsonText())
    source: Mapped[str] = mapped_column(sa.String(8), default="web")
    received_at: Mapped[datetime] = mapped_column(UtcDateTime())
    __table_args__ = (
        sa.CheckConstraint("source in ('web','file','paper')", name="source_known"),
        sa.CheckConstraint("seq > 0", name="seq_positive"),
    )


class AttemptEvent(db.Model):  # type: ignore[name-defined]
    """What happened in a sitting: started, resumed, offline (reported when back), extended, submitted,
    expired, file, paper, void. `detail` is a small document of numbers and words, never an answer."""

    __tablename__ = "attempt_event"
    id: Mapped[Pk]
    attempt_id: Mapped[int] = mapped_column(sa.ForeignKey("test_attempt.id"), index=True)
    kind: Mapped[str] = mapped_column(sa.String(12))
    detail: Mapped[dict[str, Any]] = mapped_column(JsonText(), default=dict)
    by: Mapped[int | None]
    at: Mapped[datetime] = mapped_column(UtcDateTime())


class PaperEntry(db.Model):  # type: ignore[name-defined]
    """A paper test keyed in. Two different people key it in (`turn` 1 and 2); where they agree it is
    adopted."""

    __tablename__ = "paper_entry"
    attempt_id: Mapped[int] = mapped_column(sa.ForeignKey("test_attempt.id"), primary_key=True)
    turn: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    answers: Mapped[dict[str, Any]] = mapped_column(JsonText(), default=dict)
    entered_by: Mapped[int]
    entered_at: Mapped[datetime] = mapped_column(UtcDateTime())
    __table_args__ = (
        sa.CheckConstraint("turn in (1, 2)", name="turn_known"),
        sa.UniqueConstraint("attempt_id", "entered_by"),
    )
