"""Which certificates rest on a result that is about to change (core.ports)."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from portal.certificates.models import Certificate, CertificateEvent
from portal.core.db import db


def certificates_touched(enrollment_ids: Sequence[int]) -> dict[int, str]:
    """enrollment id -> code of its certificate that stands: issued, perhaps suspended, but neither revoked
    nor replaced. One statement for each 500."""
    ended = sa.exists().where(
        CertificateEvent.certificate_id == Certificate.id, CertificateEvent.type.in_(("revoke", "replace"))
    )
    found: dict[int, str] = {}
    for start in range(0, len(enrollment_ids), 500):
        part = list(enrollment_ids[start : start + 500])
        rows = db.session.execute(
            sa.select(Certificate.enrollment_id, Certificate.code)
            .where(Certificate.enrollment_id.in_(part), ~ended)
            .order_by(Certificate.id)
        )
        found |= {row.enrollment_id: row.code for row in rows}
    return found
