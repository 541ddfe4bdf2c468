"""Pieces of pages that were just made, kept in the memory of a worker as long as nothing under them moves.

The key says everything that a piece is made from: what the database holds now (the rows themselves, or the
marks of their last changes), who may see it, the address and the language. So nothing is ever shown that the
database does not say now, and a piece of whom may see less has another key.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from threading import Lock

from flask import current_app, g
from markupsafe import Markup

#: Pieces on a shelf: a page of 40 KB each is 16 MB in a worker.
LIMIT = 400
Key = tuple[Hashable, ...]
#: Where a kept piece has a hole for what differs each time: of the private use area, which no text holds.
HOLE = "\ue001"


@dataclass(frozen=True)
class Piece:
    """A part of a page: its HTML, the name that the title tells, the icons that it uses."""

    html: Markup
    name: str
    icons: frozenset[str] = frozenset()


class Shelf:
    """The last `LIMIT` pieces."""

    def __init__(self) -> None:
        self._pieces: OrderedDict[Key, Piece] = OrderedDict()
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._pieces)

    def get(self, key: Key) -> Piece | None:
        """The piece of a key; None when it is not kept."""
        with self._lock:
            found = self._pieces.get(key)
            if found is not None:
                self._pieces.move_to_end(key)
            return found

    def put(self, key: Key, piece: Piece) -> None:
        """Keep a piece; the one not asked for longest goes."""
        with self._lock:
            self._pieces[key] = piece
            if len(self._pieces) > LIMIT:
                self._pieces.popitem(last=False)


def kept(name: str, key: Key, make: Callable[[], tuple[str, str, bool]]) -> Piece:
    """The piece of a key on the shelf of this name, made when it is not there.

    make() answers HTML from our own templates, the name for the title and whether it may be kept. Tests start
    from one database after the other: with them nothing is kept, but on the shelves in `shelves_on`.
    """
    shelves: dict[str, Shelf] = current_app.extensions.setdefault("shelves", {})
    shelf = shelves.setdefault(name, Shelf())
    is_on = not current_app.config["TESTING"] or name in current_app.extensions.get("shelves_on", ())
    used: set[str] = g.setdefault("icons_used", set())
    piece = shelf.get(key) if is_on else None
    if piece is None:
        g.icons_used = set()
        html, title, may_keep = make()
        piece = Piece(Markup(html), title, frozenset(g.icons_used))  # noqa: S704  rendered just now
        if may_keep and is_on:
            shelf.put(key, piece)
    g.icons_used = used | piece.icons
    return piece
