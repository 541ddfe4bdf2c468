"""The same races over HTTP, against two worker processes on one database: what threads of one process share,
these do not."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from http.client import HTTPConnection
from pathlib import Path
from threading import Barrier
from typing import Any
from urllib.parse import urlencode

import pytest
import sqlalchemy as sa
from itsdangerous import URLSafeTimedSerializer

from portal.attendance.models import AttendanceChange, AttendanceMark
from portal.core import clock
from portal.core.db import db
from tests.support import classroom, databases
from tests.support.apps import build_template, make_app
from tests.support.browser import ROOT, _free_port, _wait
from tests.support.races import CONCURRENT
from tests.support.sign_in import sign_in

ROUNDS = 5


@dataclass
class Two:
    """A portal with two workers; `app` is the same portal in this process."""

    port: int
    app: Any

    def visitor(self, user: Any) -> Callable[[str, dict[str, Any]], Callable[[], int]]:
        """Makes posts of a signed-in account: each answers its status."""
        client = self.app.test_client()
        sign_in(self.app, client, user)
        with client.session_transaction() as session:
            session["csrf_token"] = "r" * 40
        cookie = client.get_cookie("balai")
        assert cookie is not None
        token = URLSafeTimedSerializer(self.app.secret_key, salt="wtf-csrf-token").dumps("r" * 40)
        headers = {
            "Cookie": f"balai={cookie.value}",
            "Content-Type": "application/x-www-form-urlencoded",
            "Origin": f"http://127.0.0.1:{self.port}",
        }

        def post(path: str, data: dict[str, Any]) -> Callable[[], int]:
            def send() -> int:
                connection = HTTPConnection("127.0.0.1", self.port, timeout=60)
                connection.request("POST", path, urlencode(data | {"csrf_token": token}), headers)
                try:
                    return connection.getresponse().status
                finally:
                    connection.close()

            return send

        return post


def together(jobs: Sequence[Callable[[], int]]) -> list[int]:
    """All at the same moment; their statuses in order."""
    start = Barrier(len(jobs))

    def run(job: Callable[[], int]) -> int:
        start.wait(30)
        return job()

    with ThreadPoolExecutor(len(jobs)) as pool:
        return list(pool.map(run, jobs))


@pytest.fixture(scope="module")
def two(worker_folder: Path) -> Iterator[Two]:
    """Two workers of granian, as in production, on a database of their own."""
    folder = worker_folder / "two"
    folder.mkdir()
    databases.ensure_template(build_template)
    shutil.copyfile(databases.run_folder() / "template.db", folder / "portal.db")
    app = make_app(f"sqlite:///{folder / 'portal.db'}", folder)
    port = _free_port()
    command = [
        sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port),
        "--workers", "2", "--blocking-threads", "1", "--log-level", "warning", "tests.support.served:app",
    ]  # fmt: skip
    environment = {**os.environ, "SERVED_FOLDER": str(folder), "SERVED_PORT": str(port)}
    with (folder / "server.log").open("wb") as output:
        server = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=output)
        try:
            _wait(f"http://127.0.0.1:{port}", server)
            yield Two(port, app)
        finally:
            server.terminate()
            server.wait(15)
    with app.app_context():
        db.engine.dispose()


def _yesterday(now: datetime) -> datetime:
    return now - timedelta(days=2)


def test_the_same_tap_by_forty_is_one_mark(two: Two) -> None:
    with two.app.app_context():
        room = classroom.build(people=ROUNDS, sessions=1, start=_yesterday(clock.now()))
        session, people, teacher = room.sessions[0], list(room.enrollments), room.actor().user_id
        db.session.remove()
    post = two.visitor(teacher)
    for number in people:
        data = {"enrollment": number, "mark": "present", "version": 0}
        statuses = together([post(f"/instruktur/presensi/{session}", data)] * CONCURRENT)
        assert set(statuses) == {303}
    with two.app.app_context():
        rows = db.session.execute(sa.select(AttendanceMark.mark, AttendanceMark.version)).all()
        assert [tuple(row) for row in rows] == [("present", 1)] * ROUNDS
        assert db.session.scalar(sa.select(sa.func.count()).select_from(AttendanceChange)) == 0
