"""The log against the records: each leaf stands for one event of a certificate, and each event has its leaf.

A leaf covers a certificate's signed bytes; the columns beside them are compared with what the bytes, the
signed QR and the audit trail say. Only an event's free note is covered by nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.orm import aliased

from portal.catalog.models import Program
from portal.centers.models import TrainingCenter
from portal.certificates import merkle, qr, rules
from portal.certificates.keys import keys
from portal.certificates.logcheck import milliseconds, stream
from portal.certificates.models import Certificate, CertificateEvent, LogLeaf
from portal.certificates.queries import verified_facts
from portal.certificates.watching import read_leaf
from portal.core.audit import AuditEvent
from portal.enrollment.models import Enrollment

_EVENT, _NEW = CertificateEvent, aliased(Certificate)
_OWN = (
    "code", "number", "kind", "signed_bytes", "signature", "kid", "salt", "qr_text", "status_index",
    "enrollment_id", "person_id", "batch_id", "issue_key", "replaces_id", "issued_at", "expires_on",
)  # fmt: skip
_EVENTS = (
    sa.select(
        _EVENT.id.label("event"),
        _EVENT.certificate_id,
        _EVENT.type,
        _EVENT.reason_class,
        _EVENT.actor_id,
        _EVENT.approver_id,
        _EVENT.log_index.label("seq"),
        _EVENT.at,
        Certificate.log_index,
        *(getattr(Certificate, name) for name in _OWN),
        TrainingCenter.code.label("center_code"),
        Program.code.label("program_code"),
        Enrollment.person_id.label("seat_person"),
        Enrollment.batch_id.label("seat_batch"),
        _NEW.code.label("new_code"),
        _NEW.replaces_id.label("new_replaces"),
        _EVENT.replacement_id,
    )
    .outerjoin(Certificate, Certificate.id == _EVENT.certificate_id)
    .outerjoin(TrainingCenter, TrainingCenter.id == Certificate.center_id)
    .outerjoin(Program, Program.id == Certificate.program_id)
    .outerjoin(Enrollment, Enrollment.id == Certificate.enrollment_id)
    .outerjoin(_NEW, _NEW.id == _EVENT.replacement_id)
    .order_by(_EVENT.log_index)
)
_AUDIT = (
    sa.select(AuditEvent.object_id, AuditEvent.actor_id, AuditEvent.data, AuditEvent.action)
    .where(AuditEvent.action.in_([f"certificate.{name}" for name in merkle.EVENT_TYPES]))
    .order_by(AuditEvent.seq)
)


def check_records(connection: Connection) -> Iterator[str]:
    """Yield a sentence for every certificate and event that the log does not tell of, or tells otherwise."""
    events, audits = stream(connection, _EVENTS), stream(connection, _AUDIT)
    event, audit = next(events, None), next(audits, None)
    for leaf in stream(connection, sa.select(LogLeaf.seq, LogLeaf.data).order_by(LogLeaf.seq)):
        while event is not None and event.seq < leaf.seq:
            yield _leafless(event)
            event = next(events, None)
        if event is None or event.seq != leaf.seq:
            yield f"leaf {leaf.seq} stands for no event"
            continue
        while audit is not None and _index(audit) < leaf.seq:
            audit = next(audits, None)
        yield from _compare(read_leaf(bytes(leaf.data), leaf.seq) or {}, event)
        if audit is not None and _index(audit) == leaf.seq:
            yield from _compare_audit(event, audit)
        event = next(events, None)
    while event is not None:
        yield _leafless(event)
        event = next(events, None)
    yield from _unissued(connection)
    yield from _unrevoked(connection)
    yield from _disordered(connection)


def _leafless(event: Any) -> str:
    return f"the event {event.type} of {event.code} names leaf {event.seq}, which is not there"


def _index(audit: Any) -> int:
    return int(audit.data.get("log_index", -1))


def _compare(leaf: dict[str, Any], row: Any) -> Iterator[str]:
    """The event beside its leaf; of an issue event the certificate too."""
    if row.code is None:
        yield f"the certificate of leaf {row.seq} is not there"
        return
    name = f"the event {row.type} of {row.code}"
    try:
        wanted = merkle.cert_commit(bytes(row.salt), bytes(row.signed_bytes))
    except ValueError:
        wanted = ""
    if leaf.get("cert_commit") != wanted:
        yield f"leaf {row.seq} does not commit to what is stored of {row.code}"
    if leaf.get("type") != row.type:
        yield f"{name} is {leaf.get('type')} in the log"
    if leaf.get("time") != milliseconds(row.at):
        yield f"{name} has another time than leaf {row.seq}"
    if (leaf.get("kid"), leaf.get("center")) != (row.kid, row.center_code):
        yield f"{name} has another key or center than leaf {row.seq}"
    if (row.replacement_id is not None) != (row.type == "replace") or (
        row.replacement_id is not None and row.new_replaces != row.certificate_id
    ):
        yield f"{name} and its replacement do not name each other"
    if row.type == "issue":
        yield from _compare_certificate(row)


def _compare_certificate(row: Any) -> Iterator[str]:
    if row.log_index != row.seq:
        yield f"certificate {row.code} names leaf {row.log_index}, its issue is leaf {row.seq}"
    entry = keys().entry(row.kid)
    if entry is not None and entry.revoked_at is not None and row.seq >= entry.revoked_at:
        yield f"certificate {row.code} was issued with {row.kid}, revoked from leaf {entry.revoked_at} on"
        return
    outcome, facts = verified_facts(row)
    if outcome is rules.Outcome.UNKNOWN:
        yield f"certificate {row.code} is signed by {row.kid}, a key that is not here"
        return
    if facts is None:
        yield f"certificate {row.code} does not match its signature"
        return
    is_then = row.issued_at == row.at and facts.issued == row.at.replace(microsecond=0)
    if row.kind != "certificate" or not is_then:
        yield f"certificate {row.code} has another kind or time of issue than what is signed"
    if (facts.center.code, facts.program.code) != (row.center_code, row.program_code):
        yield f"certificate {row.code} is filed under another center or program than what is signed"
    if (row.seat_person, row.seat_batch) != (row.person_id, row.batch_id) or not _is_own_reason(row):
        yield f"certificate {row.code} is filed under another seat, person or batch"
    if not _is_own_qr(row, facts):
        yield f"certificate {row.code} has a QR that says something else"


def _is_own_reason(row: Any) -> bool:
    kind, _, number = row.issue_key.partition(":")
    if kind == "enrollment":
        return bool(number == str(row.enrollment_id) and row.replaces_id is None)
    return kind not in ("replace", "again") or bool(number == str(row.replaces_id))


def _is_own_qr(row: Any, facts: rules.Facts) -> bool:
    address, _, fragment = row.qr_text.partition("#")
    public = keys().public_key(row.kid)
    reading = qr.parse_fragment(row.code, fragment, {row.kid: public} if public else {})
    if reading.problem or not address.endswith(f"/V/{row.code}"):
        return False
    return bool(reading.facts == qr.facts_for_qr(facts, row.status_index))


def _compare_audit(row: Any, audit: Any) -> Iterator[str]:
    said = (audit.action, audit.object_id, audit.actor_id, audit.data.get("prepared_by"))
    if said != (f"certificate.{row.type}", row.code, row.approver_id, row.actor_id):
        yield f"the event {row.type} of {row.code} names other people than the audit trail"
    why = (audit.data.get("reason_class", ""), audit.data.get("replacement"))
    if why != (row.reason_class, row.new_code):
        yield f"the event {row.type} of {row.code} has another reason or replacement than the audit trail"


def _unissued(connection: Connection) -> Iterator[str]:
    """Certificates that no issue event tells of."""
    issue = sa.select(_EVENT.id).where(_EVENT.certificate_id == Certificate.id, _EVENT.type == "issue")
    query = sa.select(Certificate.code).where(~issue.exists())
    yield from (f"certificate {row.code} has no issue event" for row in stream(connection, query))


def _unrevoked(connection: Connection) -> Iterator[str]:
    """Certificates issued again in the place of one that had not been revoked before."""
    old = aliased(Certificate)
    revoked = sa.select(_EVENT.id).where(
        _EVENT.certificate_id == old.id, _EVENT.type == "revoke", _EVENT.log_index < Certificate.log_index
    )
    query = (
        sa.select(Certificate.code, old.code.label("old"))
        .join(old, old.id == Certificate.replaces_id)
        .where(Certificate.issue_key.startswith("again:"), ~revoked.exists())
        .order_by(Certificate.id)
    )
    yield from (
        f"certificate {row.code} was issued again for {row.old}, which was not revoked before"
        for row in stream(connection, query)
    )


def _disordered(connection: Connection) -> Iterator[str]:
    """Events whose place in their certificate's history is not their place in the log."""
    earlier = aliased(_EVENT)
    count = (
        sa.select(sa.func.count())
        .select_from(earlier)
        .where(earlier.certificate_id == _EVENT.certificate_id, earlier.log_index < _EVENT.log_index)
        .scalar_subquery()
    )
    query = (
        sa.select(_EVENT.type, _EVENT.position, Certificate.code)
        .outerjoin(Certificate, Certificate.id == _EVENT.certificate_id)
        .where(_EVENT.position != count)
    )
    yield from (
        f"the event {row.type} of {row.code} is out of place in its history"
        for row in stream(connection, query)
    )
