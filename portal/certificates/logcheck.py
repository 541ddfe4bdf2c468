"""Recomputing the transparency log from its leaves up: every hash, every checkpoint, the head.

Everything is read in order and once, so that a log of any size fits in memory. What is found is told in one
sentence a fault; logrecords.py goes on to the certificates and events that the leaves stand for.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from portal.certificates import checkpoints, merkle
from portal.certificates.checkpoints import NoteError, Verifier
from portal.certificates.keys import keys
from portal.certificates.keystore import KeyEntry
from portal.certificates.models import LogCheckpoint, LogHead, LogLeaf, LogNode
from portal.certificates.watching import read_leaf
from portal.core.audit import AuditEvent
from portal.core.db import db

_CHUNK = 1000
_OPEN = "balai_streams"


@contextmanager
def snapshot() -> Iterator[Connection]:
    """A connection whose reads all see the database as it was at the first of them."""
    with db.engine.connect() as connection:
        if connection.dialect.name == "postgresql":
            connection = connection.execution_options(isolation_level="REPEATABLE READ")
            # A page may not wait this long; an auditor may.
            connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
        try:
            yield connection
        finally:
            # A reader that stopped halfway has left its rows open, and would find the connection gone later.
            for result in connection.info.pop(_OPEN, ()):
                result.close()


def stream(connection: Connection, query: sa.Executable) -> Iterator[Any]:
    """The rows of a query on a snapshot, a thousand in memory at a time."""
    result = connection.execute(query, execution_options={"yield_per": _CHUNK})
    connection.info.setdefault(_OPEN, []).append(result)
    return iter(result)


def milliseconds(moment: datetime) -> int:
    """A moment as leaves write it: unix milliseconds, cut."""
    return int(moment.timestamp() * 1000)


def check_tree(connection: Connection) -> Iterator[str]:
    """Yield a sentence for every leaf, hash, checkpoint and head that does not fit the others."""
    tree, points = _Tree(connection), _Checkpoints(connection)
    time: int | None = None
    for row in stream(connection, sa.select(LogLeaf.seq, LogLeaf.data).order_by(LogLeaf.seq)):
        if row.seq != tree.size:
            yield f"leaf {tree.size} is missing before leaf {row.seq}; what follows cannot be recomputed"
            return
        leaf = read_leaf(bytes(row.data), row.seq)
        if leaf is None:
            yield f"leaf {row.seq} is not a leaf of this place in canonical form"
        time = leaf["time"] if leaf else None
        yield from tree.add(merkle.leaf_hash(bytes(row.data)))
        yield from points.compare(tree.size, tree.edge, time)
    yield from tree.rest()
    yield from points.rest(tree.size)
    head = connection.scalar(sa.select(LogHead.size).where(LogHead.id == 1))
    if head != tree.size:
        yield f"the head says {head} leaves, the log has {tree.size}"


class _Rows:
    """Rows in the order of a number, taken one by one as their number comes up."""

    def __init__(self, rows: Iterator[Any], number: str) -> None:
        self._rows, self._name = rows, number
        self._next = next(rows, None)

    def before(self, number: int) -> Iterator[Any]:
        """Take the rows with smaller numbers."""
        while self._next is not None and getattr(self._next, self._name) < number:
            row, self._next = self._next, next(self._rows, None)
            yield row

    def take(self, number: int) -> Any:
        """Take the row of that number; None when there is none."""
        if self._next is None or getattr(self._next, self._name) != number:
            return None
        row, self._next = self._next, next(self._rows, None)
        return row

    def rest(self) -> Iterator[Any]:
        """Take all that are left."""
        while self._next is not None:
            row, self._next = self._next, next(self._rows, None)
            yield row


class _Tree:
    """The tree grown again from its leaves, each completed subtree compared with the stored hash."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._levels: list[_Rows] = []
        self.size = 0
        self.edge: list[bytes] = []

    def add(self, leaf: bytes) -> Iterator[str]:
        """Grow by one leaf hash. Where a leaf's stored hash is another, the tree goes on with the stored one:
        the sentence is then about the leaf, not about all that is above it."""
        faults, stored = self._compare(0, self.size, leaf)
        yield from faults
        current, level, index = stored or leaf, 0, self.size
        while index & 1:
            current = merkle.node_hash(self.edge.pop(), current)
            level, index = level + 1, index >> 1
            faults, _stored = self._compare(level, index, current)
            yield from faults
        self.edge.append(current)
        self.size += 1

    def rest(self) -> Iterator[str]:
        """Hashes over leaves that are not there."""
        for level, rows in enumerate(self._levels):
            yield from (_stray(level, row.position) for row in rows.rest())
        query = sa.select(LogNode.level, LogNode.position).where(
            sa.or_(LogNode.level >= len(self._levels), LogNode.level < 0)
        )
        yield from (_stray(row.level, row.position) for row in stream(self._connection, query))

    def _compare(self, level: int, index: int, wanted: bytes) -> tuple[list[str], bytes | None]:
        if level == len(self._levels):
            query = sa.select(LogNode.position, LogNode.hash).where(LogNode.level == level)
            rows = stream(self._connection, query.order_by(LogNode.position))
            self._levels.append(_Rows(rows, "position"))
        rows_of_level = self._levels[level]
        faults = [_stray(level, row.position) for row in rows_of_level.before(index)]
        row = rows_of_level.take(index)
        if row is None:
            return [*faults, f"the hash at level {level}, position {index} is missing"], None
        stored = bytes(row.hash)
        if stored == wanted:
            return faults, stored
        what = f"leaf {index} does not match its hash"
        if level:
            what = f"the hash at level {level}, position {index} does not match those below it"
        return [*faults, what], stored if len(stored) == 32 else None


