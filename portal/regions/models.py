"""The Kemendagri register of regions in one table: province, regency or city, district, village."""

from __future__ import annotations

from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import db


class RegionKind(StrEnum):
    """What a region is: kabupaten, kota, kecamatan, desa, kelurahan and desa adat among them."""

    PROVINCE = "province"
    REGENCY = "regency"
    CITY = "city"
    DISTRICT = "district"
    VILLAGE = "village"
    URBAN_VILLAGE = "urban_village"
    CUSTOMARY_VILLAGE = "customary_village"


class Region(db.Model):  # type: ignore[name-defined]
    """One region. The code is dotted ("61.05.01.1001") and holds its parents' codes at its start."""

    __tablename__ = "region"
    code: Mapped[str] = mapped_column(sa.String(13), primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(80))
    kind: Mapped[str] = mapped_column(sa.String(20))
    parent_code: Mapped[str | None] = mapped_column(sa.ForeignKey("region.code"), index=True)
    postcode: Mapped[str | None] = mapped_column(sa.String(5))
    __table_args__ = (
        sa.CheckConstraint(f"kind in ({','.join(repr(k.value) for k in RegionKind)})", name="kind_known"),
    )
