"""Asking for renewals: the center prepares, its head decides (services/requests.py), never for themselves."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from portal.certificates.models import Certificate, CertificateRequest
from portal.certificates.queries.renewals import outlook_of
from portal.certificates.services.requests import (
    add_request,
    get_batch_held,
    refuse_open,
    refuse_own,
)
from portal.core.db import db
from portal.core.errors import Conflict, NotFound
from portal.core.permissions import Actor, Permission


def prepare_renewal(*, certificate_id: int, actor: Actor, now: datetime) -> CertificateRequest:
    """Ask for the renewal of one certificate; the request keeps which courses counted on that day.

    Raises Forbidden, NotFound, DomainError `own_case`, Conflict with what stands in the way.
    """
    certificate = db.session.get(Certificate, certificate_id)
    if certificate is None:
        raise NotFound()
    batch = get_batch_held(certificate.batch_id, actor, Permission.CERTIFICATE_PREPARE)
    refuse_own([certificate.person_id], [certificate.enrollment_id], actor, now)
    refuse_open(batch.id, "renew", certificate.id)
    outlook = outlook_of(certificate, now)
    if outlook.blockers:
        raise Conflict(outlook.blockers[0].code, outlook.blockers[0].message)
    counted = {"courses": [one.code for one in outlook.courses], "hours": outlook.hours}
    return add_request(batch, "renew", certificate.id, actor, now, changes=counted)


def prepare_renewals(
    *, certificate_ids: Sequence[int], actor: Actor, now: datetime
) -> list[CertificateRequest]:
    """Ask for several renewals, all or none. Raises as `prepare_renewal`."""
    batches = sa.select(Certificate.id, Certificate.batch_id).where(Certificate.id.in_(set(certificate_ids)))
    known = {number: batch_id for number, batch_id in db.session.execute(batches)}  # noqa: C416
    # Each holds its batch: in one order, so that two lists never wait for each other.
    return [
        prepare_renewal(certificate_id=number, actor=actor, now=now)
        for number in sorted(set(certificate_ids), key=lambda number: (known.get(number, 0), number))
    ]
