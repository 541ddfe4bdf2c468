"""Reading what certificates of a batch will say: the shared ground and one subject a person."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any

import sqlalchemy as sa
from flask_babel import force_locale

from portal.assessment.models import Verdict
from portal.batches.models import Batch, ClassSession
from portal.catalog.models import CompetencyUnit, Curriculum, Program
from portal.catalog.queries import rules_on
from portal.catalog.rules import RULE_ZONE
from portal.centers.models import TrainingCenter
from portal.certificates import rules
from portal.certificates.services.mint import Ground, Subject
from portal.cooperatives.labels import post_label
from portal.cooperatives.models import Cooperative
from portal.core.clock import local_date
from portal.core.db import db
from portal.enrollment.models import Enrollment
from portal.people.models import Person
from portal.regions.queries import paths_of


def load_ground(batch_id: int, signatory: rules.SignatoryFacts) -> Ground:
    """What all certificates of a batch share, in three statements.

    The validity is what the program's rule said when the batch was made, else what its curriculum says.
    """
    batch, program, curriculum, center = db.session.execute(
        sa.select(Batch, Program, Curriculum, TrainingCenter)
        .join(Program, Program.id == Batch.program_id)
        .join(Curriculum, Curriculum.id == Batch.curriculum_id)
        .join(TrainingCenter, TrainingCenter.id == Batch.center_id)
        .where(Batch.id == batch_id)
    ).one()
    start, end = class_days(batch, center.zone)
    rule = rules_on(local_date(batch.created_at, RULE_ZONE), [program.id]).get(program.id)
    return Ground(
        batch_id=batch.id,
        center_id=center.id,
        program_id=program.id,
        program=rules.ProgramFacts(program.code, program.name, program.short_name),
        center=rules.CenterFacts(center.code, center.name, center.short_name, center.city, center.zone),
        signatory=signatory,
        hours=curriculum.hours,
        start=start,
        end=end,
        validity_months=(rule.validity_months if rule else None) or curriculum.validity_months,
    )


def class_days(batch: Batch, zone: str) -> tuple[date, date]:
    """The first and last class day in the center's zone; the batch's own dates when it has no session."""
    row: Any = db.session.execute(
        sa.select(sa.func.min(ClassSession.starts_at), sa.func.max(ClassSession.starts_at)).where(
            ClassSession.batch_id == batch.id
        )
    ).one()
    if row[0] is None:
        return batch.starts_on, batch.ends_on
    return local_date(row[0], zone), local_date(row[1], zone)


def load_subjects(enrollment_ids: Collection[int]) -> list[Subject]:
    """One subject an enrollment, ordered by name; four statements whatever the number."""
    rows = db.session.execute(
        sa.select(Enrollment, Person.name, Cooperative)
        .join(Person, Person.id == Enrollment.person_id)
        .outerjoin(Cooperative, Cooperative.id == Enrollment.cooperative_id)
        .where(Enrollment.id.in_(enrollment_ids))
        .order_by(Person.name, Enrollment.id)
    ).all()
    units = _mastered_units(enrollment_ids)
    places = paths_of({code for e, _, c in rows if (code := c.region_code if c else e.region_code)})
    with force_locale("id"):
        return [
            Subject(
                issue_key=f"enrollment:{enrollment.id}",
                enrollment_id=enrollment.id,
                person_id=enrollment.person_id,
                name=name,
                post=post_label(enrollment.post),
                cooperative=_cooperative(enrollment, cooperative, places),
                units=tuple(units.get(enrollment.id, ())),
            )
            for enrollment, name, cooperative in rows
        ]


def _cooperative(
    enrollment: Enrollment, cooperative: Cooperative | None, places: dict[str, list[str]]
) -> rules.CooperativeFacts | None:
    name = cooperative.name if cooperative else enrollment.stated_cooperative
    if not name:
        return None
    code = cooperative.region_code if cooperative else enrollment.region_code
    return rules.CooperativeFacts(name, place_line(places.get(code or "", [])))


def place_line(path: Sequence[str]) -> str:
    """`Kecamatan Juwana, Kabupaten Pati, Jawa Tengah` from the names from the province down."""
    if len(path) < 2:
        return ", ".join(reversed(path))
    parts = [path[1], path[0]]
    if len(path) > 2:
        parts.insert(0, f"Kecamatan {path[2]}")
    return ", ".join(parts)


def _mastered_units(enrollment_ids: Collection[int]) -> dict[int, list[rules.UnitFacts]]:
    found: dict[int, list[rules.UnitFacts]] = {}
    rows = db.session.execute(
        sa.select(Verdict.enrollment_id, CompetencyUnit)
        .join(CompetencyUnit, CompetencyUnit.id == Verdict.unit_id)
        .where(Verdict.enrollment_id.in_(enrollment_ids), Verdict.is_current, Verdict.value == "competent")
        .order_by(Verdict.enrollment_id, CompetencyUnit.position)
    )
    for enrollment_id, unit in rows:
        found.setdefault(enrollment_id, []).append(rules.UnitFacts(unit.code, unit.title, unit.hours))
    return found
