"""Rewrite the initial migration from the models (only while nothing has been released).

Run: .venv/bin/python tools/regenerate_migration.py
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VERSIONS = ROOT / "migrations" / "versions"
TRIGGERS = """
    guards.create(op.get_bind())
"""
UNTRIGGERS = """
    guards.drop(op.get_bind())
"""


def main() -> int:
    """Write the one revision; 0 when alembic agreed."""
    VERSIONS.mkdir(parents=True, exist_ok=True)
    for old in VERSIONS.glob("*.py"):
        old.unlink()
    with tempfile.TemporaryDirectory() as folder:
        env = {**os.environ, "DATABASE_URL": f"sqlite:///{folder}/empty.db"}
        command = [sys.executable, "-m", "flask", "--app", "wsgi", "db", "revision", "--autogenerate"]
        command += ["--rev-id", "0001", "-m", "initial"]
        if subprocess.run(command, cwd=ROOT, env=env).returncode:
            return 1
    (path,) = VERSIONS.glob("*.py")
    text = path.read_text()
    text = text.replace(
        "from alembic import op\n", "from alembic import op\n\nfrom portal.core import guards\n", 1
    )
    head, down = text.split("def downgrade() -> None:", 1)
    text = head.rstrip() + "\n" + TRIGGERS + "\n\ndef downgrade() -> None:" + UNTRIGGERS + down
    path.write_text(text)
    subprocess.run([sys.executable, "-m", "ruff", "format", "-q", str(path)], cwd=ROOT, check=False)
    subprocess.run([sys.executable, "-m", "ruff", "check", "-q", "--fix", str(path)], cwd=ROOT, check=False)
    return 0


if __name__ == "__main__":
    sys.exit(main())
