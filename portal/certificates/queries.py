"""Reads of certificates: the hot path of verification, the dry run, lists for centers and holders."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext
from sqlalchemy.orm import aliased

from portal.assessment.queries import is_final, verdicts_of_batch
from portal.attendance.queries import attendance_of_batch
from portal.attendance.rules import Attendance
from portal.batches.models import Batch
from portal.catalog.models import CompetencyUnit, Curriculum
from portal.certificates import rules
from portal.certificates.eligibility import Candidate, UnitNeed, certificate_blockers, name_blockers
from portal.certificates.keys import keys
from portal.certificates.models import Certificate, CertificateEvent, CertificateRequest, LogLeaf
from portal.certificates.signing import verify
from portal.core.blockers import Blocker
from portal.core.db import db
from portal.core.errors import NotFound
from portal.core.permissions import Actor, Permission
from portal.core.ports import HeldCertificate
from portal.enrollment.models import Enrollment
from portal.enrollment.queries import roll

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


@dataclass(frozen=True)
class ForecastRow:
    """One person of the dry run; `blockers` is empty for who is ready."""

    enrollment_id: int
    person_id: int
    name: str
    cooperative: str
    attendance: Attendance
    competent: int
    blockers: tuple[Blocker, ...] = ()
    code: str | None = None


@dataclass(frozen=True)
class IssueForecast:
    """Who gets a certificate, who has one already, and who does not yet with the reasons."""

    ready: tuple[ForecastRow, ...]
    issued: tuple[ForecastRow, ...]
    blocked: tuple[ForecastRow, ...]
    units: int
    is_final: bool
    min_attendance_pct: int


def dry_run(batch_id: int) -> IssueForecast:
    """Judge everybody in a batch by the rules that gate issuance, in a bounded number of statements.

    Raises NotFound.
    """
    curriculum = db.session.execute(
        sa.select(Curriculum).join(Batch, Batch.curriculum_id == Curriculum.id).where(Batch.id == batch_id)
    ).scalar()
    if curriculum is None:
        raise NotFound("batch_not_found", gettext("Angkatan ini tidak ditemukan."))
    units = [
        UnitNeed(*row)
        for row in db.session.execute(
            sa.select(
                CompetencyUnit.id, CompetencyUnit.position, CompetencyUnit.title, CompetencyUnit.is_required
            )
            .where(CompetencyUnit.curriculum_id == curriculum.id)
            .order_by(CompetencyUnit.position)
        )
    ]
    final, attendance = is_final(batch_id), attendance_of_batch(batch_id)
    values: dict[int, dict[int, str]] = {}
    for (enrollment_id, unit_id), verdict in verdicts_of_batch(batch_id).items():
        values.setdefault(enrollment_id, {})[unit_id] = verdict.value
    codes = current_codes(batch_id)
    groups: dict[str, list[ForecastRow]] = {"ready": [], "issued": [], "blocked": []}
    for person in roll(batch_id):
        verdicts = values.get(person.enrollment_id, {})
        candidate = Candidate(
            person.enrollment_id,
            person.person_id,
            person.name,
            person.state,
            attendance.get(person.enrollment_id, Attendance(0, 0, 0)),
            verdicts,
            codes.get(person.enrollment_id),
        )
        found = certificate_blockers(
            candidate, units, curriculum.min_attendance_pct, is_final=final, _=gettext
        )
        found += name_blockers(person.name, gettext)
        row = ForecastRow(
            candidate.enrollment_id,
            candidate.person_id,
            candidate.name,
            person.cooperative_name,
            candidate.attendance,
            sum(value == "competent" for value in verdicts.values()),
            () if candidate.certificate_code else tuple(found),
            candidate.certificate_code,
        )
        groups["issued" if row.code else "blocked" if row.blockers else "ready"].append(row)
    return IssueForecast(
        tuple(groups["ready"]),
        tuple(groups["issued"]),
        tuple(groups["blocked"]),
        len(units),
        final,
        curriculum.min_attendance_pct,
    )


def current_codes(batch_id: int) -> dict[int, str]:
    """Enrollment id -> code of its newest certificate."""
    rows = db.session.execute(
        sa.select(Certificate.enrollment_id, Certificate.code)
        .where(Certificate.batch_id == batch_id)
        .order_by(Certificate.id)
    )
    return {row.enrollment_id: row.code for row in rows}


def place_of_enrollment(enrollment_id: int) -> Any:
    """person_id, batch_id, state and the newest certificate's code (or None) of one enrollment."""
    newest = (
        sa.select(Certificate.code)
        .where(Certificate.enrollment_id == enrollment_id)
        .order_by(Certificate.id.desc())
        .limit(1)
        .scalar_subquery()
        .label("code")
    )
    return db.session.execute(
        sa.select(Enrollment.person_id, Enrollment.batch_id, Enrollment.state, newest).where(
            Enrollment.id == enrollment_id
        )
    ).one()


