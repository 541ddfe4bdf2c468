"""Corrections that a center decides on: those of people who are or were enrolled in its batches."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from portal.batches.models import Batch
from portal.core.db import db
from portal.core.errors import NotFound
from portal.core.paging import Page
from portal.core.permissions import Actor, Permission
from portal.enrollment.models import Enrollment
from portal.people import queries as people
from portal.people.models import CorrectionRequest, Evidence, Person
from portal.people.queries import CorrectionView


def _enrolled_here(actor: Actor, person_id: Any, *permissions: Permission) -> Any:
    """SQL: the person of this column has an enrollment in the reach of one of the permissions."""
    scopes = [actor.scope(one) for one in permissions]
    enrolled = (
        sa.select(Enrollment.id)
        .join(Batch, Batch.id == Enrollment.batch_id)
        .where(Enrollment.person_id == person_id)
    )
    if not any(scope.everything for scope in scopes):
        centers = sorted({center for scope in scopes for center in scope.centers})
        enrolled = enrolled.where(Batch.center_id.in_(centers))
    return enrolled.exists()


_READERS = (Permission.CORRECTION_APPROVE, Permission.CORRECTION_FILE)


def list_for_center(actor: Actor, number: int = 1) -> Page:
    """A page of (CorrectionRequest, name): those that wait first. One statement."""
    here = _enrolled_here(actor, CorrectionRequest.person_id, *_READERS)
    return people.list_corrections(here, number=number)


def count_waiting(actor: Actor) -> int:
    """How many wait for a decision of this actor's centers."""
    here = _enrolled_here(actor, CorrectionRequest.person_id, Permission.CORRECTION_APPROVE)
    statement = sa.select(sa.func.count()).where(CorrectionRequest.state == "asked", here)
    return db.session.scalar(statement) or 0


def get_for_center(actor: Actor, request_id: int, *permissions: Permission) -> CorrectionView:
    """One request of the actor's centers. The same NotFound for a foreign and a missing one."""
    here = _enrolled_here(actor, CorrectionRequest.person_id, *(permissions or _READERS))
    return people.get_correction(request_id, here)


def check_evidence(actor: Actor, request_id: int) -> None:
    """Raises NotFound unless the request has evidence and is this actor's to decide."""
    here = _enrolled_here(actor, CorrectionRequest.person_id, Permission.CORRECTION_APPROVE)
    statement = (
        sa.select(Evidence.id)
        .join(CorrectionRequest, CorrectionRequest.id == Evidence.request_id)
        .where(Evidence.request_id == request_id, here)
    )
    if db.session.execute(statement.limit(1)).first() is None:
        raise NotFound()


def person_to_correct(actor: Actor, enrollment_id: int) -> Person:
    """The person of an enrollment in the actor's own centers. Raises NotFound."""
    statement = (
        sa.select(Person, Batch.center_id)
        .join(Enrollment, Enrollment.person_id == Person.id)
        .join(Batch, Batch.id == Enrollment.batch_id)
        .where(Enrollment.id == enrollment_id, Person.erased_at.is_(None))
    )
    row = db.session.execute(statement).first()
    if row is None or not actor.scope(Permission.CORRECTION_FILE).covers_center(row.center_id):
        raise NotFound()
    person: Person = row[0]
    return person


def has_center(person_id: int) -> bool:
    """Whether any center knows the person, so that somebody can decide."""
    statement = sa.select(Enrollment.id).where(Enrollment.person_id == person_id).limit(1)
    return db.session.execute(statement).first() is not None
