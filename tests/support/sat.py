"""A written test that people sit through the services: a bank of every kind, a plan, people with accounts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from portal.accounts.models import User
from portal.assessment.models import (
    Allowance,
    Answer,
    Attempt,
    AttemptEvent,
    AttemptItem,
    Question,
    QuestionVersion,
    WrittenTest,
)
from portal.assessment.rules.blueprint import Need
from portal.assessment.services import sitting
from portal.assessment.services import tests as planning
from portal.assessment.services.tests import Plan
from portal.core.db import db, transaction
from portal.core.permissions import Grant, GrantedActor, Role
from tests.support import classroom
from tests.support.classroom import Classroom

SINGLE = {
    "stem": "Siapa yang menyetujui pengeluaran kas?", "images": [], "explanation": "Lihat modul 2.",
    "options": [
        {"id": "a", "text": "Ketua pengurus"}, {"id": "b", "text": "Bendahara sendiri"},
        {"id": "c", "text": "Anggota mana pun"}, {"id": "d", "text": "Tidak perlu disetujui"},
    ],
    "key": "a",
}  # fmt: skip
MULTIPLE = {
    "stem": "Mana saja bukti transaksi yang sah?", "images": [], "explanation": "",
    "options": [
        {"id": "a", "text": "Kuitansi bertanggal"}, {"id": "b", "text": "Catatan tanpa nama"},
        {"id": "c", "text": "Nota bernomor"},
    ],
    "key": ["a", "c"],
}  # fmt: skip
TRUE_FALSE = {"stem": "Buku kas ditutup setiap hari.", "images": [], "explanation": "", "key": True}
MATCHING = {
    "stem": "Pasangkan dokumen dengan kegunaannya.", "images": [], "explanation": "",
    "pairs": [
        {"id": "p", "left": "Kuitansi", "right": "Bukti uang diterima"},
        {"id": "q", "left": "Nota", "right": "Bukti pembelian"},
    ],
    "extra": [{"right": "Daftar hadir rapat"}],
}  # fmt: skip
NUMBER = {
    "stem": "Saldo awal 10, masuk 5, keluar 2,5. Berapa saldo akhir?", "images": [], "explanation": "",
    "key": "12.5", "tolerance": "0", "unit": "juta rupiah",
}  # fmt: skip
CASE = {
    "stem": "Bendahara menemukan selisih Rp200.000 antara buku kas dan uang di laci.", "images": [],
    "explanation": "",
    "parts": [
        {"id": "1", "kind": "single", **{k: v for k, v in SINGLE.items() if k != "stem"},
         "stem": "Apa langkah pertama?"},
        {"id": "2", "kind": "number", "stem": "Berapa selisihnya, dalam ribu rupiah?", "images": [],
         "key": "200", "tolerance": "0", "unit": ""},
    ],
}  # fmt: skip
KINDS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("single", SINGLE), ("multiple", MULTIPLE), ("true_false", TRUE_FALSE), ("matching", MATCHING),
    ("number", NUMBER), ("case", CASE),
)  # fmt: skip


@dataclass
class Sat:
    """A published test of a class. `questions`: the ids in the bank by unit."""

    room: Classroom
    test_id: int
    questions: dict[int, list[int]]

    def trainee(self, index: int = 0) -> GrantedActor:
        """One person of the class as an actor, without an account."""
        return GrantedActor(None, self.room.people[index], "Peserta", (Grant(Role.TRAINEE, "self", ""),))

    def account(self, index: int = 0) -> User:
        """The account of one person."""
        found = db.session.scalar(sa.select(User).where(User.person_id == self.room.people[index]))
        if found is not None:
            return found
        with transaction():
            return classroom.account("Peserta Uji", Role.TRAINEE, person_id=self.room.people[index])

    def start(self, now: datetime, index: int = 0) -> int:
        """Begin; the attempt's id."""
        with transaction():
            attempt = sitting.start_attempt(test_id=self.test_id, actor=self.trainee(index), now=now)
            return int(attempt.id)

    def save(self, attempt_id: int, position: int, seq: int, raw: Any, now: datetime, index: int = 0,
             received_at: datetime | None = None) -> sitting.Saved:  # fmt: skip
        """Answer."""
        with transaction():
            return sitting.save_answer(
                attempt_id=attempt_id, position=position, seq=seq, raw=raw, actor=self.trainee(index),
                received_at=received_at or now, now=now,
            )  # fmt: skip


