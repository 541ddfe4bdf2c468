"""Migrations run up, down and up again, and leave exactly what the models say; on the engine of this run."""

import shutil
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask_migrate import downgrade, upgrade

from portal.core.db import db
from tests.support import databases
from tests.support.apps import make_app


@pytest.fixture
def empty_app(database, worker_id, tmp_path):
    """An app on an empty database of its own."""
    url = databases.create_empty(f"migrations_{worker_id}")
    app = make_app(url, tmp_path)
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


def _tables() -> set[str]:
    return set(sa.inspect(db.engine).get_table_names()) - {"alembic_version"}


def _left_out(thing, name, kind, reflected, compare_to):
    return not (kind == "table" and (name or "").startswith("huey"))


def _differences() -> list[object]:
    with db.engine.connect() as connection:
        options = {"compare_type": True, "compare_server_default": False, "include_object": _left_out}
        return compare_metadata(MigrationContext.configure(connection, opts=options), db.metadata)


def test_upgrade_downgrade_and_upgrade_again_leave_no_drift(empty_app):
    upgrade()
    assert _differences() == []
    assert _tables() == set(db.metadata.tables)
    downgrade(revision="base")
    assert _tables() == set()
    upgrade()
    assert _differences() == []


def test_there_is_one_head():
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parents[2] / "migrations"))
    assert len(ScriptDirectory.from_config(config).get_heads()) == 1


REBUILD = """
import sqlalchemy as sa
from alembic import op

revision = "{revision}"
down_revision = {before}


def upgrade():
    {body}


def downgrade():
    pass
"""
MAKE = """op.create_table(
        "parent", sa.Column("id", sa.Integer, primary_key=True), sa.Column("a", sa.String(5)))
    op.create_table("child", sa.Column("id", sa.Integer, primary_key=True),
                    sa.Column("parent_id", sa.Integer, sa.ForeignKey("parent.id", ondelete="CASCADE")))
    op.execute("INSERT INTO parent VALUES (1, 'x')")
    op.execute("INSERT INTO child VALUES (1, 1)")"""
CHANGE = """with op.batch_alter_table("parent", recreate="auto") as batch:
        batch.alter_column("a", type_=sa.String(50), nullable=False, existing_type=sa.String(5))"""
ORPHAN = """op.execute("INSERT INTO child VALUES (2, 99)")"""


def _own_migrations(folder: Path, bodies: list[str]) -> str:
    """A copy of migrations/ with these revisions in place of the real ones."""
    shutil.copytree(
        Path(__file__).parents[2] / "migrations", folder, ignore=shutil.ignore_patterns("versions")
    )
    (folder / "versions").mkdir()
    before = None
    for number, body in enumerate(bodies):
        text = REBUILD.format(revision=f"r{number}", before=repr(before), body=body)
        (folder / "versions" / f"r{number}.py").write_text(text)
        before = f"r{number}"
    return str(folder)


def test_rebuilding_a_parent_table_keeps_its_children(empty_app, tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    upgrade(directory=_own_migrations(tmp_path / "own", [MAKE, CHANGE]))
    with db.engine.connect() as connection:
        assert connection.execute(sa.text("SELECT count(*) FROM child")).scalar() == 1
        columns = {column["name"]: column for column in sa.inspect(connection).get_columns("parent")}
    assert columns["a"]["type"].length == 50


def test_a_migration_that_leaves_orphans_is_rolled_back(empty_app, tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    directory = _own_migrations(tmp_path / "own", [MAKE, ORPHAN])
    with pytest.raises((SystemExit, sa.exc.IntegrityError)):
        upgrade(directory=directory)
    assert _tables() == set()
