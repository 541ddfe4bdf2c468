"""Telling people about their certificates: issued, suspended, in force again, revoked, replaced."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from flask_babel import gettext as _

from portal.batches.queries.occasions import Occasion, occasion
from portal.certificates.models import Certificate, CertificateRequest
from portal.core.clock import local_date
from portal.core.formatting import long_date
from portal.core.mail.content import link
from portal.core.ports import Message, ports

KINDS = {
    "suspend": "certificate.suspended",
    "unsuspend": "certificate.restored",
    "revoke": "certificate.revoked",
    "replace": "certificate.replaced",
}


def issued(certificates: Sequence[Certificate], *, now: datetime) -> int:
    """Certificates of one batch were issued. A bounded number of statements however many."""
    if not certificates:
        return 0
    about = occasion(certificates[0].batch_id)
    messages = [_message("certificate.issued", one, about, f"{one.id}", now) for one in certificates]
    return ports().notify_many(messages=messages, now=now)


def changed(certificate: Certificate, request: CertificateRequest, *, now: datetime) -> int:
    """An approved change of one certificate."""
    about = occasion(certificate.batch_id)
    message = _message(KINDS[request.action], certificate, about, f"{certificate.id}:{request.id}", now)
    return ports().notify_many(messages=[message], now=now)


def _message(kind: str, certificate: Certificate, about: Occasion, key: str, now: datetime) -> Message:
    def facts() -> dict[str, Any]:
        url = link("desks.my_certificates")
        rows = about.rows(has_dates=False)
        rows.append((_("Tanggal"), long_date(local_date(now, about.zone))))
        return about.facts() | {"rows": rows, "action": (_("Buka sertifikat saya"), url), "url": url}

    return Message(certificate.person_id, kind, facts, f"{kind}:{key}", about.batch.center_id, about.zone)
