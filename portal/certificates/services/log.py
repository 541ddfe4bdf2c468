"""Appending to the transparency log, in the transaction of the event that a leaf stands for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.certificates import merkle
from portal.certificates.models import LogHead, LogLeaf, LogNode

_NODE = sa.select(LogNode.hash).where(
    LogNode.level == sa.bindparam("level"), LogNode.position == sa.bindparam("position")
)


@dataclass(frozen=True)
class Entry:
    """What one leaf says: the event's type, the commitment (hex), the center's code and the key's kid."""

    type: str
    cert_commit: str
    center: str
    kid: str


def append_leaves(session: Session, entries: Sequence[Entry], now: datetime) -> list[int]:
    """Append leaves and the subtrees they complete; their indexes in order. Locks the log's head row."""
    size = session.execute(
        sa.update(LogHead)
        .where(LogHead.id == 1)
        .values(size=LogHead.size + len(entries))
        .returning(LogHead.size)
    ).scalar_one() - len(entries)
    made: dict[tuple[int, int], bytes] = {}

    def node(level: int, position: int) -> bytes:
        if (level, position) not in made:
            made[level, position] = session.execute(
                _NODE, {"level": level, "position": position}
            ).scalar_one()
        return made[level, position]

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
        for level, position, digest in merkle.nodes_for_append(seq, merkle.leaf_hash(data), node):
            made[level, position] = digest
            nodes.append({"level": level, "position": position, "hash": digest})
    session.execute(sa.insert(LogLeaf), leaves)
    session.execute(sa.insert(LogNode), nodes)
    return list(range(size, size + len(entries)))
