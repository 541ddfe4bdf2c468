"""Questions in the country's bank, and the written tests of classes: past ones that people sat, some open."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from portal.accounts.queries import actor_of, find_user
from portal.assessment.queries.sittings import items_of
from portal.assessment.rules.blueprint import Need
from portal.assessment.rules.content import right_answer
from portal.assessment.services import bank_import
from portal.assessment.services.appeals import file_appeal
from portal.assessment.services.sitting import save_answer, start_attempt, submit_attempt
from portal.assessment.services.tests import Plan, create_test, publish_test
from portal.catalog.models import Curriculum, Program
from portal.catalog.queries import units_of
from portal.core.db import db, transaction
from portal.core.permissions import Grant, GrantedActor, Role
from portal.operations.demo.batch import Batch
from portal.operations.demo.cast import ADMIN_LOGIN
from portal.operations.demo.plan import Act

QUESTIONS = Path(__file__).parent / "questions"
#: Programs with a bank: a file of their code, one category a unit.
BANKED = frozenset(path.stem for path in QUESTIONS.glob("*.gift"))
#: How many questions of each unit a test draws, from what percentage it is passed, and its minutes.
DRAWN, NEEDED_PCT, MINUTES = 3, 60, 30
#: Further back nobody looks.
REMEMBERED_DAYS = 60
_CATEGORY = re.compile(r"^\$CATEGORY: (\d+)\n", re.MULTILINE)


def fill_bank(now: datetime) -> None:
    """Import the shipped questions as the platform administrator would, and put them to use."""
    user = find_user(ADMIN_LOGIN)
    assert user is not None
    actor = actor_of(user.id, now)
    for path in sorted(QUESTIONS.glob("*.gift")):
        units = units_of(_curriculum_of(path.stem))
        _head, *parts = _CATEGORY.split(path.read_text())
        for position, text in zip(parts[::2], parts[1::2], strict=True):
            unit = next(unit for unit in units if unit.position == int(position))
            form, reading = bank_import.read_file(text.encode())
            with transaction():
                job_id = bank_import.keep_reading(
                    unit_id=unit.id, center_id=None, form=form, reading=reading, actor=actor, now=now
                )
            with transaction():
                bank_import.take_over(job_id=job_id, only_good=False, activate=True, actor=actor, now=now)


def _curriculum_of(code: str) -> int:
    statement = sa.select(Curriculum.id).join(Program, Program.id == Curriculum.program_id)
    found = db.session.scalars(statement.where(Program.code == code).order_by(Curriculum.version.desc()))
    return next(iter(found))


def plan_tests(batch: Batch) -> None:
    """Put the written test of a batch on the timeline, where its program has questions."""
    if batch.spec.program not in BANKED or batch.spec.day < -REMEMBERED_DAYS:
        return
    line, now = batch.timeline, batch.timeline.now
    if batch.spec.act == Act.RUNNING:
        line.at(now - timedelta(minutes=20), lambda moment: _announce(batch, moment))
    else:
        line.at(batch.ends - timedelta(hours=2), lambda moment: _sit(batch, moment))
    if batch.spec.act == Act.SIGNED or (batch.spec.act == Act.REQUESTED and batch.spec.core):
        line.at(
            min(batch.ends + timedelta(days=2), now - timedelta(hours=5)),
            lambda moment: _object(batch, moment),
        )


def _test(batch: Batch, opens: datetime, closes: datetime, now: datetime) -> int:
    """A published test of all units; its id."""
    assert batch.work is not None
    needs = tuple(Need(unit_id, DRAWN, NEEDED_PCT) for unit_id in batch.work.units)
    plan = Plan("Uji tertulis akhir pelatihan", needs, MINUTES, opens, closes)
    with transaction():
        test = create_test(batch_id=batch.id, plan=plan, actor=batch.house.admin, now=now)
        publish_test(batch_id=batch.id, test_id=test.id, actor=batch.house.admin, now=now)
    return test.id


def _announce(batch: Batch, now: datetime) -> None:
    if batch.work is not None:  # the class began
        _test(batch, now, max(batch.ends, now) + timedelta(days=1), now)


def _sit(batch: Batch, now: datetime) -> None:
    """Everybody who came sits it, and does in each unit as their verdicts will say."""
    assert batch.work is not None
    test_id = _test(batch, now, now + timedelta(hours=1), now)
    people = {number: person for person, number in batch.enrolled.items()}
    for place, (enrollment_id, fate) in enumerate(batch.work.fates.items()):
        if fate.came and enrollment_id in people:
            began = now + timedelta(seconds=20 * place + 5)
            _answer_all(batch, test_id, people[enrollment_id], fate.not_yet, began)


def _answer_all(batch: Batch, test_id: int, person_id: int, not_yet: frozenset[int], now: datetime) -> None:
    actor = trainee(person_id)
    with transaction():
        attempt = start_attempt(test_id=test_id, actor=actor, now=now)
        for item in items_of(attempt.id):
            moment = now + timedelta(seconds=70 * item.position)
            save_answer(
                attempt_id=attempt.id, position=item.position, seq=1, actor=actor, received_at=moment,
                now=moment, raw=_choose(batch, item, item.unit_id in not_yet),
            )  # fmt: skip
        submit_attempt(attempt_id=attempt.id, actor=actor, now=now + timedelta(minutes=MINUTES - 4))


def _choose(batch: Batch, item: Any, is_weak: bool) -> Any:
    """The right answer mostly; the weak in a unit miss most of its questions."""
    right = right_answer(item.kind, item.content)
    if batch.rng.random() < (0.25 if is_weak else 0.9):
        return right
    if item.kind in ("single", "multiple"):
        wrong = [one["id"] for one in item.content["options"] if one["id"] not in right]
        one = batch.rng.choice(wrong)
        return one if item.kind == "single" else sorted({one, *list(right)[:1]})
    if item.kind == "true_false":
        return not right
    return "0" if item.kind == "number" else None


def _object(batch: Batch, now: datetime) -> None:
    """The first who is BK in a unit appeals, so that the desk of appeals has a case."""
    assert batch.work is not None
    people = {number: person for person, number in batch.enrolled.items()}
    for enrollment_id, fate in batch.work.fates.items():
        if fate.came and fate.not_yet and enrollment_id in people:
            with transaction():
                file_appeal(
                    enrollment_id=enrollment_id, unit_id=min(fate.not_yet), now=now,
                    actor=trainee(people[enrollment_id]),
                    reason="Buku kas yang saya kerjakan pada hari kedua belum ikut dinilai.",
                )  # fmt: skip
            return


def trainee(person_id: int) -> GrantedActor:
    """A person as a trainee who acts for themselves."""
    return GrantedActor(None, person_id, "", (Grant(Role.TRAINEE, "self", ""),))
