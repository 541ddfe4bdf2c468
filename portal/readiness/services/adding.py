"""Writing many summary rows at once on both engines, always in the order of their keys: no deadlocks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from portal.core.db import db


def put_rows(table: Any, keys: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows, or replace those that are there; all carry the same columns. One statement."""
    if rows:
        names = tuple(name for name in rows[0] if name not in keys)
        session = db.session()
        statement = _upsert(table, tuple(keys), names, session.get_bind().dialect.name, False)
        session.connection().execute(statement, list(rows))


def add_numbers(
    table: Any,
    keys: Sequence[str],
    names: Sequence[str],
    edition_id: int,
    sums: Mapping[tuple[Any, ...], Sequence[int]],
) -> None:
    """Add numbers to the rows of an edition, making those that are missing. `sums`: the keys after the
    edition -> numbers. One statement."""
    rows = [
        dict(zip((*keys, *names), (edition_id, *key, *numbers), strict=True))
        for key, numbers in sorted(sums.items())
        if any(numbers)
    ]
    if rows:
        session = db.session()
        statement = _upsert(table, tuple(keys), tuple(names), session.get_bind().dialect.name, True)
        session.connection().execute(statement, rows)


@cache
def _upsert(
    table: Any, keys: tuple[str, ...], names: tuple[str, ...], engine: str, is_adding: bool
) -> sa.Executable:
    dialect: Any = postgresql if engine == "postgresql" else sqlite
    statement = dialect.insert(table)
    fresh = statement.excluded
    values = {name: table.c[name] + fresh[name] if is_adding else fresh[name] for name in names}
    made: sa.Executable = statement.on_conflict_do_update(index_elements=list(keys), set_=values)
    return made
