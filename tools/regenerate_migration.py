"""Rewrite the newest migration from the models, as long as it has not been released.

Run: .venv/bin/python tools/regenerate_migration.py
The revision named here is made anew as the difference between the ones before it and the models; released
revisions are never touched. A new release gets a new REVISION and MESSAGE.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VERSIONS = ROOT / "migrations" / "versions"
REVISION = "0005"
MESSAGE = "cooperatives"
GROUP = "guards.FIFTH"
# Alembic does not see a CHECK that a table gains: (table, name, condition).
CHECKS: tuple[tuple[str, str, str], ...] = (
    ("batch", "cap_positive", "cooperative_cap is null or cooperative_cap > 0"),
    ("enrollment", "moved_class_known", "moved_class is null or moved_class between 0 and 3"),
)


def main() -> int:
    """Write the one revision; 0 when alembic agreed."""
    path = next(VERSIONS.glob(f"*_{MESSAGE}.py"), None)
    before = path.read_text() if path is not None else ""
    if path is not None:
        path.unlink()
    try:
        return _make()
    except BaseException:
        if path is not None:
            path.write_text(before)
        raise


def _make() -> int:
    with tempfile.TemporaryDirectory() as folder:
        env = {**os.environ, "DATABASE_URL": f"sqlite:///{folder}/empty.db"}
        flask = [sys.executable, "-m", "flask", "--app", "wsgi", "db"]
        subprocess.run([*flask, "upgrade"], cwd=ROOT, env=env, check=True, capture_output=True)
        command = [*flask, "revision", "--autogenerate", "--rev-id", REVISION, "-m", MESSAGE]
        subprocess.run(command, cwd=ROOT, env=env, check=True)
    path = next(VERSIONS.glob(f"*_{MESSAGE}.py"))
    text = path.read_text().replace(
        "from alembic import op\n", "from alembic import op\n\nfrom portal.core import guards\n", 1
    )
    # Made on SQLite, where false is 0; PostgreSQL refuses a number as the default of a boolean.
    flag = "sa.Boolean(), server_default=sa."
    text = text.replace(f"{flag}text('0')", f"{flag}false()")
    head, down = text.split("def downgrade() -> None:", 1)
    create, drop = [f"guards.create(op.get_bind(), {GROUP})"], [f"guards.drop(op.get_bind(), {GROUP})"]
    for table, name, condition in CHECKS:
        batch = f'with op.batch_alter_table("{table}") as batch_op:\n        batch_op.'
        create.append(f'{batch}create_check_constraint("{name}", "{condition}")')
        drop.append(f'{batch}drop_constraint(op.f("ck_{table}_{name}"), type_="check")')
    first, last = ("".join(f"\n    {line}" for line in lines) for lines in (create, drop))
    path.write_text(head.rstrip() + "\n" + first + "\n\n\ndef downgrade() -> None:" + last + down)
    subprocess.run([sys.executable, "-m", "ruff", "format", "-q", str(path)], cwd=ROOT, check=False)
    subprocess.run([sys.executable, "-m", "ruff", "check", "-q", "--fix", str(path)], cwd=ROOT, check=False)
    return 0


if __name__ == "__main__":
    sys.exit(main())
