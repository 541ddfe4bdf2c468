"""Renew requirements.lock, requirements-dev.lock and tools/requirements-uv.lock (hashes, no addresses).

Needs uv. The development lock is held to the versions of the first one, so that both install into the
same .venv in any order. Extra arguments (such as --upgrade) go to `uv pip compile`.
"""

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COMPILE = ["pip", "compile", "--quiet", "--universal", "--generate-hashes", "--no-emit-index-url"]
UV_REQUIREMENT = "uv>=0.8"
EXTRAS = ["--extra", "oidc", "--extra", "redis", "--extra", "seal"]


def compile_lock(uv, output, inputs, extra, stdin=None):
    """Run `uv pip compile` for one lock file; raises CalledProcessError where it fails."""
    command = [uv, *COMPILE, *inputs, "-o", output, *extra]
    subprocess.run(command, cwd=ROOT, check=True, input=stdin, text=True)


def main(extra):
    """Write the three lock files; returns the exit status."""
    uv = shutil.which("uv")
    if not uv:
        print("make lock needs uv: see its installation page, or `pip install uv`.", file=sys.stderr)
        return 1
    python = ["--python-version", "3.11"]
    compile_lock(uv, "requirements.lock", ["pyproject.toml", *EXTRAS], [*python, *extra])
    dev = ["pyproject.toml", *EXTRAS, "--group", "dev", "-c", "requirements.lock"]
    compile_lock(uv, "requirements-dev.lock", dev, [*python, *extra])
    compile_lock(uv, "tools/requirements-uv.lock", ["-"], [*python, *extra], stdin=UV_REQUIREMENT + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
