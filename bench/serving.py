"""Servers under test: the portal and the floors, each by granian with the same settings, and their CPU."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.counting import tree_seconds
from bench.databases import HOST, Database

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 60


@dataclass(frozen=True)
class Server:
    """One running server. `helpers` are processes whose CPU counts too: the database server's."""

    port: int
    pid: int
    helpers: tuple[int, ...] = ()
    settings: dict[str, int] = field(default_factory=dict)

    def cpu_seconds(self) -> float:
        """CPU of the server, its workers and the database's processes so far."""
        return sum(tree_seconds(pid) for pid in (self.pid, *self.helpers))

    def load(
        self, paths: Sequence[str], count: int, *, status: str = "200", headers: dict[str, str] | None = None
    ) -> dict[str, float]:
        """Ask `count` times over two connections: {cpu_ms, rate, p99_ms, bytes, cookies} of a request.

        Raises RuntimeError unless every answer has the expected status.
        """
        return self._run({"paths": list(paths), "count": count, "headers": headers or {}}, status)

    def post(
        self, posts: Sequence[dict[str, Any]], *, status: str = "200", connections: int = 2,
        rate: float | None = None, seconds: int = 60, strict: bool = True,
    ) -> dict[str, float]:  # fmt: skip
        """Send each of `posts` ({path, body, headers}) once, as `load` measures; `rate`: so many a second.

        With `strict` False other answers are counted as {failed} instead of raising, and said on stderr.
        """
        plan = {"posts": list(posts), "count": len(posts), "connections": connections, "seconds": seconds}
        return self._run(plan | ({"rate": rate} if rate else {}), status, strict)

    def _run(self, plan: dict[str, Any], status: str, strict: bool = True) -> dict[str, float]:
        plan = {"port": self.port, "host": HOST, "connections": 2, "seconds": 60} | plan
        before = self.cpu_seconds()
        done = subprocess.run(
            [sys.executable, "-m", "bench.load"],
            input=json.dumps(plan), capture_output=True, text=True, cwd=ROOT,
        )  # fmt: skip
        spent = self.cpu_seconds() - before
        if done.returncode != 0:
            raise RuntimeError(done.stderr.strip() or "the load generator failed")
        answer: dict[str, Any] = json.loads(done.stdout)
        failed = answer["requests"] - answer["statuses"].get(status, 0)
        if strict and failed:
            raise RuntimeError(f"expected only {status}, got {answer['statuses']}")
        if failed:
            print(f"bench: answered {answer['statuses']}", file=sys.stderr, flush=True)
        return {
            "cpu_ms": spent * 1000 / answer["requests"],
            "rate": answer["requests"] / answer["seconds"],
            "p99_ms": answer["p99_ms"],
            "bytes": answer["bytes"],
            "cookies": answer["cookies"],
            "failed": failed,
            "seconds": answer["seconds"],
        }


@contextmanager
def served(role: str, database: Database) -> Iterator[Server]:
    """Serve `bench.apps` in a role ("portal" or "floor") on a database until the block ends."""
    port = free_port()
    environment = {**os.environ, "BENCH_ROLE": role, "BENCH_DATABASE": database.as_text()}
    threads = 1 if database.engine == "sqlite" else 4
    with open(database.folder / f"{role}.log", "wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "bench.server", str(port), "1", str(threads)],
            env=environment, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
        )  # fmt: skip
    try:
        wait_until(lambda: answers(port), process, START_SECONDS, database.folder / f"{role}.log")
        yield Server(port, process.pid, database.pids, {"workers": 1, "threads": threads})
    finally:
        end(process)


def free_port() -> int:
    """A loopback port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(port: int) -> bool:
    """Whether somebody listens there."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def wait_until(ready: Callable[[], bool], process: subprocess.Popen[bytes], seconds: int, log: Path) -> None:
    """Return when it is ready; raises RuntimeError with the log's end when it ended or never was."""
    until = time.monotonic() + seconds
    while not ready():
        if process.poll() is not None or time.monotonic() > until:
            raise RuntimeError(f"the server did not start: {log.read_text(errors='replace')[-2000:]}")
        time.sleep(0.05)


def end(process: subprocess.Popen[bytes]) -> None:
    """Stop a process that we started, by its id."""
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
