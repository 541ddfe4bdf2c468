"""Vocations, programs, versioned curricula, competency units, elements and performance criteria."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.core.db import JsonText, Pk, UtcDateTime, db


class Program(db.Model):  # type: ignore[name-defined]
    """A training program. `code` is the portal's own abbreviation in certificate numbers."""

    __tablename__ = "program"
    id: Mapped[Pk]
    slug: Mapped[str] = mapped_column(sa.String(80), unique=True)
    code: Mapped[str] = mapped_column(sa.String(16), unique=True)
    name: Mapped[str] = mapped_column(sa.String(120))
    name_en: Mapped[str] = mapped_column(sa.String(120), default="")
    short_name: Mapped[str] = mapped_column(sa.String(48))
    summary: Mapped[str] = mapped_column(sa.Text, default="")
    summary_en: Mapped[str] = mapped_column(sa.Text, default="")
    track: Mapped[str] = mapped_column(sa.String(40), index=True)
    vocation: Mapped[str] = mapped_column(sa.String(80))
    kinds: Mapped[list[str]] = mapped_column(JsonText(), default=list)
    posts: Mapped[list[str]] = mapped_column(JsonText(), default=list)
    sectors: Mapped[list[str]] = mapped_column(JsonText(), default=list)
    is_active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime())
    curricula: Mapped[list[Curriculum]] = relationship(order_by="Curriculum.version", viewonly=True)


class Curriculum(db.Model):  # type: ignore[name-defined]
    """One version of a program's content; a batch freezes the version it was made with."""

    __tablename__ = "curriculum"
    id: Mapped[Pk]
    program_id: Mapped[int] = mapped_column(sa.ForeignKey("program.id"))
    version: Mapped[int]
    hours: Mapped[int]
    min_attendance_pct: Mapped[int] = mapped_column(default=80)
    excused_counts: Mapped[bool] = mapped_column(default=False)
    validity_months: Mapped[int | None]
    second_assessor: Mapped[bool] = mapped_column(default=False)
    separate_assessor: Mapped[bool] = mapped_column(default=False)
    source_status: Mapped[str] = mapped_column(sa.String(20), default="unconfirmed")
    published_on: Mapped[date]
    retired_on: Mapped[date | None]
    units: Mapped[list[CompetencyUnit]] = relationship(order_by="CompetencyUnit.position", viewonly=True)
    program: Mapped[Program] = relationship(viewonly=True)
    __table_args__ = (
        sa.UniqueConstraint("program_id", "version"),
        sa.CheckConstraint("hours > 0", name="hours_positive"),
        sa.CheckConstraint("min_attendance_pct between 0 and 100", name="attendance_range"),
    )


class CompetencyUnit(db.Model):  # type: ignore[name-defined]
    """A competency unit, judged K or BK. `code` stays empty until its source is confirmed."""

    __tablename__ = "competency_unit"
    id: Mapped[Pk]
    curriculum_id: Mapped[int] = mapped_column(sa.ForeignKey("curriculum.id"))
    position: Mapped[int]
    code: Mapped[str | None] = mapped_column(sa.String(40))
    source_status: Mapped[str] = mapped_column(sa.String(20), default="unconfirmed")
    reference: Mapped[str] = mapped_column(sa.String(200), default="")
    title: Mapped[str] = mapped_column(sa.String(160))
    title_en: Mapped[str] = mapped_column(sa.String(160), default="")
    hours: Mapped[int]
    is_required: Mapped[bool] = mapped_column(default=True)
    elements: Mapped[list[Element]] = relationship(order_by="Element.position", viewonly=True)
    __table_args__ = (sa.UniqueConstraint("curriculum_id", "position"),)


class Element(db.Model):  # type: ignore[name-defined]
    """An element of a unit."""

    __tablename__ = "element"
    id: Mapped[Pk]
    unit_id: Mapped[int] = mapped_column(sa.ForeignKey("competency_unit.id"))
    position: Mapped[int]
    title: Mapped[str] = mapped_column(sa.String(200))
    criteria: Mapped[list[Criterion]] = relationship(order_by="Criterion.position", viewonly=True)
    __table_args__ = (sa.UniqueConstraint("unit_id", "position"),)


class Criterion(db.Model):  # type: ignore[name-defined]
    """A performance criterion (KUK): what an observer can see."""

    __tablename__ = "criterion"
    id: Mapped[Pk]
    element_id: Mapped[int] = mapped_column(sa.ForeignKey("element.id"))
    position: Mapped[int]
    text: Mapped[str] = mapped_column(sa.String(300))
    __table_args__ = (sa.UniqueConstraint("element_id", "position"),)


class ProgramRule(db.Model):  # type: ignore[name-defined]
    """Insert-only. One version of what renews a program's certificates, and of what one must hold to enroll.

    In force from a day on, until a later version is. `validity_months`: None as the curriculum says.
    `grace_months`: how long after the last day a renewal is possible; `renewal_hours` lesson hours in courses
    of `counted` (program ids) within `window_months`; all None: not renewed. `groups`: OR of ANDs of needs
    (see catalog.rules.Need) as {"program": id, "at_least": "valid"}.
    """

    __tablename__ = "program_rule"
    id: Mapped[Pk]
    program_id: Mapped[int] = mapped_column(sa.ForeignKey("program.id"))
    version: Mapped[int]
    in_force_from: Mapped[date]
    validity_months: Mapped[int | None]
    grace_months: Mapped[int | None]
    renewal_hours: Mapped[int | None]
    window_months: Mapped[int | None]
    counted: Mapped[list[int]] = mapped_column(JsonText(), default=list)
    groups: Mapped[list[list[dict[str, Any]]]] = mapped_column(JsonText(), default=list)
    source_status: Mapped[str] = mapped_column(sa.String(20), default="unconfirmed")
    note: Mapped[str] = mapped_column(sa.String(500), default="")
    created_by: Mapped[int | None]
    created_at: Mapped[datetime] = mapped_column(UtcDateTime())
    __table_args__ = (
        sa.UniqueConstraint("program_id", "version"),
        sa.CheckConstraint("validity_months between 1 and 600", name="validity_range"),
        sa.CheckConstraint("grace_months between 0 and 600", name="grace_range"),
        sa.CheckConstraint("renewal_hours between 0 and 10000", name="hours_range"),
        sa.CheckConstraint("window_months between 1 and 600", name="window_range"),
        sa.CheckConstraint(
            "(grace_months is null) = (renewal_hours is null) "
            "and (grace_months is null) = (window_months is null)",
            name="renewal_whole",
        ),
    )
