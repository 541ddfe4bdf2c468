"""Filling the catalog from its reference files."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.catalog.models import CompetencyUnit, Criterion, Curriculum, Element, Program, ProgramRule
from portal.catalog.reference import CurriculumRef, ProgramRef, UnitRef, load_programs
from portal.catalog.rules import Groups, in_force
from portal.core import audit
from portal.core.db import db
from portal.core.errors import DomainError, NotFound
from portal.core.permissions import Actor, Permission, require
from portal.core.words import gettext as _

_TEXTS = ("code", "name", "name_en", "short_name", "summary", "summary_en", "track", "vocation")
_LISTS = ("kinds", "posts", "sectors")


def program_slugs() -> frozenset[str]:
    """The slugs of the programs that come with the portal."""
    return frozenset(program.slug for program in load_programs())


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
    _add_example_rules(session, now)
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


def _add_example_rules(session: Session, now: datetime) -> None:
    """The examples of the reference files, for programs that have no rule of their own yet."""
    rows = session.execute(sa.select(Program.slug, Program.id))
    ids: dict[str, int] = {slug: number for slug, number in rows}  # noqa: C416
    ruled = set(session.scalars(sa.select(ProgramRule.program_id)))
    for ref in load_programs():
        if ref.rule is None or ids[ref.slug] in ruled:
            continue
        session.add(
            ProgramRule(
                program_id=ids[ref.slug],
                version=1,
                in_force_from=ref.rule.in_force_from,
                grace_months=ref.rule.grace_months,
                renewal_hours=ref.rule.renewal_hours,
                window_months=ref.rule.window_months,
                counted=sorted(ids[slug] for slug in ref.rule.counted),
                groups=[],
                source_status=ref.rule.source_status,
                note=ref.rule.note,
                created_at=now,
            )
        )
    session.flush()


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


def set_program_rule(
    *,
    program_id: int,
    in_force_from: date,
    validity_months: int | None,
    grace_months: int | None,
    renewal_hours: int | None,
    window_months: int | None,
    counted: Sequence[int],
    groups: Groups,
    source_status: str = "unconfirmed",
    note: str = "",
    today: date,
    actor: Actor,
    now: datetime,
) -> ProgramRule:
    """Add a version of a program's rule; earlier ones stay, and batches made under them keep them.

    It begins after today when another is in force, else today or later: what was made is never judged anew.
    Raises Forbidden, NotFound, DomainError on `in_force_from`, `grace_months`, `counted` or `groups`.
    """
    require(actor, Permission.CATALOG_EDIT)
    if db.session().get(Program, program_id, with_for_update={"key_share": True}) is None:
        raise NotFound()
    versions = list(db.session().scalars(sa.select(ProgramRule).where(ProgramRule.program_id == program_id)))
    first = today if in_force(versions, today) is None else today + timedelta(days=1)
    if in_force_from < first:
        raise DomainError(
            "begins_too_early", _("Aturan baru mulai berlaku paling cepat besok."), "in_force_from"
        )
    _check_renewal(grace_months, renewal_hours, window_months, counted)
    _check_programs(program_id, counted, groups)
    rule = ProgramRule(
        program_id=program_id,
        version=max((one.version for one in versions), default=0) + 1,
        in_force_from=in_force_from,
        validity_months=validity_months,
        grace_months=grace_months,
        renewal_hours=renewal_hours,
        window_months=window_months,
        counted=sorted(set(counted)) if grace_months is not None else [],
        groups=[
            [{"program": need.program_id, "at_least": need.at_least.value} for need in group]
            for group in groups
        ],
        source_status=source_status,
        note=" ".join(note.split())[:500],
        created_by=actor.user_id,
        created_at=now,
    )
    db.session().add(rule)
    db.session().flush()
    audit.record(
        "program.rule_set",
        "program",
        program_id,
        actor=actor,
        now=now,
        version=rule.version,
        in_force_from=in_force_from.isoformat(),
        validity_months=validity_months,
        grace_months=grace_months,
        renewal_hours=renewal_hours,
        window_months=window_months,
        counted=rule.counted,
        groups=rule.groups,
    )
    return rule


def _check_renewal(
    grace_months: int | None, renewal_hours: int | None, window_months: int | None, counted: Sequence[int]
) -> None:
    given = [value is not None for value in (grace_months, renewal_hours, window_months)]
    if any(given) and not all(given):
        message = _("Isi ketiganya, atau kosongkan ketiganya bila belum ditetapkan.")
        raise DomainError("renewal_incomplete", message, "grace_months")
    if renewal_hours and not counted:
        raise DomainError("counted_missing", _("Pilih program yang jamnya dihitung."), "counted")


def _check_programs(program_id: int, counted: Sequence[int], groups: Groups) -> None:
    wanted = {need.program_id for group in groups for need in group}
    known = set(db.session().scalars(sa.select(Program.id).where(Program.id.in_([*wanted, *counted]))))
    if not set(counted) <= known:
        raise DomainError("program_unknown", _("Pilih program dari daftar."), "counted")
    if not wanted <= known or any(not group for group in groups):
        raise DomainError("program_unknown", _("Pilih program dari daftar."), "groups")
    if program_id in wanted:
        raise DomainError("own_prerequisite", _("Program tidak dapat menjadi syarat bagi dirinya."), "groups")
