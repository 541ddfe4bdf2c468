"""Keeping what somebody typed in the stepper, encrypted, until they send it or a week has passed."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from portal.core import audit
from portal.core.crypto import cipher
from portal.core.db import db
from portal.core.permissions import Actor
from portal.enrollment.models import EnrollmentDraft
from portal.enrollment.queries.drafts import DRAFT_AAD, load_draft
from portal.enrollment.rules import DRAFT_DAYS


def save_draft(
    *, key: str, batch_id: int, step: str, data: dict[str, Any], actor: Actor, now: datetime
) -> None:
    """Keep the answers of one step (plain JSON values). Drafts older than a week go on the occasion."""
    draft = load_draft(key, batch_id, now) | {step: data}
    sealed = cipher().encrypt(json.dumps(draft, ensure_ascii=False), DRAFT_AAD, f"{key}.{batch_id}")
    db.session.execute(
        sa.delete(EnrollmentDraft).where(EnrollmentDraft.updated_at < now - timedelta(days=DRAFT_DAYS))
    )
    row = db.session.get(EnrollmentDraft, (key, batch_id), populate_existing=True)
    if row is None:
        db.session.add(EnrollmentDraft(token_hash=key, batch_id=batch_id, data_cipher=sealed, updated_at=now))
    else:
        row.data_cipher, row.updated_at = sealed, now
    audit.record("draft.saved", "batch", batch_id, actor=actor, now=now, step=step)


def drop_draft(*, key: str | None, batch_id: int) -> None:
    """Forget a draft that has become an application."""
    if key:
        db.session.execute(
            sa.delete(EnrollmentDraft).where(
                EnrollmentDraft.token_hash == key, EnrollmentDraft.batch_id == batch_id
            )
        )
