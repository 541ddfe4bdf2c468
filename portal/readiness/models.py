"""Service lines and what they need, the standing of each cooperative, coverage by region, and dated reports.

`cooperative_standing`, `line_standing`, `coverage_cell`, `coverage_line` and `coverage_inclusion` are
summaries: each can be thrown away and made anew from posts, certificates, external records and checklists.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import JsonText, Pk, UtcDateTime, db

LINE_STATES = ("ready", "nearly", "not_ready")


class ServiceLine(db.Model):  # type: ignore[name-defined]
    """A service that a cooperative may run once its people and papers are ready. Edited as data.

    `kinds`: only for these kinds of cooperatives; empty means all. `items`: checklist items it asks for.
    """

    __tablename__ = "service_line"
    id: Mapped[Pk]
    code: Mapped[str] = mapped_column(sa.String(40), unique=True)
    position: Mapped[int]
    name: Mapped[str] = mapped_column(sa.String(120))
    name_en: Mapped[str] = mapped_column(sa.String(120), default="")
    summary: Mapped[str] = mapped_column(sa.String(400), default="")
    summary_en: Mapped[str] = mapped_column(sa.String(400), default="")
    kinds: Mapped[list[str]] = mapped_column(JsonText(), default=list)
    items: Mapped[list[str]] = mapped_column(JsonText(), default=list)
    is_active: Mapped[bool] = mapped_column(default=True)
    source: Mapped[str] = mapped_column(sa.String(200), default="")
    source_status: Mapped[str] = mapped_column(sa.String(20), default="portal")
    version: Mapped[int] = mapped_column(default=1)
    updated_by: Mapped[int | None]
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime())


class ServiceNeed(db.Model):  # type: ignore[name-defined]
    """`count` different people, each on one of `posts` and holding a certificate of one of `programs` that is
    valid on the day. `takes_external`: a verified external record for such a program counts as well."""

    __tablename__ = "service_need"
    id: Mapped[Pk]
    line_id: Mapped[int] = mapped_column(sa.ForeignKey("service_line.id", ondelete="CASCADE"), index=True)
    position: Mapped[int]
    posts: Mapped[list[str]] = mapped_column(JsonText(), default=list)
    programs: Mapped[list[int]] = mapped_column(JsonText(), default=list)
    count: Mapped[int] = mapped_column(default=1)
    takes_external: Mapped[bool] = mapped_column(default=True)
    __table_args__ = (
        sa.UniqueConstraint("line_id", "position"),
        sa.CheckConstraint("count between 1 and 50", name="count_range"),
    )


class StandingChange(db.Model):  # type: ignore[name-defined]
    """Append-only queue: what a cooperative's standing depends on has changed. The refresh empties it."""

    __tablename__ = "standing_change"
    id: Mapped[Pk]
    # No foreign key: its check would lock the cooperative's row late in transactions that hold batches.
    cooperative_id: Mapped[int]
    at: Mapped[datetime] = mapped_column(UtcDateTime())


class CooperativeStanding(db.Model):  # type: ignore[name-defined]
    """A cooperative's counts today. `facts`: the same counts by post, [[post, holders, certified, external,
    reported, women, women_certified, training]], and "" for the people of the cooperative, each once.

    certified: holders with a certificate of this portal in force; external: those without one but with a
    verified external record in force; reported: those with an unverified one alone. next_change_on: the
    first later day on which a count changes by itself (a certificate ends, a term begins or ends).
    """

    __tablename__ = "cooperative_standing"
    cooperative_id: Mapped[int] = mapped_column(
        sa.ForeignKey("cooperative.id"), primary_key=True, autoincrement=False
    )
    region_code: Mapped[str] = mapped_column(sa.String(13))
    district_code: Mapped[str] = mapped_column(sa.String(8), index=True)
    kind: Mapped[str] = mapped_column(sa.String(20))
    is_pilot: Mapped[bool] = mapped_column(default=False)
    holders: Mapped[int]
    certified: Mapped[int]
    external: Mapped[int]
    reported: Mapped[int]
    ready_lines: Mapped[int]
    facts: Mapped[Any] = mapped_column(JsonText())
    next_change_on: Mapped[date | None] = mapped_column(index=True)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime(), index=True)


