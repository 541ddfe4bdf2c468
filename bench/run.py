"""One run of the benchmark: what was asked for, and the databases and servers that its cases share."""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

import sqlalchemy as sa
from flask import Flask

from bench.counting import tree_seconds
from bench.databases import HOST, Database, filled
from bench.serving import Server, served
from portal.certificates.models import Certificate
from portal.core.db import db


@dataclass
class Run:
    """Options, and whatever cases have opened; `close()` stops all servers that were started.

    rows: certificates in the database. rounds: how often floor and portal take turns. requests: in one turn.
    """

    engine: str = "sqlite"
    rows: int = 200_000
    rounds: int = 5
    requests: int = 800
    _open: ExitStack = field(default_factory=ExitStack)
    _databases: dict[tuple[str, int], Database] = field(default_factory=dict)
    _apps: dict[int, Flask] = field(default_factory=dict)
    _servers: dict[tuple[str, int], Server] = field(default_factory=dict)

    def say(self, line: str) -> None:
        """Progress, on stderr: stdout belongs to the result."""
        print(f"bench: {line}", file=sys.stderr, flush=True)

    def database(self, rows: int | None = None, content: str = "certificates") -> Database:
        """The filled database with `rows` certificates (default: the run's), or a log of that many leaves."""
        rows = rows or self.rows
        if (content, rows) not in self._databases:
            opened = self._open.enter_context(filled(self.engine, rows, self.say, content))
            self._databases[content, rows] = opened
        return self._databases[content, rows]

    def app(self, rows: int | None = None) -> Flask:
        """The portal in this process, on that database."""
        rows = rows or self.rows
        if rows not in self._apps:
            self._apps[rows] = self.database(rows).portal()
        return self._apps[rows]

    def server(self, role: str, rows: int | None = None) -> Server:
        """The server of a role, `portal` or `floor`, on that database; started when first asked for."""
        rows = rows or self.rows
        if (role, rows) not in self._servers:
            started = self._open.enter_context(served(role, self.database(rows)))
            self._servers[role, rows] = started
        return self._servers[role, rows]

    def codes(self, count: int, rows: int | None = None) -> list[str]:
        """Codes of certificates at random, the same in every run."""
        rows = rows or self.rows
        ids = random.Random(7).sample(range(1, rows + 1), min(count, rows))  # noqa: S311  no secret
        with self.app(rows).app_context():
            return list(db.session.scalars(sa.select(Certificate.code).where(Certificate.id.in_(ids))))

    def spent(self, work: Callable[[], None], database: Database) -> dict[str, float]:
        """{cpu_s, seconds} that `work` takes in this process and in the database's."""
        server = sum(tree_seconds(pid) for pid in database.pids)
        began, cpu = time.perf_counter(), time.process_time()
        work()
        cpu, began = time.process_time() - cpu, time.perf_counter() - began
        return {"cpu_s": cpu + sum(tree_seconds(pid) for pid in database.pids) - server, "seconds": began}

    def about(self) -> dict[str, object]:
        """What every row of a case on the database says beside its figures."""
        return {"engine": self.engine, "rows": self.rows}

    def close(self) -> None:
        """Stop the servers and databases of this run."""
        self._open.close()


@contextmanager
def running(**options: int | str) -> Iterator[Run]:
    """A run that is closed at the end."""
    run = Run(**options)  # type: ignore[arg-type]
    try:
        yield run
    finally:
        run.close()


__all__ = ["HOST", "Run", "running"]
