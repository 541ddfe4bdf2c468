"""Pieces of pages that many people see alike: rendered once in each worker while what they show is the same.

A piece is kept under everything it depends on: the stamp of its data, what was asked for, whose scope it is,
the language and the address prefix. It may hold nothing of a person, a session or a form that writes. What
nobody asks for goes first, so memory stays bounded.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock

from flask import current_app, request
from markupsafe import Markup

from portal.core import words

#: Characters of all kept pieces together, in one worker.
ROOM = 4_000_000


class Kept:
    """The kept pieces of one app, the one asked for longest ago in front."""

    def __init__(self, room: int = ROOM) -> None:
        self._room, self._size = room, 0
        self._pieces: OrderedDict[Hashable, Markup] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Hashable) -> Markup | None:
        """The piece under a key, or None."""
        with self._lock:
            found = self._pieces.get(key)
            if found is not None:
                self._pieces.move_to_end(key)
            return found

    def put(self, key: Hashable, piece: Markup) -> None:
        """Keep a piece; others go until there is room. One that is larger than the room is not kept."""
        with self._lock:
            old = self._pieces.pop(key, None)
            self._size += len(piece) - (len(old) if old is not None else 0)
            self._pieces[key] = piece
            while self._size > self._room:
                _key, gone = self._pieces.popitem(last=False)
                self._size -= len(gone)


def piece(key: tuple[Hashable, ...], make: Callable[[], str]) -> Markup:
    """The piece under a key, in the language and with the prefix of this request; made when not kept."""
    kept: Kept = current_app.extensions.setdefault("kept", Kept())
    whole = (words.language(), request.script_root, *key)
    found = kept.get(whole)
    if found is None:
        found = Markup(make())  # noqa: S704  a template's own output
        kept.put(whole, found)
    return found
