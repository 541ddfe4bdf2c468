"""The hot path of verification: one certificate with its events, and its signature checked."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from portal.certificates import rules
from portal.certificates.keys import keys
from portal.certificates.models import Certificate, CertificateEvent, LogLeaf
from portal.certificates.signing import verify
from portal.core.db import db

_NEW = aliased(Certificate)
_BY_CODE = sa.select(
    Certificate.id,
    Certificate.code,
    Certificate.number,
    Certificate.signed_bytes,
    Certificate.signature,
    Certificate.kid,
    Certificate.expires_on,
    Certificate.issued_at,
    Certificate.log_index,
    Certificate.person_id,
    Certificate.qr_text,
).where(Certificate.code == sa.bindparam("code"))
_EVENTS = (
    sa.select(
        CertificateEvent.type,
        CertificateEvent.reason_class,
        CertificateEvent.at,
        CertificateEvent.log_index,
        _NEW.code.label("replacement"),
        LogLeaf.data.label("leaf"),
    )
    .outerjoin(_NEW, _NEW.id == CertificateEvent.replacement_id)
    .outerjoin(LogLeaf, LogLeaf.seq == CertificateEvent.log_index)
    .where(CertificateEvent.certificate_id == sa.bindparam("certificate_id"))
    .order_by(CertificateEvent.position)
)


@dataclass(frozen=True)
class StoredCertificate:
    """One certificate as verification needs it: its row and its events, oldest first. Two statements."""

    row: Any
    events: Sequence[Any]


def find_by_code(code: str) -> StoredCertificate | None:
    """The certificate of a normalized 12-character code; None when there is none."""
    row = db.session.execute(_BY_CODE, {"code": code}).first()
    if row is None:
        return None
    return StoredCertificate(row, db.session.execute(_EVENTS, {"certificate_id": row.id}).all())


def verified_facts(row: Any) -> tuple[rules.Outcome, rules.Facts | None]:
    """Check a row's signed bytes against the key they name, and the columns beside them against the bytes.

    UNKNOWN when the key is not to be had; the facts only when everything fits.
    """
    key = keys().public_key(row.kid)
    if key is None:
        return rules.Outcome.UNKNOWN, None
    if not verify(key, bytes(row.signed_bytes), bytes(row.signature)):
        return rules.Outcome.FAILED, None
    try:
        facts = rules.facts_from_bytes(bytes(row.signed_bytes))
    except ValueError:
        return rules.Outcome.FAILED, None
    same = (facts.code, facts.number, facts.kid, facts.expires) == (
        row.code,
        row.number,
        row.kid,
        row.expires_on,
    )
    return (rules.Outcome.PASSED, facts) if same else (rules.Outcome.FAILED, None)


def public_key_text(kid: str) -> str:
    """The raw public key of a kid in base64; empty when it is not to be had."""
    key = keys().public_key(kid)
    return base64.b64encode(key).decode() if key else ""


def certificate_by_code(code: str) -> Certificate | None:
    """The whole row of a code as typed; None when there is none. For the operator's commands."""
    normal = rules.normalize_code(code)
    found: Certificate | None = db.session.scalar(
        sa.select(Certificate).where(Certificate.code == (normal or ""))
    )
    return found
