"""What staff may do about a message that did not arrive: send it again, or say that it did."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from portal.core import audit
from portal.core.db import db, on_commit
from portal.core.errors import Conflict, NotFound
from portal.core.mail.outbox import OutboxMessage as Row
from portal.core.mail.outbox import wake
from portal.core.permissions import Actor, Permission, require
from portal.core.words import gettext as _

AT_ONCE = 200
# Set aside for want of something that may be there now.
_MAY_FOLLOW = ("no_sender",)


def in_scope(actor: Actor) -> sa.ColumnElement[bool]:
    """The messages that an actor may see: of the centers of the grants, or all."""
    scope = actor.scope(Permission.MESSAGES_READ)
    return sa.true() if scope.everything else Row.center_id.in_(sorted(scope.centers))


def can_retry(row: Any, now: datetime) -> bool:
    """True for a message that did not arrive for sure and that may still be told. Its words must be there:
    those of one-time codes are gone."""
    ended = row.state in ("failed", "unsure") or (row.state == "skipped" and row.reason in _MAY_FOLLOW)
    return ended and row.content_cipher != "" and (row.expires_at is None or row.expires_at > now)


def _retryable(now: datetime) -> sa.ColumnElement[bool]:
    """Failed for certain; an unsure one is decided one by one."""
    in_time = sa.or_(Row.expires_at.is_(None), Row.expires_at > now)
    return sa.and_(Row.state == "failed", Row.content_cipher != "", in_time)


def _again(row: Row, actor: Actor, now: datetime) -> None:
    audit.record(
        "message.retried", "message", row.id, actor=actor, now=now, scope=_scope(row), was=row.state,
        kind=row.kind,
    )  # fmt: skip
    row.state, row.reason, row.error, row.attempts = "waiting", "", "", 0
    row.not_before, row.lease_until, row.updated_at = now, None, now


def _scope(row: Row) -> str:
    return f"center:{row.center_id}" if row.center_id else ""


def _locked(message_id: int, actor: Actor) -> Row:
    """The row, locked. Raises NotFound outside the actor's scope."""
    require(actor, Permission.MESSAGES_READ)
    statement = sa.select(Row).where(Row.id == message_id, in_scope(actor)).with_for_update()
    row: Row | None = db.session.scalar(statement)
    if row is None:
        raise NotFound()
    return row


def retry_message(*, message_id: int, actor: Actor, now: datetime) -> None:
    """Put one message back in line with all its tries. Raises NotFound, and Conflict when it cannot be sent
    again (it was sent meanwhile, is too late, or its words are gone)."""
    row = _locked(message_id, actor)
    if not can_retry(row, now):
        raise Conflict("message_not_retryable", _("Pesan ini tidak dapat dikirim ulang lagi."))
    _again(row, actor, now)
    on_commit(wake)


def retry_failed(*, actor: Actor, now: datetime) -> int:
    """Put the oldest AT_ONCE failed messages of the actor's scope back in line; how many."""
    require(actor, Permission.MESSAGES_READ)
    statement = (
        sa.select(Row)
        .where(in_scope(actor), _retryable(now))
        .order_by(Row.id)
        .limit(AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    rows = list(db.session.scalars(statement))
    for row in rows:
        _again(row, actor, now)
    if rows:
        on_commit(wake)
    else:
        audit.record("message.retried", "message", "-", actor=actor, now=now, count=0)
    return len(rows)


def settle_message(*, message_id: int, actor: Actor, now: datetime) -> None:
    """Take an unsure message as arrived. Raises NotFound, and Conflict when it is not unsure."""
    row = _locked(message_id, actor)
    if row.state != "unsure":
        raise Conflict("message_not_unsure", _("Pesan ini tidak sedang menunggu kepastian."))
    audit.record("message.settled", "message", row.id, actor=actor, now=now, scope=_scope(row), kind=row.kind)
    row.state, row.error, row.sent_at, row.updated_at = "sent", "", row.updated_at, now
