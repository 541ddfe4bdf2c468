"""What a stranger is shown: masked names, name match, the sentence of each verdict. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from datetime import datetime, timedelta

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


def is_clock_right(now: datetime, known: Sequence[datetime | None]) -> bool:
    """False when something that is known to have happened lies ahead: then the clock is slow."""
    return all(moment is None or moment <= now + CLOCK_TOLERANCE for moment in known)


def is_late(issued: datetime, logged: datetime | None) -> bool:
    """Whether the log took it more than three days from the day it claims."""
    return logged is not None and abs(logged - issued) > timedelta(days=LATE_DAYS)
