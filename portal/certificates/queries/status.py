"""The status lists' bits, read from the events.

Every certificate has one place, drawn at random when it was issued. Lists come in pairs of 131,072 places:
place i is bit i % 131072 of pair i // 131072, whose revocation list has the odd number and whose suspension
list the even one after it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from portal.certificates import rules
from portal.certificates.models import Certificate, CertificateEvent, LogHead, LogLeaf, LogNode
from portal.certificates.rules import LIST_SIZE, RecordedState
from portal.core.db import db

_IN_LIST = {
    "revocation": (RecordedState.REVOKED, RecordedState.REPLACED),
    "suspension": (RecordedState.SUSPENDED,),
}
_CHANGES = (
    sa.select(Certificate.status_index, CertificateEvent.type)
    .join(CertificateEvent, CertificateEvent.certificate_id == Certificate.id)
    .where(
        CertificateEvent.type != "issue",
        Certificate.status_index.between(sa.bindparam("first"), sa.bindparam("last")),
    )
    .order_by(Certificate.id, CertificateEvent.position)
)
_HEAD = sa.select(
    LogHead.size,
    sa.select(LogNode.hash)
    .where(LogNode.level == 0, LogNode.position == LogHead.size - 1)
    .scalar_subquery()
    .label("last"),
).where(LogHead.id == 1)


def list_purpose(number: int) -> str:
    """`revocation` for odd list numbers, `suspension` for even ones."""
    return "revocation" if number % 2 else "suspension"


def list_count() -> int:
    """How many pairs of lists there are, at least one."""
    highest = db.session.scalar(sa.select(sa.func.max(Certificate.status_index)))
    return (highest or 0) // LIST_SIZE + 1


def status_bits(list_number: int) -> bytes:
    """16,384 bytes of list `list_number` (from 1); place 0 is the first byte's most significant bit."""
    first = (list_number - 1) // 2 * LIST_SIZE
    histories: dict[int, list[str]] = {}
    for place, kind in db.session.execute(_CHANGES, {"first": first, "last": first + LIST_SIZE - 1}):
        histories.setdefault(place - first, []).append(kind)
    bits = bytearray(LIST_SIZE // 8)
    wanted = _IN_LIST[list_purpose(list_number)]
    for place, kinds in histories.items():
        if rules.state_from_events(kinds) in wanted:
            bits[place // 8] |= 0x80 >> place % 8
    return bytes(bits)


@dataclass(frozen=True)
class LogMark:
    """Changes with every event: the log's size, its last leaf's hash, and when that was taken (aware)."""

    size: int
    last: bytes

    @property
    def at(self) -> datetime | None:
        """When the last event was recorded; None for an empty log. One statement."""
        data = db.session.scalar(sa.select(LogLeaf.data).where(LogLeaf.seq == self.size - 1))
        return rules.leaf_time(bytes(data)) if data else None


def log_mark() -> LogMark:
    """What tells whether anything was issued or changed since. One statement."""
    row: Any = db.session.execute(_HEAD).one()
    return LogMark(row.size, bytes(row.last or b""))
