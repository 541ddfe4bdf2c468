"""Reads of the transparency log: the newest checkpoint, proofs, and tiles as C2SP lays them out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import sqlalchemy as sa
from flask import current_app
from sqlalchemy.orm import Session

from portal.certificates import checkpoints, issuer, merkle
from portal.certificates.keys import keys
from portal.certificates.models import Certificate, LogCheckpoint, LogHead, LogLeaf, LogNode
from portal.core.db import db
from portal.core.errors import DomainError, NotFound

_COLUMNS = (LogCheckpoint.size, LogCheckpoint.root, LogCheckpoint.edge, LogCheckpoint.note)
_NEWEST = (
    sa.select(LogHead.size.label("grown"), *_COLUMNS)
    .outerjoin(LogCheckpoint, LogCheckpoint.size == LogHead.size)
    .where(LogHead.id == 1)
)
_OF_SIZE = sa.select(*_COLUMNS).where(LogCheckpoint.size == sa.bindparam("size"))
_TILE = (
    sa.select(LogNode.hash)
    .where(
        LogNode.level == sa.bindparam("level"),
        LogNode.position >= sa.bindparam("start"),
        LogNode.position < sa.bindparam("end"),
    )
    .order_by(LogNode.position)
)
_ENTRIES = (
    sa.select(LogLeaf.data)
    .where(LogLeaf.seq >= sa.bindparam("start"), LogLeaf.seq < sa.bindparam("end"))
    .order_by(LogLeaf.seq)
)


@dataclass(frozen=True)
class SignedTree:
    """A checkpoint as served: how many leaves, their root, the hashes of the tree's edge, the signed note."""

    size: int
    root: bytes
    edge: tuple[bytes, ...]
    note: str


def latest_checkpoint() -> SignedTree | None:
    """The checkpoint over the whole log, signed by the log's key of now; None for an empty log.

    One statement. Where no stored checkpoint covers the log, or its key or the portal's host has changed
    since, the note is signed for this answer and not kept. Raises DomainError (`key_unavailable`,
    `log_damaged`).
    """
    row = db.session.execute(_NEWEST).one()
    if row.grown == 0:
        return None
    if row.size is None:
        edge = read_edge(db.session(), row.grown)
        root = merkle.fold(edge)
        return SignedTree(row.grown, root, tuple(edge), _sign(row.grown, root))
    tree = _tree(row)
    return tree if _is_by_todays_key(tree.note) else replace(tree, note=_sign(row.size, tree.root))


def checkpoint_of_size(size: int) -> SignedTree | None:
    """The stored checkpoint over the first `size` leaves; None when there is none."""
    row = db.session.execute(_OF_SIZE, {"size": size}).one_or_none()
    return None if row is None else _tree(row)


def log_size() -> int:
    """How many leaves the log has."""
    return int(db.session.scalar(sa.select(LogHead.size).where(LogHead.id == 1)) or 0)


def proof_text(certificate: Certificate, size: int | None = None) -> str:
    """The tlog-proof of a certificate's issue leaf under the newest checkpoint, or the stored one of `size`.

    Two statements. Raises NotFound when there is no such checkpoint or it does not reach the leaf, and
    DomainError as `latest_checkpoint` does.
    """
    tree = latest_checkpoint() if size is None else checkpoint_of_size(size)
    index = certificate.log_index
    if tree is None or index >= tree.size:
        raise NotFound()
    path = merkle.inclusion_proof(index, tree.size, reader(tree, index))
    return checkpoints.write_proof(index, path, tree.note)


def reader(tree: SignedTree, index: int) -> merkle.GetNode:
    """What the audit path of a leaf needs: the checkpoint's edge and, in one statement, hashes below it."""
    known = dict(zip(merkle.edge(tree.size), tree.edge, strict=True))
    asked = merkle.reads_of(lambda get: merkle.inclusion_proof(index, tree.size, get))
    known |= read_nodes(db.session(), [place for place in asked if place not in known])
    return lambda level, position: known[level, position]


def consistency(old: int, new: int) -> list[bytes]:
    """The proof that the first `new` leaves begin with the first `old`: two statements.

    Raises DomainError (`bad_sizes`) unless 0 <= old <= new and the log has that many.
    """
    if not 0 <= old <= new or new > log_size():
        raise DomainError("bad_sizes", "0 <= old <= new <= the log's size")
    asked = merkle.reads_of(lambda get: merkle.consistency_proof(old, new, get))
    known = read_nodes(db.session(), asked)
    return merkle.consistency_proof(old, new, lambda level, position: known[level, position])


def tile(level: int, index: int, width: int) -> bytes | None:
    """The hashes of a tile, or of its first `width`; None when the log does not reach that far."""
    start = index * checkpoints.TILE_WIDTH
    found = db.session.scalars(_TILE, {"level": 8 * level, "start": start, "end": start + width}).all()
    return b"".join(found) if len(found) == width else None


def entries(index: int, width: int) -> bytes | None:
    """The entry bundle beside tile `index` of level 0; None when the log does not reach that far."""
    start = index * checkpoints.TILE_WIDTH
    found = db.session.scalars(_ENTRIES, {"start": start, "end": start + width}).all()
    return checkpoints.write_bundle(found) if len(found) == width else None


def read_nodes(session: Session, places: Iterable[tuple[int, int]]) -> dict[tuple[int, int], bytes]:
    """The stored hashes at (level, position): one statement. Raises DomainError (`log_damaged`)."""
    wanted = list(places)
    if not wanted:
        return {}
    rows = session.execute(
        sa.select(LogNode.level, LogNode.position, LogNode.hash).where(
            sa.or_(*(sa.and_(LogNode.level == level, LogNode.position == at) for level, at in wanted))
        )
    )
    found = {(row.level, row.position): bytes(row.hash) for row in rows}
    if len(found) != len(set(wanted)):
        raise log_damaged()
    return found


def read_edge(session: Session, size: int) -> list[bytes]:
    """The hashes of the complete subtrees of the first `size` leaves, largest first: one statement."""
    found = read_nodes(session, merkle.edge(size))
    return [found[place] for place in merkle.edge(size)]


def log_damaged() -> DomainError:
    """The refusal of a log whose stored tree is not the one that was signed."""
    return DomainError(
        "log_damaged",
        "Buku catatan tidak cocok dengan yang terakhir ditandatangani. "
        "Jalankan `flask --app wsgi log check`.",
    )


def log_origin() -> str:
    """The log's name."""
    return issuer.origin(current_app.extensions["portal_settings"].base_url)


def _tree(row: sa.Row) -> SignedTree:
    edge = bytes(row.edge)
    hashes = tuple(edge[at : at + 32] for at in range(0, len(edge), 32))
    return SignedTree(row.size, bytes(row.root), hashes, row.note)


def _is_by_todays_key(note: str) -> bool:
    """True also where the key is not to be had: an older signature is better than none."""
    try:
        signer = keys().standing("log")
    except DomainError:
        return True
    wanted = (log_origin(), issuer.note_key_hash(log_origin(), signer.public_key))
    return any(wanted == (name, key_hash) for name, key_hash, _signature in checkpoints.signatures(note))


def _sign(size: int, root: bytes) -> str:
    return checkpoints.sign_checkpoint(log_origin(), size, root, keys().standing("log"))
