"""One mark per person and session, its evidence, and every earlier value."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Pk, UtcDateTime, db


class Mark(StrEnum):
    """Attendance marks. `left_early` is present with hours missed; `cleared` is a mark taken back: the cell
    is empty again, and its version goes on counting."""

    PRESENT = "present"
    LATE = "late"
    LEFT_EARLY = "left_early"
    EXCUSED = "excused"
    SICK = "sick"
    ABSENT = "absent"
    CLEARED = "cleared"


class Evidence(StrEnum):
    """How a mark came about."""

    TAP = "tap"
    REST = "rest"
    SHEET = "sheet"


class AttendanceMark(db.Model):  # type: ignore[name-defined]
    """The mark in force. `version` counts its changes; a stale version is a visible conflict."""

    __tablename__ = "attendance_mark"
    session_id: Mapped[int] = mapped_column(sa.ForeignKey("class_session.id"), primary_key=True)
    enrollment_id: Mapped[int] = mapped_column(sa.ForeignKey("enrollment.id"), primary_key=True)
    mark: Mapped[str] = mapped_column(sa.String(12))
    hours_missed: Mapped[int] = mapped_column(default=0)
    evidence: Mapped[str] = mapped_column(sa.String(16), default="tap")
    version: Mapped[int] = mapped_column(default=1)
    recorded_by: Mapped[int | None]
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime())
    __table_args__ = (
        sa.CheckConstraint(f"mark in ({','.join(repr(m.value) for m in Mark)})", name="mark_known"),
        sa.CheckConstraint("hours_missed >= 0", name="missed_positive"),
        sa.Index("ix_attendance_mark_enrollment", "enrollment_id"),
    )


class AttendanceChange(db.Model):  # type: ignore[name-defined]
    """A replaced value: what it was, who changed it, when."""

    __tablename__ = "attendance_change"
    id: Mapped[Pk]
    session_id: Mapped[int]
    enrollment_id: Mapped[int]
    old_mark: Mapped[str] = mapped_column(sa.String(12))
    new_mark: Mapped[str] = mapped_column(sa.String(12))
    old_missed: Mapped[int] = mapped_column(default=0)
    new_missed: Mapped[int] = mapped_column(default=0)
    changed_by: Mapped[int | None]
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime())
    __table_args__ = (
        sa.ForeignKeyConstraint(
            ["session_id", "enrollment_id"], ["attendance_mark.session_id", "attendance_mark.enrollment_id"]
        ),
        sa.Index("ix_attendance_change_cell", "session_id", "enrollment_id", "id"),
    )
