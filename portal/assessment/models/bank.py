"""The question bank: questions of a unit, every version of their content, and their pictures."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import JsonText, Pk, UtcDateTime, db


class QuestionKind(StrEnum):
    """Kinds of questions. A `case` is a text (with pictures) and parts, each of another kind."""

    SINGLE = "single"
    MULTIPLE = "multiple"
    TRUE_FALSE = "true_false"
    MATCHING = "matching"
    NUMBER = "number"
    CASE = "case"


class Question(db.Model):  # type: ignore[name-defined]
    """A question of a unit; its content is in versions. `center_id` None: of the whole country's bank.

    `state`: draft (never drawn), active, retired (kept for the tests that hold it). `name` is what importing
    the same file again recognizes it by; unique within unit and bank.
    """

    __tablename__ = "question"
    id: Mapped[Pk]
    unit_id: Mapped[int] = mapped_column(sa.ForeignKey("competency_unit.id"), index=True)
    center_id: Mapped[int | None] = mapped_column(sa.ForeignKey("training_center.id"))
    name: Mapped[str] = mapped_column(sa.String(120))
    kind: Mapped[str] = mapped_column(sa.String(12))
    state: Mapped[str] = mapped_column(sa.String(12), default="draft")
    version: Mapped[int] = mapped_column(default=1)
    created_by: Mapped[int | None]
    created_at: Mapped[datetime] = mapped_column(UtcDateTime())
    __table_args__ = (
        sa.CheckConstraint(f"kind in ({','.join(repr(k.value) for k in QuestionKind)})", name="kind_known"),
        sa.CheckConstraint("state in ('draft','active','retired')", name="state_known"),
        sa.CheckConstraint("version > 0", name="version_positive"),
        sa.Index(
            "uq_question_name_national",
            "unit_id",
            "name",
            unique=True,
            sqlite_where=sa.text("center_id is null"),
            postgresql_where=sa.text("center_id is null"),
        ),
        sa.Index(
            "uq_question_name_center",
            "unit_id",
            "center_id",
            "name",
            unique=True,
            sqlite_where=sa.text("center_id is not null"),
            postgresql_where=sa.text("center_id is not null"),
        ),
    )


class QuestionVersion(db.Model):  # type: ignore[name-defined]
    """Insert-only. One version of a question's content, the key included; its shape is that of
    `assessment.rules.content`. A corrected key is a new version with the same options."""

    __tablename__ = "question_version"
    id: Mapped[Pk]
    question_id: Mapped[int] = mapped_column(sa.ForeignKey("question.id"))
    version: Mapped[int]
    content: Mapped[dict[str, Any]] = mapped_column(JsonText())
    note: Mapped[str] = mapped_column(sa.String(300), default="")
    created_by: Mapped[int | None]
    created_at: Mapped[datetime] = mapped_column(UtcDateTime())
    __table_args__ = (sa.UniqueConstraint("question_id", "version"),)


class QuestionImage(db.Model):  # type: ignore[name-defined]
    """A picture that contents name by its SHA-256 (hex). PNG, JPEG or WebP, checked and at most 300 KB."""

    __tablename__ = "question_image"
    sha256: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    media_type: Mapped[str] = mapped_column(sa.String(20))
    body: Mapped[bytes] = mapped_column(sa.LargeBinary)
    created_by: Mapped[int | None]
    created_at: Mapped[datetime] = mapped_column(UtcDateTime())
    __table_args__ = (
        sa.CheckConstraint("media_type in ('image/png','image/jpeg','image/webp')", name="type_known"),
    )
