"""Verdicts per person and unit with every version, and the signed sheet that makes them final."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import JsonText, Pk, UtcDateTime, db


class VerdictValue(StrEnum):
    """Verdicts (FLOWS: States); `pending` is the absence of a row."""

    COMPETENT = "competent"
    NOT_YET = "not_yet_competent"


class Verdict(db.Model):  # type: ignore[name-defined]
    """One version of one verdict; the highest version is in force. `criteria` are the KUK ids not met."""

    __tablename__ = "verdict"
    id: Mapped[Pk]
    enrollment_id: Mapped[int] = mapped_column(sa.ForeignKey("enrollment.id"))
    unit_id: Mapped[int] = mapped_column(sa.ForeignKey("competency_unit.id"))
    version: Mapped[int]
    is_current: Mapped[bool] = mapped_column(default=True)
    value: Mapped[str] = mapped_column(sa.String(20))
    note: Mapped[str] = mapped_column(sa.String(1000), default="")
    criteria: Mapped[list[int]] = mapped_column(JsonText(), default=list)
    judged_by: Mapped[int | None]
    judged_at: Mapped[datetime] = mapped_column(UtcDateTime())
    __table_args__ = (
        sa.UniqueConstraint("enrollment_id", "unit_id", "version"),
        sa.CheckConstraint("value in ('competent','not_yet_competent')", name="value_known"),
        sa.CheckConstraint("value = 'competent' or length(note) > 0", name="note_with_bk"),
        sa.Index(
            "uq_verdict_current",
            "enrollment_id",
            "unit_id",
            unique=True,
            sqlite_where=sa.text("is_current"),
            postgresql_where=sa.text("is_current"),
        ),
    )


class AssessmentSheet(db.Model):  # type: ignore[name-defined]
    """The signed sheet of a batch: from here marks and verdicts are read-only."""

    __tablename__ = "assessment_sheet"
    batch_id: Mapped[int] = mapped_column(sa.ForeignKey("batch.id"), primary_key=True)
    signed_by: Mapped[int | None]
    signer_name: Mapped[str] = mapped_column(sa.String(100))
    signed_at: Mapped[datetime] = mapped_column(UtcDateTime())
