"""Telling people about their certificates: issued, suspended, in force again, revoked, replaced."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from portal.batches.queries.occasions import Occasion, occasion
from portal.certificates.models import Certificate, CertificateRequest
from portal.certificates.services.mint import Minted
from portal.core.clock import local_date
from portal.core.formatting import long_date
from portal.core.mail.content import link
from portal.core.ports import Message, ports
from portal.core.words import gettext as _

KINDS = {
    "suspend": "certificate.suspended",
    "unsuspend": "certificate.restored",
    "revoke": "certificate.revoked",
    "replace": "certificate.replaced",
}


def issued(certificates: Sequence[Minted], *, now: datetime) -> int:
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


def renewed(certificate: Minted, *, now: datetime) -> int:
    """A certificate was renewed: `certificate` is the new one."""
    about = occasion(certificate.batch_id)
    message = _message("certificate.renewed", certificate, about, f"{certificate.id}", now)
    return ports().notify_many(messages=[message], now=now)


@dataclass(frozen=True)
class Ending:
    """A certificate whose last day comes near; `hours` of `needed` (None: no renewal rule) count so far."""

    certificate_id: int
    person_id: int
    center_id: int
    zone: str
    program: str
    number: str
    last_day: date
    left: int
    stage: int
    hours: int
    needed: int | None
    until: date | None


def ending(found: Sequence[Ending], *, now: datetime) -> int:
    """Tell holders that the last day comes near; once a stage and last day, so that a decree begins anew."""
    return ports().notify_many(messages=[_ending(one) for one in found], now=now)


def _ending(one: Ending) -> Message:
    def facts() -> dict[str, Any]:
        url = link("desks.my_certificates")
        day = long_date(one.last_day, weekday=False)
        rows = [(_("Program"), one.program), (_("Nomor"), one.number), (_("Berlaku sampai"), day)]
        if one.needed is not None and one.until is not None:
            hours = _("%(hours)s dari %(needed)s JP", hours=one.hours, needed=one.needed)
            rows.append((_("Jam yang dihitung"), hours))
            rows.append((_("Perpanjangan paling lambat"), long_date(one.until, weekday=False)))
        told = {"rows": rows, "action": (_("Lihat syarat perpanjangan"), url), "url": url}
        return told | {
            "course": one.program,
            "day": day,
            "left": one.left,
            "can_renew": one.needed is not None,
        }

    key = f"certificate.ending:{one.certificate_id}:{one.last_day.isoformat()}:{one.stage}"
    return Message(one.person_id, "certificate.ending", facts, key, one.center_id, one.zone)


def _message(
    kind: str, certificate: Certificate | Minted, about: Occasion, key: str, now: datetime
) -> Message:
    def facts() -> dict[str, Any]:
        url = link("desks.my_certificates")
        rows = about.rows(has_dates=False)
        rows.append((_("Tanggal"), long_date(local_date(now, about.zone))))
        return about.facts() | {"rows": rows, "action": (_("Buka sertifikat saya"), url), "url": url}

    return Message(certificate.person_id, kind, facts, f"{kind}:{key}", about.batch.center_id, about.zone)
