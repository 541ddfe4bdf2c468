"""Importing questions and their figures, on a real database."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from portal.assessment.models import Question, QuestionVersion
from portal.assessment.queries import bank, statistics
from portal.assessment.rules import gift
from portal.assessment.rules.gift import Written
from portal.assessment.rules.sheets import COLUMNS, to_rows
from portal.assessment.services import bank as services
from portal.assessment.services import bank_import as importing
from portal.assessment.services.bank import Wanted
from portal.centers.models import Staff
from portal.core.db import db, transaction
from portal.core.errors import Conflict, DomainError, NotFound
from portal.core.jobs import Job
from portal.core.spreadsheets import write_xlsx
from tests.assessment.test_bank import count, events, with_picture
from tests.rules.test_question_content import KINDS
from tests.support.bank import admin, content_of, write
from tests.support.classroom import Classroom, build
from tests.support.queries import count_statements
from tests.support.tested import build_test, sit

MOODLE = Path(__file__).parent.parent / "data" / "gift" / "moodle-pembukuan.gift"


@pytest.fixture
def room(db_session: Any) -> Classroom:
    return build()


# ---- imports ----


def read(room: Classroom, now: Any, content: bytes, actor: Any = None) -> int:
    style, reading = importing.read_file(content)
    with transaction():
        return importing.keep_reading(
            unit_id=room.units[0], center_id=room.center_id, form=style, reading=reading,
            actor=actor or room.assessor_actor(), now=now,
        )  # fmt: skip


def take(room: Classroom, job_id: int, now: Any, **how: Any) -> dict[str, int]:
    wanted = {"only_good": False, "activate": False, **how}
    with transaction():
        return importing.take_over(job_id=job_id, actor=room.assessor_actor(), now=now, **wanted)


def test_a_moodle_bank_is_imported_once(room: Classroom, now: Any) -> None:
    data = MOODLE.read_bytes().replace(b"\n", b"\r\n")
    job = read(room, now, b"\xef\xbb\xbf" + data)
    assert count(Question) == 0
    with pytest.raises(DomainError) as refused:
        take(room, job, now)
    assert refused.value.code == "import_bad"
    counts = take(room, job, now, only_good=True, activate=True)
    assert counts == {"new": 9, "changed": 0, "same": 0, "refused": 3}
    assert {row.state for row in db.session.scalars(sa.select(Question))} == {"active"}
    with pytest.raises(Conflict):
        take(room, job, now, only_good=True)
    again = take(room, read(room, now, data), now, only_good=True)
    assert again == {"new": 0, "changed": 0, "same": 9, "refused": 3}
    assert (count(Question), count(QuestionVersion)) == (9, 9)
    assert (events("question.created"), events("question.imported")) == (9, 2)


def test_a_changed_question_becomes_a_version_and_keeps_its_pictures(room: Classroom, now: Any) -> None:
    question, digest = with_picture(room, now)
    row = bank.get_question(room.assessor_actor(), question)
    changed = {**row.content, "stem": "3 + 1?"}
    text = gift.write([Written(1, row.name, row.kind, changed)])
    counts = take(room, read(room, now, text.encode()), now)
    assert counts == {"new": 0, "changed": 1, "same": 0, "refused": 0}
    stands = bank.get_question(room.assessor_actor(), question)
    assert (stands.version, stands.content) == (2, changed)
    assert stands.content["images"][0]["sha256"] == digest


def test_what_is_exported_changes_nothing_when_it_comes_back(room: Classroom, now: Any) -> None:
    for number, kind in enumerate(KINDS):
        write(room, now, kind, f"Soal {number}")
    rows = bank.questions_to_export(room.assessor_actor(), room.units[0])
    written = [Written(row.id, row.name, row.kind, row.content) for row in rows]
    for data in (gift.write(written).encode(), write_xlsx(list(COLUMNS), to_rows(written))):
        assert take(room, read(room, now, data), now) == {"new": 0, "changed": 0, "same": 6, "refused": 0}
    assert count(QuestionVersion) == 6


def test_another_kind_of_the_same_name_is_a_clash(room: Classroom, now: Any) -> None:
    write(room, now, "true_false", "Soal satu")
    text = gift.write([Written(1, "Soal satu", "number", content_of("number"))]).encode()
    with pytest.raises(DomainError):
        take(room, read(room, now, text), now)
    assert take(room, read(room, now, text), now, only_good=True)["refused"] == 1


def test_what_was_read_is_its_readers_alone(room: Classroom, now: Any) -> None:
    job = read(room, now, b"::x::Benar?{T}")
    for stranger in (build().assessor_actor(), admin()):
        with pytest.raises(NotFound):
            importing.get_held(stranger, job)
        with pytest.raises(NotFound), transaction():
            importing.take_over(job_id=job, only_good=True, activate=True, actor=stranger, now=now)
    second = read(room, now, b"::y::Benar?{T}")
    held = importing.get_held(room.assessor_actor(), second)
    assert ([draft.name for draft in held.reading.drafts], count(Job)) == (["y"], 1)
    with transaction():
        importing.discard(job_id=second, actor=room.assessor_actor(), now=now)
    assert count(Question) == 0


def test_who_lost_the_bank_meanwhile_imports_nothing(room: Classroom, now: Any) -> None:
    job = read(room, now, b"::x::Benar?{T}")
    with transaction() as session:
        session.execute(sa.update(Staff).where(Staff.user_id == room.assessor.id).values(is_active=False))
    with pytest.raises(NotFound):
        take(room, job, now)
    assert count(Question) == 0


def test_an_import_takes_few_statements_whatever_it_holds(room: Classroom, now: Any) -> None:
    def statements(number: int, first: int) -> int:
        text = "\n\n".join(f"::S{first + i}::Benar {i}?{{T}}" for i in range(number))
        job = read(room, now, text.encode())
        with count_statements() as seen:
            take(room, job, now)
        return len(seen)

    assert statements(200, 1000) == statements(3, 0)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "file_empty"),
        (b"// hanya komentar\n", "file_empty"),
        (b"\xff\xd8\xff\xe0", "file_encoding"),
        (b"caf\xe9 {T}", "file_encoding"),
        (b"a\x00b{T}", "file_kind"),
        (b"x" * (1024 * 1024 + 1), "file_large"),
        (write_xlsx(["Nama", "NIK"], [["a", "b"]]), "file_header"),
        (b"PK\x03\x04rusak", "damaged"),
    ],
)
def test_files_that_are_none_are_refused(room: Classroom, data: bytes, code: str) -> None:
    with pytest.raises(DomainError) as refused:
        importing.read_file(data)
    assert (refused.value.code, refused.value.field) == (code, "file")


# ---- figures ----


def test_figures_come_from_closed_scored_attempts_alone(db_session: Any, now: Any) -> None:
    room = build(people=14)
    made = build_test(room, per_unit=4, units=1)
    for person in range(12):
        sit(made, person, [person // 3])
    sit(made, 12, [4], state="running")
    sit(made, 13, [4], score=False)
    unit = room.units[0]
    actor = admin()
    rows = bank.questions_to_export(actor, unit, "active")
    with count_statements(at_most=3):
        figures = statistics.statistics_of_unit(rows, unit)
    first, second, third, fourth = (figures[number] for number in made.questions[unit])
    assert {figure.answers for figure in figures.values()} == {12}
    assert [figure.facility.value for figure in (first, second, third, fourth)] == [0.75, 0.5, 0.25, 0.0]  # type: ignore[union-attr]
    assert second.correlation is not None
    assert second.correlation.value > 0.5
    assert fourth.correlation is None
    assert [flag.code for flag in fourth.flags] == ["hard", "distractor"]
    assert [(option.id, option.count) for option in second.options] == [("a", 6), ("b", 6), ("c", 0)]
    assert statistics.statistics_of(bank.get_question(actor, made.questions[unit][1])) == second


def test_answers_to_other_options_say_nothing_about_these(db_session: Any, now: Any) -> None:
    room = build(people=10)
    made = build_test(room, per_unit=2, units=1, center_id=room.center_id)
    for person in range(10):
        sit(made, person, [person % 3])
    number, actor = made.questions[room.units[0]][0], room.assessor_actor()
    row = bank.get_question(actor, number)
    assert statistics.statistics_of(row).answers == 10
    reworded = {**row.content, "stem": "Kata lain?"}
    with transaction():
        services.edit_question(
            question_id=number, wanted=Wanted(row.name, reworded), expected_version=None, actor=actor, now=now
        )
    assert statistics.statistics_of(bank.get_question(actor, number)).answers == 10
    options = [*row.content["options"], {"id": "d", "text": "Pilihan d"}]
    with transaction():
        services.edit_question(
            question_id=number, wanted=Wanted(row.name, {**reworded, "options": options}),
            expected_version=None, actor=actor, now=now,
        )  # fmt: skip
    assert statistics.statistics_of(bank.get_question(actor, number)).answers == 0
