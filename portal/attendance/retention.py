"""How long attendance keeps by which phone somebody checked in, what was seen of a shared one, and who came
without a seat."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from portal.attendance.models import CheckIn, DeviceReview, WalkIn
from portal.attendance.services.forgetting import ERASED_GUEST, ERASED_TEXT
from portal.batches.models import Batch, ClassSession
from portal.core.db import db
from portal.core.retention import Due, Rule, rows_rule
from portal.core.words import lazy_gettext as _l

#: What a review is called once the device behind it is forgotten.
_GONE = "gone"


def _is_signed(session_id: Any) -> Any:
    return sa.exists(
        sa.select(sa.literal(1))
        .select_from(ClassSession)
        .join(Batch, Batch.id == ClassSession.batch_id)
        .where(ClassSession.id == session_id, Batch.state == "finalized")
    )


def _due(cutoff: datetime) -> Any:
    return sa.and_(CheckIn.device != "", sa.or_(CheckIn.at < cutoff, _is_signed(CheckIn.session_id)))


def _count(cutoff: datetime, _now: datetime) -> Due:
    found = db.session.execute(sa.select(sa.func.count(), sa.func.min(CheckIn.at)).where(_due(cutoff)))
    number, oldest = found.one()
    return number, oldest


def _sweep(cutoff: datetime, _now: datetime, limit: int) -> int:
    """Empty the marks of devices; the reviews of them keep their words and lose what they point at."""
    keys = (CheckIn.session_id, CheckIn.position, CheckIn.enrollment_id)
    due = sa.select(*keys).where(_due(cutoff)).limit(limit)
    emptied = sa.update(CheckIn).where(sa.tuple_(*keys).in_(due)).values(device="")
    done: Any = db.session.execute(emptied.execution_options(synchronize_session=False))
    reviews = sa.select(DeviceReview.session_id, DeviceReview.device).where(
        DeviceReview.device.not_like(f"{_GONE}%"),
        sa.or_(DeviceReview.reviewed_at < cutoff, _is_signed(DeviceReview.session_id)),
    )
    for session_id, device in db.session.execute(reviews.limit(limit)).all():
        where = (DeviceReview.session_id == session_id, DeviceReview.device == device)
        renamed = sa.update(DeviceReview).where(*where).values(device=_GONE + secrets.token_hex(14))
        db.session.execute(renamed.execution_options(synchronize_session=False))
    return int(done.rowcount)


RULES = (
    Rule(
        "devices",
        _l("Tanda ponsel pada catatan kehadiran"),
        timedelta(days=90),
        _l(
            "Hanya untuk melihat ponsel yang mencatat beberapa orang; tidak diperlukan lagi sesudah daftar "
            "ditandatangani."
        ),
        _count,
        _sweep,
    ),
    rows_rule(
        "device_reviews",
        DeviceReview,
        DeviceReview.reviewed_at,
        what=_l("Catatan instruktur tentang ponsel yang dipakai bersama"),
        after=timedelta(days=365),
        why=_l("Setahun untuk perkara yang menyusul; bahwa dan kapan dilihat tetap tercatat."),
    ),
    rows_rule(
        "walk_ins",
        WalkIn,
        WalkIn.recorded_at,
        WalkIn.name != ERASED_TEXT,
        what=_l("Nama orang yang datang tanpa kursi"),
        after=timedelta(days=180),
        why=_l("Enam bulan, sampai hasil angkatan tidak lagi dipersoalkan; bahwa ada tamu tetap tercatat."),
        emptied=ERASED_GUEST,
    ),
)
