"""Keeping what was counted about inclusion: sums by region, replaced as a whole."""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa

from portal.core.db import db, insert_many
from portal.readiness.models import CoverageInclusion
from portal.readiness.queries.inclusion import Numbers


def save_inclusion(edition_id: int, sums: Mapping[str, Numbers]) -> None:
    """Put these sums in the place of those of the held edition."""
    session = db.session()
    gone = sa.delete(CoverageInclusion).where(CoverageInclusion.edition_id == edition_id)
    session.execute(gone.execution_options(synchronize_session=False))
    names = ("answered", "disability", "assistance", "certified")
    rows = [
        {"edition_id": edition_id, "region_code": code, **dict(zip(names, numbers, strict=True))}
        for code, numbers in sorted(sums.items())
    ]
    insert_many(session, sa.inspect(CoverageInclusion).local_table, rows)
