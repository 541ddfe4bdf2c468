"""Reports of papers that look forged: a center's own, and for the platform those of unknown codes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from portal.certificates.models import Certificate, ForgeryReport
from portal.core.db import db
from portal.core.errors import NotFound
from portal.core.permissions import Actor, Permission


@dataclass(frozen=True)
class ReportRow:
    """A report with the number of the certificate it names (None: an unknown code)."""

    report: ForgeryReport
    number: str | None


def _reach(actor: Actor) -> Any:
    """Which reports the actor may see, as a condition."""
    parts: list[Any] = []
    if actor.may(Permission.CERTIFICATE_VIEW):
        scope = actor.scope(Permission.CERTIFICATE_VIEW)
        own = ForgeryReport.center_id.in_(scope.centers)
        parts.append(ForgeryReport.center_id.is_not(None) if scope.everything else own)
    if actor.may(Permission.AUDIT_READ):
        parts.append(ForgeryReport.center_id.is_(None))
    return sa.or_(*parts) if parts else sa.false()


def list_reports(actor: Actor, *, state: str, offset: int = 0, limit: int = 20) -> Sequence[ReportRow]:
    """The actor's reports in a state (open, closed), newest first. One statement."""
    query = (
        sa.select(ForgeryReport, Certificate.number)
        .outerjoin(Certificate, Certificate.id == ForgeryReport.certificate_id)
        .where(_reach(actor), ForgeryReport.state == state)
        .order_by(ForgeryReport.id.desc())
        .offset(offset)
        .limit(limit)
    )
    return [ReportRow(*row) for row in db.session.execute(query)]


def open_reports(actor: Actor) -> int:
    """How many of the actor's reports are open. One statement."""
    query = sa.select(sa.func.count()).where(_reach(actor), ForgeryReport.state == "open")
    return db.session.scalar(query) or 0


def get_report(actor: Actor, report_id: int) -> ReportRow:
    """One report of the actor's. Raises NotFound for a missing and for a foreign one alike."""
    row = db.session.execute(
        sa.select(ForgeryReport, Certificate.number)
        .outerjoin(Certificate, Certificate.id == ForgeryReport.certificate_id)
        .where(_reach(actor), ForgeryReport.id == report_id)
    ).first()
    if row is None:
        raise NotFound()
    return ReportRow(*row)
