"""One mark per person and session, its evidence, every earlier value; and what people brought as evidence."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import JsonText, Pk, UtcDateTime, db


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
    """How a mark came about. `tap`, `rest` and `sheet` are the instructor's own word; `card` the
    participant's card before the instructor's camera; `qr` and `code` what hung in the room, read by the
    trainee; `offline` a tap without signal that arrived later; `paper` a signed printed sheet;
    `correction` an approved one."""

    TAP = "tap"
    REST = "rest"
    SHEET = "sheet"
    CARD = "card"
    QR = "qr"
    CODE = "code"
    OFFLINE = "offline"
    PAPER = "paper"
    CORRECTION = "correction"


def _known(column: str, values: type[StrEnum]) -> str:
    return f"{column} in ({','.join(repr(v.value) for v in values)})"


class AttendanceMark(db.Model):  # type: ignore[name-defined]
    """The mark in force. `version` counts its changes; a stale version is a visible conflict.

    `minutes` is how late or early by the clock (information only, `hours_missed` counts). `noted_at` is when
    the mark was made where that was earlier than its arrival here: without signal, or on paper.
    """

    __tablename__ = "attendance_mark"
    session_id: Mapped[int] = mapped_column(sa.ForeignKey("class_session.id"), primary_key=True)
    enrollment_id: Mapped[int] = mapped_column(sa.ForeignKey("enrollment.id"), primary_key=True)
    mark: Mapped[str] = mapped_column(sa.String(12))
    hours_missed: Mapped[int] = mapped_column(default=0)
    minutes: Mapped[int] = mapped_column(default=0, server_default="0")
    evidence: Mapped[str] = mapped_column(sa.String(16), default="tap")
    remark: Mapped[str] = mapped_column(sa.String(300), default="", server_default="")
    version: Mapped[int] = mapped_column(default=1)
    recorded_by: Mapped[int | None]
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime())
    noted_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    __table_args__ = (
        sa.CheckConstraint(_known("mark", Mark), name="mark_known"),
        sa.CheckConstraint(_known("evidence", Evidence), name="evidence_known"),
        sa.CheckConstraint("minutes >= 0", name="minutes_positive"),
        sa.CheckConstraint("hours_missed >= 0", name="missed_positive"),
        sa.Index("ix_attendance_mark_enrollment", "enrollment_id"),
    )


class AttendanceChange(db.Model):  # type: ignore[name-defined]
    """A replaced value: what it was and how it was proven, who changed it, when and (from the day after)
    why."""

    __tablename__ = "attendance_change"
    id: Mapped[Pk]
    session_id: Mapped[int]
    enrollment_id: Mapped[int]
    old_mark: Mapped[str] = mapped_column(sa.String(12))
    new_mark: Mapped[str] = mapped_column(sa.String(12))
    old_missed: Mapped[int] = mapped_column(default=0)
    new_missed: Mapped[int] = mapped_column(default=0)
    old_evidence: Mapped[str] = mapped_column(sa.String(16), default="", server_default="")
    reason: Mapped[str] = mapped_column(sa.String(300), default="", server_default="")
    changed_by: Mapped[int | None]
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime())
    __table_args__ = (
        sa.ForeignKeyConstraint(
            ["session_id", "enrollment_id"], ["attendance_mark.session_id", "attendance_mark.enrollment_id"]
        ),
        sa.Index("ix_attendance_change_cell", "session_id", "enrollment_id", "id"),
    )


class Checkpoint(db.Model):  # type: ignore[name-defined]
    """One of several times in a session at which people are counted (after lunch, say). `position` 1 is the
    start; `hours` are the lesson hours that its part of the session counts, whose sum is the session's. A
    session without rows has one checkpoint: its start."""

    __tablename__ = "checkpoint"
    session_id: Mapped[int] = mapped_column(
        sa.ForeignKey("class_session.id", ondelete="CASCADE"), primary_key=True
    )
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    label: Mapped[str] = mapped_column(sa.String(60), default="")
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime())
    hours: Mapped[int]
    __table_args__ = (sa.CheckConstraint("position > 0 and hours > 0", name="part_positive"),)


class CheckIn(db.Model):  # type: ignore[name-defined]
    """A person was seen at a checkpoint: by their own phone or by the instructor's scanner. The primary
    key makes a second one of the same person at the same checkpoint impossible. `device` is a hash of the
    browser's random mark, "" for the instructor's scanner."""

    __tablename__ = "check_in"
    session_id: Mapped[int] = mapped_column(sa.ForeignKey("class_session.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    enrollment_id: Mapped[int] = mapped_column(sa.ForeignKey("enrollment.id"), primary_key=True)
    evidence: Mapped[str] = mapped_column(sa.String(16))
    device: Mapped[str] = mapped_column(sa.String(32), default="")
    recorded_by: Mapped[int | None]
    at: Mapped[datetime] = mapped_column(UtcDateTime())
    __table_args__ = (
        sa.CheckConstraint("evidence in ('card','qr','code')", name="evidence_known"),
        sa.CheckConstraint("position > 0", name="position_positive"),
        sa.Index("ix_check_in_device", "session_id", "device"),
        sa.Index("ix_check_in_enrollment", "enrollment_id"),
    )


class DeviceReview(db.Model):  # type: ignore[name-defined]
    """An instructor looked at a device that checked several people in. Without a row the flag stands open."""

    __tablename__ = "device_review"
    session_id: Mapped[int] = mapped_column(sa.ForeignKey("class_session.id"), primary_key=True)
    device: Mapped[str] = mapped_column(sa.String(32), primary_key=True)
    people: Mapped[int]
    note: Mapped[str] = mapped_column(sa.String(300), default="")
    reviewed_by: Mapped[int | None]
    reviewed_at: Mapped[datetime] = mapped_column(UtcDateTime())


class WalkIn(db.Model):  # type: ignore[name-defined]
    """Somebody who came to a session without a seat. The center admits them (`enrollment_id`, with a mark
    from then) or turns them down with a reason."""

    __tablename__ = "walk_in"
    id: Mapped[Pk]
    session_id: Mapped[int] = mapped_column(sa.ForeignKey("class_session.id"), index=True)
    name: Mapped[str] = mapped_column(sa.String(100))
    cooperative: Mapped[str] = mapped_column(sa.String(120), default="")
    note: Mapped[str] = mapped_column(sa.String(300), default="")
    state: Mapped[str] = mapped_column(sa.String(12), default="open")
    enrollment_id: Mapped[int | None] = mapped_column(sa.ForeignKey("enrollment.id"))
    recorded_by: Mapped[int | None]
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime())
    reason: Mapped[str] = mapped_column(sa.String(300), default="")
    handled_by: Mapped[int | None]
    handled_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    __table_args__ = (
        sa.CheckConstraint("state in ('open','admitted','refused')", name="state_known"),
        sa.CheckConstraint("(state = 'open') = (handled_at is null)", name="handled_when_closed"),
        sa.CheckConstraint("(state = 'admitted') = (enrollment_id is not null)", name="admitted_is_enrolled"),
    )


class PaperSheet(db.Model):  # type: ignore[name-defined]
    """A printed roll of one session with a number of its own, and the people as they were printed;
    brought back signed, it is reconciled once."""

    __tablename__ = "paper_sheet"
    id: Mapped[Pk]
    code: Mapped[str] = mapped_column(sa.String(12), unique=True)
    session_id: Mapped[int] = mapped_column(sa.ForeignKey("class_session.id"), index=True)
    people: Mapped[list[int]] = mapped_column(JsonText(), default=list)
    printed_by: Mapped[int | None]
    printed_at: Mapped[datetime] = mapped_column(UtcDateTime())
    note: Mapped[str] = mapped_column(sa.String(300), default="")
    reconciled_by: Mapped[int | None]
    reconciled_at: Mapped[datetime | None] = mapped_column(UtcDateTime())


class AttendanceCorrection(db.Model):  # type: ignore[name-defined]
    """A change that is asked for after the sheet was signed; the head of the center approves or refuses
    it."""

    __tablename__ = "attendance_correction"
    id: Mapped[Pk]
    session_id: Mapped[int] = mapped_column(sa.ForeignKey("class_session.id"))
    enrollment_id: Mapped[int] = mapped_column(sa.ForeignKey("enrollment.id"), index=True)
    old_version: Mapped[int]
    mark: Mapped[str] = mapped_column(sa.String(12))
    hours_missed: Mapped[int] = mapped_column(default=0)
    reason: Mapped[str] = mapped_column(sa.String(500))
    state: Mapped[str] = mapped_column(sa.String(12), default="open")
    asked_by: Mapped[int | None]
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime())
    decision_note: Mapped[str] = mapped_column(sa.String(500), default="")
    decided_by: Mapped[int | None]
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    __table_args__ = (
        sa.CheckConstraint("state in ('open','approved','refused')", name="state_known"),
        sa.CheckConstraint(_known("mark", Mark), name="mark_known"),
        sa.CheckConstraint("length(reason) > 0", name="reason_given"),
        sa.CheckConstraint("(state = 'open') = (decided_at is null)", name="decided_when_closed"),
        sa.Index(
            "uq_attendance_correction_open",
            "session_id",
            "enrollment_id",
            unique=True,
            sqlite_where=sa.text("state = 'open'"),
            postgresql_where=sa.text("state = 'open'"),
        ),
    )
