"""What is noted of a person from outside the portal, for their own copy; nothing is left when they go."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from portal.certificates.models import ExternalRecord
from portal.certificates.queries.external import external_of_person
from portal.core.db import db
from portal.core.permissions import Actor
from portal.core.ports import Erasure, ports
from portal.core.words import gettext as _


def personal_data(person_id: int) -> list[dict[str, Any]]:
    """Every outside record as it is noted, with what its holder objected. One statement."""
    return [
        {
            "kind": record.kind,
            "title": record.title,
            "scheme": record.scheme or None,
            "granted_by": record.issuer,
            "number": record.number or None,
            "issued_on": record.issued_on.isoformat(),
            "expires_on": record.expires_on.isoformat() if record.expires_on else None,
            "program": program,
            "source": record.source or None,
            "state": record.state,
            "note": record.state_note or None,
            "dispute": record.dispute or None,
            "recorded_at": record.recorded_at.isoformat(),
            "decided_at": record.decided_at.isoformat() if record.decided_at else None,
        }
        for record, program in external_of_person(person_id)
    ]


def erase_person(*, person_id: int, actor: Actor, now: datetime, is_dry: bool) -> Erasure:
    """References to papers of others: nothing signed depends on them, so they go with the person."""
    own = ExternalRecord.person_id == person_id
    if is_dry:
        count = db.session.scalar(sa.select(sa.func.count()).select_from(ExternalRecord).where(own)) or 0
    else:
        gone = db.session.execute(
            sa.delete(ExternalRecord).where(own).execution_options(synchronize_session=False)
        )
        count = int(gone.rowcount)  # type: ignore[attr-defined]
        if count:
            ports().standing_touched(person_ids=[person_id], now=now)
    if not count:
        return Erasure()
    return Erasure(goes=(_("Catatan pelatihan dan sertifikat kompetensi dari luar portal."),))
