"""The registry as a file: every column an import reads, a thousand cooperatives at a time."""

from __future__ import annotations

from collections.abc import Iterator
from tempfile import SpooledTemporaryFile
from typing import Any

import sqlalchemy as sa

from portal.cooperatives.labels import kind_label
from portal.cooperatives.labels_register import COLUMN_TITLES, role_label
from portal.cooperatives.models import Cooperative, CooperativeVillage, MemberGroup
from portal.cooperatives.queries.registry import Filters, narrowed
from portal.core.db import db
from portal.core.permissions import Actor
from portal.core.spreadsheets import csv_pieces, write_xlsx
from portal.regions.models import Region

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PART = 1000
TITLES = tuple(COLUMN_TITLES.values())


def export_pieces(actor: Actor, filters: Filters) -> Iterator[bytes]:
    """The .csv of what the actor keeps, in pieces; texts are formula-neutral.

    It is read whole into a file first, in memory up to a megabyte: a slow reader holds no database.
    """
    kept = SpooledTemporaryFile(max_size=1 << 20)  # noqa: SIM115  closed by whoever reads it out
    for piece in csv_pieces(TITLES, export_rows(actor, filters)):
        kept.write(piece)
    kept.seek(0)
    return _read_out(kept)


def _read_out(kept: Any) -> Iterator[bytes]:
    with kept:
        while piece := kept.read(1 << 16):
            yield piece


def export_workbook(actor: Actor, filters: Filters) -> bytes:
    """The .xlsx of what the actor keeps, written row by row."""
    return write_xlsx(TITLES, export_rows(actor, filters), sheet_name="Registri")


def export_rows(actor: Actor, filters: Filters) -> Iterator[list[Any]]:
    """The cells of each cooperative in the order of TITLES, by id: three statements for each thousand."""
    names = _wide_names()
    last = 0
    while True:
        part = _part(actor, filters, last)
        villages = _further(CooperativeVillage.cooperative_id, CooperativeVillage.village_code, part)
        groups = _groups(part)
        for found, village, district in part:
            yield _cells(
                found, village, district, names, villages.get(found.id, []), groups.get(found.id, [])
            )
        if len(part) < PART:
            return
        last = part[-1][0].id


def _part(actor: Actor, filters: Filters, last: int) -> list[Any]:
    seat, district = sa.orm.aliased(Region), sa.orm.aliased(Region)
    facts = (
        Cooperative.id, Cooperative.kind, Cooperative.name, Cooperative.region_code, Cooperative.is_pilot,
        Cooperative.cooperative_number, Cooperative.simkopdes_id, Cooperative.legal_number,
        Cooperative.legal_on,
    )  # fmt: skip
    statement = (
        sa.select(*facts, seat.name.label("seat"), district.name.label("district"))
        .outerjoin(seat, seat.code == Cooperative.region_code)
        .outerjoin(district, district.code == sa.func.substr(Cooperative.region_code, 1, 8))
        .where(Cooperative.id > last, *narrowed(actor, filters))
        .order_by(Cooperative.id)
        .limit(PART)
    )
    return [(row, row.seat, row.district) for row in db.session.execute(statement)]


def _wide_names() -> dict[str, str]:
    """The names of all provinces and regencies: 552 of them, once."""
    statement = sa.select(Region.code, Region.name).where(sa.func.length(Region.code) <= 5)
    return dict(db.session.execute(statement).all())


def _further(owner: Any, value: Any, part: list[Any]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    statement = sa.select(owner, value).where(owner.in_([row.id for row, *_names in part])).order_by(value)
    for cooperative_id, code in db.session.execute(statement):
        found.setdefault(cooperative_id, []).append(code)
    return found


def _groups(part: list[Any]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    ids = [row.id for row, *_names in part if row.kind == "multi_stakeholder"]
    if not ids:
        return found
    statement = sa.select(MemberGroup.cooperative_id, MemberGroup.name, MemberGroup.role)
    for owner, name, role in db.session.execute(
        statement.where(MemberGroup.cooperative_id.in_(ids)).order_by(MemberGroup.id)
    ):
        found.setdefault(owner, []).append(f"{name} ({role_label(role)})")
    return found


def _cells(
    found: Any, seat: str, district: str, names: dict[str, str], villages: list[str], groups: list[str]
) -> list[Any]:
    code = found.region_code
    return [
        found.name, kind_label(found.kind), names.get(code[:2], ""), names.get(code[:5], ""), district or "",
        seat if code.count(".") == 3 else "", code, found.cooperative_number or "", found.simkopdes_id or "",
        "ya" if found.is_pilot else "tidak", found.legal_number or "", found.legal_on, "; ".join(villages),
        "; ".join(groups),
    ]  # fmt: skip
