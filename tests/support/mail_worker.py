"""A worker process to be killed: `python -m tests.support.mail_worker`, its settings as JSON on stdin.

It imports the portal once and forks a worker for each further line, so that a restart takes milliseconds; the
worker's process id is the answer.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any


def _drain_for_ever(app: Any) -> None:
    from portal.core.mail import drain

    while True:
        with app.app_context():
            drain.run()
        time.sleep(0.02)


def _issue_for_ever(app: Any) -> None:
    from portal.certificates.services import requests
    from portal.core import jobs

    requests.CHUNK = 2
    while True:
        with app.app_context():
            jobs.run_pending()
        time.sleep(0.02)


def main() -> None:
    """Fork a worker for each line after the first, until standard input ends."""
    from portal import create_app
    from portal.core import jobs, queue
    from portal.core.mail import states
    from tests.support.apps import make_settings

    asked = json.loads(sys.stdin.readline())
    work = queue.work if asked.pop("consumer", False) else _drain_for_ever
    work = _issue_for_ever if asked.pop("jobs", False) else work
    states.LEASE = timedelta(seconds=asked.pop("lease", states.LEASE.total_seconds()))
    jobs.LEASE = states.LEASE
    settings = make_settings(asked.pop("database_url"), Path(asked.pop("folder")))
    app = create_app(replace(settings, **asked))
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the killed ones
    for _line in iter(sys.stdin.readline, ""):
        worker = os.fork()
        if worker == 0:
            try:
                work(app)
            finally:
                os._exit(1)
        print(worker, flush=True)  # noqa: T201  the answer


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


class Workers:
    """Starts and kills workers; `running` are their process ids."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.running: list[int] = []

    def start(self) -> int:
        """One more worker; its process id."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write("start\n")
        self._process.stdin.flush()
        self.running.append(int(self._process.stdout.readline()))
        return self.running[-1]

    def ask_to_end(self, worker: int) -> None:
        """Ctrl-C; returns when it has ended."""
        self.running.remove(worker)
        os.kill(worker, signal.SIGINT)
        deadline = time.monotonic() + 20
        while _is_alive(worker):
            assert time.monotonic() < deadline, "the worker does not end"
            time.sleep(0.02)

    def kill(self, worker: int) -> None:
        """End it with SIGKILL, wherever it is."""
        self.running.remove(worker)
        os.kill(worker, signal.SIGKILL)


@contextmanager
def mail_workers(**settings: Any) -> Iterator[Workers]:
    """Worker processes on a database and folder, sending through SMTP_URL or GATEWAY_URL of the settings.

    lease: seconds, instead of minutes. consumer=True: the real consumer of the queue, which needs
    testing=False; jobs=True: they run jobs, issuing two certificates a chunk; else they drain all the time.
    """
    with subprocess.Popen(
        [sys.executable, "-m", "tests.support.mail_worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdin is not None
        process.stdin.write(json.dumps(settings) + "\n")
        process.stdin.flush()
        workers = Workers(process)
        try:
            yield workers
        finally:
            for worker in list(workers.running):
                workers.kill(worker)
            process.stdin.close()


if __name__ == "__main__":
    main()
