"""Until when a certificate is valid: the signed last day, or the later one that a standing decree grants."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from portal.certificates.models import (
    Certificate,
    CertificateEvent,
    Decree,
    Renewal,
    ValidityExtension,
)

ENDING = ("revoke", "replace")


def _granted(*columns: Any) -> Any:
    """What standing decrees grant the certificate of the statement around it."""
    return (
        sa.select(*columns)
        .select_from(ValidityExtension)
        .join(Decree, Decree.id == ValidityExtension.decree_id)
        .where(ValidityExtension.certificate_id == Certificate.id, Decree.state == "adopted")
        .correlate(Certificate)
    )


def extended_until() -> Any:
    """A column: the latest day that a standing decree grants; NULL without one."""
    return _granted(sa.func.max(ValidityExtension.extended_until)).scalar_subquery()


def extension_basis() -> Any:
    """A column: the legal basis of the decree behind `extended_until()`."""
    order = (ValidityExtension.extended_until.desc(), Decree.id)
    return _granted(Decree.legal_basis).order_by(*order).limit(1).scalar_subquery()


_NEW = aliased(Certificate)


def renewed_by() -> Any:
    """A column: the code of the certificate that renewed this one; NULL without one."""
    return (
        sa.select(_NEW.code)
        .join(Renewal, Renewal.certificate_id == _NEW.id)
        .where(Renewal.renews_id == Certificate.id)
        .correlate(Certificate)
        .scalar_subquery()
    )


def issued_again_as() -> Any:
    """A column: the code of the certificate that took the place of this one; NULL without one."""
    return (
        sa.select(_NEW.code)
        .where(_NEW.replaces_id == Certificate.id)
        .correlate(Certificate)
        .scalar_subquery()
    )


def is_renewed() -> sa.ColumnElement[bool]:
    """Whether another certificate renewed this one."""
    return sa.exists().where(Renewal.renews_id == Certificate.id)


def is_ended() -> sa.ColumnElement[bool]:
    """Whether the certificate was revoked or replaced, which is for ever."""
    return sa.exists().where(
        CertificateEvent.certificate_id == Certificate.id, CertificateEvent.type.in_(ENDING)
    )
