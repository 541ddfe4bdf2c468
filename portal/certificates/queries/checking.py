"""The hot path of verification: one certificate with its events, and its signature checked."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from portal.certificates import merkle, rules
from portal.certificates.history import LoggedEvent, check_log
from portal.certificates.keys import keys
from portal.certificates.models import Certificate, CertificateEvent, LogCheckpoint, LogLeaf
from portal.certificates.queries.validity import (
    extended_until,
    extension_basis,
    issued_again_as,
    renewed_by,
)
from portal.certificates.signing import verify
from portal.core.clock import local_date
from portal.core.db import db, reading

# Key, message and signature of nobody, checked for a code that is not there: its answer takes as long.
_OTHERS = (bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"), b"", bytes(64))
_NEW = aliased(Certificate)
_ROWS = sa.select(
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
    Certificate.salt,
    Certificate.status_index,
    # The newest time that the log has signed: a clock that shows less is slow.
    sa.select(LogCheckpoint.at)
    .order_by(LogCheckpoint.size.desc())
    .limit(1)
    .scalar_subquery()
    .label("newest_at"),
    extended_until().label("extended_until"),
    extension_basis().label("extension_basis"),
    renewed_by().label("renewed_by"),
    issued_again_as().label("again"),
)
_BY_CODES = _ROWS.where(Certificate.code.in_(sa.bindparam("codes", expanding=True)))
_HISTORY = (
    CertificateEvent.type,
    CertificateEvent.reason_class,
    CertificateEvent.at,
    CertificateEvent.log_index.label("leaf_index"),
    _NEW.code.label("replacement"),
    LogLeaf.data.label("leaf"),
)
_EVENTS = (
    sa.select(*_HISTORY, CertificateEvent.certificate_id)
    .outerjoin(_NEW, _NEW.id == CertificateEvent.replacement_id)
    .outerjoin(LogLeaf, LogLeaf.seq == CertificateEvent.log_index)
    .where(CertificateEvent.certificate_id.in_(sa.bindparam("certificate_ids", expanding=True)))
    .order_by(CertificateEvent.certificate_id, CertificateEvent.position)
)
# One row an event, each with the certificate beside it: nearly all have one event, and a second statement
# would cost as much as the rest of the reading.
_WHOLE = (
    sa.select(*_HISTORY, *_ROWS.selected_columns)
    .select_from(Certificate)
    .outerjoin(CertificateEvent, CertificateEvent.certificate_id == Certificate.id)
    .outerjoin(_NEW, _NEW.id == CertificateEvent.replacement_id)
    .outerjoin(LogLeaf, LogLeaf.seq == CertificateEvent.log_index)
    .where(Certificate.code == sa.bindparam("code"))
    .order_by(CertificateEvent.position)
)


class StoredEvent(NamedTuple):
    """One event of a certificate, with the code of its replacement and the bytes of its leaf in the log."""

    type: str
    reason_class: str
    at: datetime
    log_index: int
    replacement: str | None
    leaf: bytes | None


@dataclass(frozen=True)
class StoredCertificate:
    """One certificate as verification needs it: its row and its events, oldest first."""

    row: Any
    events: Sequence[StoredEvent]


def find_by_code(code: str) -> StoredCertificate | None:
    """The certificate of a normalized 12-character code; None when there is none, for the same work.

    One statement, of what is committed.
    """
    with reading() as connection:
        rows = connection.execute(_WHOLE, {"code": code}).all()
    if not rows:
        verify(*_OTHERS)
        return None
    return StoredCertificate(rows[0], [_event(row) for row in rows if row.type is not None])


def find_by_codes(codes: Sequence[str]) -> dict[str, StoredCertificate]:
    """{code: certificate} of those that exist among normalized codes. Two statements, however many."""
    rows = db.session.execute(_BY_CODES, {"codes": list(codes)}).all()
    events = _events([row.id for row in rows])
    return {row.code: StoredCertificate(row, events.get(row.id, [])) for row in rows}


def _events(certificate_ids: list[int]) -> dict[int, list[StoredEvent]]:
    found: dict[int, list[StoredEvent]] = {}
    for row in db.session.execute(_EVENTS, {"certificate_ids": certificate_ids}):
        found.setdefault(row.certificate_id, []).append(_event(row))
    return found


def _event(row: Any) -> StoredEvent:
    return StoredEvent(*row[: len(_HISTORY)])


def verified_facts(row: Any) -> tuple[rules.Outcome, rules.Facts | None]:
    """Check a row's signed bytes against the key they name, and the columns beside them against the bytes.

    UNKNOWN when the key is not to be had; FAILED where the key was revoked before the log took this
    certificate, or is not of the center and year that the certificate names; the facts only when everything
    fits.
    """
    try:
        entry = keys().entry(row.kid)
        key = keys().public_key(row.kid)
    except ValueError:
        return rules.Outcome.UNKNOWN, None
    if key is None or entry is None:
        return rules.Outcome.UNKNOWN, None
    if entry.revoked_at is not None and row.log_index >= entry.revoked_at:
        return rules.Outcome.FAILED, None
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
    # One center's stolen key makes no certificates of another, nor of another year.
    issued_in = local_date(facts.issued, facts.center.zone).year
    same = same and (entry.center, entry.year) == (facts.center.code.lower(), issued_in)
    return (rules.Outcome.PASSED, facts) if same else (rules.Outcome.FAILED, None)


def logged(stored: StoredCertificate) -> rules.Check:
    """Hold a certificate's history against the log; the check's time is when the log took the issue."""
    row = stored.row
    events = [
        LoggedEvent(event.type, event.log_index, None if event.leaf is None else bytes(event.leaf))
        for event in stored.events
    ]
    try:
        commit = merkle.cert_commit(bytes(row.salt), bytes(row.signed_bytes))
    except ValueError:
        return rules.Check("log", rules.Outcome.FAILED, None)
    return check_log(events, log_index=row.log_index, kid=row.kid, commit=commit)


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
