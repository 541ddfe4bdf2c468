"""The minister's report: its facts are written once and never change; the paper is set from them alone."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from portal.accounts.queries import today as capital_day
from portal.core import audit
from portal.core.db import db, upsert_ignore
from portal.core.errors import Conflict, DomainError
from portal.core.permissions import Actor, Permission, require
from portal.core.words import gettext as _
from portal.oversight.forms import read_public_ask
from portal.oversight.pages.reading import EVERYWHERE, Reading, find_reading
from portal.oversight.queries import reports
from portal.oversight.rules.hiding import is_small
from portal.oversight.rules.tables import Row
from portal.oversight.rules.targets import differs
from portal.readiness.models import CoverageReport


def make_report(*, actor: Actor, now: datetime) -> CoverageReport:
    """Write down the country's figures as they are now; one report a day.

    Raises DomainError `figures_missing`, Conflict `report_exists`.
    """
    require(actor, Permission.COVERAGE_EDIT)
    today = capital_day(now)
    reading = find_reading(read_public_ask({}), EVERYWHERE, today)
    if reading is None:
        raise DomainError(
            "figures_missing", _("Angka cakupan belum dihitung. Coba lagi beberapa menit lagi.")
        )
    values = {
        "region_code": "",
        "on_date": today,
        "facts": report_facts(reading),
        "made_by": actor.user_id,
        "made_at": now,
    }
    if not upsert_ignore(db.session(), CoverageReport.__table__, values):
        raise Conflict("report_exists", _("Laporan hari ini sudah dibuat. Unduh yang sudah ada."))
    made = db.session.scalars(
        sa.select(CoverageReport).where(CoverageReport.region_code == "", CoverageReport.on == today)
    ).one()
    audit.record("coverage.report", "coverage_report", made.id, actor=actor, now=now, on=today.isoformat())
    return made


def make_monthly_report(*, actor: Actor, now: datetime) -> CoverageReport | None:
    """The report of this month, unless there is one already or there are no figures yet."""
    today, last = capital_day(now), reports.last_report_on()
    if last is not None and (last.year, last.month) >= (today.year, today.month):
        return None
    try:
        return make_report(actor=actor, now=now)
    except DomainError:
        return None


def report_facts(reading: Reading) -> dict[str, Any]:
    """What a report says, as plain JSON: small counts are closed (null) here already."""
    total, edition = reading.table.total, reading.edition
    trained: int | None = reports.count_trained()
    trained = None if trained is None or is_small(trained) else trained
    own = {"cooperatives": total.cooperatives, "certified": total.certified, "trained": trained}
    outside = []
    for mark in {one.subject: one for one in reading.marks if one.region_code == ""}.values():
        mine = own.get(mark.subject)
        outside.append(
            {
                "subject": mark.subject,
                "own": mine,
                "value": mark.value,
                "source": mark.source,
                "as_of": mark.as_of.isoformat(),
                "off": None if mine is None else differs(mine, mark.value),
            }
        )
    goal = total.goal
    before = (edition.earlier or {}).get("totals")
    return {
        "on": edition.on.isoformat(),
        "figures_of": edition.made_at.isoformat(timespec="seconds"),
        "totals": _row_facts(total) | {"trained": trained},
        "regions": {row.code: _row_facts(row) for row in [total, *reading.table.rows]},
        "names": {row.code: row.name for row in reading.table.rows},
        "target": None
        if goal is None
        else {
            "people": goal.people,
            "per_cooperative": goal.target.per_cooperative,
            "year": goal.target.year,
            "source": goal.target.source,
            "status": goal.target.source_status,
        },
        "lines": reports.national_lines(edition.id),
        "lowest": _lowest(reading.table.rows),
        "outside": outside,
        "before": None
        if before is None or edition.earlier_on is None
        else {"on": edition.earlier_on.isoformat(), **before},
    }


def _row_facts(row: Row) -> dict[str, Any]:
    return {
        "cooperatives": row.cooperatives,
        "certified": row.certified,
        "external": row.external,
        "ready": row.ready,
        "goal": row.goal.people if row.goal else 0,
    }


def _lowest(rows: list[Row]) -> list[str]:
    """The five provinces with the lowest open shares among those that report."""
    told = [row for row in rows if row.percent is not None and row.is_reported and row.name]
    return [row.code for row in sorted(told, key=lambda row: (row.percent, row.name))[:5]]
