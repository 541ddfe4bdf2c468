"""One enrollment, for the person it belongs to and for the center that runs the batch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from portal.batches.models import Batch
from portal.batches.queries import session_staff
from portal.batches.queries.loading import WHOLE
from portal.cooperatives.models import Cooperative
from portal.core import clock
from portal.core.db import db
from portal.core.errors import NotFound
from portal.core.permissions import Actor, Permission
from portal.enrollment.models import Enrollment, MoveChoice, State
from portal.enrollment.queries.waitlist import Place, place_of
from portal.people.models import Person
from portal.people.queries import has_refused
from portal.people.services import CONSENT_COOPERATIVE


@dataclass(frozen=True)
class CaseView:
    """An enrollment with what its pages show: the whole batch, the names, the open choice, the waitlist
    place."""

    enrollment: Enrollment
    batch: Batch
    person: Person
    cooperative_name: str
    choice: MoveChoice | None
    rank: int | None
    place: Place | None = None


def find_enrollment(person_id: int, batch_id: int) -> Enrollment | None:
    """The enrollment of a person in a batch, in any state."""
    statement = sa.select(Enrollment).where(
        Enrollment.person_id == person_id, Enrollment.batch_id == batch_id
    )
    found: Enrollment | None = db.session.scalar(statement)
    return found


def enrollments_by_id(enrollment_ids: Sequence[int]) -> list[Enrollment]:
    """These enrollments, by number, as they are now."""
    statement = sa.select(Enrollment).where(Enrollment.id.in_(enrollment_ids)).order_by(Enrollment.id)
    return list(db.session.scalars(statement.execution_options(populate_existing=True)))


def get_own_enrollment(actor: Actor, enrollment_id: int) -> Enrollment:
    """The actor's own enrollment. The same NotFound for a foreign and a missing one."""
    found = db.session.get(Enrollment, enrollment_id)
    if found is None or actor.person_id is None or found.person_id != actor.person_id:
        raise NotFound()
    return found


def get_enrollment_for_center(
    actor: Actor, enrollment_id: int, permission: Permission = Permission.ENROLL_SCREEN
) -> Enrollment:
    """An enrollment in a batch of the actor's centers. The same NotFound for a foreign and a missing one."""
    row = db.session.execute(
        sa.select(Enrollment, Batch.center_id)
        .join(Batch, Batch.id == Enrollment.batch_id)
        .where(Enrollment.id == enrollment_id)
    ).first()
    if row is None or not (actor.may(permission) and actor.scope(permission).covers_center(row.center_id)):
        raise NotFound()
    enrollment: Enrollment = row[0]
    return enrollment


def get_helped_enrollment(actor: Actor, enrollment_id: int) -> Enrollment:
    """An enrollment that the actor helped with. The same NotFound for a foreign and a missing one."""
    found = db.session.get(Enrollment, enrollment_id)
    if found is None or actor.user_id is None or found.helped_by != actor.user_id:
        raise NotFound()
    # A center goes on with its own; a chair or companion only while the person lets the cooperative help.
    is_center = bool(actor.scope(Permission.ENROLL_ASSIST).centers)
    if not is_center and has_refused(found.person_id, CONSENT_COOPERATIVE):
        raise NotFound()
    return found


def whole_case(enrollment: Enrollment) -> CaseView:
    """What the pages of one enrollment show."""
    batch = db.session.scalars(WHOLE.where(Batch.id == enrollment.batch_id)).unique().one()
    person = db.session.get(Person, enrollment.person_id)
    assert person is not None
    cooperative = (
        db.session.get(Cooperative, enrollment.cooperative_id) if enrollment.cooperative_id else None
    )
    place = place_of(enrollment, clock.now())
    return CaseView(
        enrollment,
        batch,
        person,
        cooperative.name if cooperative else enrollment.stated_cooperative,
        _open_choice(enrollment.id),
        place.rank if place else None,
        place,
    )


def _open_choice(enrollment_id: int) -> MoveChoice | None:
    statement = (
        sa.select(MoveChoice)
        .where(MoveChoice.enrollment_id == enrollment_id, MoveChoice.choice == "pending")
        .order_by(MoveChoice.id.desc())
        .limit(1)
    )
    found: MoveChoice | None = db.session.scalar(statement)
    return found


def choices_of(batch_id: int) -> dict[str, int]:
    """What the people of a moved batch chose so far: choice -> how many."""
    statement = (
        sa.select(MoveChoice.choice, sa.func.count())
        .join(Enrollment, Enrollment.id == MoveChoice.enrollment_id)
        .where(Enrollment.batch_id == batch_id)
        .group_by(MoveChoice.choice)
    )
    return {choice: count for choice, count in db.session.execute(statement)}  # noqa: C416


@dataclass(frozen=True)
class OwnEnrollment:
    """A line of a person's own list: enrollment, its batch (program and center loaded), an open choice."""

    enrollment: Enrollment
    batch: Batch
    has_choice: bool


def enrollments_of_person(person_id: int) -> list[OwnEnrollment]:
    """Everything a person is or was enrolled in, the latest first day first. One statement."""
    pending = (
        sa.exists()
        .where(MoveChoice.enrollment_id == Enrollment.id, MoveChoice.choice == "pending")
        .correlate(Enrollment)
    )
    statement = (
        sa.select(Enrollment, Batch, pending)
        .join(Batch, Batch.id == Enrollment.batch_id)
        .options(joinedload(Batch.program, innerjoin=True), joinedload(Batch.center, innerjoin=True))
        .where(Enrollment.person_id == person_id)
        .order_by(Batch.starts_on.desc(), Enrollment.id.desc())
    )
    return [OwnEnrollment(*row) for row in db.session.execute(statement)]


def find_by_card(token: str) -> Enrollment | None:
    """The enrollment behind a card's token (any case), while it still counts on its batch."""
    statement = sa.select(Enrollment).where(
        Enrollment.card_token == token.upper()[:16],
        Enrollment.state.not_in((State.REJECTED, State.EXPIRED, State.WITHDRAWN)),
    )
    found: Enrollment | None = db.session.scalar(statement)
    return found


def may_see_card(actor: Actor, enrollment: Enrollment) -> bool:
    """True for the person, for who teaches or assesses in the batch, and for the staff of its center."""
    if not actor.is_authenticated:
        return False
    if actor.person_id is not None and actor.person_id == enrollment.person_id:
        return True
    if actor.may(Permission.TEACH) and actor.user_id is not None:
        staff = session_staff(enrollment.batch_id, "instructor") | session_staff(
            enrollment.batch_id, "assessor"
        )
        if actor.user_id in staff:
            return True
    center_id = db.session.scalar(sa.select(Batch.center_id).where(Batch.id == enrollment.batch_id))
    return actor.may(Permission.BATCH_VIEW) and actor.scope(Permission.BATCH_VIEW).covers_center(
        center_id or 0
    )
