"""The desk of a training center: what waits today."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa

from portal.assessment.models import AssessmentSheet
from portal.batches.models import Batch
from portal.catalog.models import Program
from portal.centers.models import TrainingCenter
from portal.certificates.models import CertificateRequest
from portal.core.db import db
from portal.core.permissions import Actor, Permission
from portal.enrollment.models import Enrollment, State


@dataclass(frozen=True)
class CenterBatch:
    """A batch as the desk lists it; `zone` is its center's."""

    id: int
    program: str
    number: int
    center: str
    zone: str
    state: str
    starts_on: date
    ends_on: date
    quota: int
    seats_taken: int


@dataclass(frozen=True)
class WorkCount:
    """A kind of work in one batch: how many people wait."""

    batch_id: int
    program: str
    number: int
    starts_on: date
    kind: str
    count: int


def _mine(actor: Actor, permission: Permission) -> sa.ColumnElement[bool]:
    scope = actor.scope(permission)
    return sa.true() if scope.everything else Batch.center_id.in_(sorted(scope.centers))


def own_centers(actor: Actor, permission: Permission) -> list[Any]:
    """The centers of the actor: rows (id, name, city, zone), by name."""
    scope = actor.scope(permission)
    statement = sa.select(
        TrainingCenter.id, TrainingCenter.name, TrainingCenter.city, TrainingCenter.zone
    ).order_by(TrainingCenter.name)
    if not scope.everything:
        statement = statement.where(TrainingCenter.id.in_(sorted(scope.centers)))
    return list(db.session.execute(statement))


def work_waiting(actor: Actor) -> list[WorkCount]:
    """Applications to screen, offers whose person was not reached, and waitlists, by batch. One statement."""
    kind = sa.case(
        (Enrollment.state == State.APPLIED, "screening"),
        (Enrollment.state == State.OFFERED, "calling"),
        else_="waitlist",
    )
    waits = sa.or_(
        Enrollment.state.in_((State.APPLIED, State.WAITLISTED)),
        sa.and_(Enrollment.state == State.OFFERED, Enrollment.contact_at.is_(None)),
    )
    statement: Any = (
        sa.select(Batch.id, Program.name, Batch.number, Batch.starts_on, kind.label("kind"), sa.func.count())
        .select_from(Enrollment)
        .join(Batch, Batch.id == Enrollment.batch_id)
        .join(Program, Program.id == Batch.program_id)
        .where(_mine(actor, Permission.BATCH_VIEW), Batch.state == "published", waits)
        .group_by(Batch.id, Program.name, Batch.number, Batch.starts_on, "kind")
        .order_by(Batch.starts_on, Batch.id)
        .limit(300)
    )
    return [WorkCount(*row) for row in db.session.execute(statement)]


_COLUMNS = (
    Batch.id,
    Program.name,
    Batch.number,
    TrainingCenter.short_name,
    TrainingCenter.zone,
    Batch.state,
    Batch.starts_on,
    Batch.ends_on,
    Batch.quota,
    Batch.seats_taken,
)


def _batches(actor: Actor, permission: Permission, *where: Any) -> list[CenterBatch]:
    statement: Any = (
        sa.select(*_COLUMNS)
        .join(Program, Program.id == Batch.program_id)
        .join(TrainingCenter, TrainingCenter.id == Batch.center_id)
        .where(_mine(actor, permission), *where)
        .order_by(Batch.starts_on, Batch.id)
        .limit(40)
    )
    return [CenterBatch(*row) for row in db.session.execute(statement)]


def batches_this_week(actor: Actor, today: date) -> list[CenterBatch]:
    """Batches with classes in the seven days from today on. One statement."""
    week = today + timedelta(days=6)
    running = (Batch.state == "published", Batch.starts_on <= week, Batch.ends_on >= today)
    return _batches(actor, Permission.BATCH_VIEW, *running)


def batches_to_issue(actor: Actor) -> list[CenterBatch]:
    """Signed batches for which nobody has prepared certificates. One statement."""
    signed = sa.select(AssessmentSheet.batch_id)
    asked = sa.select(CertificateRequest.batch_id).where(
        CertificateRequest.action == "issue", CertificateRequest.state != "rejected"
    )
    where = (Batch.id.in_(signed), Batch.id.not_in(asked), Batch.state.in_(("published", "finalized")))
    return _batches(actor, Permission.CERTIFICATE_PREPARE, *where)


def open_requests(actor: Actor) -> list[Any]:
    """Requests that wait for the head, the longest waiting first (id, action, batch and who prepared it);
    action "again": to issue in the place of one that was revoked."""
    for_one = sa.and_(CertificateRequest.action == "issue", CertificateRequest.certificate_id.is_not(None))
    statement: Any = (
        sa.select(
            CertificateRequest.id,
            sa.case((for_one, "again"), else_=CertificateRequest.action).label("action"),
            CertificateRequest.batch_id,
            Program.name.label("program"),
            Batch.number,
            CertificateRequest.prepared_by,
            CertificateRequest.prepared_at,
        )
        .join(Batch, Batch.id == CertificateRequest.batch_id)
        .join(Program, Program.id == Batch.program_id)
        .where(_mine(actor, Permission.CERTIFICATE_VIEW), CertificateRequest.state == "prepared")
        .order_by(CertificateRequest.prepared_at)
        .limit(40)
    )
    return list(db.session.execute(statement))
