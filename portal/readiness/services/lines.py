"""Service lines: filled from the reference file, then edited as data."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from portal.catalog.models import Program
from portal.core import audit
from portal.core.db import db
from portal.core.permissions import Actor
from portal.readiness.models import ServiceLine, ServiceNeed
from portal.readiness.reference import LineRef, load_lines


def load_service_lines(*, actor: Actor, now: datetime) -> int:
    """Add the shipped lines that are not there yet, by code; an edited line is left as it is. Returns how
    many were added."""
    known = set(db.session().scalars(sa.select(ServiceLine.code)))
    pairs = db.session().execute(sa.select(Program.slug, Program.id)).all()
    programs: dict[str, int] = dict(pairs)
    added = [ref for ref in load_lines() if ref.code not in known]
    for ref in added:
        _add(ref, programs, now)
    if added:
        audit.record("service_line.loaded", "service_line", "all", actor=actor, now=now, added=len(added))
    return len(added)


def _add(ref: LineRef, programs: dict[str, int], now: datetime) -> None:
    line = ServiceLine(
        code=ref.code,
        position=ref.position,
        name=ref.name,
        name_en=ref.name_en,
        summary=ref.summary,
        summary_en=ref.summary_en,
        kinds=list(ref.kinds),
        items=list(ref.items),
        source_status="portal",
        updated_at=now,
    )
    db.session().add(line)
    db.session().flush()
    db.session().add_all(
        ServiceNeed(
            line_id=line.id,
            position=number,
            posts=list(need.posts),
            programs=sorted(programs[slug] for slug in need.programs if slug in programs),
            count=need.count,
            takes_external=need.takes_external,
        )
        for number, need in enumerate(ref.needs, start=1)
    )
    db.session().flush()
