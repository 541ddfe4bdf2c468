"""How many trainees one machine carries, each answering every five seconds, beside one durable write each.

Requests fall due at a fixed pace, answered or not, so that a server that falls behind shows it. A pace is
carried when nothing fails and 99 of 100 answers take less than half a second from when they fell due.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import sqlalchemy as sa

from bench import classroom
from bench.cases.attendance import statements
from bench.classroom import PEOPLE, Visitor
from bench.databases import scratch
from bench.floors import answer_table
from bench.rows import Goal, Row
from bench.run import Run
from bench.serving import Server, served
from portal.assessment.models import Answer, Attempt, AttemptItem, Question, QuestionVersion, WrittenTest
from portal.core.db import db, transaction

EVERY_SECONDS = 5
MOST_MS = 500
PROBE_SECONDS = 8
CONNECTIONS = 16
QUESTIONS = 20
#: From one pace to the next slower one, and how many are tried.
STEP, TRIES = 0.88, 14
JSON = {"Content-Type": "application/json", "Accept": "application/json", "Sec-Fetch-Site": "same-origin"}


@dataclass(frozen=True)
class Side:
    """A server under test and what makes its next posts."""

    name: str
    server: Server
    posts: Callable[[int], list[dict[str, Any]]]


def answers(run: Run) -> Iterator[Row]:
    """Trainees carried by the portal and by the floor, nothing lost, and what one answer costs."""
    with scratch(run.database(content="classroom"), run.say) as database:
        app = database.portal()
        with app.app_context():
            now = datetime.now(UTC)
            classroom.today(now)
            build_test(now)
            people = classroom.visitors(app, list(range(1, PEOPLE + 1)), now)
        with served("portal", database) as portal, served("floor", database) as floor:
            sides = [Side("floor", floor, _Floor().posts), Side("portal", portal, _Sitting(people).posts)]
            sent = [0]
            for side in sides:
                _send(side, 400, None, sent)
            base, own = (_carried(run, side, sent) for side in sides)
        with app.app_context():
            kept = db.session.execute(sa.select(sa.func.count()).select_from(Answer)).scalar()
        # The first answer of an attempt in a process also reads what was drawn.
        statements(app, _Sitting(people, seq=50_000).posts(1)[0])
        seen, _answer = statements(app, _Sitting(people, seq=60_000).posts(1)[0])
    lost = sent[0] - int(kept or 0)
    rates = {"floor_rate": base["rate"], "portal_rate": own["rate"], "portal_p99_ms": own["p99_ms"]}
    more = {**run.about(), **rates}
    trainees = {name: side["rate"] * EVERY_SECONDS for name, side in (("floor", base), ("portal", own))}
    yield Row("answers", "trainees", trainees["floor"], trainees["portal"], Goal(">=", 0.5), more=more)
    yield Row("answers lost", "answers", None, lost, Goal("<=", 0, "portal"), f"of {sent[0]:,} acknowledged")
    yield Row("answers cpu", "CPU ms/answer", base["cpu_ms"], own["cpu_ms"])
    yield Row("answers statements", "statements/answer", None, len(seen), Goal("<=", 2, "portal"))


def _carried(run: Run, side: Side, sent: list[int]) -> dict[str, float]:
    """The fastest pace that the side carries, by going down from what it does when nobody waits."""
    pace = _send(side, 1500, None, sent)["rate"]
    for _turn in range(TRIES):
        found = _send(side, int(pace * PROBE_SECONDS), pace, sent)
        told = f"p99 {found['p99_ms']:.0f} ms, {found['failed']:.0f} failed"
        run.say(f"answers: {side.name} at {pace:.0f}/s: {told}")
        if found["failed"] == 0 and found["p99_ms"] < MOST_MS:
            return found | {"rate": pace}
        pace *= STEP
    raise RuntimeError(f"{side.name} carried no pace down to {pace:.0f}/s")


def _send(side: Side, number: int, pace: float | None, sent: list[int]) -> dict[str, float]:
    found = side.server.post(
        side.posts(number), connections=CONNECTIONS, rate=pace, seconds=PROBE_SECONDS * 4, strict=False
    )
    if side.name == "portal":
        sent[0] += number - int(found["failed"])
    return found


class _Sitting:
    """Answers of PEOPLE people in turn; each changes what it says every time round."""

    def __init__(self, people: list[Visitor], seq: int = 1) -> None:
        self._people, self._next, self._seq = people, count(), seq

    def posts(self, number: int) -> list[dict[str, Any]]:
        made = []
        for _ in range(number):
            turn = next(self._next)
            who, round_ = turn % PEOPLE, turn // PEOPLE
            body = {"no": round_ % QUESTIONS + 1, "seq": self._seq + round_, "answer": "abcd"[round_ % 4]}
            visitor = self._people[who]
            headers = JSON | {"Cookie": visitor.cookie, "X-CSRFToken": visitor.csrf}
            path = f"/saya/uji/{who + 1}/jawaban"
            made.append({"path": path, "body": json.dumps(body), "headers": headers})
        return made


class _Floor:
    """The same for the floor: one row a request."""

    def __init__(self) -> None:
        self._next = count()

    def posts(self, number: int) -> list[dict[str, Any]]:
        made = []
        for _ in range(number):
            turn = next(self._next)
            body = {"attempt": turn % PEOPLE + 1, "no": 1, "seq": turn // PEOPLE + 1, "answer": "a"}
            made.append({"path": "/answer", "body": json.dumps(body), "headers": JSON})
        return made


def build_test(now: datetime) -> None:
    """One test of the class of today that everybody has begun, QUESTIONS questions each; and the table that
    the floor writes to. Writes."""
    answer_table().create(db.engine)
    with transaction() as session:
        test = WrittenTest(
            batch_id=classroom.OPEN, title="Uji tertulis", minutes=600, opens_at=now - timedelta(hours=1),
            closes_at=now + timedelta(hours=11), state="published", created_at=now,
            blueprint=[{"unit_id": 1, "count": QUESTIONS, "needed_pct": 70}],
        )  # fmt: skip
        session.add(test)
        for number in range(1, QUESTIONS + 1):
            content = {
                "stem": f"Soal {number}", "images": [], "explanation": "", "key": "a",
                "options": [{"id": letter, "text": f"Pilihan {letter}"} for letter in "abcd"],
            }  # fmt: skip
            session.add(
                Question(id=number, unit_id=1, name=f"Soal {number}", kind="single", state="active",
                         created_at=now)
            )  # fmt: skip
            session.flush()
            session.add(
                QuestionVersion(id=number, question_id=number, version=1, content=content, created_at=now)
            )
        session.flush()
        session.execute(
            sa.insert(Attempt.__table__),
            [
                {"id": n, "test_id": test.id, "enrollment_id": classroom.seat(n), "person_id": n,
                 "seed": f"{n:032d}", "is_paper": False, "state": "running",
                 "started_at": now - timedelta(minutes=1), "deadline_at": now + timedelta(hours=10)}
                for n in range(1, PEOPLE + 1)
            ],
        )  # fmt: skip
        session.execute(
            sa.insert(AttemptItem.__table__),
            [
                {"attempt_id": n, "position": place, "unit_id": 1, "question_id": place, "version_id": place,
                 "options": ["a", "b", "c", "d"]}
                for n in range(1, PEOPLE + 1)
                for place in range(1, QUESTIONS + 1)
            ],
        )  # fmt: skip
