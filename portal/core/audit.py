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


def head_columns() -> tuple[sa.Label[Any], sa.Label[Any]]:
    """The end of the chain as two columns for a read that a use case makes anyway; see `note_head`."""
    head = AuditHead.__table__.alias("chain_end")
    return tuple(  # type: ignore[return-value]
        sa.select(head.c[name]).where(head.c.id == 1).scalar_subquery().label(f"audit_{name}")
        for name in ("seq", "hash")
    )


def note_head(seq: int, digest: str) -> None:
    """The end of the chain as this transaction has read it, which spares the commit that read. Only where
    the transaction is the one writer of the database from its first statement on: SQLite."""
    if is_writing() and db.session.get_bind().dialect.name == "sqlite":
        db.session().info["audit_head"] = (seq, digest)


_HEAD = sa.select(AuditHead.seq, AuditHead.hash).where(AuditHead.id == 1).with_for_update()
# The old end is named, so that a head which moved meanwhile is a fault that is seen and not a fork.
_MOVE = (
    sa.update(AuditHead.__table__)
    .where(AuditHead.id == 1, AuditHead.seq == sa.bindparam("from_seq"))
    .values(seq=sa.bindparam("to_seq"), hash=sa.bindparam("to_hash"))
)
_ONE = sa.insert(AuditEvent.__table__).values({c.name: sa.bindparam(c.name) for c in AuditEvent.__table__.c})
_ONE_AND_MOVE = _MOVE.add_cte(_ONE.returning(AuditEvent.seq).cte("event"))


@before_commit
def write_pending(session: Session) -> None:
    """Chain and store the events of this transaction: at most three statements up to 1,000 events, two where
    the head is known already or PostgreSQL stores one event."""
    events: list[dict[str, Any]] = session.info.pop("audit", [])
    known: tuple[int, str] | None = session.info.pop("audit_head", None)
    if not events:
        return
    head_seq, prev = known or session.execute(_HEAD).one()
    rows = []
    for seq, event in enumerate(events, head_seq + 1):
        digest = event_hash(event, seq, prev)
        rows.append({**event, "seq": seq, "prev_hash": prev, "hash": digest})
        prev = digest
    move = {"from_seq": head_seq, "to_seq": head_seq + len(rows), "to_hash": prev}
    connection = session.connection()
    if len(rows) == 1 and connection.dialect.name == "postgresql":
        moved = connection.execute(_ONE_AND_MOVE, {**rows[0], **move}).rowcount
    else:
        for start in range(0, len(rows), 1000):
            connection.execute(sa.insert(AuditEvent.__table__), rows[start : start + 1000])
        moved = connection.execute(_MOVE, move).rowcount
    if moved != 1:
        raise RuntimeError("the end of the audit chain is not where it was read")


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


__all__ = [
    "AuditEvent",
    "AuditHead",
    "check_chain",
    "event_hash",
    "head_columns",
    "note_head",
    "pending",
    "record",
    "write_pending",
]
