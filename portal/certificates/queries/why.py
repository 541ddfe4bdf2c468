"""Where one person stands: what the issuing rules see of them, and what surrounds it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from portal.assessment.queries import (
    UnitResult,
    appeals_of_enrollment,
    find_signature,
    lacking_second,
    retests_of,
    verdicts_of_enrollment,
)
from portal.assessment.rules import appeal_blockers, last_moment
from portal.attendance.queries import PersonAttendance, attendance_of_person
from portal.attendance.rules import Attendance
from portal.certificates.eligibility import Candidate, UnitNeed, certificate_blockers, name_blockers
from portal.certificates.explaining import Facts, Step, UnitStanding, explain
from portal.certificates.models import Certificate, CertificateRequest
from portal.certificates.queries.forecast import Last, last_of, place_of_enrollment
from portal.core.blockers import Blocker
from portal.core.db import db
from portal.core.formatting import moment
from portal.core.words import gettext


@dataclass(frozen=True)
class Standing:
    """One enrollment by the rules that gate issuance. `place` as `place_of_enrollment`; `code` of the
    certificate that stands, or None; `attendance` None when the batch has no sessions; `signed_at` None
    before the signature."""

    place: Any
    code: str | None
    attendance: PersonAttendance | None
    results: Sequence[UnitResult]
    signed_at: datetime | None
    blockers: Sequence[Blocker]


def standing_of(enrollment_id: int) -> Standing:
    """Judge one person as `dry_run` judges the batch. The caller has checked whose it is."""
    place = place_of_enrollment(enrollment_id)
    held = last_of(Certificate.enrollment_id == enrollment_id).get(enrollment_id, Last())
    person = attendance_of_person(enrollment_id)
    results = verdicts_of_enrollment(enrollment_id)
    signature = find_signature(place.batch_id)
    candidate = Candidate(
        enrollment_id,
        place.person_id,
        place.name,
        place.state,
        person.attendance if person else Attendance(0, 0, 0),
        {unit.unit_id: unit.value for unit in results if unit.value},
        held.standing,
        lacking_second(place.batch_id).get(enrollment_id, {}),
        held.revoked_for,
    )
    needs = [UnitNeed(u.unit_id, u.position, u.title, u.is_required) for u in results]
    blockers = certificate_blockers(
        candidate, needs, person.min_pct if person else 0, is_final=signature is not None, _=gettext
    )
    if not held.standing:
        blockers = [*blockers, *name_blockers(place.name, gettext)]
    return Standing(
        place, held.standing, person, results, signature.signed_at if signature else None, blockers
    )


def why_not_yet(enrollment_id: int, zone: str, now: datetime) -> tuple[Standing, list[Step]]:
    """(the standing, "Mengapa belum?" in order), times in the zone of the place. A fixed number of
    statements."""
    standing = standing_of(enrollment_id)
    person, is_signed = standing.attendance, standing.signed_at is not None
    facts = Facts(
        attendance=person.attendance if person else Attendance(0, 0, 0),
        min_pct=person.min_pct if person else 0,
        is_signed=is_signed,
        units=_units(enrollment_id, standing, now),
        request=_request(standing.place.batch_id),
        blockers=standing.blockers,
    )
    return standing, explain(facts, when=lambda at: moment(at, zone), _=gettext)


def _units(enrollment_id: int, standing: Standing, now: datetime) -> list[UnitStanding]:
    retests = {one.unit_id: one for one in retests_of(enrollment_id) if one.is_open}
    appeals = appeals_of_enrollment(enrollment_id)
    running = {one.unit_id: one.due_at for one in appeals if one.is_open}
    answered: Mapping[int, Any] = {
        one.unit_id: one for one in reversed(appeals) if one.state in ("upheld", "dismissed")
    }
    found = []
    for unit in standing.results:
        again, until = retests.get(unit.unit_id), None
        free = not appeal_blockers(
            value=unit.value or None, signed_at=standing.signed_at, judged_at=unit.judged_at, now=now,
            has_open=unit.unit_id in running, was_decided=unit.unit_id in answered,
        )  # fmt: skip
        if free and standing.signed_at and unit.judged_at:
            until = last_moment(standing.signed_at, unit.judged_at)
        found.append(
            UnitStanding(
                unit.unit_id, unit.position, unit.title, unit.value, again is not None,
                again.opens_at if again else None, running.get(unit.unit_id), until,
            )
        )  # fmt: skip
    return found


def _request(batch_id: int) -> str:
    """The state of an issue that waits: "", prepared or approved."""
    found = db.session.scalar(
        sa.select(CertificateRequest.state)
        .where(
            CertificateRequest.batch_id == batch_id,
            CertificateRequest.action == "issue",
            CertificateRequest.certificate_id.is_(None),
            CertificateRequest.state.in_(("prepared", "approved")),
        )
        .limit(1)
    )
    return found or ""
