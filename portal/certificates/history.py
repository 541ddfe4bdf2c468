"""A certificate's history held against the log: every event must be the leaf that it names. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from . import jcs
from .rules import Check, Outcome


@dataclass(frozen=True)
class LoggedEvent:
    """One event of a certificate's history, and the bytes of the leaf it names (None: not in the log)."""

    type: str
    log_index: int
    leaf: bytes | None


def check_log(events: Sequence[LoggedEvent], *, log_index: int, kid: str, commit: str) -> Check:
    """Hold a history, oldest first, against the log: every event must be the leaf it names.

    `log_index`, `kid` and `commit` (hex) are the certificate's own. Its time is when the log took the issue.
    UNKNOWN when a leaf is missing, FAILED when one tells another story.
    """
    taken: datetime | None = None
    missing = not events
    last = -1
    for position, event in enumerate(events):
        if event.leaf is None:
            missing = True
            continue
        leaf = _read_leaf(event.leaf)
        told = {"seq": event.log_index, "type": event.type, "kid": kid, "cert_commit": commit}
        is_first = position == 0
        in_place = event.log_index == log_index if is_first else event.log_index > last
        if any(leaf.get(name) != value for name, value in told.items()) or not in_place:
            return Check("log", Outcome.FAILED, None)
        if is_first:
            taken = datetime.fromtimestamp(leaf["time"] / 1000, UTC)
        last = event.log_index
    return Check("log", Outcome.UNKNOWN, None) if missing else Check("log", Outcome.PASSED, taken)


def _read_leaf(data: bytes) -> dict[str, Any]:
    """The members of a leaf; {} for bytes that are none, which then fits nothing."""
    try:
        leaf = jcs.parse(data)
        datetime.fromtimestamp(leaf["time"] / 1000, UTC)
    except (ValueError, KeyError, TypeError, OverflowError, OSError):
        return {}
    return dict(leaf)
