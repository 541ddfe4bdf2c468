"""Appeals: the appellant's, the center's with its clock, the assigned assessor's, and who could answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from portal.accounts.models import User
from portal.assessment import rules
from portal.assessment.models import Appeal, Observation, Retest, SecondVerdict, Verdict, VerdictCorrection
from portal.assessment.rules import Decider, Involved
from portal.batches.models import Batch, ClassSession, SessionStaff
from portal.catalog.models import CompetencyUnit, Program
from portal.centers.models import Staff, TrainingCenter
from portal.cooperatives.queries import cooperatives_of
from portal.core.blockers import Blocker
from portal.core.clock import local_date
from portal.core.db import db
from portal.core.errors import NotFound
from portal.core.permissions import Actor, Permission
from portal.enrollment.models import Enrollment
from portal.people.models import Person


@dataclass(frozen=True)
class AppealRow:
    """One appeal with what it is about. `assignee` and `assignee_user` are of the staff member it went to."""

    id: int
    enrollment_id: int
    unit_id: int
    verdict_id: int
    reason: str
    state: str
    is_open: bool
    filed_at: datetime
    due_at: datetime
    staff_id: int | None
    assigned_at: datetime | None
    decision: str
    decided_at: datetime | None
    person_id: int
    person: str
    cooperative_id: int | None
    batch_id: int
    number: int
    center_id: int
    zone: str
    program: str
    unit: str
    position: int
    assignee: str
    assignee_user: int | None


_ROWS = (
    sa.select(
        Appeal.id,
        Appeal.enrollment_id,
        Appeal.unit_id,
        Appeal.verdict_id,
        Appeal.reason,
        Appeal.state,
        Appeal.is_open,
        Appeal.filed_at,
        Appeal.due_at,
        Appeal.staff_id,
        Appeal.assigned_at,
        Appeal.decision,
        Appeal.decided_at,
        Enrollment.person_id,
        Person.name.label("person"),
        Enrollment.cooperative_id,
        Batch.id.label("batch_id"),
        Batch.number,
        Batch.center_id,
        TrainingCenter.zone,
        Program.short_name,
        CompetencyUnit.title,
        CompetencyUnit.position,
        sa.func.coalesce(Staff.name, ""),
        Staff.user_id,
    )
    .join(Enrollment, Enrollment.id == Appeal.enrollment_id)
    .join(Person, Person.id == Enrollment.person_id)
    .join(Batch, Batch.id == Enrollment.batch_id)
    .join(TrainingCenter, TrainingCenter.id == Batch.center_id)
    .join(Program, Program.id == Batch.program_id)
    .join(CompetencyUnit, CompetencyUnit.id == Appeal.unit_id)
    .outerjoin(Staff, Staff.id == Appeal.staff_id)
)


def _rows(*where: Any, limit: int = 200) -> list[AppealRow]:
    statement = _ROWS.where(*where).order_by(Appeal.is_open.desc(), Appeal.due_at, Appeal.id).limit(limit)
    return [AppealRow(*list(row)) for row in db.session.execute(statement)]


def appeals_of_centers(actor: Actor) -> list[AppealRow]:
    """Appeals in the centers of the actor: open ones first, the earliest due (so the overdue) on top; at
    most 200. One statement."""
    scope = actor.scope(Permission.APPEAL_ASSIGN)
    return _rows(sa.true() if scope.everything else Batch.center_id.in_(scope.centers))


def appeals_for(user_id: int | None) -> list[AppealRow]:
    """The appeals that went to this account as an assessor, open ones first."""
    return _rows(Staff.user_id == user_id, Appeal.staff_id.is_not(None)) if user_id is not None else []


def appeals_of_enrollment(enrollment_id: int) -> list[AppealRow]:
    """Every appeal of one enrollment. The caller checks whose it is."""
    return _rows(Appeal.enrollment_id == enrollment_id)


def get_appeal(appeal_id: int) -> AppealRow:
    """One appeal. The caller checks the reach. Raises NotFound."""
    found = _rows(Appeal.id == appeal_id)
    if not found:
        raise NotFound()
    return found[0]


def get_center_appeal(actor: Actor, appeal_id: int) -> AppealRow:
    """An appeal in a center of the actor. Raises NotFound."""
    found = _rows(Appeal.id == appeal_id)
    if not found or not actor.scope(Permission.APPEAL_ASSIGN).covers_center(found[0].center_id):
        raise NotFound()
    return found[0]


def get_assigned_appeal(actor: Actor, appeal_id: int) -> AppealRow:
    """An appeal that went to the actor. Raises NotFound."""
    found = _rows(Appeal.id == appeal_id)
    if not found or actor.user_id is None or found[0].assignee_user != actor.user_id:
        raise NotFound()
    return found[0]


def get_own_appeal(actor: Actor, appeal_id: int) -> AppealRow:
    """An appeal of the person behind the account. Raises NotFound."""
    found = _rows(Appeal.id == appeal_id)
    if not found or actor.person_id is None or found[0].person_id != actor.person_id:
        raise NotFound()
    return found[0]


def involved_in(appeal: AppealRow) -> Involved:
    """Everybody with a part in the result of this unit, or who trained the batch. A few statements."""
    cell = {"enrollment_id": appeal.enrollment_id, "unit_id": appeal.unit_id}

    def users(column: Any, table: Any, *more: Any) -> frozenset[int]:
        found = db.session.scalars(sa.select(column).select_from(table).filter_by(**cell).distinct())
        return frozenset(user for user in found if user is not None)

    judges = users(Verdict.judged_by, Verdict)
    judges |= users(Retest.opened_by, Retest) | users(Retest.closed_by, Retest)
    judges |= users(VerdictCorrection.asked_by, VerdictCorrection)
    observers = users(Observation.observed_by, Observation)
    second = (
        sa.select(SecondVerdict.judged_by)
        .join(Verdict, Verdict.id == SecondVerdict.verdict_id)
        .where(Verdict.enrollment_id == appeal.enrollment_id, Verdict.unit_id == appeal.unit_id)
    )
    seconds = frozenset(user for user in db.session.scalars(second) if user is not None)
    trained = (
        sa.select(SessionStaff.staff_id)
        .join(ClassSession, ClassSession.id == SessionStaff.session_id)
        .where(ClassSession.batch_id == appeal.batch_id, SessionStaff.role == "instructor")
    )
    trainers = frozenset(db.session.scalars(trained.distinct()))
    everybody = judges | observers | seconds
    known = sa.select(User.person_id).where(User.id.in_(everybody), User.person_id.is_not(None))
    trainer_people = (
        sa.select(User.person_id)
        .join(Staff, Staff.user_id == User.id)
        .where(Staff.id.in_(trainers), User.person_id.is_not(None))
    )
    found = [*db.session.scalars(known), *db.session.scalars(trainer_people)]
    persons = frozenset(person for person in found if person is not None)
    return Involved(judges, seconds, observers, trainers, persons)


@dataclass(frozen=True)
class DeciderRow:
    """Somebody of the center with the reasons for which they may not answer; none: they may. `open_count`
    are the appeals they have on their desk."""

    staff_id: int
    name: str
    blockers: list[Blocker]
    open_count: int


def deciders_of(appeal: AppealRow, now: datetime, _: rules.Say) -> list[DeciderRow]:
    """The center's staff as they might answer an appeal, those who may first. A few statements."""
    rows = db.session.execute(
        sa.select(Staff.id, Staff.name, Staff.user_id, Staff.can_assess, User.person_id)
        .outerjoin(User, User.id == Staff.user_id)
        .where(Staff.center_id == appeal.center_id, Staff.is_active)
        .order_by(Staff.name, Staff.id)
    ).all()
    today = local_date(now, appeal.zone)
    people = [row.person_id for row in rows if row.person_id is not None]
    posts = cooperatives_of(people, today) if people else {}
    busy = _open_counts([row.id for row in rows])
    involved = involved_in(appeal)
    found = [
        DeciderRow(
            row.id,
            row.name,
            rules.uninvolved_blockers(
                Decider(
                    row.id, row.user_id, row.person_id, frozenset(posts.get(row.person_id, ())),
                    row.can_assess,
                ),
                involved,
                appellant=appeal.person_id,
                cooperative_id=appeal.cooperative_id,
                _=_,
            ),
            busy.get(row.id, 0),
        )
        for row in rows
    ]  # fmt: skip
    return sorted(found, key=lambda one: (bool(one.blockers), one.open_count))


def _open_counts(staff_ids: Sequence[int]) -> dict[int, int]:
    rows = db.session.execute(
        sa.select(Appeal.staff_id, sa.func.count())
        .where(Appeal.is_open, Appeal.staff_id.in_(staff_ids))
        .group_by(Appeal.staff_id)
    )
    return {staff_id: count for staff_id, count in rows if staff_id is not None}
