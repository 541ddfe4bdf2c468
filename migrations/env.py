"""How migrations run: on the app's own engine, in one transaction, on SQLite and PostgreSQL alike.

SQLite changes most of a table by building a new one (batch mode). With foreign keys on, dropping the old
table would delete its ON DELETE CASCADE children, so they are off while migrations run and all of them are
checked before the commit.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import context
from flask import current_app
from sqlalchemy.engine import Connection

QUEUE_TABLES = "huey"  # made and kept by the job queue itself


def include_object(thing: Any, name: str | None, kind: str, reflected: bool, compare_to: Any) -> bool:
    """Leave the job queue's own tables alone."""
    return not (kind == "table" and (name or "").startswith(QUEUE_TABLES))


def render_item(kind: str, thing: Any, autogen_context: Any) -> str | bool:
    """Write the plain column type of a type of ours, so that a migration never changes with the code."""
    if kind == "type" and isinstance(thing, sa.types.TypeDecorator):
        return f"sa.{thing.impl_instance!r}"
    return False


def skip_empty(_context: Any, _revision: Any, directives: list[Any]) -> None:
    """Write no revision file when nothing changed."""
    if getattr(context.config.cmd_opts, "autogenerate", False) and directives[0].upgrade_ops.is_empty():
        directives[:] = []


def options(connection: Connection | None = None) -> dict[str, Any]:
    """What alembic compares and how it writes; also used by the test that looks for drift."""
    return {
        "connection": connection,
        "target_metadata": current_app.extensions["migrate"].db.metadata,
        "render_as_batch": True,
        "transactional_ddl": True,
        "compare_type": True,
        "compare_server_default": False,  # gives false differences on both engines
        "include_object": include_object,
        "render_item": render_item,
        "process_revision_directives": skip_empty,
    }


def _set_foreign_keys(connection: Connection, state: str) -> None:
    """Turn SQLite's foreign keys ON or OFF; past SQLAlchemy, since a transaction would ignore it."""
    if connection.dialect.name == "sqlite":
        raw = connection.connection.dbapi_connection
        assert raw is not None
        cursor = raw.cursor()
        cursor.execute(f"PRAGMA foreign_keys={state}")
        cursor.close()


def _check_foreign_keys(connection: Connection) -> None:
    """Refuse, and so roll back, a migration that left rows without their parent."""
    if connection.dialect.name == "sqlite":
        orphans = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
        if orphans:
            found = sorted({f"{row[0]} -> {row[2]}" for row in orphans})
            raise RuntimeError(f"Rows without their parent after the migration: {', '.join(found)}")


def run_online() -> None:
    """Migrate the app's database."""
    with current_app.extensions["migrate"].db.engine.connect() as connection:
        _set_foreign_keys(connection, "OFF")
        try:
            context.configure(**options(connection))
            with context.begin_transaction():
                context.run_migrations()
                _check_foreign_keys(connection)
        finally:
            connection.rollback()
            _set_foreign_keys(connection, "ON")


if context.is_offline_mode():
    raise SystemExit("Migrations read the database they change: run them online, without --sql.")
run_online()
