"""What a schema needs beyond tables: insert-only triggers and the one-row heads, on both engines."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.engine import Connection

# By the revision that made them; a migration names its own group, so that older ones never change.
FIRST = ("audit_event", "certificate", "certificate_event", "log_leaf", "log_node")
SECOND = ("unmasked_read",)
THIRD = ("log_checkpoint", "program_rule", "renewal", "renewal_course", "validity_extension")
FOURTH = ("question_version", "key_correction")
FIFTH = ("queue_change", "coverage_report")
INSERT_ONLY = (*FIRST, *SECOND, *THIRD, *FOURTH, *FIFTH)
_PG_FUNCTION = """
CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'insert-only: %', TG_TABLE_NAME; END $$
"""


def create_heads(connection: Connection) -> None:
    """Add the heads that appenders lock (GENESIS as in core.audit)."""
    connection.execute(
        sa.text("INSERT INTO audit_head (id, seq, hash) VALUES (1, 0, :zero)"), {"zero": "0" * 64}
    )
    connection.execute(sa.text("INSERT INTO log_head (id, size) VALUES (1, 0)"))


def create(connection: Connection, tables: tuple[str, ...] = INSERT_ONLY) -> None:
    """Add the triggers of some tables."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text(_PG_FUNCTION))
        for table in tables:
            connection.execute(
                sa.text(
                    f"CREATE TRIGGER {table}_insert_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
                    "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
                )
            )
        return
    for table in tables:
        for verb in ("UPDATE", "DELETE"):
            connection.execute(
                sa.text(
                    f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                    f"BEGIN SELECT RAISE(ABORT, 'insert-only: {table}'); END"
                )
            )


def drop(connection: Connection, tables: tuple[str, ...] = INSERT_ONLY) -> None:
    """Remove the triggers of some tables; their shared function goes with those of the first revision."""
    if connection.dialect.name == "postgresql":
        for table in tables:
            connection.execute(sa.text(f"DROP TRIGGER {table}_insert_only ON {table}"))
        if set(FIRST) <= set(tables):
            connection.execute(sa.text("DROP FUNCTION refuse_change()"))
        return
    for table in tables:
        for verb in ("update", "delete"):
            connection.execute(sa.text(f"DROP TRIGGER {table}_no_{verb}"))
