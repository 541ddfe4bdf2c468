"""Counting the statements that a page or a service sends to the database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Engine

# Said to the connection, not asked of the data
_BOOKKEEPING = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE", "PRAGMA")


@dataclass
class Statements:
    """The statements sent inside the block, in order; one executemany counts once."""

    texts: list[str] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.texts)

    @property
    def writes(self) -> list[str]:
        """Those that change rows."""
        return [text for text in self.texts if text.lstrip()[:6].upper() in ("INSERT", "UPDATE", "DELETE")]


@contextmanager
def count_statements(at_most: int | None = None) -> Iterator[Statements]:
    """Collect statements of every engine; with `at_most`, fail with the list when there are more."""
    seen = Statements()

    def note(_connection: Any, _cursor: Any, text: str, *_rest: Any) -> None:
        if not text.lstrip().upper().startswith(_BOOKKEEPING):
            seen.texts.append(text)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    if at_most is not None and len(seen) > at_most:
        listing = "\n".join(
            f"{number}. {' '.join(text.split())}" for number, text in enumerate(seen.texts, 1)
        )
        raise AssertionError(f"{len(seen)} statements, at most {at_most} allowed:\n{listing}")
