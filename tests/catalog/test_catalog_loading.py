"""The catalog from its files: idempotent, versions frozen, reads bounded."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa

from portal.catalog import queries
from portal.catalog.models import CompetencyUnit, Criterion, Curriculum, Program, ProgramRule
from portal.catalog.reference import load_programs
from portal.catalog.services import load_catalog
from portal.core.db import db, transaction
from portal.core.errors import NotFound
from portal.core.permissions import SYSTEM
from tests.batches.house import NOW


def load() -> dict[str, int]:
    """load_catalog in a transaction."""
    with transaction():
        return load_catalog(actor=SYSTEM, now=NOW)


def counts() -> list[int]:
    """Rows of each table of the catalog."""
    tables = (Program, Curriculum, CompetencyUnit, Criterion)
    return [db.session.scalar(sa.select(sa.func.count()).select_from(table)) or 0 for table in tables]


def test_load_twice_adds_nothing_the_second_time(db_session: Any) -> None:
    assert load()["programs"] == len(load_programs()) >= 12
    before = counts()
    assert load() == {"programs": 0, "curricula": 0}
    assert counts() == before


def test_load_refreshes_texts_but_never_a_version(db_session: Any) -> None:
    load()
    with transaction() as session:
        session.execute(sa.update(Program).values(summary="lama"))
        session.execute(sa.update(Curriculum).values(min_attendance_pct=75, retired_on=date(2020, 1, 1)))
    load()
    program = queries.get_program("pembukuan-dan-shu")
    assert program.summary != "lama"
    current = queries.current_curriculum(program.id)
    assert (current.min_attendance_pct, current.version) == (75, program.curricula[-1].version)


def test_every_program_has_a_current_curriculum_that_adds_up(db_session: Any) -> None:
    load()
    for program in queries.list_programs():
        curriculum = queries.get_curriculum(queries.current_curriculum(program.id).id)
        assert sum(unit.hours for unit in curriculum.units) == curriculum.hours
        assert all(unit.elements and unit.elements[0].criteria for unit in curriculum.units)


def test_reads_are_bounded(db_session: Any, query_count: Any) -> None:
    load()
    program = queries.find_program_by_code("kop-pgr")
    assert program is not None
    db.session.expunge_all()
    with query_count(at_most=2):
        queries.list_programs()
    with query_count(at_most=5):
        curriculum = queries.get_curriculum(queries.current_curriculum(program.id).id)
        assert [unit.position for unit in curriculum.units]
        assert curriculum.units[0].elements[0].criteria
    with query_count(at_most=3):
        assert queries.units_of(curriculum.id)


def test_unknown_is_missing(db_session: Any) -> None:
    for call in (
        lambda: queries.get_program("x"),
        lambda: queries.get_curriculum(1),
        lambda: queries.current_curriculum(1),
    ):
        with pytest.raises(NotFound):
            call()
    assert queries.find_program_by_code("x") is None


def test_examples_of_rules_are_loaded_once_and_say_that_they_are_none(db_session: Any) -> None:
    for _time in range(2):
        load()
    rules = db.session.scalars(sa.select(ProgramRule)).all()
    assert len(rules) == len({rule.program_id for rule in rules}) == 2
    assert {rule.source_status for rule in rules} == {"unconfirmed"}
    assert {bool(rule.groups) for rule in rules} == {False}
    assert {"bukan aturan resmi" in rule.note for rule in rules} == {True}
