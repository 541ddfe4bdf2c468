"""The directory of centers, and one center."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from flask import request, url_for

from portal.centers import queries
from portal.centers.labels import center_kind, island, island_order
from portal.centers.views import blueprint
from portal.core import clock, htmx
from portal.core.permissions import public
from portal.core.ports import ports
from portal.regions.queries import path_of


@blueprint.get("/blk")
@public()
def directory() -> Any:
    """All centers by island group and province; `?provinsi=` narrows."""
    rows = queries.list_centers()
    options = sorted({(row.province_code, row.province) for row in rows}, key=lambda option: option[1])
    chosen = request.args.get("provinsi", "")
    shown = [row for row in rows if row.province_code == chosen] if chosen else rows
    shown = sorted(shown, key=lambda row: island_order(row.province_code))
    groups = [
        (name, list(found)) for name, found in groupby(shown, key=lambda row: island(row.province_code))
    ]
    return htmx.render(
        "centers/directory.html",
        "centers/_directory.html",
        groups=groups,
        count=len(shown),
        options=options,
        chosen=chosen,
        center_kind=center_kind,
        prefix=url_for("centers.show", slug="-").removesuffix("-"),
    )


@blueprint.get("/blk/<slug>")
@public()
def show(slug: str) -> Any:
    """One center: where it is, its rooms, its upcoming batches."""
    center = queries.get_center(slug)
    rooms = queries.rooms_of(center.id)
    path = path_of(center.region_code)
    return htmx.render(
        "centers/show.html",
        center=center,
        kind=center_kind(center.kind),
        province=path[0] if path else "",
        inside=[room for room in rooms if not room.is_offsite],
        outside=[room for room in rooms if room.is_offsite],
        upcoming=ports().upcoming_batches(center_id=center.id, now=clock.now()),
        search_url=url_for("batches.home", blk=center.slug),
    )
