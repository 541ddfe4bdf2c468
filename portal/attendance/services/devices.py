"""A device that checked in several people: looked at, never blocked, for phones are shared."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.dialects import postgresql, sqlite

from portal.attendance import queries
from portal.attendance.models import DeviceReview
from portal.attendance.rules import LONGEST_TEXT
from portal.core import audit
from portal.core.db import db
from portal.core.errors import DomainError, NotFound
from portal.core.permissions import Actor, Permission, require
from portal.core.words import gettext as _


def review_device(
    *, session_id: int, device: str, people: int, note: str, actor: Actor, now: datetime
) -> None:
    """An instructor has looked at a device that checked in `people` people and says what it was.

    When more people came since the page was drawn, the flag stays open for them. Raises NotFound (foreign
    session, or no such device in it) and DomainError (`note_needed`, `note_long`).
    """
    require(actor, Permission.ATTENDANCE_RECORD)
    head = queries.get_sheet(actor, session_id)
    found = next((one for one in queries.devices_of(session_id) if one.device == device), None)
    if found is None:
        raise NotFound()
    note = note.strip()
    if not note:
        raise DomainError("note_needed", _("Tulis apa yang Anda lihat, misalnya: suami istri."), "note")
    if len(note) > LONGEST_TEXT:
        raise DomainError("note_long", _("Paling banyak %(max)s karakter.", max=LONGEST_TEXT), "note")
    count = min(max(people, 1), len(found.people))
    dialect: Any = postgresql if db.session.get_bind().dialect.name == "postgresql" else sqlite
    values = {"people": count, "note": note, "reviewed_by": actor.user_id, "reviewed_at": now}
    insert = dialect.insert(DeviceReview.__table__).values(session_id=session_id, device=device, **values)
    db.session.execute(insert.on_conflict_do_update(index_elements=["session_id", "device"], set_=values))
    audit.record(
        "attendance.device_reviewed", "class_session", session_id, actor=actor, now=now,
        scope=f"center:{head.center_id}", people=count,
    )  # fmt: skip
