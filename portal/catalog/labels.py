"""Catalog words in the language of the page: tracks, vocations, sectors, names of programs and units."""

from __future__ import annotations

from functools import cache
from typing import Any

from portal.catalog.reference import load_vocabulary
from portal.core.formatting import current_locale


@cache
def _words(kind: str) -> dict[str, tuple[str, str]]:
    return {label.key: (label.name, label.name_en) for label in getattr(load_vocabulary(), kind)}


def _word(kind: str, key: str) -> str:
    name, name_en = _words(kind).get(key, (key, key))
    return name_en if current_locale() == "en" and name_en else name


def track_order() -> list[str]:
    """The tracks in the order in which they are shown."""
    return list(_words("tracks"))


def vocation_order() -> list[str]:
    """The vocations in the order in which they are shown."""
    return list(_words("vocations"))


def track_label(key: str) -> str:
    """The name of a track."""
    return _word("tracks", key)


def vocation_label(key: str) -> str:
    """The name of a vocation."""
    return _word("vocations", key)


def sector_label(key: str) -> str:
    """The name of a sector."""
    return _word("sectors", key)


def tracks_like(text: str) -> list[str]:
    """The tracks whose Indonesian or English name holds a text."""
    wanted = text.casefold()
    return [
        key for key, names in _words("tracks").items() if any(wanted in name.casefold() for name in names)
    ]


def local_name(thing: Any, attribute: str = "name") -> str:
    """`thing.name` (or another attribute), or its `..._en` on an English page when there is one."""
    english = getattr(thing, f"{attribute}_en", "") if current_locale() == "en" else ""
    return str(english or getattr(thing, attribute))
