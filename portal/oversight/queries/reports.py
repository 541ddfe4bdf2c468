"""The dated reports, and what is counted for the next one."""

from __future__ import annotations

from datetime import date
from typing import Any

import sqlalchemy as sa

from portal.core.db import db
from portal.core.errors import NotFound
from portal.core.paging import Page, cut
from portal.enrollment.models import Enrollment
from portal.readiness.models import CoverageLine, CoverageReport, ServiceLine

PAGE = 24


def list_reports(page: int) -> Page:
    """The national reports, the newest first. One statement."""
    statement = (
        sa.select(CoverageReport)
        .where(CoverageReport.region_code == "")
        .order_by(CoverageReport.on.desc())
        .limit(PAGE + 1)
        .offset((page - 1) * PAGE)
    )
    return cut(list(db.session.scalars(statement)), page, PAGE)


def get_report(report_id: int) -> CoverageReport:
    """One report. Raises NotFound."""
    found = db.session.get(CoverageReport, report_id)
    if found is None:
        raise NotFound()
    return found


def last_report_on() -> date | None:
    """The day of the newest national report; None without one."""
    return db.session.scalar(
        sa.select(sa.func.max(CoverageReport.on)).where(CoverageReport.region_code == "")
    )


def count_trained() -> int:
    """Distinct people who have completed a class of this portal, ever."""
    people = sa.func.count(sa.distinct(Enrollment.person_id))
    return db.session.scalar(sa.select(people).where(Enrollment.state == "completed")) or 0


def national_lines(edition_id: int) -> list[dict[str, Any]]:
    """Each service line in use with its cooperatives by state, in its order. One statement."""
    table = CoverageLine
    fits = (
        table.line_id == ServiceLine.id,
        table.edition_id == edition_id,
        table.region_code == "",
        table.kind == "",
    )
    statement = (
        sa.select(
            ServiceLine.name,
            *(sa.func.coalesce(column, 0) for column in (table.ready, table.nearly, table.not_ready)),
        )
        .select_from(ServiceLine.__table__.outerjoin(table.__table__, sa.and_(*fits)))
        .where(ServiceLine.is_active)
        .order_by(ServiceLine.position, ServiceLine.id)
    )
    rows = db.session.execute(statement)
    return [{"name": row[0], "ready": row[1], "nearly": row[2], "not_ready": row[3]} for row in rows]