def fill_bank(unit_ids: list[int], now: datetime, each: int = 1, center_id: int | None = None,
              state: str = "active", kinds: Any = KINDS) -> dict[int, list[int]]:  # fmt: skip
    """Questions of every kind for each unit; committed."""
    found: dict[int, list[int]] = {}
    with transaction():
        for unit_id in unit_ids:
            for kind, content in kinds:
                for number in range(each):
                    name = f"{kind}-{number}-{center_id or 0}-{state}"
                    question = Question(
                        unit_id=unit_id, center_id=center_id, name=name, kind=kind, state=state,
                        created_by=None, created_at=now,
                    )  # fmt: skip
                    db.session.add(question)
                    db.session.flush()
                    db.session.add(
                        QuestionVersion(
                            question_id=question.id, version=1, content=content, created_by=None,
                            created_at=now,
                        )
                    )  # fmt: skip
                    found.setdefault(unit_id, []).append(question.id)
        db.session.flush()
    return found


def a_plan(room: Classroom, now: datetime, count: int = 6, minutes: int = 60, **more: Any) -> Plan:
    """So many questions of every unit, open for four hours from a minute ago."""
    values: dict[str, Any] = {
        "title": "Uji akhir pembukuan", "minutes": minutes, "opens_at": now - timedelta(minutes=1),
        "closes_at": now + timedelta(hours=4),
        "needs": tuple(Need(unit_id, count, 70) for unit_id in room.units),
    } | more  # fmt: skip
    return Plan(**values)


def a_test(room: Classroom, now: datetime, publish: bool = True, actor: Any = None, **more: Any) -> int:
    """A test planned by the class's assessor (or `actor`); committed."""
    actor = actor or room.assessor_actor()
    with transaction():
        test = planning.create_test(
            batch_id=room.batch_id, plan=a_plan(room, now, **more), actor=actor, now=now
        )
        if publish:
            planning.publish_test(batch_id=room.batch_id, test_id=test.id, actor=actor, now=now)
        return int(test.id)


def sat(now: datetime, people: int = 2, units: int = 2, count: int = 6, minutes: int = 60,
        **more: Any) -> Sat:  # fmt: skip
    """A class with a published test; nobody has started."""
    room = classroom.build(people=people, units=units, start=now - timedelta(days=2))
    questions = fill_bank(room.units, now, each=-(-count // len(KINDS)))
    return Sat(room, a_test(room, now, count=count, minutes=minutes, **more), questions)


def right(kind: str, content: Any) -> Any:
    """The right answer as a candidate's page sends it."""
    from portal.assessment.rules.content import right_answer

    return right_answer(kind, content)


def row_of(test_id: int) -> WrittenTest:
    """The row, fresh."""
    found = db.session.get(WrittenTest, test_id, populate_existing=True)
    assert found is not None
    return found


def sit_written(room: Classroom, now: datetime, reason: str) -> int:
    """The first of a class has sat and handed in a test, with extra time; inside the open transaction."""
    unit = room.units[0]
    question = Question(
        unit_id=unit, name=f"satu-{now.timestamp()}", kind="single", state="active", created_by=None,
        created_at=now,
    )  # fmt: skip
    test = WrittenTest(
        batch_id=room.batch_id, title="Uji akhir", blueprint=[Need(unit, 1, 70).stored()], minutes=30,
        opens_at=now - timedelta(hours=2), closes_at=now + timedelta(hours=2), state="published",
        created_by=None, created_at=now,
    )  # fmt: skip
    db.session.add_all([question, test])
    db.session.flush()
    version = QuestionVersion(
        question_id=question.id, version=1, content=SINGLE, created_by=None, created_at=now
    )
    attempt = Attempt(
        test_id=test.id, enrollment_id=room.enrollments[0], person_id=room.people[0], seed="0" * 32,
        state="submitted", started_at=now - timedelta(hours=1), deadline_at=now, closed_at=now,
        score={str(unit): [1.0, 1.0]},
    )  # fmt: skip
    extra = Allowance(
        test_id=test.id, enrollment_id=room.enrollments[0], minutes=10, reason=reason, granted_by=None,
        granted_at=now,
    )  # fmt: skip
    db.session.add_all([version, attempt, extra])
    db.session.flush()
    db.session.add_all(
        [
            AttemptItem(attempt_id=attempt.id, position=1, unit_id=unit, question_id=question.id,
                        version_id=version.id, options=["a", "b", "c", "d"]),
            Answer(attempt_id=attempt.id, position=1, seq=1, answer="a", received_at=now),
            AttemptEvent(attempt_id=attempt.id, kind="extended", detail={"minutes": 10, "reason": reason},
                         by=None, at=now),
        ]
    )  # fmt: skip
    db.session.flush()
    return int(attempt.id)
