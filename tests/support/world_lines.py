"""A service line for the small world: one need of one program, and a paper."""

from __future__ import annotations

from datetime import datetime

from portal.core.db import db, transaction
from portal.readiness.models import ServiceLine, ServiceNeed


def offer_service(program_id: int, now: datetime) -> dict[str, int]:
    """World ids: `service_line`."""
    with transaction():
        line = ServiceLine(
            code="world", position=1, name="Simpan pinjam", name_en="Savings and loans", kinds=[], items=[],
            updated_at=now,
        )  # fmt: skip
        db.session.add(line)
        db.session.flush()
        db.session.add(
            ServiceNeed(line_id=line.id, position=1, posts=["treasurer"], programs=[program_id], count=1)
        )
        return {"service_line": line.id}
