"""Filling the catalog from its reference files."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.catalog.models import CompetencyUnit, Criterion, Curriculum, Element, Program
from portal.catalog.reference import CurriculumRef, ProgramRef, UnitRef, load_programs
from portal.core import audit
from portal.core.db import db
from portal.core.permissions import Actor

_TEXTS = ("code", "name", "name_en", "short_name", "summary", "summary_en", "track", "vocation")
_LISTS = ("kinds", "posts", "sectors")


def load_catalog(*, actor: Actor, now: datetime) -> dict[str, int]:
    """Bring programs (by slug) and curriculum versions (by number) up to the reference files.

    A program's texts are refreshed; a curriculum version that is there already never changes but for the day
    it retired, because batches have frozen it. Returns how many of each were added.
    """
    session = db.session()
    known = {program.slug: program for program in session.scalars(sa.select(Program))}
    added = {"programs": 0, "curricula": 0}
    for ref in load_programs():
        program = known.get(ref.slug)
        if program is None:
            program = Program(slug=ref.slug, created_at=now, **_values(ref))
            session.add(program)
            added["programs"] += 1
        else:
            for name, value in _values(ref).items():
                if getattr(program, name) != value:
                    setattr(program, name, value)
        session.flush()
        added["curricula"] += _add_curricula(session, program.id, ref.curricula)
    if any(added.values()):
        audit.record("catalog.loaded", "catalog", "all", actor=actor, now=now, **dict[str, Any](added))
    return added


def _values(ref: ProgramRef) -> dict[str, Any]:
    texts = {name: getattr(ref, name) for name in _TEXTS}
    return {**texts, **{name: list(getattr(ref, name)) for name in _LISTS}}


def _add_curricula(session: Session, program_id: int, refs: Sequence[CurriculumRef]) -> int:
    known = {
        curriculum.version: curriculum
        for curriculum in session.scalars(sa.select(Curriculum).where(Curriculum.program_id == program_id))
    }
    count = 0
    for ref in refs:
        if ref.version in known:
            known[ref.version].retired_on = ref.retired_on
            continue
        curriculum = Curriculum(
            program_id=program_id,
            version=ref.version,
            hours=ref.hours,
            min_attendance_pct=ref.min_attendance_pct,
            excused_counts=ref.excused_counts,
            validity_months=ref.validity_months,
            second_assessor=ref.second_assessor,
            separate_assessor=ref.separate_assessor,
            source_status=ref.source_status,
            published_on=ref.published_on,
            retired_on=ref.retired_on,
        )
        session.add(curriculum)
        session.flush()
        for unit in ref.units:
            _add_unit(session, curriculum.id, unit)
        count += 1
    return count


def _add_unit(session: Session, curriculum_id: int, ref: UnitRef) -> None:
    unit = CompetencyUnit(
        curriculum_id=curriculum_id,
        position=ref.position,
        code=ref.code,
        source_status=ref.source_status,
        reference=ref.reference,
        title=ref.title,
        title_en=ref.title_en,
        hours=ref.hours,
        is_required=ref.is_required,
    )
    session.add(unit)
    session.flush()
    elements = [Element(unit_id=unit.id, position=e.position, title=e.title) for e in ref.elements]
    session.add_all(elements)
    session.flush()
    session.add_all(
        Criterion(element_id=element.id, position=number, text=text)
        for element, source in zip(elements, ref.elements, strict=True)
        for number, text in enumerate(source.criteria, start=1)
    )
