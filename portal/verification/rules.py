"""What a stranger is shown: masked names, name match, the sentence of each verdict. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from portal.certificates import jcs
from portal.certificates.rules import Check, Outcome

_WORD = re.compile(r"[^\W\d_]+", re.UNICODE)
LATE_DAYS = 3
#: Clocks of honest machines differ by less.
CLOCK_TOLERANCE = timedelta(minutes=5)


def mask_name(name: str) -> str:
    """`Dewi Lestari` -> `D••• L••••••`: each word's first letter and its length, punctuation kept."""
    return _WORD.sub(lambda word: word.group()[0] + "•" * (len(word.group()) - 1), name)


def name_key(name: str) -> str:
    """A name for comparing: without case, marks, punctuation, and academic titles after a comma."""
    bare = unicodedata.normalize("NFKD", name.split(",")[0].casefold())
    letters = "".join(
        c if c.isalpha() else " " for c in bare if not unicodedata.combining(c) and c not in "'’`"
    )
    return " ".join(letters.split())


def names_match(typed: str, signed: str) -> bool:
    """True when the typed name is the signed one (titles, case and punctuation aside)."""
    return bool(name_key(typed)) and name_key(typed) == name_key(signed)


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


def _read_leaf(data: bytes) -> dict[str, object]:
    """The members of a leaf; {} for bytes that are none, which then fits nothing."""
    try:
        leaf = jcs.parse(data)
        datetime.fromtimestamp(leaf["time"] / 1000, UTC)
    except (ValueError, KeyError, TypeError, OverflowError, OSError):
        return {}
    return dict(leaf)


def is_clock_right(now: datetime, known: Sequence[datetime | None]) -> bool:
    """False when something that is known to have happened lies ahead: then the clock is slow."""
    return all(moment is None or moment <= now + CLOCK_TOLERANCE for moment in known)


def is_late(issued: datetime, logged: datetime | None) -> bool:
    """Whether the log took it more than three days from the day it claims."""
    return logged is not None and abs(logged - issued) > timedelta(days=LATE_DAYS)
