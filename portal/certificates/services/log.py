"""Appending to the transparency log, in the transaction of the event that a leaf stands for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from flask import current_app
from sqlalchemy.orm import Session

from portal.certificates import checkpoints, issuer, merkle
from portal.certificates.keys import available, keys
from portal.certificates.models import LogCheckpoint, LogHead, LogLeaf, LogNode
from portal.certificates.queries.log import log_damaged, read_edge, read_nodes
from portal.certificates.queries.seen import is_shorter
from portal.core import audit
from portal.core.permissions import Actor

# By the table, not the class: the session need not look through its objects for a head.
_HEAD = LogHead.__table__
_TAKE = (
    sa.update(_HEAD)
    .where(_HEAD.c.id == 1)
    .values(size=_HEAD.c.size + sa.bindparam("count"))
    .returning(_HEAD.c.size)
)


@dataclass(frozen=True)
class Entry:
    """What one leaf says: the event's type, the commitment (hex), the center's code and the key's kid."""

    type: str
    cert_commit: str
    center: str
    kid: str


def append_leaves(session: Session, entries: Sequence[Entry], now: datetime) -> list[int]:
    """Append leaves, the subtrees they complete and the checkpoint over all; the leaves' indexes in order.

    Locks the log's head row; six statements, however many leaves. Raises DomainError (`key_unavailable`,
    or `log_damaged` when the stored tree is not the one that was signed last, or was longer once).
    """
    size = _take(session, len(entries))
    newest = _newest(session)
    if available(lambda: is_shorter(session, size)):
        raise log_damaged()
    made = read_nodes(session, merkle.edge(size))
    _refuse_another_tree(size, [made[place] for place in merkle.edge(size)], newest)
    leaves, nodes = [], []
    milliseconds = int(now.timestamp() * 1000)
    for seq, entry in enumerate(entries, size):
        data = merkle.leaf_bytes(
            seq=seq,
            type=entry.type,
            cert_commit=entry.cert_commit,
            center=entry.center,
            kid=entry.kid,
            time_ms=milliseconds,
        )
        leaves.append({"seq": seq, "data": data})
        for level, position, digest in merkle.nodes_for_append(seq, merkle.leaf_hash(data), _get(made)):
            made[level, position] = digest
            nodes.append({"level": level, "position": position, "hash": digest})
    if not leaves:
        return []
    session.execute(sa.insert(LogLeaf.__table__), leaves)
    session.execute(sa.insert(LogNode.__table__), nodes)
    grown = size + len(leaves)
    _store(session, grown, [made[place] for place in merkle.edge(grown)], newest, now)
    return list(range(size, grown))


def cover_log(session: Session, *, actor: Actor, now: datetime) -> int | None:
    """Store a checkpoint over a log that its newest checkpoint does not cover; the size, or None if it does.

    Only leaves from before there were checkpoints need it. Raises DomainError as `append_leaves` does.
    """
    size, newest = _take(session, 0), _newest(session)
    if size == 0 or (newest is not None and newest.size == size):
        return None
    hashes = read_edge(session, size)
    _refuse_another_tree(size, hashes, newest)
    _store(session, size, hashes, newest, now)
    audit.record("log.checkpoint", "log_checkpoint", size, actor=actor, now=now)
    return size


def _take(session: Session, count: int) -> int:
    """The size before; nobody else appends until this transaction ends."""
    return int(session.execute(_TAKE, {"count": count}).scalar_one()) - count


def _newest(session: Session) -> LogCheckpoint | None:
    return session.scalar(sa.select(LogCheckpoint).order_by(LogCheckpoint.size.desc()).limit(1))


def _refuse_another_tree(size: int, hashes: Sequence[bytes], newest: LogCheckpoint | None) -> None:
    """A log signs nothing that contradicts what it signed before (C2SP tlog-checkpoint)."""
    if newest is None or newest.size < size:
        return
    if newest.size > size or bytes(newest.root) != merkle.fold(hashes):
        raise log_damaged()


def _store(
    session: Session, size: int, hashes: Sequence[bytes], newest: LogCheckpoint | None, now: datetime
) -> None:
    origin = issuer.origin(current_app.extensions["portal_settings"].base_url)
    root = merkle.fold(hashes)
    row = {
        "size": size,
        "position": 0 if newest is None else newest.position + 1,
        "root": root,
        "edge": b"".join(hashes),
        "note": checkpoints.sign_checkpoint(origin, size, root, keys().standing("log")),
        "at": now,
    }
    session.execute(sa.insert(LogCheckpoint), [row])


def _get(made: dict[tuple[int, int], bytes]) -> merkle.GetNode:
    return lambda level, position: made[level, position]
