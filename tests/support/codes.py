"""Codes as the phone of a test sees them: read from the outbox, in the order in which they were written."""

from __future__ import annotations

import json
import re
from typing import Any

import sqlalchemy as sa

from portal.accounts.models import ContactPoint
from portal.core.crypto import cipher
from portal.core.db import db, transaction
from portal.core.mail.outbox import ADDRESS_AAD, CONTENT_AAD, OutboxMessage

PHONE = "+6281234567890"
TYPED = "0812-3456-7890"


def messages(kind: str = "code.") -> list[OutboxMessage]:
    """The outbox rows of kinds that begin so, the oldest first."""
    statement = sa.select(OutboxMessage).where(OutboxMessage.kind.startswith(kind)).order_by(OutboxMessage.id)
    db.session.rollback()
    return list(db.session.scalars(statement))


def content(row: OutboxMessage) -> dict[str, Any]:
    """What a message says, in all its forms."""
    found: dict[str, Any] = json.loads(cipher().decrypt(row.content_cipher, CONTENT_AAD))
    return found


def address(row: OutboxMessage) -> str:
    """Where a message goes."""
    return cipher().decrypt(row.address_cipher, ADDRESS_AAD) if row.address_cipher else ""


def last_code(kind: str = "code.") -> str:
    """The six digits of the newest message."""
    found = re.search(r"\b\d{6}\b", content(messages(kind)[-1])["sms"])
    assert found, "no code in the newest message"
    return found[0]


def wrong(code: str) -> str:
    """Another code of the same length."""
    return f"{(int(code) + 1) % 10**6:06d}"


def give_contact(user_id: int, now: Any, value: str = PHONE, kind: str = "phone") -> int:
    """A verified contact of an account, without the way through a code; returns its id."""
    with transaction() as session:
        point = ContactPoint(user_id=user_id, kind=kind, value=value, created_at=now, verified_at=now)
        session.add(point)
        session.flush()
        return point.id
