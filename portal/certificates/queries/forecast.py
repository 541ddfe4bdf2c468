"""Who of a batch may be certified, and for everybody else why not yet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from portal.assessment.queries import is_final, lacking_second, verdicts_of_batch
from portal.attendance.queries import attendance_of_batch
from portal.attendance.rules import Attendance
from portal.batches.models import Batch
from portal.catalog.models import CompetencyUnit, Curriculum
from portal.certificates.eligibility import (
    MENDABLE,
    Candidate,
    UnitNeed,
    certificate_blockers,
    name_blockers,
)
from portal.certificates.models import Certificate, CertificateEvent
from portal.core.blockers import Blocker
from portal.core.db import db
from portal.core.errors import NotFound
from portal.core.words import gettext
from portal.enrollment.models import Enrollment
from portal.enrollment.queries import roll
from portal.people.models import Person


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
    last, lacking = last_of(Certificate.batch_id == batch_id), lacking_second(batch_id)
    groups: dict[str, list[ForecastRow]] = {"ready": [], "issued": [], "blocked": []}
    for person in roll(batch_id):
        verdicts = values.get(person.enrollment_id, {})
        held = last.get(person.enrollment_id, Last())
        candidate = Candidate(
            person.enrollment_id,
            person.person_id,
            person.name,
            person.state,
            attendance.get(person.enrollment_id, Attendance(0, 0, 0)),
            verdicts,
            held.standing,
            lacking.get(person.enrollment_id, {}),
            held.revoked_for,
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


@dataclass(frozen=True)
class Last:
    """What an enrollment has: the code of the newest certificate that stands; without one, the reason class
    for which the newest was revoked, or an earlier one for good: no renewal of it makes that an error."""

    standing: str | None = None
    revoked_for: str | None = None


def last_of(where: Any) -> dict[int, Last]:
    """Enrollment id -> its last certificate, of those where there is one. One statement."""
    rows = db.session.execute(
        sa.select(
            Certificate.enrollment_id,
            Certificate.code,
            sa.func.coalesce(CertificateEvent.type, ""),
            sa.func.coalesce(CertificateEvent.reason_class, ""),
        )
        .outerjoin(
            CertificateEvent,
            sa.and_(
                CertificateEvent.certificate_id == Certificate.id,
                CertificateEvent.type.in_(("revoke", "replace")),
            ),
        )
        .where(where)
        .order_by(Certificate.id)
    )
    found: dict[int, Last] = {}
    for enrollment_id, code, ended, reason in rows:
        known = found.get(enrollment_id)
        if not ended:
            found[enrollment_id] = Last(code)
        elif ended == "revoke" and (known is None or known.standing is None):
            is_for_good = known is not None and known.revoked_for not in MENDABLE
            found[enrollment_id] = known if known and is_for_good else Last(None, reason)
    return found


def place_of_enrollment(enrollment_id: int) -> Any:
    """person_id, name, batch_id and state of one enrollment."""
    return db.session.execute(
        sa.select(Enrollment.person_id, Person.name, Enrollment.batch_id, Enrollment.state)
        .join(Person, Person.id == Enrollment.person_id)
        .where(Enrollment.id == enrollment_id)
    ).one()
