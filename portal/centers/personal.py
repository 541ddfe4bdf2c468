"""What centers holds of a person who teaches or assesses, for their own copy and for being forgotten."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from portal.accounts.models import User
from portal.centers.models import Leave, Staff, TrainingCenter
from portal.core.db import db
from portal.core.permissions import Actor
from portal.core.ports import Erasure
from portal.core.words import gettext as _
from portal.people.rules import ERASED_NAME


def _staff(person_id: int) -> list[Any]:
    statement = (
        sa.select(Staff, TrainingCenter.name)
        .join(User, User.id == Staff.user_id)
        .join(TrainingCenter, TrainingCenter.id == Staff.center_id)
        .where(User.person_id == person_id)
        .order_by(Staff.id)
    )
    return list(db.session.execute(statement))


def personal_data(person_id: int) -> list[dict[str, Any]]:
    """Being staff of a center, with the days of leave."""
    found = []
    for staff, center in _staff(person_id):
        leaves = db.session.scalars(sa.select(Leave).where(Leave.staff_id == staff.id).order_by(Leave.id))
        found.append(
            {
                "center": center,
                "name": staff.name,
                "is_active": staff.is_active,
                "leaves": [
                    {
                        "starts_on": leave.starts_on.isoformat(),
                        "ends_on": leave.ends_on.isoformat(),
                        "reason": leave.reason or None,
                    }
                    for leave in leaves
                ],
            }
        )
    return found


def erase_person(*, person_id: int, actor: Actor, now: datetime, is_dry: bool) -> Erasure:
    """Who still teaches somewhere is not forgotten; a former one loses the name."""
    rows = _staff(person_id)
    if not is_dry:
        for staff, _center in rows:
            # Names are unique within a center.
            staff.name = f"{ERASED_NAME} {staff.id}"
            for leave in db.session.scalars(sa.select(Leave).where(Leave.staff_id == staff.id)):
                leave.reason = ""
    active = [center for staff, center in rows if staff.is_active]
    return Erasure(
        goes=(_("Nama Anda pada daftar petugas balai."),) if rows else (),
        blockers=tuple(
            _("Anda masih tercatat sebagai petugas %(center)s. Balai mengakhirinya dulu.", center=center)
            for center in active
        ),
    )
