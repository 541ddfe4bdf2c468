"""Leaves without certificates, and trees too large to fill, for tests of the transparency log."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from portal.certificates import issuer, merkle
from portal.certificates.checkpoints import Verifier
from portal.certificates.keys import keys
from portal.certificates.models import LogHead, LogNode
from portal.certificates.queries import log
from portal.certificates.services.log import Entry, append_leaves, cover_log
from portal.core.db import transaction
from portal.core.permissions import SYSTEM
from tests.support.apps import BASE_URL

KID = "bpvp-ska-2026-1"


def append(count: int, now: datetime, center: str = "BPVP-SKA", kid: str = KID) -> list[int]:
    """Append made-up issue leaves in a transaction of their own; their indexes."""
    entries = [Entry("issue", hashlib.sha256(b"%d" % n).hexdigest(), center, kid) for n in range(count)]
    with transaction() as session:
        return append_leaves(session, entries, now)


def verifier_of_log() -> Verifier:
    """What a stranger trusts: the portal's host and the log's public key of now."""
    return Verifier(log.log_origin(), keys().standing("log").public_key)


def vkey_of_log() -> str:
    """The same as text."""
    return issuer.vkey(issuer.origin(BASE_URL), keys().standing("log").public_key)


def make_tree(size: int, indexes: Sequence[int], now: datetime) -> dict[int, bytes]:
    """A log of `size` leaves of which only those at `indexes` have a place: {index: leaf hash}.

    Subtrees without any of them have made-up hashes; what is stored is the tree's edge and every hash that
    an audit path of theirs reads.
    """
    wanted = set(merkle.edge(size))
    for index in indexes:
        asked = merkle.reads_of(lambda get, at=index: merkle.inclusion_proof(at, size, get))  # type: ignore[misc]
        wanted |= set(asked)

    def node(level: int, at: int) -> bytes:
        if level and any(index >> level == at for index in indexes):
            return merkle.node_hash(node(level - 1, 2 * at), node(level - 1, 2 * at + 1))
        return hashlib.sha256(b"%d.%d" % (level, at)).digest()

    rows = [{"level": level, "position": at, "hash": node(level, at)} for level, at in sorted(wanted)]
    with transaction() as session:
        session.execute(sa.insert(LogNode), rows)
        session.execute(sa.update(LogHead).values(size=size))
        cover_log(session, actor=SYSTEM, now=now)
    return {index: node(0, index) for index in indexes}
