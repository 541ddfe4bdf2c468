"""Boards, claims and foundings of the small world: of the cooperative of the running class, and of a regency
away from its office."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from portal.cooperatives.models import ChairClaim, Cooperative, PostTerm
from portal.cooperatives.services import keep_document
from portal.cooperatives.services.founding import register_founding
from portal.core.db import db, transaction
from portal.core.permissions import SYSTEM
from portal.regions.models import Region
from tests.support.boards import REGENCY, minutes, person

FAR_REGENCY = "61.06"


def seat_boards(users: dict[str, int], ids: dict[str, Any], now: datetime) -> dict[str, Any]:
    """Ids of minutes, claims by decree, foundings and their founders; each with one of far away."""
    found: dict[str, Any] = {}
    with transaction():
        far = Cooperative(
            kind="village", name="KDMP Desa Jauh", match_key="jauh", region_code=FAR_REGENCY, created_at=now
        )
        db.session.add(far)
        db.session.flush()
        found["far_cooperative"] = far.id
        for name, cooperative_id in (("", ids["cooperative"]), ("far_", far.id)):
            found[f"{name}minutes"] = keep_document(
                cooperative_id=cooperative_id, kind="minutes", file=minutes(), actor=SYSTEM, now=now
            )
            decree = keep_document(
                cooperative_id=cooperative_id, kind="decree", file=minutes(), actor=SYSTEM, now=now
            )
            claim = ChairClaim(
                cooperative_id=cooperative_id, user_id=users["trainee_b"], method="decree",
                document_id=decree,                asked_at=now,
            )  # fmt: skip
            db.session.add(claim)
            db.session.flush()
            found[f"{name}chair_claim"] = claim.id
        for name in ("", "far_"):
            found |= _founding(name, now)
        # Tests have the villages of one regency only.
        db.session.get_one(Cooperative, found["far_founding"]).region_code = FAR_REGENCY
    return found


def village_in(regency: str) -> str:
    """The code of a village of a regency."""
    statement = sa.select(sa.func.min(Region.code)).where(
        Region.code.startswith(f"{regency}."), sa.func.length(Region.code) == 13
    )
    return str(db.session.scalar(statement))


def _founding(name: str, now: datetime) -> dict[str, int]:
    number = register_founding(
        name=f"Koperasi Pengemudi {name.title()}Bersama", kind="driver_courier", actor=SYSTEM, now=now,
        village_code=village_in(REGENCY),
    )  # fmt: skip
    term = PostTerm(
        cooperative_id=number, person_id=person("Wati Pendiri", now), post="founder", starts_on=now.date(),
        source="founding",
    )  # fmt: skip
    db.session.add(term)
    db.session.flush()
    return {f"{name}founding": number, f"{name}founder_term": term.id}
