"""Make .venv once and install one hashed lock file into it.

    python3 tools/venv.py requirements.lock .venv/.installed

Runs on any Python 3 without packages: it looks for an interpreter that the project supports, prefers
uv where it is installed, and else brings uv into .venv by pip with a pinned hash. It writes the stamp
file (for make) only when everything was installed. Problems are told in one line, exit status 1.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
VENV_PYTHON = VENV / "bin" / "python"
SUPPORTED = ((3, 11), (3, 12), (3, 13))


class Trouble(Exception):
    """What is missing on this machine, in one line."""


def version_of(python):
    """(major, minor) of an interpreter, or None where it does not run."""
    code = "import sys; print('%d %d' % sys.version_info[:2])"
    try:
        done = subprocess.run([str(python), "-c", code], capture_output=True, text=True, check=True)
        major, minor = done.stdout.split()
    except (OSError, ValueError, subprocess.CalledProcessError):
        return None
    return int(major), int(minor)


def find_python():
    """Path of a supported interpreter: the one running this file, else a newer or older sibling."""
    names = [sys.executable] + ["python%d.%d" % version for version in reversed(SUPPORTED)]
    for name in names:
        path = shutil.which(name)
        if path and version_of(path) in SUPPORTED:
            return path
    here = "%d.%d" % sys.version_info[:2]
    raise Trouble("Balai needs Python 3.11, 3.12 or 3.13; python3 here is %s and no other was found." % here)


def find_uv():
    """Path of a working uv: on PATH, or in .venv from an earlier run; None where there is none."""
    for candidate in (shutil.which("uv"), str(VENV / "bin" / "uv")):
        if candidate and os.path.exists(candidate):
            answer = subprocess.run([candidate, "--version"], capture_output=True)
            if answer.returncode == 0:
                return candidate
    return None


def make_venv(uv):
    """Create .venv unless it already holds a supported interpreter that runs."""
    if version_of(VENV_PYTHON) in SUPPORTED:
        return
    python = find_python()
    shutil.rmtree(VENV, ignore_errors=True)
    if uv and subprocess.run([uv, "venv", "--quiet", "--python", python, str(VENV)]).returncode == 0:
        return
    probe = subprocess.run([python, "-c", "import venv, ensurepip"], capture_output=True)
    if probe.returncode != 0:
        raise Trouble(
            "This Python cannot make a .venv (no ensurepip). On Debian or Ubuntu: apt install python3-venv"
        )
    if subprocess.run([python, "-m", "venv", "--clear", str(VENV)]).returncode != 0:
        raise Trouble("Could not make .venv with %s -m venv." % python)


def pip_works():
    """Whether .venv has its own pip (one that uv made has not)."""
    return subprocess.run([str(VENV_PYTHON), "-m", "pip", "--version"], capture_output=True).returncode == 0


def bring_uv():
    """Install uv into .venv by pip from its own hashed lock; None where that fails."""
    lock = str(ROOT / "tools" / "requirements-uv.lock")
    command = [str(VENV_PYTHON), "-m", "pip", "install", "--quiet", "--require-hashes", "-r", lock]
    if subprocess.run(command, stderr=subprocess.DEVNULL).returncode != 0:
        return None
    return find_uv()


def install(lock, uv):
    """Install a lock file, hashes required: by uv, and by pip where uv cannot."""
    python = str(VENV_PYTHON)
    hashed = ["--require-hashes", "-r", str(lock)]
    if uv:
        command = [uv, "pip", "install", "--quiet", "--python", python]
        if subprocess.run(command + hashed).returncode == 0:
            return
        print("uv could not install %s; trying pip." % lock.name, file=sys.stderr)
    if not pip_works():
        subprocess.run([python, "-m", "ensurepip"], capture_output=True)
    command = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    if subprocess.run(command + hashed).returncode != 0:
        raise Trouble("The packages of %s could not be installed; the lines above say why." % lock.name)


def main(arguments):
    """Install `arguments[0]` (a lock file) and touch `arguments[1]` (the stamp); returns the exit status."""
    lock, stamp = ROOT / arguments[0], ROOT / arguments[1]
    os.environ["UV_PYTHON_DOWNLOADS"] = "never"
    try:
        uv = find_uv()
        make_venv(uv)
        print("Installing %s into .venv ..." % lock.name, file=sys.stderr)
        install(lock, find_uv() or (bring_uv() if pip_works() else None))
    except Trouble as trouble:
        print(trouble, file=sys.stderr)
        return 1
    stamp.touch()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
