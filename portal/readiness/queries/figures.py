"""Targets, outside figures and remote regions as they are kept."""

from __future__ import annotations

from typing import Any, NamedTuple

import sqlalchemy as sa

from portal.core.db import db
from portal.readiness.models import CoverageTarget, OutsideFigure, RemoteRegion
from portal.regions.models import Region


class Kept(NamedTuple):
    """Everything on the page; rows carry the region's name ("" for the country)."""

    targets: list[Any]
    figures: list[Any]
    remote: list[Any]


def list_kept() -> Kept:
    """All targets by region and year, outside figures by subject and day, remote regencies by code. Three
    statements."""
    target, figure, remote = CoverageTarget, OutsideFigure, RemoteRegion
    name = sa.func.coalesce(Region.name, "").label("name")
    targets = (
        sa.select(target, name)
        .outerjoin(Region, Region.code == target.region_code)
        .order_by(target.region_code, target.year)
    )
    figures = (
        sa.select(figure, name)
        .outerjoin(Region, Region.code == figure.region_code)
        .order_by(figure.region_code, figure.subject, figure.as_of.desc())
    )
    listed = (
        sa.select(remote.region_code, remote.source, name)
        .outerjoin(Region, Region.code == remote.region_code)
        .order_by(remote.region_code)
    )
    run = db.session.execute
    return Kept(list(run(targets)), list(run(figures)), list(run(listed)))
