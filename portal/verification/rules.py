"""What a stranger is shown: masked names, name match, the sentence of each verdict. Pure."""

from __future__ import annotations

import re
import unicodedata

_WORD = re.compile(r"[^\W\d_]+", re.UNICODE)
LATE_DAYS = 3


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
