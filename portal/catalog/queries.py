"""Reads of the catalog. Everybody may read it."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import contains_eager, selectinload

from portal.catalog.models import CompetencyUnit, Curriculum, Element, Program
from portal.core.db import db
from portal.core.errors import NotFound

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
