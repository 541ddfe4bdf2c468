"""Reads of the catalog. Everybody may read it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import aliased, contains_eager, selectinload

from portal.catalog.labels import local_name
from portal.catalog.models import CompetencyUnit, Curriculum, Element, Program, ProgramRule
from portal.catalog.rules import Need, in_force, read_groups
from portal.core.db import db
from portal.core.errors import NotFound
from portal.core.words import gettext as _

_CURRENT = (
    sa.select(Curriculum)
    .where(Curriculum.program_id == sa.bindparam("program"), Curriculum.retired_on.is_(None))
    .order_by(Curriculum.version.desc())
    .limit(1)
)
_FULL = selectinload(Curriculum.units).selectinload(CompetencyUnit.elements).selectinload(Element.criteria)


def _missing() -> NotFound:
    return NotFound("program_not_found", _("Program pelatihan ini tidak ditemukan."))


def list_programs(*, active_only: bool = True) -> Sequence[Program]:
    """Programs by track and name, each with its curricula (units not loaded). Two statements."""
    statement = (
        sa.select(Program).options(selectinload(Program.curricula)).order_by(Program.track, Program.name)
    )
    if active_only:
        statement = statement.where(Program.is_active)
    return db.session().scalars(statement).all()


def get_program(slug: str) -> Program:
    """The program of a slug with its curricula. Raises NotFound."""
    statement = sa.select(Program).options(selectinload(Program.curricula)).where(Program.slug == slug)
    program = db.session().scalars(statement).one_or_none()
    if program is None:
        raise _missing()
    return program


def program_by_id(program_id: int) -> Program:
    """The program of an id. Raises NotFound."""
    program = db.session().get(Program, program_id)
    if program is None:
        raise _missing()
    return program


def find_program_by_code(code: str) -> Program | None:
    """The program of the portal's own code, without regard to case ("kop-pgr")."""
    statement = sa.select(Program).where(sa.func.lower(Program.code) == code.strip().lower())
    return db.session().scalars(statement).one_or_none()


def get_curriculum(curriculum_id: int) -> Curriculum:
    """A curriculum with units, elements and criteria and its program. Raises NotFound. Four statements."""
    statement = (
        sa.select(Curriculum)
        .join(Curriculum.program)
        .options(contains_eager(Curriculum.program), _FULL)
        .where(Curriculum.id == curriculum_id)
    )
    curriculum = db.session().scalars(statement).unique().one_or_none()
    if curriculum is None:
        raise NotFound("curriculum_not_found", _("Kurikulum ini tidak ditemukan."))
    return curriculum


def current_curriculum(program_id: int) -> Curriculum:
    """The version in force, which a new batch freezes. Raises NotFound."""
    curriculum = db.session().scalars(_CURRENT, {"program": program_id}).first()
    if curriculum is None:
        raise NotFound("curriculum_not_found", _("Program ini belum punya kurikulum yang berlaku."))
    return curriculum


def units_of(curriculum_id: int) -> Sequence[CompetencyUnit]:
    """The units of a curriculum in order, with elements and criteria. Three statements."""
    statement = (
        sa.select(CompetencyUnit)
        .options(selectinload(CompetencyUnit.elements).selectinload(Element.criteria))
        .where(CompetencyUnit.curriculum_id == curriculum_id)
        .order_by(CompetencyUnit.position)
    )
    return db.session().scalars(statement).all()


@dataclass(frozen=True)
class Prerequisites:
    """What a batch asks for on its first day: OR of ANDs, with the names and the graces (months after the
    last day) of the programs in it."""

    groups: list[list[Need]]
    names: dict[int, str]
    graces: dict[int, int | None]


def rule_versions(program_ids: Collection[int] | None = None) -> dict[int, list[ProgramRule]]:
    """The versions of programs' rules, oldest first, by program (None: of all). One statement."""
    statement = sa.select(ProgramRule).order_by(ProgramRule.program_id, ProgramRule.version)
    if program_ids is not None:
        statement = statement.where(ProgramRule.program_id.in_(sorted(set(program_ids))))
    found: dict[int, list[ProgramRule]] = {}
    for row in db.session().scalars(statement):
        found.setdefault(row.program_id, []).append(row)
    return found


def rules_on(day: date, program_ids: Collection[int] | None = None) -> dict[int, ProgramRule]:
    """The rule in force on a day, by program; programs without one are absent. One statement."""
    found = {key: in_force(versions, day) for key, versions in rule_versions(program_ids).items()}
    return {key: rule for key, rule in found.items() if rule is not None}


def program_names(program_ids: Collection[int] | None = None) -> dict[int, str]:
    """Names by id in the language of the page. One statement."""
    statement = sa.select(Program).order_by(Program.name)
    if program_ids is not None:
        statement = statement.where(Program.id.in_(sorted(set(program_ids))))
    return {program.id: local_name(program) for program in db.session().scalars(statement)}


_ASKING = aliased(ProgramRule)


def prerequisites_of(program_id: int, classes: Mapping[int, tuple[date, date]]) -> dict[int, Prerequisites]:
    """What batches of a program ask for, by batch id; those that ask for nothing are absent.

    `classes`: batch id -> (the day it was made, its first day). The groups are those of the rule that was in
    force when the batch was made, as it also keeps its curriculum; graces are of the first day. One
    statement: where the program asks for something, the rules of all programs come with its own.
    """
    asks = sa.exists().where(_ASKING.program_id == program_id, _ASKING.groups != [])
    statement = (
        sa.select(Program, ProgramRule)
        .outerjoin(ProgramRule, ProgramRule.program_id == Program.id)
        .where(sa.or_(Program.id == program_id, asks))
    )
    programs: dict[int, Program] = {}
    versions: dict[int, list[ProgramRule]] = {}
    for program, rule in db.session.execute(statement):
        programs[program.id] = program
        if rule is not None:
            versions.setdefault(program.id, []).append(rule)
    groups = {
        key: read_groups(own.groups)
        for key, (made_on, _first) in classes.items()
        if (own := in_force(versions.get(program_id, []), made_on)) is not None and own.groups
    }
    wanted = {need.program_id for asked in groups.values() for group in asked for need in group}
    names = {number: local_name(program) for number, program in programs.items() if number in wanted}

    def graces(on: date) -> dict[int, int | None]:
        found = {number: in_force(versions.get(number, []), on) for number in wanted}
        return {number: rule.grace_months for number, rule in found.items() if rule is not None}

    return {key: Prerequisites(asked, names, graces(classes[key][1])) for key, asked in groups.items()}
