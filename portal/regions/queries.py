"""Reads of the region register."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.core.db import db
from portal.core.errors import NotFound
from portal.regions.models import Region
from portal.regions.rules import RegionIndex, RegionRow

_BY_CODE = sa.select(Region).where(Region.code == sa.bindparam("code"))
_CHILDREN = (
    sa.select(Region).where(Region.parent_code == sa.bindparam("code")).order_by(Region.name, Region.code)
)
_PROVINCES = sa.select(Region).where(Region.parent_code.is_(None)).order_by(Region.name)
_NAMES = sa.select(Region.code, Region.name).where(Region.code.in_(sa.bindparam("codes", expanding=True)))
_ROWS = sa.select(Region.code, Region.name, Region.kind).order_by(Region.code)


def find_region(code: str) -> Region | None:
    """The region of a dotted code, or None."""
    return db.session().execute(_BY_CODE, {"code": code}).scalar_one_or_none()


def get_region(code: str) -> Region:
    """The region of a dotted code. Raises NotFound."""
    region = find_region(code)
    if region is None:
        raise NotFound("region_not_found", "Wilayah tidak ditemukan.")
    return region


def list_children(code: str) -> Sequence[Region]:
    """The regions right below a code, by name; empty for a village or an unknown code."""
    return db.session().scalars(_CHILDREN, {"code": code}).all()


def list_provinces() -> Sequence[Region]:
    """The 38 provinces by name."""
    return db.session().scalars(_PROVINCES).all()


def ancestry(code: str) -> list[str]:
    """The codes from the province down to `code` itself: "61.05.01" -> ["61", "61.05", "61.05.01"]."""
    parts = code.split(".")
    return [".".join(parts[: depth + 1]) for depth in range(len(parts))]


def path_of(code: str) -> list[str]:
    """The names from the province down to the region; [] when the code is unknown. One statement."""
    return paths_of([code])[code]


def paths_of(codes: Collection[str]) -> dict[str, list[str]]:
    """`path_of` for many codes in one statement for each 500 regions."""
    wanted = sorted({step for code in codes for step in ancestry(code)})
    names: dict[str, str] = {}
    for start in range(0, len(wanted), 500):
        rows = db.session().execute(_NAMES, {"codes": wanted[start : start + 500]})
        names.update((code, name) for code, name in rows)
    return {code: [names[s] for s in ancestry(code) if s in names] if code in names else [] for code in codes}


def load_index(session: Session, regency_codes: Collection[str] | None = None) -> RegionIndex:
    """The register by name, for rosters. `regency_codes` leaves out the villages of all other regencies.

    The whole country is 91,599 rows: about half a second. Provinces, regencies and districts are always in,
    so that NIK region codes can be judged.
    """
    statement = _ROWS
    if regency_codes is not None:
        inside = [Region.code.startswith(f"{code}.", autoescape=True) for code in sorted(set(regency_codes))]
        statement = statement.where(sa.or_(sa.func.length(Region.code) <= 8, *inside))
    return RegionIndex(RegionRow(code, name, kind) for code, name, kind in session.execute(statement))
