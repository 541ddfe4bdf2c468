"""Reads of results: the sheet of a batch for its judges, and what one person got."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from portal.accounts.models import User
from portal.assessment.models import AssessmentSheet, Verdict
from portal.batches.models import Batch, ClassSession, SessionStaff
from portal.catalog.models import CompetencyUnit, Criterion, Curriculum, Element, Program
from portal.catalog.queries import units_of
from portal.centers.models import Staff, TrainingCenter
from portal.cooperatives.models import Cooperative
from portal.core.db import db
from portal.core.errors import NotFound
from portal.core.permissions import Actor, Permission
from portal.enrollment.models import SEAT_STATES, Enrollment
from portal.people.models import Person

_SEATED = Enrollment.state.in_(sorted(SEAT_STATES))


@dataclass(frozen=True)
class SheetHead:
    """A batch as its judges see it. `is_trainer`, `is_assessor`: the actor is instructor, assessor of one of
    its sessions."""

    batch_id: int
    state: str
    number: int
    program: str
    curriculum_id: int
    separate_assessor: bool
    starts_on: date
    center_id: int
    zone: str
    is_trainer: bool
    is_assessor: bool = False
    second_assessor: bool = False


_SESSION = aliased(ClassSession)


def _links(role: str | None) -> Any:
    """SQL: the account :user is staff of a session of the batch, in one role or in any."""
    link = (
        sa.select(sa.literal(1))
        .select_from(SessionStaff)
        .join(Staff, Staff.id == SessionStaff.staff_id)
        .join(_SESSION, _SESSION.id == SessionStaff.session_id)
        .where(
            _SESSION.batch_id == Batch.id,
            Staff.user_id == sa.bindparam("user", type_=sa.BigInteger),
            Staff.is_active,
        )
    )
    return sa.exists(link.where(SessionStaff.role == role) if role else link)


_HEAD = (
    sa.select(
        Batch.id,
        Batch.state,
        Batch.number,
        Program.short_name,
        Batch.curriculum_id,
        Curriculum.separate_assessor,
        Batch.starts_on,
        Batch.center_id,
        TrainingCenter.zone,
        _links("instructor"),
        _links("assessor"),
        Curriculum.second_assessor,
    )
    .join(Program, Program.id == Batch.program_id)
    .join(Curriculum, Curriculum.id == Batch.curriculum_id)
    .join(TrainingCenter, TrainingCenter.id == Batch.center_id)
    .where(Batch.id == sa.bindparam("batch"), sa.or_(sa.bindparam("all", type_=sa.Boolean), _links(None)))
)


def get_head(actor: Actor, batch_id: int) -> SheetHead:
    """The batch, if the actor teaches or assesses in it. Raises NotFound for a foreign or missing one."""
    reach = {"user": actor.user_id, "all": actor.scope(Permission.VERDICT_RECORD).everything}
    row = db.session.execute(_HEAD, {"batch": batch_id, **reach}).first()
    if row is None:
        raise NotFound()
    return SheetHead(*list(row))


@dataclass(frozen=True)
class CenterHead:
    """A batch as its center sees its results."""

    id: int
    number: int
    state: str
    program: str
    curriculum_id: int
    zone: str
    center_id: int


def get_center_head(actor: Actor, batch_id: int) -> CenterHead:
    """The batch, if it belongs to a center of the actor. Raises NotFound."""
    head = get_batch_head(batch_id)
    if not actor.scope(Permission.BATCH_VIEW).covers_center(head.center_id):
        raise NotFound()
    return head


def get_batch_head(batch_id: int) -> CenterHead:
    """The batch; the caller checks the reach. Raises NotFound."""
    row: Any = db.session.execute(
        sa.select(
            Batch.id,
            Batch.number,
            Batch.state,
            Program.short_name,
            Batch.curriculum_id,
            TrainingCenter.zone,
            Batch.center_id,
        )
        .join(Program, Program.id == Batch.program_id)
        .join(TrainingCenter, TrainingCenter.id == Batch.center_id)
        .where(Batch.id == batch_id)
    ).first()
    if row is None:
        raise NotFound()
    return CenterHead(*row)


@dataclass(frozen=True)
class Candidate:
    """Somebody who holds a seat and can be judged."""

    enrollment_id: int
    person_id: int
    name: str
    cooperative_id: int | None
    cooperative_name: str


_CANDIDATES = (
    sa.select(
        Enrollment.id,
        Enrollment.person_id,
        Person.name,
        Enrollment.cooperative_id,
        sa.func.coalesce(Cooperative.name, Enrollment.stated_cooperative),
    )
    .join(Person, Person.id == Enrollment.person_id)
    .outerjoin(Cooperative, Cooperative.id == Enrollment.cooperative_id)
    .where(Enrollment.batch_id == sa.bindparam("batch"), _SEATED)
    .order_by(Person.name, Enrollment.id)
)
_CANDIDATE = _CANDIDATES.where(Enrollment.id == sa.bindparam("enrollment"))


def candidates_of(batch_id: int) -> list[Candidate]:
    """Who holds a seat in a batch, by name."""
    return [Candidate(*row) for row in db.session.execute(_CANDIDATES, {"batch": batch_id})]


def get_candidate(batch_id: int, enrollment_id: int) -> Candidate:
    """One of `candidates_of`. Raises NotFound for anybody else."""
    row = db.session.execute(_CANDIDATE, {"batch": batch_id, "enrollment": enrollment_id}).first()
    if row is None:
        raise NotFound()
    return Candidate(*row)


def batch_of(enrollment_id: int) -> int:
    """The batch of an enrollment. Raises NotFound."""
    found = db.session.execute(sa.select(Enrollment.batch_id).where(Enrollment.id == enrollment_id)).scalar()
    if found is None:
        raise NotFound()
    return int(found)


_VERDICTS = (
    sa.select(Verdict)
    .join(Enrollment, Enrollment.id == Verdict.enrollment_id)
    .where(Enrollment.batch_id == sa.bindparam("batch"), Verdict.is_current)
)


def verdicts_of_batch(batch_id: int) -> dict[tuple[int, int], Verdict]:
    """(enrollment id, unit id) -> the verdict in force; one statement. Who is missing has none."""
    rows = db.session.scalars(_VERDICTS, {"batch": batch_id})
    return {(row.enrollment_id, row.unit_id): row for row in rows}


def verdicts_of(enrollment_id: int) -> dict[int, Verdict]:
    """unit id -> the verdict in force of one person."""
    rows = db.session.scalars(
        sa.select(Verdict).where(Verdict.enrollment_id == enrollment_id, Verdict.is_current)
    )
    return {row.unit_id: row for row in rows}


def is_final(batch_id: int) -> bool:
    """True once the sheet of the batch is signed."""
    return db.session.execute(sa.select(sa.exists().where(AssessmentSheet.batch_id == batch_id))).scalar_one()


def find_signature(batch_id: int) -> AssessmentSheet | None:
    """Who signed the sheet and when; None while it is open."""
    return db.session.scalars(sa.select(AssessmentSheet).where(AssessmentSheet.batch_id == batch_id)).first()


def criteria_of(unit_ids: Sequence[int]) -> dict[int, int]:
    """criterion id -> unit id of all performance criteria of these units."""
    rows = db.session.execute(
        sa.select(Criterion.id, Element.unit_id)
        .join(Element, Element.id == Criterion.element_id)
        .where(Element.unit_id.in_(unit_ids))
    )
    return {row.id: row.unit_id for row in rows}


def criteria_words(unit_id: int) -> dict[int, str]:
    """criterion id -> its words, of one unit in order."""
    rows = db.session.execute(
        sa.select(Criterion.id, Criterion.text)
        .join(Element, Element.id == Criterion.element_id)
        .where(Element.unit_id == unit_id)
        .order_by(Element.position, Criterion.position)
    )
    return {row.id: row.text for row in rows}


@dataclass(frozen=True)
class UnitResult:
    """One unit of one person. `value` is "" while it is not judged; `unmet` are the criteria (KUK) not met;
    `attempts` counts the verdicts so far."""

    unit_id: int
    position: int
    code: str | None
    title: str
    is_required: bool
    value: str = ""
    note: str = ""
    unmet: list[str] = field(default_factory=list)
    attempts: int = 0
    judged_at: datetime | None = None


def verdicts_of_enrollment(enrollment_id: int) -> list[UnitResult]:
    """All units of one person with what was judged, in order. The caller checks whose it is."""
    curriculum_id = db.session.execute(
        sa.select(Batch.curriculum_id)
        .join(Enrollment, Enrollment.batch_id == Batch.id)
        .where(Enrollment.id == enrollment_id)
    ).scalar()
    if curriculum_id is None:
        raise NotFound()
    current = verdicts_of(enrollment_id)
    results = []
    for unit in units_of(curriculum_id):
        verdict = current.get(unit.id)
        unmet = set(verdict.criteria) if verdict else set()
        results.append(
            UnitResult(
                unit.id, unit.position, unit.code, unit.title, unit.is_required,
                verdict.value if verdict else "",
                verdict.note if verdict else "",
                [c.text for element in unit.elements for c in element.criteria if c.id in unmet],
                verdict.version if verdict else 0,
                verdict.judged_at if verdict else None,
            )
        )  # fmt: skip
    return results


@dataclass(frozen=True)
class Version:
    """One version of a verdict, for the history of a unit."""

    unit_id: int
    version: int
    value: str
    note: str
    by: str
    at: datetime
    source: str
    evidence: dict[str, Any]


def versions_of(enrollment_id: int) -> dict[int, list[Version]]:
    """unit id -> every version of its verdict, the newest first."""
    statement = (
        sa.select(
            Verdict.unit_id,
            Verdict.version,
            Verdict.value,
            Verdict.note,
            sa.func.coalesce(User.name, "").label("by"),
            Verdict.judged_at,
            Verdict.source,
            Verdict.evidence,
        )
        .outerjoin(User, User.id == Verdict.judged_by)
        .where(Verdict.enrollment_id == enrollment_id)
        .order_by(Verdict.unit_id, Verdict.version.desc())
    )
    found: dict[int, list[Version]] = {}
    for row in db.session.execute(statement):
        found.setdefault(row.unit_id, []).append(Version(*list(row)))
    return found


def units_in(curriculum_id: int) -> list[tuple[int, int, bool]]:
    """(unit id, position, is_required) of a curriculum, in order."""
    rows = db.session.execute(
        sa.select(CompetencyUnit.id, CompetencyUnit.position, CompetencyUnit.is_required)
        .where(CompetencyUnit.curriculum_id == curriculum_id)
        .order_by(CompetencyUnit.position)
    )
    return [(unit_id, position, is_required) for unit_id, position, is_required in rows]


def user_name(user_id: int | None) -> str:
    """The name of the account that judged; empty for a command."""
    if user_id is None:
        return ""
    return db.session.execute(sa.select(User.name).where(User.id == user_id)).scalar() or ""
