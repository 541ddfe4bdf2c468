"""Coverage in the test world: today's figures from the sources, a target, an outside figure, a report."""

from __future__ import annotations

from datetime import date, datetime

from portal.core.db import transaction
from portal.core.permissions import SYSTEM
from portal.oversight.services import make_report
from portal.readiness.jobs import rebuild_all
from portal.readiness.models import CoverageTarget, OutsideFigure, RemoteRegion


def fill_coverage(now: datetime) -> dict[str, int]:
    """Work the figures out and write a report; the ids of what a route names."""
    rebuild_all(now=now)
    with transaction() as session:
        target = CoverageTarget(
            region_code="", year=2026, per_cooperative=2, source="Sumber contoh", set_at=now,
            source_status="unconfirmed",
        )  # fmt: skip
        figure = OutsideFigure(
            region_code="", subject="cooperatives", value=80_605, as_of=date(2025, 8, 1),
            source="Sumber contoh", set_at=now,
        )  # fmt: skip
        session.add_all([target, figure])
        session.flush()
        ids = {"coverage_target": target.id, "outside_figure": figure.id}
        session.add(RemoteRegion(region_code="61.05", source="Daftar contoh", set_at=now))
    with transaction():
        ids["coverage_report"] = make_report(actor=SYSTEM, now=now).id
    return ids