@dataclass(frozen=True)
class HolderRow:
    """A certificate in a list. `state` is valid, expired, suspended, revoked or replaced, on `on`."""

    id: int
    code: str
    number: str
    facts: rules.Facts
    person_id: int
    enrollment_id: int
    program_id: int
    issued_at: datetime
    expires_on: date | None
    state: str


def _rows(where: Any, on: date, limit: int | None = None) -> list[HolderRow]:
    found = list(
        db.session.scalars(sa.select(Certificate).where(where).order_by(Certificate.id).limit(limit))
    )
    events: dict[int, list[str]] = {}
    pairs = sa.select(CertificateEvent.certificate_id, CertificateEvent.type).where(
        CertificateEvent.certificate_id.in_([row.id for row in found])
    )
    for certificate_id, kind in db.session.execute(
        pairs.order_by(CertificateEvent.certificate_id, CertificateEvent.position)
    ):
        events.setdefault(certificate_id, []).append(kind)
    return [_holder_row(row, events.get(row.id, []), on) for row in found]


def _holder_row(row: Certificate, events: Iterable[str], on: date) -> HolderRow:
    state = str(rules.state_from_events(events) or "unknown")
    if state == "valid" and row.expires_on is not None and on > row.expires_on:
        state = "expired"
    return HolderRow(
        row.id,
        row.code,
        row.number,
        rules.facts_from_bytes(row.signed_bytes),
        row.person_id,
        row.enrollment_id,
        row.program_id,
        row.issued_at,
        row.expires_on,
        state,
    )


def certificates_of_person(person_id: int, on: date) -> list[HolderRow]:
    """A person's certificates, oldest first, with their state on a day. Two statements."""
    return _rows(Certificate.person_id == person_id, on)


def certificates_of_people(person_ids: Sequence[int], on: date) -> dict[int, list[HolderRow]]:
    """`certificates_of_person` for many people. Two statements."""
    found: dict[int, list[HolderRow]] = {}
    for row in _rows(Certificate.person_id.in_(person_ids), on):
        found.setdefault(row.person_id, []).append(row)
    return found


def certificates_of_batch(batch_id: int, on: date) -> list[HolderRow]:
    """A batch's certificates with their state. Two statements."""
    return _rows(Certificate.batch_id == batch_id, on)


def held_certificates(person_id: int, on: date) -> list[HeldCertificate]:
    """For prerequisites in lower rooms (core.ports)."""
    return [
        HeldCertificate(row.program_id, row.code, row.state, row.issued_at.date(), row.expires_on)
        for row in certificates_of_person(person_id, on)
    ]


def get_certificate(actor: Actor, code: str) -> Certificate:
    """A certificate that the actor may see: the holder's own, or one of their center. Raises NotFound."""
    certificate = db.session.scalar(sa.select(Certificate).where(Certificate.code == code))
    if certificate is None:
        raise NotFound()
    own = actor.person_id is not None and actor.person_id == certificate.person_id
    if not own and not actor.scope(Permission.CERTIFICATE_VIEW).covers_center(certificate.center_id):
        raise NotFound()
    return certificate


def events_of(certificate_id: int) -> Sequence[CertificateEvent]:
    """A certificate's events, oldest first."""
    return db.session.scalars(
        sa.select(CertificateEvent)
        .where(CertificateEvent.certificate_id == certificate_id)
        .order_by(CertificateEvent.position)
    ).all()


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
            CertificateRequest.state.in_(("prepared", "approved")),
        )
        .limit(1)
    )
    return found


def certificate_by_code(code: str) -> Certificate | None:
    """The whole row of a code as typed; None when there is none. For the operator's commands."""
    normal = rules.normalize_code(code)
    found: Certificate | None = db.session.scalar(
        sa.select(Certificate).where(Certificate.code == (normal or ""))
    )
    return found
