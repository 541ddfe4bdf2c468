"""Verdicts per person and unit with every version, what they rest on, and the sheet that makes them final."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import JsonText, Pk, UtcDateTime, db


class VerdictValue(StrEnum):
    """Verdicts (FLOWS: States); `pending` is the absence of a row."""

    COMPETENT = "competent"
    NOT_YET = "not_yet_competent"


class VerdictSource(StrEnum):
    """What made a version: the judge's own word, the score of a written test, a re-test, an upheld appeal, an
    approved correction after signing, a corrected answer key."""

    JUDGED = "judged"
    WRITTEN = "written"
    RETEST = "retest"
    APPEAL = "appeal"
    CORRECTION = "correction"
    KEY = "key"


class Verdict(db.Model):  # type: ignore[name-defined]
    """One version of one verdict; the highest version is in force. `criteria` are the KUK ids not met.

    `evidence` says what it rests on: {"written": {"attempt", "score", "of", "needed"}, "observation": id,
    "retest": id, "appeal": id, "correction": id}, each only where there is one.
    """

    __tablename__ = "verdict"
    id: Mapped[Pk]
    enrollment_id: Mapped[int] = mapped_column(sa.ForeignKey("enrollment.id"))
    unit_id: Mapped[int] = mapped_column(sa.ForeignKey("competency_unit.id"))
    version: Mapped[int]
    is_current: Mapped[bool] = mapped_column(default=True)
    value: Mapped[str] = mapped_column(sa.String(20))
    note: Mapped[str] = mapped_column(sa.String(1000), default="")
    criteria: Mapped[list[int]] = mapped_column(JsonText(), default=list)
    source: Mapped[str] = mapped_column(sa.String(12), default="judged", server_default="judged")
    evidence: Mapped[dict[str, Any]] = mapped_column(JsonText(), default=dict, server_default="{}")
    judged_by: Mapped[int | None]
    judged_at: Mapped[datetime] = mapped_column(UtcDateTime())
    __table_args__ = (
        sa.UniqueConstraint("enrollment_id", "unit_id", "version"),
        sa.CheckConstraint(
            f"source in ({','.join(repr(s.value) for s in VerdictSource)})", name="source_known"
        ),
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


class SecondVerdict(db.Model):  # type: ignore[name-defined]
    """The second assessor's word on one version of a verdict, where the program asks for two. Agreement
    lets the sheet be signed; disagreement stands until a new version of the verdict has been looked at
    again."""

    __tablename__ = "second_verdict"
    verdict_id: Mapped[int] = mapped_column(sa.ForeignKey("verdict.id"), primary_key=True)
    value: Mapped[str] = mapped_column(sa.String(20))
    note: Mapped[str] = mapped_column(sa.String(1000), default="")
    judged_by: Mapped[int | None]
    judged_at: Mapped[datetime] = mapped_column(UtcDateTime())
    __table_args__ = (
        sa.CheckConstraint("value in ('competent','not_yet_competent')", name="value_known"),
        sa.CheckConstraint("value = 'competent' or length(note) > 0", name="note_with_bk"),
    )


class Observation(db.Model):  # type: ignore[name-defined]
    """A practical observation of one person in one unit: each criterion met, not met or not observed, and
    notes of the interview. The newest version is in force.

    `criteria` maps a criterion's id (as text) to "met", "not_met" or "not_observed".
    """

    __tablename__ = "observation"
    id: Mapped[Pk]
    enrollment_id: Mapped[int] = mapped_column(sa.ForeignKey("enrollment.id"))
    unit_id: Mapped[int] = mapped_column(sa.ForeignKey("competency_unit.id"))
    version: Mapped[int]
    criteria: Mapped[dict[str, str]] = mapped_column(JsonText(), default=dict)
    note: Mapped[str] = mapped_column(sa.String(1000), default="")
    interview: Mapped[str] = mapped_column(sa.String(2000), default="")
    observed_by: Mapped[int | None]
    observed_at: Mapped[datetime] = mapped_column(UtcDateTime())
    noted_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    __table_args__ = (
        sa.UniqueConstraint("enrollment_id", "unit_id", "version"),
        sa.CheckConstraint("version > 0", name="version_positive"),
    )


class AssessmentSheet(db.Model):  # type: ignore[name-defined]
    """The signed sheet of a batch: from here marks and verdicts are read-only."""

    __tablename__ = "assessment_sheet"
    batch_id: Mapped[int] = mapped_column(sa.ForeignKey("batch.id"), primary_key=True)
    signed_by: Mapped[int | None]
    signer_name: Mapped[str] = mapped_column(sa.String(100))
    signed_at: Mapped[datetime] = mapped_column(UtcDateTime())
