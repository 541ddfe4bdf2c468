"""The audit trail: one hash chain of events, written in the transaction of the change it tells of.

hash = SHA-256(JCS-like JSON of {seq, at, actor, action, object, scope, data, prev}). Events are collected
while the use case runs and written just before the commit, so that the one head row is locked briefly.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from portal.core.db import BigId, JsonText, UtcDateTime, before_commit, db, is_writing
from portal.core.permissions import Actor

GENESIS = "0" * 64


class AuditEvent(db.Model):  # type: ignore[name-defined]
    """Insert-only (triggers reject UPDATE and DELETE)."""

    __tablename__ = "audit_event"
    seq: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(UtcDateTime())
    actor_id: Mapped[int | None]
    actor_name: Mapped[str] = mapped_column(sa.String(120))
    action: Mapped[str] = mapped_column(sa.String(60), index=True)
    object_kind: Mapped[str] = mapped_column(sa.String(40))
    object_id: Mapped[str] = mapped_column(sa.String(64))
    scope: Mapped[str] = mapped_column(sa.String(64), default="")
    data: Mapped[Any] = mapped_column(JsonText())
    prev_hash: Mapped[str] = mapped_column(sa.String(64))
    hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    __table_args__ = (sa.Index("ix_audit_event_object", "object_kind", "object_id"),)


class AuditHead(db.Model):  # type: ignore[name-defined]
    """The end of the chain: one row, locked by whoever appends."""

    __tablename__ = "audit_head"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    seq: Mapped[int]
    hash: Mapped[str] = mapped_column(sa.String(64))
    __table_args__ = (sa.CheckConstraint("id = 1", name="one_row"),)


def record(
    action: str,
    object_kind: str,
    object_id: object,
    *,
    actor: Actor,
    now: datetime,
    scope: str = "",
    **data: Any,
) -> None:
    """Add one event to the running transaction. `data` is plain JSON and holds no personal data."""
    if not is_writing():
        raise RuntimeError("an audit event needs a transaction")
    db.session().info.setdefault("audit", []).append(
        {
            "at": now,
            "actor_id": actor.user_id,
            "actor_name": actor.name[:120],
            "action": action,
            "object_kind": object_kind,
            "object_id": str(object_id),
            "scope": scope,
            "data": data,
        }
    )


def pending(action: str) -> list[str]:
    """The object ids of this transaction's events of one action so far."""
    return [event["object_id"] for event in db.session().info.get("audit", []) if event["action"] == action]


def event_hash(event: dict[str, Any], seq: int, prev: str) -> str:
    """The chain hash (hex) of one event; `event` as stored, times to the microsecond in UTC."""
    body = {
        "seq": seq,
        "at": event["at"].astimezone(UTC).isoformat(timespec="microseconds"),
        "actor": [event["actor_id"], event["actor_name"]],
        "action": event["action"],
        "object": [event["object_kind"], event["object_id"]],
        "scope": event["scope"],
        "data": event["data"],
        "prev": prev,
    }
    text = json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


_TAKE = sa.update(AuditHead).where(AuditHead.id == 1).returning(AuditHead.seq, AuditHead.hash)


@before_commit
def write_pending(session: Session) -> None:
    """Chain and store the events of this transaction: three statements however many."""
    events: list[dict[str, Any]] = session.info.pop("audit", [])
    if not events:
        return
    head_seq, prev = session.execute(_TAKE.values(seq=AuditHead.seq + len(events))).one()
    rows = []
    for seq, event in enumerate(events, head_seq - len(events) + 1):
        digest = event_hash(event, seq, prev)
        rows.append({**event, "seq": seq, "prev_hash": prev, "hash": digest})
        prev = digest
    for start in range(0, len(rows), 1000):
        session.execute(sa.insert(AuditEvent.__table__), rows[start : start + 1000])
    session.execute(sa.update(AuditHead).where(AuditHead.id == 1).values(hash=prev))


def check_chain(session: Session) -> Iterator[str]:
    """Recompute the whole chain and yield one sentence for each fault: edit, removal, swap, truncation."""
    prev, last = GENESIS, 0
    columns = AuditEvent.__table__.columns
    for row in session.execute(sa.select(*columns).order_by(AuditEvent.seq)).mappings().yield_per(2000):
        if row["seq"] != last + 1:
            yield f"event {last + 1} is missing before {row['seq']}"
        if row["prev_hash"] != prev or event_hash(dict(row), row["seq"], row["prev_hash"]) != row["hash"]:
            yield f"event {row['seq']} does not match its hash"
        prev, last = row["hash"], row["seq"]
    head = session.execute(sa.select(AuditHead.seq, AuditHead.hash)).one()
    if (head.seq, head.hash) != (last, prev):
        yield f"the head says {head.seq} events, the table has {last}"


__all__ = ["AuditEvent", "AuditHead", "check_chain", "event_hash", "pending", "record", "write_pending"]
