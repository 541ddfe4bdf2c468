"""Written tests of a batch: what is drawn, how long, for whom longer; and corrected answer keys."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import JsonText, Pk, UtcDateTime, db


class WrittenTest(db.Model):  # type: ignore[name-defined]
    """A written test of a batch. `blueprint` is [{"unit_id", "count", "needed_pct"}]: how many questions
    of which unit, and from what percentage the unit counts as K. Of a re-test (`is_retest`) each person
    gets only the units that are open for them.

    `minutes` is how long each person has from their own start; who starts late still ends at `closes_at`
    (plus their extra time). `file_key_cipher` is the sealed private key for answer files (FieldCipher),
    `file_public` its public half (raw P-256 point, base64url).
    """

    __tablename__ = "written_test"
    id: Mapped[Pk]
    batch_id: Mapped[int] = mapped_column(sa.ForeignKey("batch.id"), index=True)
    title: Mapped[str] = mapped_column(sa.String(120))
    is_retest: Mapped[bool] = mapped_column(default=False)
    blueprint: Mapped[list[dict[str, Any]]] = mapped_column(JsonText(), default=list)
    minutes: Mapped[int]
    opens_at: Mapped[datetime] = mapped_column(UtcDateTime())
    closes_at: Mapped[datetime] = mapped_column(UtcDateTime())
    state: Mapped[str] = mapped_column(sa.String(12), default="draft")
    file_key_cipher: Mapped[str] = mapped_column(sa.Text, default="")
    file_public: Mapped[str] = mapped_column(sa.String(120), default="")
    created_by: Mapped[int | None]
    created_at: Mapped[datetime] = mapped_column(UtcDateTime())
    applied_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    __table_args__ = (
        sa.CheckConstraint("state in ('draft','published','cancelled')", name="state_known"),
        sa.CheckConstraint("minutes between 1 and 600", name="minutes_range"),
        sa.CheckConstraint("closes_at > opens_at", name="window_order"),
    )


class Allowance(db.Model):  # type: ignore[name-defined]
    """Extra time for one person in one test, with its reason."""

    __tablename__ = "test_allowance"
    test_id: Mapped[int] = mapped_column(sa.ForeignKey("written_test.id"), primary_key=True)
    enrollment_id: Mapped[int] = mapped_column(sa.ForeignKey("enrollment.id"), primary_key=True)
    minutes: Mapped[int]
    reason: Mapped[str] = mapped_column(sa.String(300))
    granted_by: Mapped[int | None]
    granted_at: Mapped[datetime] = mapped_column(UtcDateTime())
    __table_args__ = (sa.CheckConstraint("minutes between 0 and 600", name="minutes_range"),)


class KeyCorrection(db.Model):  # type: ignore[name-defined]
    """Insert-only. A wrong key put right as one act: from which version to which, why, and who changed by it.

    `changes` is [{"enrollment_id", "unit_id", "test_id", "old_score", "new_score", "of", "old", "new",
    "applied", "certificate"}]; `applied` is False where a certificate stands in the way.
    """

    __tablename__ = "key_correction"
    id: Mapped[Pk]
    question_id: Mapped[int] = mapped_column(sa.ForeignKey("question.id"), index=True)
    old_version: Mapped[int]
    new_version: Mapped[int]
    reason: Mapped[str] = mapped_column(sa.String(500))
    changes: Mapped[list[dict[str, Any]]] = mapped_column(JsonText(), default=list)
    adopted_by: Mapped[int | None]
    adopted_at: Mapped[datetime] = mapped_column(UtcDateTime())
    __table_args__ = (
        sa.UniqueConstraint("question_id", "new_version"),
        sa.CheckConstraint("new_version > old_version", name="version_rises"),
        sa.CheckConstraint("length(reason) > 0", name="reason_given"),
    )
