"""How long cooperatives keeps papers and codes."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from portal.cooperatives.models import ChairClaim, ChairCode, CooperativeDocument
from portal.core.db import db
from portal.core.retention import Due, Rule, rows_rule
from portal.core.words import lazy_gettext as _l
from portal.people.services.holds import in_force


def _due(cutoff: datetime, now: datetime) -> Any:
    """Decrees of claims that were decided or ended, with content; not of held people."""
    return (
        sa.select(CooperativeDocument.id, ChairClaim.decided_at)
        .join(ChairClaim, ChairClaim.document_id == CooperativeDocument.id)
        .where(
            ChairClaim.state != "pending",
            ChairClaim.decided_at < cutoff,
            CooperativeDocument.content_cipher != "",
            sa.or_(ChairClaim.person_id.is_(None), sa.not_(in_force(ChairClaim.person_id, now))),
        )
    )


def _count(cutoff: datetime, now: datetime) -> Due:
    due = _due(cutoff, now).subquery()
    number, oldest = db.session.execute(sa.select(sa.func.count(), sa.func.min(due.c.decided_at))).one()
    return number, oldest


def _sweep(cutoff: datetime, now: datetime, limit: int) -> int:
    ids = [row.id for row in db.session.execute(_due(cutoff, now).limit(limit))]
    statement = sa.update(CooperativeDocument).where(CooperativeDocument.id.in_(ids))
    # The row stays: that there was a paper, of which kind and when, belongs to the claim.
    db.session.execute(
        statement.values(content_cipher="", size=0).execution_options(synchronize_session=False)
    )
    return len(ids)


RULES = (
    Rule(
        "chair_decrees",
        _l("Surat keputusan pada klaim ketua, sesudah diputus"),
        timedelta(days=365),
        _l("Setahun untuk membantah keputusannya; sesudah itu cukup bahwa suratnya pernah diperiksa."),
        _count,
        _sweep,
        chunk=50,
    ),
    rows_rule(
        "chair_codes",
        ChairCode,
        sa.func.coalesce(ChairCode.revoked_at, ChairCode.expires_at),
        ChairCode.used_at.is_(None),
        what=_l("Kode ketua yang tidak pernah dipakai, sesudah berakhir"),
        after=timedelta(days=90),
        why=_l("Cukup lama untuk menjawab mengapa sebuah kode ditolak."),
    ),
)
