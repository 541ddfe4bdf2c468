"""On the trainee's own page: attendance with its margin, signed verdicts, the certificate, in one panel."""

from __future__ import annotations

from typing import Any

from portal.attendance.rules import Attendance
from portal.certificates.queries.why import standing_of
from portal.core.words import gettext as _


def panel(enrollment_id: int) -> tuple[str, dict[str, Any]] | None:
    """The panel of one enrollment; None before the first class. Results of units are in it once they are
    signed. The caller has checked whose it is."""
    standing = standing_of(enrollment_id)
    place, person = standing.place, standing.attendance
    if person is None or place.state not in ("confirmed", "completed", "not_completed", "no_show"):
        return None
    untouched = person.attendance.remaining == person.attendance.total
    if untouched and place.state == "confirmed" and not any(unit.value for unit in standing.results):
        return None
    return "certificates/_standing.html", {
        "enrollment_id": enrollment_id,
        "attendance": person.attendance,
        "needed": person.min_pct,
        "margin": _margin(person.attendance, person.min_pct),
        "units": standing.results if standing.signed_at else [],
        "is_signed": standing.signed_at is not None,
        "is_blocked": bool(standing.blockers) and not standing.code,
        "code": standing.code,
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
