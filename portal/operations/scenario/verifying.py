"""Verifying over HTTP: a server of its own on a free loopback port, and a few connections that ask."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from queue import SimpleQueue

from portal.settings import Settings

START_SECONDS = 60
CONNECTIONS = 4
PAGES = 20


def free_port() -> int:
    """A loopback port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def server(settings: Settings) -> Iterator[None]:
    """The portal with these settings, serving until the block ends. Raises RuntimeError when it does not."""
    environment = {
        **os.environ,
        "PORTAL_ENV": "development",
        "DEMO": "0",
        "DATABASE_URL": settings.database_url,
        "BASE_URL": settings.base_url,
        "PORT": str(settings.port),
        "SECRET_KEY": settings.secret_key,
        "FIELD_KEYS": settings.field_keys,
        "KEYSTORE_DIR": str(settings.keystore_dir),
        "KEYSTORE_PASSPHRASE_FILE": str(settings.keystore_passphrase_file),
    }
    for name in ("DATABASE_READ_URL", "REDIS_URL"):
        environment.pop(name, None)
    command = [sys.executable, "-m", "portal.operations.scenario.server"]
    process = subprocess.Popen(  # noqa: S603  our own module
        command, env=environment, stdout=sys.stderr, start_new_session=True
    )
    try:
        _wait(process, settings.port)
        yield
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
        try:
            connection.request("GET", "/sehat")
            if connection.getresponse().status == 200:
                return
        except OSError:
            time.sleep(0.1)
        finally:
            connection.close()
    raise RuntimeError("the server for the checks did not start")


class Asker:
    """A small pool of kept connections."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._free: SimpleQueue[http.client.HTTPConnection] = SimpleQueue()
        for _number in range(CONNECTIONS):
            self._free.put(http.client.HTTPConnection("127.0.0.1", port, timeout=15))

    def get(self, path: str) -> tuple[int, bytes]:
        """(status, body); a connection that the server has closed meanwhile is opened once more."""
        connection = self._free.get()
        try:
            for is_last in (False, True):
                try:
                    connection.request("GET", path)
                    response = connection.getresponse()
                    return response.status, response.read()
                except (OSError, http.client.HTTPException):
                    connection.close()
                    if is_last:
                        raise
            raise AssertionError
        finally:
            self._free.put(connection)

    def close(self) -> None:
        """Close what is open."""
        while not self._free.empty():
            self._free.get().close()


def verify_all(
    port: int, codes: Sequence[tuple[str, str]], tell: Callable[[int, int], None]
) -> tuple[int, list[str]]:
    """(how many are valid with their own number, what is wrong): all codes by the API, a sample by page."""
    asker, wrong, valid = Asker(port), [], 0
    with closing(asker), ThreadPoolExecutor(CONNECTIONS) as pool:
        answers = pool.map(lambda pair: _ask(asker, *pair), codes)
        for done, problem in enumerate(answers, 1):
            valid += not problem
            if problem:
                wrong.append(problem)
            tell(done, len(codes))
        step = max(1, len(codes) // PAGES)
        pages = pool.map(lambda pair: _look(asker, *pair), codes[::step])
        wrong += [problem for problem in pages if problem]
    return valid, wrong


def _ask(asker: Asker, code: str, number: str) -> str:
    status, body = asker.get(f"/api/v1/verify/{code}")
    if status != 200:
        return f"{code}: HTTP {status}"
    found = json.loads(body)
    facts = found["facts"] or {}
    failed = [check["name"] for check in found["checks"] if check["outcome"] != "passed"]
    if found["state"] != "valid" or facts.get("number") != number or failed:
        return f"{code}: {found['state']}, number {facts.get('number')}, not passed: {failed}"
    return ""


def _look(asker: Asker, code: str, number: str) -> str:
    status, body = asker.get(f"/V/{code}")
    return "" if status == 200 and number.encode() in body else f"/V/{code}: HTTP {status} without its number"
