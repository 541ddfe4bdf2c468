"""What comes after a verdict: another try, an appeal, a correction of a signed result."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Pk, UtcDateTime, db


def _one_open(name: str) -> sa.Index:
    return sa.Index(
        name,
        "enrollment_id",
        "unit_id",
        unique=True,
        sqlite_where=sa.text("is_open"),
        postgresql_where=sa.text("is_open"),
    )


class Retest(db.Model):  # type: ignore[name-defined]
    """Another try at one unit that is BK (uji ulang); one open at a time. `test_id` when it is written."""

    __tablename__ = "retest"
    id: Mapped[Pk]
    enrollment_id: Mapped[int] = mapped_column(sa.ForeignKey("enrollment.id"))
    unit_id: Mapped[int] = mapped_column(sa.ForeignKey("competency_unit.id"))
    verdict_id: Mapped[int] = mapped_column(sa.ForeignKey("verdict.id"))
    test_id: Mapped[int | None] = mapped_column(sa.ForeignKey("written_test.id"))
    is_open: Mapped[bool] = mapped_column(default=True)
    result: Mapped[str] = mapped_column(sa.String(20), default="")
    note: Mapped[str] = mapped_column(sa.String(500), default="")
    opened_by: Mapped[int | None]
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime())
    closed_by: Mapped[int | None]
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    __table_args__ = (
        sa.CheckConstraint("result in ('','competent','not_yet_competent','cancelled')", name="result_known"),
        sa.CheckConstraint("is_open = (closed_at is null)", name="closed_with_time"),
        _one_open("uq_retest_open"),
    )


class Appeal(db.Model):  # type: ignore[name-defined]
    """A person objects to one verdict (banding). It goes to an assessor who had no part in it, with a day
    by which it is answered. `state`: filed, assigned, upheld (the verdict changes), dismissed,
    withdrawn."""

    __tablename__ = "appeal"
    id: Mapped[Pk]
    enrollment_id: Mapped[int] = mapped_column(sa.ForeignKey("enrollment.id"))
    unit_id: Mapped[int] = mapped_column(sa.ForeignKey("competency_unit.id"))
    verdict_id: Mapped[int] = mapped_column(sa.ForeignKey("verdict.id"))
    reason: Mapped[str] = mapped_column(sa.String(2000))
    state: Mapped[str] = mapped_column(sa.String(12), default="filed")
    is_open: Mapped[bool] = mapped_column(default=True)
    filed_at: Mapped[datetime] = mapped_column(UtcDateTime())
    due_at: Mapped[datetime] = mapped_column(UtcDateTime())
    staff_id: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    assigned_by: Mapped[int | None]
    assigned_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    decision: Mapped[str] = mapped_column(sa.String(2000), default="")
    decided_by: Mapped[int | None]
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    __table_args__ = (
        sa.CheckConstraint(
            "state in ('filed','assigned','upheld','dismissed','withdrawn')", name="state_known"
        ),
        sa.CheckConstraint("is_open = (state in ('filed','assigned'))", name="open_by_state"),
        sa.CheckConstraint("is_open = (decided_at is null)", name="decided_with_time"),
        sa.CheckConstraint("length(reason) > 0", name="reason_given"),
        sa.Index("ix_appeal_open", "is_open", "due_at"),
        _one_open("uq_appeal_open"),
    )


class VerdictCorrection(db.Model):  # type: ignore[name-defined]
    """A change of a signed verdict that is asked for with a reason; the head of the center decides."""

    __tablename__ = "verdict_correction"
    id: Mapped[Pk]
    enrollment_id: Mapped[int] = mapped_column(sa.ForeignKey("enrollment.id"))
    unit_id: Mapped[int] = mapped_column(sa.ForeignKey("competency_unit.id"))
    verdict_id: Mapped[int | None] = mapped_column(sa.ForeignKey("verdict.id"))
    value: Mapped[str] = mapped_column(sa.String(20))
    note: Mapped[str] = mapped_column(sa.String(1000), default="")
    reason: Mapped[str] = mapped_column(sa.String(500))
    state: Mapped[str] = mapped_column(sa.String(12), default="open")
    is_open: Mapped[bool] = mapped_column(default=True)
    asked_by: Mapped[int | None]
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime())
    decision_note: Mapped[str] = mapped_column(sa.String(500), default="")
    decided_by: Mapped[int | None]
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    __table_args__ = (
        sa.CheckConstraint("value in ('competent','not_yet_competent')", name="value_known"),
        sa.CheckConstraint("value = 'competent' or length(note) > 0", name="note_with_bk"),
        sa.CheckConstraint("state in ('open','approved','refused')", name="state_known"),
        sa.CheckConstraint("is_open = (state = 'open')", name="open_by_state"),
        sa.CheckConstraint("is_open = (decided_at is null)", name="decided_with_time"),
        sa.CheckConstraint("length(reason) > 0", name="reason_given"),
        _one_open("uq_verdict_correction_open"),
    )
