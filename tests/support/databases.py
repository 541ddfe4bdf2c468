"""A fresh migrated database for each test, in milliseconds, on either engine.

One run has one folder, one migrated template and, on PostgreSQL, one server. Each worker has one
database, which is copied anew from the template before a test whenever the test before committed.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Engine

from tests.support import nik_scan
from tools.postgres import execute

ENGINES = ("sqlite", "postgresql")


def run_folder() -> Path:
    """The folder of this test run, made by the controlling process and shared by its workers."""
    return Path(os.environ["PORTAL_TEST_RUN"])


def engine_name() -> str:
    """The engine of this run: sqlite (default) or postgresql, by PORTAL_TEST_DB."""
    name = os.environ.get("PORTAL_TEST_DB", "sqlite")
    assert name in ENGINES, f"PORTAL_TEST_DB must be one of {ENGINES}"
    return name


def database_url(name: str, engine: str | None = None) -> str:
    """Address of the run's database `name`; on PostgreSQL it must be created first."""
    if (engine or engine_name()) == "sqlite":
        return f"sqlite:///{run_folder() / name}.db"
    return os.environ["PORTAL_TEST_PG"].replace("/postgres?", f"/{name}?")


def admin(*statements: str) -> None:
    """Run statements on the server's maintenance database."""
    execute(os.environ["PORTAL_TEST_PG"], *statements)


@contextmanager
def _one_worker_at_a_time(name: str) -> Iterator[None]:
    with open(run_folder() / f"{name}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def create_empty(name: str, engine: str | None = None) -> str:
    """Make an empty database, in place of one of that name; returns its address."""
    url = database_url(name, engine)
    if url.startswith("sqlite"):
        _remove_sqlite(Path(url.removeprefix("sqlite:///")))
    else:
        admin(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)', f'CREATE DATABASE "{name}"')
    return url


def _remove_sqlite(path: Path) -> None:
    for suffix in ("", "-wal", "-shm", "-journal"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def ensure_template(build: Callable[[str], None]) -> None:
    """Build the run's template once: `build(url)` migrates and fills the empty database at url.

    A build that failed is not tried again by other workers; they fail with the same words.
    """
    with _one_worker_at_a_time("template"):
        verdict = run_folder() / "template.verdict"
        if not verdict.exists():
            try:
                build(create_empty("template"))
                verdict.write_text("ok")
            except BaseException as error:
                verdict.write_text(f"{type(error).__name__}: {error}")
                raise
    said = verdict.read_text()
    if said != "ok":
        raise RuntimeError(f"The template database could not be built: {said}")


@dataclass
class WorkerDatabase:
    """The database of one worker. `reset()` gives it the template's content again."""

    name: str
    url: str
    engine: Engine | None = None
    changed: bool = field(default=True)

    def watch(self, engine: Engine) -> None:
        """Note every commit made through the app's engine."""
        self.engine = engine

        def note(_connection: Any) -> None:
            self.changed = True

        event.listen(engine, "commit", note)

    def mark_changed(self) -> None:
        """For tests that write from other processes, which no event here sees."""
        self.changed = True

    def reset(self) -> None:
        """Copy the template over this database unless nothing was committed since the last copy."""
        if not self.changed:
            return
        self._copy("template")
        self.changed = False

    def keep(self, name: str) -> None:
        """Copy this database, as it is now, under a name of this worker. No session may be in it."""
        assert self.engine is not None
        self.engine.dispose()  # SQLite's last connection takes the write-ahead log along
        if self.url.startswith("sqlite"):
            shutil.copyfile(self._path, self._path.with_name(f"{self.name}_{name}.db"))
        else:
            copied = f"{self.name}_{name}"
            admin(f'CREATE DATABASE "{copied}" TEMPLATE "{self.name}" STRATEGY FILE_COPY')

    def take(self, name: str) -> None:
        """Go on from the copy that `keep` made. No session may be in this database."""
        self._copy(f"{self.name}_{name}")
        self.changed = True

    @property
    def _path(self) -> Path:
        return Path(self.url.removeprefix("sqlite:///"))

    def _copy(self, source: str) -> None:
        if self.engine is not None:
            self.engine.dispose()
        if self.url.startswith("sqlite"):
            nik_scan.look_at_database([self._path, self._path.with_name(self._path.name + "-wal")])
            _remove_sqlite(self._path)
            shutil.copyfile(run_folder() / f"{source}.db", self._path)
        else:
            admin(
                f'DROP DATABASE IF EXISTS "{self.name}" WITH (FORCE)',
                f'CREATE DATABASE "{self.name}" TEMPLATE "{source}" STRATEGY FILE_COPY',
            )
