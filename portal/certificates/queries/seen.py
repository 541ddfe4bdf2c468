"""How far the log had grown, kept beside the keys: a database restored from an older backup forgets it.

A log that grows again from an older backup would sign a second tree of a size that it has signed before, and
nobody inside would notice: checkpoints lie in the same database.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import sqlalchemy as sa
from flask import current_app
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from portal.certificates.keystore import KeyStoreError, write_private
from portal.certificates.models import LogCheckpoint, LogNode

FILE = "log-seen.json"


@dataclass(frozen=True)
class Seen:
    """A tree that was signed: its size and root, and the hash of its first leaf, which tells one log from
    another; hashes in hex."""

    first: str
    size: int
    root: str


def read_seen() -> Seen | None:
    """What was kept last; None when nothing was. Raises KeyStoreError (`damaged`)."""
    path: Path | None = current_app.extensions["log_seen"]
    try:
        return Seen(**json.loads(path.read_text("utf-8"))) if path else None
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError) as error:
        raise KeyStoreError("damaged", f"{FILE} tidak dapat dibaca; pulihkan dari cadangan kunci.") from error


def keep_seen(connection: Connection | Session) -> None:
    """Keep the newest tree, unless the database has forgotten a larger one. Raises KeyStoreError."""
    path: Path | None = current_app.extensions["log_seen"]
    newest = connection.execute(
        sa.select(LogCheckpoint.size, LogCheckpoint.root).order_by(LogCheckpoint.size.desc()).limit(1)
    ).first()
    first = first_leaf(connection)
    if path is None or newest is None or first is None or any(forgotten(connection)):
        return
    found = Seen(first, newest.size, bytes(newest.root).hex())
    if found == read_seen():
        return
    try:
        write_private(path, json.dumps(asdict(found)).encode())
    except OSError as error:
        raise KeyStoreError("read_only", f"{FILE} tidak dapat ditulis; periksa izin foldernya.") from error


def forgotten(connection: Connection | Session) -> Iterator[str]:
    """A sentence when the database does not hold the tree that was kept. Raises KeyStoreError."""
    seen = read_seen()
    if seen is None or first_leaf(connection) not in (seen.first, None):
        return
    root = connection.scalar(sa.select(LogCheckpoint.root).where(LogCheckpoint.size == seen.size))
    if root is None:
        yield f"{seen.size} leaves had been signed before, the database does not hold them: an older backup"
    elif bytes(root).hex() != seen.root:
        yield f"another root had been signed over {seen.size} leaves before: the database is another"


def is_shorter(session: Session, size: int) -> bool:
    """Whether this log of `size` leaves was longer once; no statement unless it may be.

    Raises KeyStoreError.
    """
    seen = read_seen()
    return seen is not None and size < seen.size and first_leaf(session) == seen.first


def first_leaf(connection: Connection | Session) -> str | None:
    """The hash of leaf 0 in hex; None for an empty log."""
    found = connection.scalar(sa.select(LogNode.hash).where(LogNode.level == 0, LogNode.position == 0))
    return bytes(found).hex() if found else None
