"""The unfinished application of a browser session or an account."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

from portal.core.crypto import CryptoError, cipher, token_hash
from portal.core.db import db
from portal.core.permissions import Actor
from portal.enrollment.models import EnrollmentDraft
from portal.enrollment.rules import DRAFT_DAYS

DRAFT_AAD = "enrollment_draft.data"


def draft_key(actor: Actor, token: str | None) -> str | None:
    """The row key of a draft: the account's when signed in (any device goes on), else the session token's.

    The account's needs no secret: a session token is drawn by us and never has this form.
    """
    if actor.user_id is not None:
        return token_hash(f"enrollment_draft.user:{actor.user_id}")
    return token_hash(token) if token else None


def load_draft(key: str | None, batch_id: int, now: datetime) -> dict[str, Any]:
    """What was typed so far, by step; {} when there is nothing, it is too old, or it does not open."""
    row = db.session.get(EnrollmentDraft, (key, batch_id)) if key else None
    if row is None or row.updated_at < now - timedelta(days=DRAFT_DAYS):
        return {}
    try:
        found: dict[str, Any] = json.loads(cipher().decrypt(row.data_cipher, DRAFT_AAD, f"{key}.{batch_id}"))
    except (CryptoError, ValueError):
        return {}
    return found
