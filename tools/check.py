"""All that is checked without running the product: `make check`. Every check runs, even after a failure."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent

CHECKS = (
    ("ruff check", ["-m", "ruff", "check", "."]),
    ("ruff format", ["-m", "ruff", "format", "--check", "."]),
    ("mypy portal", ["-m", "mypy"]),
    ("import floors", [str(BIN / "lint-imports")]),
    ("templates", ["tools/lint_templates.py"]),
)


def main() -> int:
    """Run the checks; returns 1 when one failed."""
    failed = []
    for name, arguments in CHECKS:
        started = time.monotonic()
        done = subprocess.run([sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True)
        word = "ok" if done.returncode == 0 else "FAILED"
        print(f"{name:<14} {word}  {time.monotonic() - started:.1f} s", flush=True)
        if done.returncode != 0:
            failed.append(name)
            print(done.stdout + done.stderr, flush=True)
    print("All checks passed." if not failed else f"Failed: {', '.join(failed)}.")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
