"""How long people keeps evidence."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from portal.core.db import db
from portal.core.retention import Due, Rule, rows_rule
from portal.core.words import lazy_gettext as _l
from portal.people.models import CorrectionRequest, Evidence, Inclusion
from portal.people.services.holds import in_force


def _due(cutoff: datetime, now: datetime) -> Any:
    return (
        sa.select(Evidence.id, CorrectionRequest.decided_at)
        .join(CorrectionRequest, CorrectionRequest.id == Evidence.request_id)
        .where(CorrectionRequest.decided_at < cutoff, sa.not_(in_force(CorrectionRequest.person_id, now)))
    )


def _count(cutoff: datetime, now: datetime) -> Due:
    due = _due(cutoff, now).subquery()
    number, oldest = db.session.execute(sa.select(sa.func.count(), sa.func.min(due.c.decided_at))).one()
    return number, oldest


def _sweep(cutoff: datetime, now: datetime, limit: int) -> int:
    ids = [row.id for row in db.session.execute(_due(cutoff, now).limit(limit))]
    db.session.execute(
        sa.delete(Evidence).where(Evidence.id.in_(ids)).execution_options(synchronize_session=False)
    )
    return len(ids)


RULES = (
    Rule(
        "evidence",
        _l("Bukti permintaan perbaikan, sesudah diputuskan"),
        timedelta(days=90),
        _l("Cukup lama untuk membantah keputusannya; foto KTP tidak disimpan lebih lama dari itu."),
        _count,
        _sweep,
        chunk=50,
    ),
    rows_rule(
        "inclusion",
        Inclusion,
        Inclusion.updated_at,
        what=_l("Jawaban tentang disabilitas dan bantuan di kelas"),
        after=timedelta(days=730),
        why=_l("Keadaan orang berubah; jawaban yang lama tidak lagi dipakai menyiapkan kelas."),
    ),
)
