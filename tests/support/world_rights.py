"""What people of the small world asked about their data: corrections, an erasure, a hold."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from portal.core.db import db, transaction
from portal.core.permissions import SYSTEM, GrantedActor
from portal.people import services
from portal.people.models import ErasureRequest, LegalHold
from tests.support import classroom

#: The smallest picture that passes for one: both ends of a JPEG.
PICTURE = b"\xff\xd8\xff\xe0" + b"\0" * 64 + b"\xff\xd9"
EVIDENCE = ("image/jpeg", PICTURE)


def ask_rights(world: Any, now: datetime) -> dict[str, int]:
    """Trainee A and somebody of the other center want their name corrected; another waits to be erased."""
    trainee, away = world.rooms["running"].people[0], world.rooms["away"].people[0]
    gone = classroom.newcomer("Gunawan Pamit")
    held = classroom.newcomer("Herman Sengketa")
    owner = GrantedActor(world.users["trainee_a"], trainee, "Dewi Lestari")
    asked: dict[str, Any] = {"field": "name", "note": "salah ketik", "evidence": EVIDENCE, "now": now}
    with transaction():
        for purpose in ("training", "contact"):
            services.give_consent(person_id=trainee, purpose=purpose, method="paper", actor=SYSTEM, now=now)
        own = services.file_correction(person_id=trainee, text="Dewi Lestariningsih", actor=owner, **asked)
        other = services.file_correction(person_id=away, text="Peserta Jauh", actor=SYSTEM, **asked)
        erasure = ErasureRequest(person_id=gone, state="asked", asked_at=now, kept=[])
        hold = LegalHold(person_id=held, reason="Perkara 12/2026", placed_at=now)
        db.session.add_all([erasure, hold])
        db.session.flush()
        return {
            "correction": own.id,
            "away_correction": other.id,
            "erasure": erasure.id,
            "hold": hold.id,
        }