def _stray(level: int, position: int) -> str:
    return f"the hash at level {level}, position {position} stands over leaves that are not there"


class _Checkpoints:
    """The stored checkpoints, compared with the tree as it reaches their sizes."""

    def __init__(self, connection: Connection) -> None:
        table = LogCheckpoint.__table__
        self._rows = _Rows(stream(connection, sa.select(*table.columns).order_by(table.c.size)), "size")
        self._keys = [entry for entry in keys().entries() if entry.purpose == "log"]
        made = connection.execute(
            sa.select(AuditEvent.object_id, AuditEvent.at).where(AuditEvent.action == "log.checkpoint")
        )
        self._by_timer = {int(row.object_id): row.at for row in made}
        self._count = self._last = 0

    def compare(self, size: int, edge: Sequence[bytes], time: int | None) -> Iterator[str]:
        """The checkpoint of `size`, if there is one; `time` is that of the last leaf under it."""
        for row in self._rows.before(size):
            yield f"a checkpoint stands over {row.size} leaves, which no log has"
        row = self._rows.take(size)
        if row is None:
            return
        name = f"the checkpoint over {size} leaves"
        if row.position != self._count:
            yield f"{name} says it is number {row.position}, but {self._count} come before it"
        self._count, self._last = row.position + 1, size
        root = merkle.fold(edge)
        if bytes(row.root) != root or bytes(row.edge) != b"".join(edge):
            yield f"{name} has another root or edge than its leaves"
        fault = _note_fault(row, root, self._keys)
        if fault:
            yield f"{name}: {fault}"
        made = milliseconds(self._by_timer[size]) if size in self._by_timer else time
        if made is not None and milliseconds(row.at) != made:
            yield f"{name} has another time than when it was made"

    def rest(self, size: int) -> Iterator[str]:
        """What no leaf is left for, and leaves that no checkpoint covers."""
        for row in self._rows.rest():
            yield f"a checkpoint covers {row.size} leaves, the log has {size}: it was cut short"
        if self._last < size:
            yield f"no checkpoint covers the last {size - self._last} of {size} leaves"


def _note_fault(row: Any, root: bytes, entries: Sequence[KeyEntry]) -> str | None:
    """Why the note of a checkpoint is not to be believed; None when it is."""
    try:
        names = [(name, key_hash) for name, key_hash, _signature in checkpoints.signatures(row.note)]
    except NoteError as error:
        return str(error)
    if len(names) != 1:
        return f"its note has {len(names)} signatures instead of one"
    name, key_hash = names[0]
    for entry in entries:
        verifier = Verifier(name, entry.raw_key)
        if verifier.key_hash != key_hash:
            continue
        try:
            said = checkpoints.open_checkpoint(row.note, verifier)
        except NoteError as error:
            return str(error)
        if (said.size, said.root) != (row.size, root):
            return "its note says another size or root"
        return _not_in_force(entry, row)
    return "its note is not signed by a key of this log"


def _not_in_force(entry: KeyEntry, row: Any) -> str | None:
    made = row.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if entry.retired and made > entry.retired:
        return f"its key {entry.kid} had been retired"
    if entry.revoked_at is not None and row.size > entry.revoked_at:
        return f"its key {entry.kid} is revoked from leaf {entry.revoked_at} on"
    return None
