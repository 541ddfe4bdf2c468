"""When two spellings mean the same cooperative: pure rules."""

from __future__ import annotations

import re
import unicodedata

from portal.people.rules import read_cooperative_name

KEY_LENGTH = 200
VILLAGE_KINDS = frozenset({"village", "urban_village"})


def match_key(kind: str, name: str, region_code: str) -> str:
    """One key for all spellings of a cooperative in a place: `<kind>|<region code>|<letters of its name>`.

    Case, accents, punctuation, spaces and the words every name of its kind carries ("Koperasi Desa Merah
    Putih", "KDMP") do not count. Names are only compared within one kind and one region.
    """
    own = read_cooperative_name(name).own_part if kind in VILLAGE_KINDS else _without_general_words(name)
    return f"{kind}|{region_code}|{_letters(own)}"[:KEY_LENGTH]


def _without_general_words(name: str) -> str:
    kept = re.sub(r"\b(?:koperasi|koprasi|kop)\b", " ", name, flags=re.IGNORECASE)
    return kept if _letters(kept) else name


def _letters(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in plain if c.isalnum())


def display_name(name: str) -> str:
    """A name as it is stored: white space collapsed, at most 160 characters."""
    return " ".join(unicodedata.normalize("NFC", name).split())[:160]
