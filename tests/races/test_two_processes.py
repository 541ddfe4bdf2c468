"""The same races over HTTP, against two worker processes on one database: what threads of one process share,
these do not."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
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

from portal.assessment.models import AssessmentSheet, Attempt, Verdict
from portal.assessment.queries import sittings
from portal.assessment.services import VerdictEntry, record_verdicts
from portal.attendance.models import AttendanceChange, AttendanceMark
from portal.attendance.services import mark_rest
from portal.batches.models import ClassSession
from portal.core import clock
from portal.core.db import db, transaction
from portal.enrollment.models import Enrollment
from tests.support import classroom, databases
from tests.support.apps import build_template, make_app
from tests.support.browser import ROOT, _free_port, _wait
from tests.support.races import CONCURRENT, ROUNDS
from tests.support.sat import TRUE_FALSE, Sat, a_test, fill_bank
from tests.support.sign_in import sign_in


@dataclass
class Two:
    """A portal with two workers; `app` is the same portal in this process."""

    port: int
    app: Any

    def visitor(self, user: Any) -> Visitor:
        """A signed-in account."""
        client = self.app.test_client()
        sign_in(self.app, client, user)
        with client.session_transaction() as session:
            session["csrf_token"] = "r" * 40
        cookie = client.get_cookie("balai")
        assert cookie is not None
        token = URLSafeTimedSerializer(self.app.secret_key, salt="wtf-csrf-token").dumps("r" * 40)
        return Visitor(
            self.port,
            {
                "Cookie": f"balai={cookie.value}",
                "X-CSRFToken": str(token),
                "Origin": f"http://127.0.0.1:{self.port}",
            },
        )


@dataclass
class Visitor:
    """Makes posts of one account: each answers its status."""

    port: int
    headers: dict[str, str]

    def form(self, path: str, **data: Any) -> Callable[[], int]:
        """A form sent."""
        return self._post(path, urlencode(data), "application/x-www-form-urlencoded")

    def json(self, path: str, **data: Any) -> Callable[[], int]:
        """What a script of a page sends."""
        return self._post(path, json.dumps(data), "application/json")

    def _post(self, path: str, body: str, kind: str) -> Callable[[], int]:
        def send() -> int:
            connection = HTTPConnection("127.0.0.1", self.port, timeout=60)
            connection.request("POST", path, body, {**self.headers, "Content-Type": kind})
            try:
                return connection.getresponse().status
            finally:
                connection.close()

        return send


def together(jobs: Sequence[Callable[[], int]]) -> list[int]:
    """All at the same moment; their statuses in order."""
    start = Barrier(len(jobs))

    def run(job: Callable[[], int]) -> int:
        start.wait(30)
        return job()

    with ThreadPoolExecutor(len(jobs)) as pool:
        return list(pool.map(run, jobs))


def _own_database(folder: Path) -> str:
    """A database like every test's, on the engine of the run; its address."""
    databases.ensure_template(build_template)
    if databases.engine_name() == "postgresql":
        name = f"{folder.parent.name}_{folder.name}".replace("-", "_")
        databases.admin(f'CREATE DATABASE "{name}" TEMPLATE template')
        return databases.database_url(name)
    shutil.copyfile(databases.run_folder() / "template.db", folder / "portal.db")
    return f"sqlite:///{folder / 'portal.db'}"


@pytest.fixture(scope="module")
def two(worker_folder: Path) -> Iterator[Two]:
    """Two workers of granian, as in production, on a database of their own."""
    # A stolen test sets this up again on the same worker.
    folder = Path(tempfile.mkdtemp(prefix="two-", dir=worker_folder))
    url = _own_database(folder)
    app = make_app(url, folder)
    port = _free_port()
    command = [
        sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port),
        "--workers", "2", "--blocking-threads", "1", "--log-level", "warning", "tests.support.served:app",
    ]  # fmt: skip
    environment = {
        **os.environ,
        "SERVED_FOLDER": str(folder),
        "SERVED_PORT": str(port),
        "SERVED_DATABASE": url,
    }
    with (folder / "server.log").open("wb") as output:
        server = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=output)
        try:
            _wait(f"http://127.0.0.1:{port}", server)
            yield Two(port, app)
        finally:
            server.terminate()
            try:
                server.wait(15)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()
    with app.app_context():
        db.engine.dispose()


def _class(people: int, now: datetime) -> classroom.Classroom:
    """One unit, one session, which was the day before yesterday."""
    return classroom.build(people=people, units=1, sessions=1, start=now - timedelta(days=2))


