"""Primary keys given out ahead of the rows, so that rows of several tables can be written in bulk."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from portal.core.db import db


class Ids:
    """The next free keys of a table. `close()` tells PostgreSQL's sequence what was used."""

    def __init__(self, model: Any) -> None:
        self._table = sa.inspect(model).local_table
        self._last = db.session.scalar(sa.select(sa.func.max(self._table.c.id))) or 0

    def take(self) -> int:
        """One more key."""
        self._last += 1
        return self._last

    def close(self) -> None:
        """Whoever inserts next without a key gets one that is free. Inside a transaction."""
        session = db.session()
        if self._last and session.get_bind().dialect.name == "postgresql":
            sequence = sa.func.pg_get_serial_sequence(self._table.name, "id")
            session.execute(sa.select(sa.func.setval(sequence, self._last)))