class LineStanding(db.Model):  # type: ignore[name-defined]
    """How a cooperative stands toward a service line today. ready_until: the last day on which it stays ready
    when nothing is renewed; None when not ready or without an end."""

    __tablename__ = "line_standing"
    cooperative_id: Mapped[int] = mapped_column(
        sa.ForeignKey("cooperative.id"), primary_key=True, autoincrement=False
    )
    line_id: Mapped[int] = mapped_column(
        sa.ForeignKey("service_line.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    state: Mapped[str] = mapped_column(sa.String(10))
    missing: Mapped[int]
    ready_until: Mapped[date | None]
    __table_args__ = (
        sa.CheckConstraint(f"state in ({','.join(repr(s) for s in LINE_STATES)})", name="state_known"),
        sa.Index("ix_line_standing_line_state", "line_id", "state"),
    )


class CoverageEdition(db.Model):  # type: ignore[name-defined]
    """One whole set of coverage figures: the `current` one moves with the data; others stand for a past
    day."""

    __tablename__ = "coverage_edition"
    id: Mapped[Pk]
    on: Mapped[date] = mapped_column("on_date")
    state: Mapped[str] = mapped_column(sa.String(10))
    job_id: Mapped[int | None] = mapped_column(sa.ForeignKey("job.id"))
    made_at: Mapped[datetime] = mapped_column(UtcDateTime())
    __table_args__ = (
        sa.CheckConstraint("state in ('current','making','past')", name="state_known"),
        sa.Index(
            "uq_coverage_edition_current",
            "state",
            unique=True,
            sqlite_where=sa.text("state = 'current'"),
            postgresql_where=sa.text("state = 'current'"),
        ),
        sa.Index(
            "uq_coverage_edition_day",
            "on_date",
            unique=True,
            sqlite_where=sa.text("state <> 'current'"),
            postgresql_where=sa.text("state <> 'current'"),
        ),
    )


class CoverageCell(db.Model):  # type: ignore[name-defined]
    """Counts of a region by kind and post; "" means all. Regions are "" (the country), provinces, regencies
    and districts. With post "" people count once in each cooperative."""

    __tablename__ = "coverage_cell"
    edition_id: Mapped[int] = mapped_column(
        sa.ForeignKey("coverage_edition.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    region_code: Mapped[str] = mapped_column(sa.String(8), primary_key=True)
    kind: Mapped[str] = mapped_column(sa.String(20), primary_key=True)
    post: Mapped[str] = mapped_column(sa.String(30), primary_key=True)
    cooperatives: Mapped[int]
    holders: Mapped[int]
    certified: Mapped[int]
    external: Mapped[int]
    reported: Mapped[int]
    training: Mapped[int]
    women: Mapped[int]
    women_certified: Mapped[int]
    pilots: Mapped[int]
    with_certified: Mapped[int]
    any_ready: Mapped[int]


class CoverageLine(db.Model):  # type: ignore[name-defined]
    """How many cooperatives of a region and kind are ready, nearly and not ready for a service line."""

    __tablename__ = "coverage_line"
    edition_id: Mapped[int] = mapped_column(
        sa.ForeignKey("coverage_edition.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    region_code: Mapped[str] = mapped_column(sa.String(8), primary_key=True)
    kind: Mapped[str] = mapped_column(sa.String(20), primary_key=True)
    line_id: Mapped[int] = mapped_column(
        sa.ForeignKey("service_line.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    ready: Mapped[int]
    nearly: Mapped[int]
    not_ready: Mapped[int]


class CoverageInclusion(db.Model):  # type: ignore[name-defined]
    """Of those who answered, how many named a disability or a need of help; by region, never below it."""

    __tablename__ = "coverage_inclusion"
    edition_id: Mapped[int] = mapped_column(
        sa.ForeignKey("coverage_edition.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    region_code: Mapped[str] = mapped_column(sa.String(8), primary_key=True)
    answered: Mapped[int]
    disability: Mapped[int]
    assistance: Mapped[int]
    certified: Mapped[int]


class CoverageTarget(db.Model):  # type: ignore[name-defined]
    """What a region is to reach by a year: people for each cooperative, or a number of people. The nearest
    region above without one of its own lends its target by cooperative."""

    __tablename__ = "coverage_target"
    id: Mapped[Pk]
    region_code: Mapped[str] = mapped_column(sa.String(8), default="")
    year: Mapped[int]
    per_cooperative: Mapped[int | None]
    people: Mapped[int | None]
    source: Mapped[str] = mapped_column(sa.String(200))
    source_status: Mapped[str] = mapped_column(sa.String(20), default="unconfirmed")
    set_by: Mapped[int | None]
    set_at: Mapped[datetime] = mapped_column(UtcDateTime())
    __table_args__ = (
        sa.UniqueConstraint("region_code", "year"),
        sa.CheckConstraint("(per_cooperative is null) <> (people is null)", name="one_measure"),
    )


class OutsideFigure(db.Model):  # type: ignore[name-defined]
    """A figure that somebody else published, to hold the portal's own denominators against."""

    __tablename__ = "outside_figure"
    id: Mapped[Pk]
    region_code: Mapped[str] = mapped_column(sa.String(8), default="")
    subject: Mapped[str] = mapped_column(sa.String(20))
    value: Mapped[int]
    as_of: Mapped[date]
    source: Mapped[str] = mapped_column(sa.String(200))
    set_by: Mapped[int | None]
    set_at: Mapped[datetime] = mapped_column(UtcDateTime())
    __table_args__ = (
        sa.UniqueConstraint("region_code", "subject", "as_of"),
        sa.CheckConstraint(
            "subject in ('cooperatives','holders','trained','certified')", name="subject_known"
        ),
        sa.CheckConstraint("value >= 0", name="value_positive"),
    )


class RemoteRegion(db.Model):  # type: ignore[name-defined]
    """A regency that a named source counts as remote."""

    __tablename__ = "remote_region"
    region_code: Mapped[str] = mapped_column(sa.ForeignKey("region.code"), primary_key=True)
    source: Mapped[str] = mapped_column(sa.String(200))
    set_by: Mapped[int | None]
    set_at: Mapped[datetime] = mapped_column(UtcDateTime())


class CoverageReport(db.Model):  # type: ignore[name-defined]
    """Insert-only. A dated one-page report: its facts as they were, so that the next can say what changed."""

    __tablename__ = "coverage_report"
    id: Mapped[Pk]
    region_code: Mapped[str] = mapped_column(sa.String(8), default="")
    on: Mapped[date] = mapped_column("on_date")
    facts: Mapped[Any] = mapped_column(JsonText())
    made_by: Mapped[int | None]
    made_at: Mapped[datetime] = mapped_column(UtcDateTime())
    __table_args__ = (sa.UniqueConstraint("region_code", "on_date"),)