def test_the_same_tap_by_forty_is_one_mark(two: Two) -> None:
    with two.app.app_context():
        room = _class(ROUNDS, clock.now())
        session, people, teacher = room.sessions[0], list(room.enrollments), room.actor().user_id
        db.session.remove()
    visitor = two.visitor(teacher)
    for number in people:
        tap = visitor.form(f"/instruktur/presensi/{session}", enrollment=number, mark="present", version=0)
        assert together([tap] * CONCURRENT) == [303] * CONCURRENT
    with two.app.app_context():
        mine = AttendanceMark.session_id == session
        rows = db.session.execute(sa.select(AttendanceMark.mark, AttendanceMark.version).where(mine)).all()
        assert [tuple(row) for row in rows] == [("present", 1)] * ROUNDS
        changed = sa.select(sa.func.count()).where(AttendanceChange.session_id == session)
        assert db.session.scalar(changed) == 0


def test_signing_against_a_lower_verdict_tells_one_story(two: Two) -> None:
    """What was signed is what the verdicts say. Who lowered one in time is told so, everybody else that the
    sheet is signed; who signed is never refused."""
    with two.app.app_context():
        first = _class(1, clock.now())
        teacher = first.actor().user_id
        rooms = [(first.batch_id, first.enrollments[0], first.units[0])]
        for _ in range(ROUNDS - 1):
            room = classroom.build(sessions=1, people=1, start=clock.now() - timedelta(days=2), like=first)
            rooms.append((room.batch_id, room.enrollments[0], room.units[0]))
        for batch, enrollment, unit in rooms:
            session_id = db.session.scalars(sa.select(ClassSession.id).filter_by(batch_id=batch)).one()
            entry = VerdictEntry(enrollment, unit, "competent")
            with transaction():
                mark_rest(session_id=session_id, mark="present", actor=first.actor(), now=clock.now())
                record_verdicts(batch_id=batch, entries=[entry], actor=first.actor(), now=clock.now())
        db.session.remove()
    visitor = two.visitor(teacher)
    for round_, (batch, enrollment, unit) in enumerate(rooms):
        # An operation belongs to one account and is spent once: each round has one of its own.
        sign = visitor.form(f"/instruktur/hasil/{batch}/tutup", op=secrets.token_hex(16))
        lower = visitor.form(
            f"/instruktur/hasil/{batch}", enrollment=enrollment, unit=unit, value="not_yet_competent",
            note="Belum", version=1,
        )  # fmt: skip
        pair = [sign, lower] if round_ % 2 else [lower, sign]
        statuses = together(pair * (CONCURRENT // 2))
        signed, lowered = (statuses[::2], statuses[1::2]) if round_ % 2 else (statuses[1::2], statuses[::2])
        assert signed == [303] * (CONCURRENT // 2)
        assert set(lowered) <= {303, 409}
        with two.app.app_context():
            current = sa.select(Verdict.value).where(Verdict.enrollment_id == enrollment, Verdict.is_current)
            value = db.session.scalars(current).one()
            state = db.session.get_one(Enrollment, enrollment).state
            assert db.session.get(AssessmentSheet, batch) is not None
            told = 303 in lowered
        assert (value, state) == (
            ("not_yet_competent", "not_completed") if told else ("competent", "completed")
        )


def test_an_answer_acknowledged_before_handing_in_counts(two: Two) -> None:
    """Whatever the server took is in the score, whoever of the two workers took it; a refused one is not."""
    questions = 8
    with two.app.app_context():
        made = _true_false_test(ROUNDS, questions)
        sitters = []
        for index in range(ROUNDS):
            account = made.account(index)
            sitters.append((account.id, made.start(clock.now(), index)))
        unit = str(made.room.units[0])
        db.session.remove()
    for user, attempt in sitters:
        visitor = two.visitor(user)
        saves = [
            visitor.json(f"/saya/uji/{attempt}/jawaban", no=number, seq=1, answer=True)
            for number in range(1, questions + 1)
        ]
        hand_in = visitor.form(f"/saya/uji/{attempt}/kumpulkan", selesai="1")
        # Four devices send each answer, eight hand in between them.
        half = questions // 2
        statuses = together([*saves[:half] * 4, *[hand_in] * 8, *saves[half:] * 4])
        handed, answered = statuses[16:24], [*zip(saves[:half] * 4, statuses[:16], strict=True)]
        answered += zip(saves[half:] * 4, statuses[24:], strict=True)
        assert handed == [303] * 8
        assert {status for _save, status in answered} <= {200, 409}
        taken = {saves.index(save) + 1 for save, status in answered if status == 200}
        with two.app.app_context():
            row = db.session.get_one(Attempt, attempt)
            assert (row.state, row.score) == ("submitted", {unit: [float(len(taken)), float(questions)]})
            assert set(sittings.answers_of(attempt)) == taken


def _true_false_test(people: int, questions: int) -> Sat:
    """Questions whose right answer is true, in a test that is open now."""
    now = clock.now()
    room = _class(people, now)
    fill_bank(room.units, now, each=questions, kinds=(("true_false", TRUE_FALSE),))
    return Sat(room, a_test(room, now, count=questions), {})
