"""The registry of the small world: what an institution has in order, and registers on their way in."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from portal.cooperatives.models import (
    ChecklistEntry,
    CooperativeVillage,
    MemberGroup,
    RegistryImport,
)
from portal.cooperatives.register.file import read_register_file
from portal.cooperatives.services import load_checklist
from portal.cooperatives.services.registry import keep_register
from portal.core import jobs
from portal.core.db import db, transaction
from portal.core.permissions import SYSTEM, Grant, GrantedActor, Role
from portal.regions.models import Region

HEADER = "Nama koperasi;Jenis;Kode desa;Nomor Induk Koperasi;Percontohan"


def register(*rows: str, header: str = HEADER) -> bytes:
    """A register as .csv."""
    return "\n".join((header, *rows)).encode()


def villages(count: int = 5, regency: str = "61.05") -> list[str]:
    """The first villages of a regency by code."""
    statement = (
        sa.select(Region.code)
        .where(Region.code.startswith(f"{regency}."), sa.func.length(Region.code) == 13)
        .order_by(Region.code)
        .limit(count)
    )
    return list(db.session.scalars(statement))


def keep_registry(users: dict[str, int], ids: dict[str, Any], now: datetime) -> dict[str, Any]:
    """Ids of a village, a member group, an entry of the checklist and a register; each with one far away."""
    found: dict[str, Any] = {"checklist_item": "statutes", "further_village": villages(9)[8]}
    with transaction():
        load_checklist(actor=SYSTEM, now=now)
        for name in ("", "far_"):
            owner = ids[f"{name}cooperative"]
            db.session.add(CooperativeVillage(cooperative_id=owner, village_code=found["further_village"]))
            group = MemberGroup(cooperative_id=owner, name="Pengemudi", role="worker", created_at=now)
            entry = ChecklistEntry(
                cooperative_id=owner, item_code="statutes", done_on=now.date() - timedelta(days=90),
                number="AD-1", recorded_at=now,
            )  # fmt: skip
            db.session.add_all([group, entry])
            db.session.flush()
            found |= {f"{name}member_group": group.id, f"{name}checklist_entry": entry.id}
    actor = GrantedActor(
        users["regency_officer"], None, "Hendra Dinas", (Grant(Role.REGENCY_OFFICER, "region", "61.05"),)
    )
    for name in ("", "far_"):
        read = read_register_file(
            register(f"KDMP {name}Satu;;{villages()[0]};;", "Tanpa Desa;;;;"), "reg.csv"
        )
        with transaction():
            found[f"{name}register"] = keep_register(read=read, actor=actor, now=now).id
    jobs.run_pending()
    with transaction() as session:
        session.execute(
            sa.update(RegistryImport)
            .where(RegistryImport.id == found["far_register"])
            .values(created_by=None)
        )  # fmt: skip
    return found
