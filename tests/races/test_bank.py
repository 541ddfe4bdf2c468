"""Two editors on one question, one name twice, one file taken over twice: one effect each."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from portal.assessment.models import Question, QuestionVersion
from portal.assessment.rules.gift import read
from portal.assessment.services import bank as services
from portal.assessment.services import bank_import as importing
from portal.assessment.services.bank import Wanted
from portal.core.db import db, transaction
from tests.support.bank import content_of, write
from tests.support.classroom import build
from tests.support.races import at_once

ROUNDS, MANY = 10, 4


def test_two_editors_of_one_question_one_is_told(app: Any, db_session: Any, now: Any) -> None:
    room = build(people=0)
    actor, number = room.assessor_actor(), write(room, now)
    for round_ in range(1, ROUNDS + 1):

        def edit(who: int, round_: int = round_) -> None:
            with transaction():
                services.edit_question(
                    question_id=number,
                    wanted=Wanted("Soal satu", content_of("single", stem=f"{round_} {who}?")),
                    expected_version=round_, actor=actor, now=now,
                )  # fmt: skip

        outcomes = at_once(app, [lambda who=who: edit(who) for who in range(MANY)])
        assert sorted(outcomes) == sorted(["ok"] + ["question_changed"] * (MANY - 1))
        stems = db.session.scalars(
            sa.select(QuestionVersion.content).where(QuestionVersion.version == round_ + 1)
        ).all()
        assert [row["stem"] for row in stems] == [f"{round_} {outcomes.index('ok')}?"]
        db.session.rollback()


def test_one_name_is_given_once(app: Any, db_session: Any, now: Any) -> None:
    room = build(people=0)
    actor = room.assessor_actor()
    for round_ in range(ROUNDS):

        def create(round_: int = round_) -> None:
            with transaction():
                services.create_question(
                    unit_id=room.units[0], center_id=room.center_id, kind="true_false",
                    wanted=Wanted(f"Soal {round_}", content_of("true_false")), actor=actor, now=now,
                )  # fmt: skip

        assert sorted(at_once(app, [create] * MANY)) == ["name_taken"] * (MANY - 1) + ["ok"]
    assert db.session.scalar(sa.select(sa.func.count(Question.id))) == ROUNDS


def test_a_file_is_taken_over_once(app: Any, db_session: Any, now: Any) -> None:
    room = build(people=0)
    actor = room.assessor_actor()
    for round_ in range(ROUNDS):
        reading = read(f"::Satu {round_}::Benar?{{T}}\n\n::Dua {round_}::Salah?{{F}}")
        with transaction():
            job = importing.keep_reading(
                unit_id=room.units[0], center_id=room.center_id, form="gift", reading=reading, actor=actor,
                now=now,
            )  # fmt: skip

        def take(job: int = job) -> None:
            with transaction():
                importing.take_over(job_id=job, only_good=False, activate=True, actor=actor, now=now)

        assert sorted(at_once(app, [take] * MANY)) == ["import_over"] * (MANY - 1) + ["ok"]
        assert db.session.scalar(sa.select(sa.func.count(Question.id))) == 2 * (round_ + 1)
        db.session.rollback()
