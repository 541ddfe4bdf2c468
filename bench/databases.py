"""Databases of the benchmark: filled once a size and kept below the system's temporary folder.

A kept SQLite database is used again as long as the code that decides its content is the same. PostgreSQL
runs for the time of the block (tools/postgres.py) and is filled each time.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from flask import Flask

ROOT = Path(__file__).resolve().parent.parent
HOST = "balai.example"
KEPT_SECONDS = 2 * 3600
SIZES = (
    "portal/**/models.py",
    "portal/**/models/*.py",
    "portal/core/db.py",
    "portal/core/guards.py",
    "migrations/versions/*.py",
)
CONTENTS = (
    "bench/classroom.py",
    "bench/country.py",
    "bench/filling.py",
    "bench/house.py",
    "bench/registering.py",
    "portal/certificates/facts.py",
    "portal/certificates/jcs.py",
    "portal/operations/demo/country/*.py",
    "portal/readiness/**/*.py",
)
Say = Callable[[str], None]


@dataclass(frozen=True)
class Database:
    """A filled database with the keys that signed its rows. `rows` certificates have the ids 1 to `rows`."""

    engine: str
    url: str
    folder: Path
    rows: int
    pids: tuple[int, ...] = ()

    def as_text(self) -> str:
        """For the environment of a server."""
        return json.dumps({**asdict(self), "folder": str(self.folder)})

    @staticmethod
    def from_text(text: str) -> Database:
        """What `as_text` wrote."""
        values = json.loads(text)
        return Database(**{**values, "folder": Path(values["folder"]), "pids": tuple(values["pids"])})

    def portal(self, **settings: Any) -> Flask:
        """create_app() on this database, as in production but for its made-up secrets."""
        from portal import create_app
        from portal.settings import Settings

        passphrase = self.folder / "passphrase"
        if not passphrase.exists():
            passphrase.write_text("a passphrase that only the benchmark uses")
            passphrase.chmod(0o600)
        keys = [base64.urlsafe_b64encode(bytes([number]) * 32).decode() for number in (1, 2)]
        values: dict[str, Any] = {
            "env": "production",
            "base_url": f"https://{HOST}",
            "database_url": self.url,
            "instance": self.folder,
            "secret_key": "a secret key that only the benchmark uses",
            "field_keys": f"f1:{keys[0]},x1:{keys[1]}",
            "keystore_dir": self.folder / "keys",
            "keystore_passphrase_file": passphrase,
        }
        return create_app(Settings(**values | settings))


def cache_folder() -> Path:
    """Where filled databases are kept, this user's alone."""
    folder = Path(tempfile.gettempdir()) / f"balai-bench-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.stat().st_uid != os.getuid():
        raise RuntimeError(f"{folder} belongs to somebody else")
    return folder


def fingerprint() -> str:
    """Changes with whatever decides what a filled database holds."""
    digest = hashlib.sha256()
    for pattern in (*SIZES, *CONTENTS):
        for path in sorted(ROOT.glob(pattern)):
            digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()[:12]


@contextmanager
def filled(engine: str, rows: int, say: Say, content: str = "certificates") -> Iterator[Database]:
    """A filled database for the time of the block.

    content: `certificates`, with their events and log; `log`, the tree of a log of `rows` leaves alone; or
    `classroom`, a class of today beside `rows` marks of earlier ones; or `country`, cooperatives and boards
    with `rows` certificates; or `registry`, the regions alone.
    """
    maker = _postgresql if engine == "postgresql" else _sqlite
    with maker(rows, say, content) as database:
        yield database


@contextmanager
def _sqlite(rows: int, say: Say, content: str) -> Iterator[Database]:
    folder = cache_folder() / f"{fingerprint()}-{content}-{rows}"
    database = Database("sqlite", f"sqlite:///{folder / 'portal.db'}", folder, rows)
    if not (folder / "complete").exists():
        forget_old(time.time())
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(mode=0o700)
        _fill(database, say, content)
    (folder / "complete").touch()
    yield database


def forget_old(now: float) -> None:
    """Remove what was kept for other code, or left behind, and not used since `now` - KEPT_SECONDS."""
    mine = fingerprint()
    for folder in cache_folder().iterdir():
        mark = folder / "complete"
        used = (mark if mark.exists() else folder).stat().st_mtime
        if not folder.name.startswith(mine) and used < now - KEPT_SECONDS:
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _postgresql(rows: int, say: Say, content: str) -> Iterator[Database]:
    from tools.postgres import execute, postgres_server

    folder = Path(tempfile.mkdtemp(prefix="postgresql-", dir=cache_folder()))
    try:
        with postgres_server() as server:
            execute(server.url("postgres"), "CREATE DATABASE bench")
            pid = server.process.pid
            database = Database("postgresql", server.url("bench"), folder, rows, (pid,))
            _fill(database, say, content)
            execute(database.url, "ANALYZE", "CHECKPOINT")
            yield database
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def scratch(database: Database, say: Say) -> Iterator[Database]:
    """The same database for a case that writes: a copy on SQLite; PostgreSQL's lives for this run only."""
    if database.engine == "postgresql":
        yield database
        return
    folder = Path(tempfile.mkdtemp(prefix="scratch-", dir=cache_folder()))
    try:
        say(f"copying {database.rows:,} rows")
        for name in ("portal.db", "passphrase"):
            shutil.copyfile(database.folder / name, folder / name)
        shutil.copytree(database.folder / "keys", folder / "keys")
        yield replace(database, url=f"sqlite:///{folder / 'portal.db'}", folder=folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _fill(database: Database, say: Say, content: str) -> None:
    from bench import classroom, country, filling, registering

    app = database.portal(env="development")  # which makes the keys that production asks for
    fills = {
        "log": filling.fill_log,
        "classroom": classroom.fill,
        "country": country.fill,
        "registry": registering.fill,
    }
    fill = fills.get(content, filling.fill)
    with app.app_context():
        fill(app, database.rows, say)
