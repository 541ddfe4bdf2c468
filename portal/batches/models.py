"""Batches, their class sessions and staff, and the bookings that make a clash impossible."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.catalog.models import Curriculum, Program
from portal.centers.models import Room, Staff, TrainingCenter
from portal.core.db import JsonText, Pk, UtcDateTime, db

SLOT_SECONDS = 900


class Batch(db.Model):  # type: ignore[name-defined]
    """One class of people that starts and ends together (angkatan). Parallel classes are batches of one
    series with the same dates. `seats_taken` changes only through `services.take_seat` / `release_seat`.

    cooperative_cap: at most this many people of one cooperative; None for no cap. post_quotas: seats kept for
    holders of a post while they come, {"treasurer": 4}. waitlist_pool: batches of one program with the same
    name share a waitlist.
    """

    __tablename__ = "batch"
    id: Mapped[Pk]
    slug: Mapped[str] = mapped_column(sa.String(120))
    number: Mapped[int]
    year: Mapped[int]
    series: Mapped[str] = mapped_column(sa.String(60), default="", index=True)
    program_id: Mapped[int] = mapped_column(sa.ForeignKey("program.id"), index=True)
    curriculum_id: Mapped[int] = mapped_column(sa.ForeignKey("curriculum.id"))
    center_id: Mapped[int] = mapped_column(sa.ForeignKey("training_center.id"), index=True)
    state: Mapped[str] = mapped_column(sa.String(12), default="draft")
    mode: Mapped[str] = mapped_column(sa.String(12), default="in_person")
    quota: Mapped[int] = mapped_column(default=16)
    reserve_seats: Mapped[int] = mapped_column(default=2)
    seats_taken: Mapped[int] = mapped_column(default=0)
    opens_at: Mapped[datetime] = mapped_column(UtcDateTime())
    closes_at: Mapped[datetime] = mapped_column(UtcDateTime())
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    pilot_seats: Mapped[int] = mapped_column(default=0)
    pilot_until: Mapped[datetime | None] = mapped_column(UtcDateTime())
    kinds: Mapped[list[str]] = mapped_column(JsonText(), default=list)
    posts: Mapped[list[str]] = mapped_column(JsonText(), default=list)
    regions: Mapped[list[str]] = mapped_column(JsonText(), default=list)
    cooperative_cap: Mapped[int | None]
    post_quotas: Mapped[dict[str, int]] = mapped_column(JsonText(), default=dict, server_default="{}")
    waitlist_pool: Mapped[str] = mapped_column(sa.String(60), default="", server_default="")
    state_reason: Mapped[str] = mapped_column(sa.String(300), default="")
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime())
    program: Mapped[Program] = relationship(viewonly=True, lazy="raise_on_sql")
    curriculum: Mapped[Curriculum] = relationship(viewonly=True, lazy="raise_on_sql")
    center: Mapped[TrainingCenter] = relationship(viewonly=True, lazy="raise_on_sql")
    sessions: Mapped[list[ClassSession]] = relationship(
        order_by="ClassSession.starts_at", viewonly=True, lazy="raise_on_sql"
    )
    __table_args__ = (
        sa.UniqueConstraint("center_id", "program_id", "year", "number"),
        sa.CheckConstraint(
            "state in ('draft','published','postponed','cancelled','finalized')", name="state_known"
        ),
        sa.CheckConstraint("mode in ('in_person','online','offsite','mixed')", name="mode_known"),
        sa.CheckConstraint("quota > 0 and reserve_seats >= 0", name="quota_positive"),
        sa.CheckConstraint("seats_taken >= 0 and seats_taken <= quota", name="seats_in_quota"),
        sa.CheckConstraint("ends_on >= starts_on", name="dates_order"),
        sa.CheckConstraint("closes_at > opens_at", name="window_order"),
        sa.CheckConstraint("pilot_seats >= 0 and pilot_seats <= quota", name="pilot_in_quota"),
        sa.CheckConstraint("cooperative_cap is null or cooperative_cap > 0", name="cap_positive"),
        sa.Index("ix_batch_state_start", "state", "starts_on", "id"),
    )


class ClassSession(db.Model):  # type: ignore[name-defined]
    """One meeting. `hours` are lesson hours (JP) that count toward attendance; times lie on quarter hours."""

    __tablename__ = "class_session"
    id: Mapped[Pk]
    batch_id: Mapped[int] = mapped_column(sa.ForeignKey("batch.id"), index=True)
    position: Mapped[int]
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime(), index=True)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime())
    hours: Mapped[int]
    mode: Mapped[str] = mapped_column(sa.String(12), default="in_person")
    room_id: Mapped[int | None] = mapped_column(sa.ForeignKey("room.id"))
    link: Mapped[str] = mapped_column(sa.String(300), default="")
    topic: Mapped[str] = mapped_column(sa.String(160), default="")
    batch: Mapped[Batch] = relationship(viewonly=True, lazy="raise_on_sql")
    room: Mapped[Room | None] = relationship(viewonly=True, lazy="raise_on_sql")
    staff: Mapped[list[SessionStaff]] = relationship(viewonly=True, lazy="raise_on_sql")
    __table_args__ = (
        sa.UniqueConstraint("batch_id", "position"),
        sa.CheckConstraint("ends_at > starts_at", name="times_order"),
        sa.CheckConstraint("hours > 0", name="hours_positive"),
        sa.CheckConstraint("mode in ('in_person','online','offsite')", name="mode_known"),
        sa.CheckConstraint("mode = 'online' or room_id is not null", name="room_or_online"),
    )


class SessionStaff(db.Model):  # type: ignore[name-defined]
    """Who teaches or assesses in a session."""

    __tablename__ = "session_staff"
    session_id: Mapped[int] = mapped_column(
        sa.ForeignKey("class_session.id", ondelete="CASCADE"), primary_key=True
    )
    staff_id: Mapped[int] = mapped_column(sa.ForeignKey("staff.id"), primary_key=True)
    role: Mapped[str] = mapped_column(sa.String(12), primary_key=True)
    staff: Mapped[Staff] = relationship(viewonly=True, lazy="raise_on_sql")
    __table_args__ = (
        sa.CheckConstraint("role in ('instructor','assessor')", name="role_known"),
        sa.Index("ix_session_staff_staff", "staff_id", "session_id"),
    )


class Booking(db.Model):  # type: ignore[name-defined]
    """A quarter hour of a room or a person, held by one session: the primary key makes a clash impossible on
    both engines. `resource` is `room:<id>` or `staff:<id>`, `slot` is unix seconds // 900."""

    __tablename__ = "booking"
    resource: Mapped[str] = mapped_column(sa.String(24), primary_key=True)
    slot: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    session_id: Mapped[int] = mapped_column(sa.ForeignKey("class_session.id", ondelete="CASCADE"), index=True)
