"""The trainee's own "Mengapa belum?": attendance with its margin, verdicts, the certificate, in one panel."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _

from portal.assessment.queries import is_final, verdicts_of_enrollment
from portal.attendance.queries import attendance_of_person
from portal.attendance.rules import Attendance
from portal.certificates.eligibility import Candidate, UnitNeed, certificate_blockers
from portal.certificates.queries import place_of_enrollment


def panel(enrollment_id: int) -> tuple[str, dict[str, Any]] | None:
    """The panel of one enrollment; None before the first class. The caller has checked whose it is."""
    place = place_of_enrollment(enrollment_id)
    person = attendance_of_person(enrollment_id)
    if person is None or place.state not in ("confirmed", "completed", "not_completed", "no_show"):
        return None
    results = verdicts_of_enrollment(enrollment_id)
    untouched = person.attendance.remaining == person.attendance.total
    if untouched and place.state == "confirmed" and not any(unit.value for unit in results):
        return None
    candidate = Candidate(
        enrollment_id,
        place.person_id,
        "",
        place.state,
        person.attendance,
        {unit.unit_id: unit.value for unit in results if unit.value},
        place.code,
    )
    needs = [UnitNeed(u.unit_id, u.position, u.title, u.is_required) for u in results]
    blockers = certificate_blockers(candidate, needs, person.min_pct, is_final=is_final(place.batch_id), _=_)
    return "certificates/_standing.html", {
        "attendance": person.attendance,
        "needed": person.min_pct,
        "margin": _margin(person.attendance, person.min_pct),
        "units": results,
        "blockers": [] if place.code else blockers,
        "code": place.code,
    }


def _margin(attendance: Attendance, needed: int) -> str:
    """What is left to miss, or to attend, in one sentence."""
    if attendance.reaches(needed):
        return _("Kehadiran Anda sudah cukup.")
    if not attendance.can_reach(needed):
        return _("Batas kehadiran sudah tidak dapat tercapai di angkatan ini.")
    spare = attendance.spare(needed)
    return _(
        "Masih bisa mencapai batas: boleh tidak hadir %(spare)s JP lagi dari %(remaining)s JP yang tersisa.",
        spare=spare,
        remaining=attendance.remaining,
    )
