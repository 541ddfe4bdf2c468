"""Where the demo takes place: three regencies in three time zones, and what is founded there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

import sqlalchemy as sa

from portal.cooperatives.models import Kind
from portal.core.db import db
from portal.regions.models import Region, RegionKind


@dataclass(frozen=True)
class Regency:
    """A regency of the demo. `style` names the people; `share` is its part of all cooperatives."""

    code: str
    name: str
    style: str
    center: str
    share: float
    others: Sequence[tuple[str, str, tuple[str, ...]]]


REGENCIES = (
    Regency(
        "61.05", "Sintang", "borneo", "uptd-blk-sintang", 0.4,
        (
            (Kind.MULTI_STAKEHOLDER, "Koperasi Multipihak Tengkawang Sejahtera",
             ("Petani dan pengumpul", "Pengolah", "Pembeli dan pendana")),
            (Kind.WORKER, "Koperasi Pekerja Kebun Rimba Sejahtera", ()),
            (Kind.DRIVER_COURIER, "Koperasi Pengemudi Kapuas Bersama", ()),
            (Kind.OTHER, "Koperasi Tenun Ikat Ransa Jaya", ()),
            (Kind.PROSPECTIVE, "Calon Koperasi Kurir Sungai Durian", ()),
        ),
    ),
    Regency(
        "33.18", "Pati", "java", "uptd-blk-pati", 0.4,
        (
            (Kind.MULTI_STAKEHOLDER, "Koperasi Multipihak Garam Juwana",
             ("Petambak garam", "Pengolah", "Penyalur")),
            (Kind.MULTI_STAKEHOLDER, "Koperasi Multipihak Antar Kota Pati",
             ("Pengemudi dan kurir", "Pemilik usaha kecil")),
            (Kind.WORKER, "Koperasi Pekerja Batik Bakaran", ()),
            (Kind.UNION, "Koperasi Serikat Pekerja Gula Trangkil", ()),
            (Kind.DRIVER_COURIER, "Koperasi Pengemudi dan Kurir Bumi Mina Tani", ()),
            (Kind.PARTNERSHIP, "Koperasi Kemitraan Pengantar Pati Raya", ()),
            (Kind.PROSPECTIVE, "Calon Koperasi Kurir Tayu", ()),
        ),
    ),
    Regency(
        "91.03", "Jayapura", "papua", "uptd-blk-jayapura", 0.2,
        (
            (Kind.MULTI_STAKEHOLDER, "Koperasi Multipihak Sagu Sentani",
             ("Petani sagu", "Pengolah", "Pembeli")),
            (Kind.WORKER, "Koperasi Pekerja Dermaga Depapre", ()),
            (Kind.DRIVER_COURIER, "Koperasi Ojek Danau Sentani", ()),
            (Kind.PROSPECTIVE, "Calon Koperasi Noken Grime Nawa", ()),
        ),
    ),
)  # fmt: skip


def villages_of(regency: str, count: int, rng: Random) -> list[tuple[str, str, str]]:
    """`count` villages (code, name, kind) of a regency by code, about one in ten an urban one."""
    rows = db.session.execute(
        sa.select(Region.code, Region.name, Region.kind)
        .where(Region.code.startswith(f"{regency}.", autoescape=True), sa.func.length(Region.code) == 13)
        .order_by(Region.code)
    ).all()
    urban = [(row.code, row.name, row.kind) for row in rows if row.kind == RegionKind.URBAN_VILLAGE]
    rural = [(row.code, row.name, row.kind) for row in rows if row.kind != RegionKind.URBAN_VILLAGE]
    towns = rng.sample(urban, min(len(urban), max(1, count // 10)))
    return sorted(towns + rng.sample(rural, min(len(rural), count - len(towns))))
