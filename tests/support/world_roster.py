"""Rosters of the small world: one only looked at, one saved that waits for classes, a foreign one."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from portal.core import jobs
from portal.core.db import db, transaction
from portal.core.permissions import Grant, GrantedActor, Role
from portal.enrollment.models import RosterImport
from portal.enrollment.services.roster import check_roster_file, keep_preview, start_import
from portal.regions.models import Region
from tests.support.sheets import xlsx

HEADER = (
    "No",
    "Nama Lengkap",
    "NIK",
    "Tgl. Lahir",
    "Jabatan",
    "Nama Koperasi",
    "Desa/Kelurahan",
    "Kecamatan",
)
NAMES = ("Sri Wahyuni", "Yohanes Dui", "Theresia Lusi", "Agus Salim", "Maria Imelda")
FOREIGN_REGENCY = "32.01"


def small_roster(first_serial: int = 1) -> bytes:
    """Five good rows of one village and two bad ones, as an office would send them."""
    village = db.session.scalar(sa.select(Region).where(Region.code.like("61.05.01.%")).order_by(Region.code))
    district = db.session.get(Region, "61.05.01")
    place = (f"KDMP {village.name}", village.name, district.name)
    posts = ("Ketua", "Bendahara", "Sekretaris", "Pengawas", "Manajer")
    rows: list[tuple[Any, ...]] = [("DAFTAR USULAN PESERTA",), (), HEADER]
    for number, (name, post) in enumerate(zip(NAMES, posts, strict=True)):
        nik = f"6105011203{80 + number}{first_serial + number:04d}"
        rows.append((number + 1, name, nik, f"12/03/19{80 + number}", post, *place))
    rows.append((6, "Tanpa Nomor", "", "01/01/1980", "Anggota", *place))
    rows.append((7, "Salah Tanggal", f"6105013102850{first_serial:03d}", "31/02/1985", "Anggota", *place))
    return xlsx(rows)


def send_rosters(officer_id: int, program_id: int, now: datetime) -> dict[str, int]:
    """Ids of the three imports by their names in World.ids."""
    officer = GrantedActor(
        officer_id, None, "Hendra Dinas", (Grant(Role.REGENCY_OFFICER, "region", "61.05"),)
    )

    def keep(first_serial: int, name: str) -> int:
        checked = check_roster_file(small_roster(first_serial), file_name=name, now=now)
        db.session.rollback()
        with transaction():
            return int(keep_preview(checked=checked, program_id=program_id, actor=officer, now=now).id)

    preview, saved, foreign = (keep(serial, f"usulan-{serial}.xlsx") for serial in (101, 201, 301))
    with transaction():
        start_import(import_id=saved, only_good=True, actor=officer, now=now)
    jobs.run_pending()
    with transaction() as session:
        session.execute(
            sa.update(RosterImport)
            .where(RosterImport.id == foreign)
            .values(regency_code=FOREIGN_REGENCY, created_by=None)
        )  # fmt: skip
    return {"preview": preview, "import": saved, "away_import": foreign}
