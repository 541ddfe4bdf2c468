"""What waits for a decision, and what was decided."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from portal.batches.models import Batch
from portal.certificates.models import Certificate, CertificateRequest
from portal.core.db import db
from portal.core.errors import NotFound
from portal.core.permissions import Actor, Permission


@dataclass(frozen=True)
class RequestRow:
    """A request in a list, with what it is about."""

    request: CertificateRequest
    batch: Batch
    code: str | None


def list_requests(actor: Actor, *, only_open: bool, limit: int = 50) -> list[RequestRow]:
    """Requests of the actor's centers, newest first. One statement."""
    scope = actor.scope(Permission.CERTIFICATE_VIEW)
    query = (
        sa.select(CertificateRequest, Batch, Certificate.code)
        .join(Batch, Batch.id == CertificateRequest.batch_id)
        .outerjoin(Certificate, Certificate.id == CertificateRequest.certificate_id)
        .options(sa.orm.joinedload(Batch.program), sa.orm.joinedload(Batch.center))
        .order_by(CertificateRequest.id.desc())
        .limit(limit)
    )
    if not scope.everything:
        query = query.where(Batch.center_id.in_(scope.centers))
    if only_open:
        query = query.where(CertificateRequest.state.in_(("prepared", "approved")))
    return [RequestRow(*row) for row in db.session.execute(query)]


def get_request(actor: Actor, request_id: int) -> RequestRow:
    """One request of the actor's centers. Raises NotFound."""
    row = db.session.execute(
        sa.select(CertificateRequest, Batch, Certificate.code)
        .join(Batch, Batch.id == CertificateRequest.batch_id)
        .outerjoin(Certificate, Certificate.id == CertificateRequest.certificate_id)
        .options(sa.orm.joinedload(Batch.program), sa.orm.joinedload(Batch.center))
        .where(CertificateRequest.id == request_id)
    ).first()
    if row is None or not actor.scope(Permission.CERTIFICATE_VIEW).covers_center(row[1].center_id):
        raise NotFound()
    return RequestRow(*row)


def open_request(batch_id: int) -> CertificateRequest | None:
    """The batch's issue request that is waiting or running."""
    found: CertificateRequest | None = db.session.scalar(
        sa.select(CertificateRequest)
        .where(
            CertificateRequest.batch_id == batch_id,
            CertificateRequest.action == "issue",
            CertificateRequest.certificate_id.is_(None),
            CertificateRequest.state.in_(("prepared", "approved")),
        )
        .limit(1)
    )
    return found
