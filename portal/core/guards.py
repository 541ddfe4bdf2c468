"""What a schema needs beyond tables: insert-only triggers and the one-row heads, on both engines."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.engine import Connection

INSERT_ONLY = (
    "audit_event",
    "certificate",
    "certificate_event",
    "log_leaf",
    "log_node",
)
_PG_FUNCTION = """
CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'insert-only: %', TG_TABLE_NAME; END $$
"""


def create(connection: Connection) -> None:
    """Add the triggers, and the heads that appenders lock (GENESIS as in core.audit)."""
    connection.execute(
        sa.text("INSERT INTO audit_head (id, seq, hash) VALUES (1, 0, :zero)"), {"zero": "0" * 64}
    )
    connection.execute(sa.text("INSERT INTO log_head (id, size) VALUES (1, 0)"))
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text(_PG_FUNCTION))
        for table in INSERT_ONLY:
            connection.execute(
                sa.text(
                    f"CREATE TRIGGER {table}_insert_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
                    "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
                )
            )
        return
    for table in INSERT_ONLY:
        for verb in ("UPDATE", "DELETE"):
            connection.execute(
                sa.text(
                    f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                    f"BEGIN SELECT RAISE(ABORT, 'insert-only: {table}'); END"
                )
            )


def drop(connection: Connection) -> None:
    """Remove the triggers."""
    if connection.dialect.name == "postgresql":
        for table in INSERT_ONLY:
            connection.execute(sa.text(f"DROP TRIGGER {table}_insert_only ON {table}"))
        connection.execute(sa.text("DROP FUNCTION refuse_change()"))
        return
    for table in INSERT_ONLY:
        for verb in ("update", "delete"):
            connection.execute(sa.text(f"DROP TRIGGER {table}_no_{verb}"))
