"""Training centers, rooms and venues, staff, leave and holidays."""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Pk, db


class TrainingCenter(db.Model):  # type: ignore[name-defined]
    """A center (UPTP, UPTD, community, private). `zone` is its IANA time zone."""

    __tablename__ = "training_center"
    id: Mapped[Pk]
    slug: Mapped[str] = mapped_column(sa.String(80), unique=True)
    code: Mapped[str] = mapped_column(sa.String(16), unique=True)
    kind: Mapped[str] = mapped_column(sa.String(12))
    name: Mapped[str] = mapped_column(sa.String(120))
    short_name: Mapped[str] = mapped_column(sa.String(24))
    city: Mapped[str] = mapped_column(sa.String(60))
    region_code: Mapped[str] = mapped_column(sa.ForeignKey("region.code"), index=True)
    zone: Mapped[str] = mapped_column(sa.String(40))
    address: Mapped[str] = mapped_column(sa.String(200), default="")
    phone: Mapped[str] = mapped_column(sa.String(20), default="")
    head_title: Mapped[str] = mapped_column(sa.String(80), default="")
    source_status: Mapped[str] = mapped_column(sa.String(20), default="unconfirmed")
    is_active: Mapped[bool] = mapped_column(default=True)
    __table_args__ = (sa.CheckConstraint("kind in ('uptp','uptd','community','private')", name="kind_known"),)


class Room(db.Model):  # type: ignore[name-defined]
    """A room of the center or an off-site venue. An online class needs no room."""

    __tablename__ = "room"
    id: Mapped[Pk]
    center_id: Mapped[int] = mapped_column(sa.ForeignKey("training_center.id"), index=True)
    name: Mapped[str] = mapped_column(sa.String(80))
    is_offsite: Mapped[bool] = mapped_column(default=False)
    address: Mapped[str] = mapped_column(sa.String(200), default="")
    capacity: Mapped[int] = mapped_column(default=20)
    is_active: Mapped[bool] = mapped_column(default=True)
    __table_args__ = (
        sa.UniqueConstraint("center_id", "name"),
        sa.CheckConstraint("capacity > 0", name="capacity_positive"),
    )


class Staff(db.Model):  # type: ignore[name-defined]
    """Somebody who teaches or assesses at a center; `user_id` links the account when there is one."""

    __tablename__ = "staff"
    id: Mapped[Pk]
    center_id: Mapped[int] = mapped_column(sa.ForeignKey("training_center.id"), index=True)
    name: Mapped[str] = mapped_column(sa.String(100))
    user_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user_account.id"), index=True)
    can_instruct: Mapped[bool] = mapped_column(default=True)
    can_assess: Mapped[bool] = mapped_column(default=False)
    is_active: Mapped[bool] = mapped_column(default=True)
    __table_args__ = (sa.UniqueConstraint("center_id", "name"),)


class Leave(db.Model):  # type: ignore[name-defined]
    """Days on which somebody is away, both ends included."""

    __tablename__ = "leave"
    id: Mapped[Pk]
    staff_id: Mapped[int] = mapped_column(sa.ForeignKey("staff.id"), index=True)
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    reason: Mapped[str] = mapped_column(sa.String(120), default="")
    __table_args__ = (sa.CheckConstraint("ends_on >= starts_on", name="order"),)


class Holiday(db.Model):  # type: ignore[name-defined]
    """A day without classes: in the whole country (`center_id` null) or at one center."""

    __tablename__ = "holiday"
    id: Mapped[Pk]
    day: Mapped[date] = mapped_column(index=True)
    name: Mapped[str] = mapped_column(sa.String(120))
    center_id: Mapped[int | None] = mapped_column(sa.ForeignKey("training_center.id"))
    __table_args__ = (sa.UniqueConstraint("day", "center_id", "name"),)
