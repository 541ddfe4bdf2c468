"""Telling people that a signed result changed, or what came of their appeal. Never the result itself."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from portal.core.mail.content import link
from portal.core.words import gettext as _
from portal.enrollment.models import Enrollment
from portal.enrollment.queries import enrollments_by_id
from portal.enrollment.services.notices import Notice, tell


def _results_page(enrollment: Enrollment) -> tuple[str, str]:
    return _("Lihat hasil"), link("assessment.own_result", enrollment_id=enrollment.id)


def corrected(enrollment_ids: Sequence[int], *, now: datetime) -> int:
    """A signed result of these people of one batch changed. That it did is all that is said."""
    notice = Notice("result.corrected", _results_page, key=f"{now:%Y%m%d%H%M%S%f}")
    return tell(notice, enrollments_by_id(enrollment_ids), now=now)


def appeal_decided(appeal_id: int, enrollment_id: int, *, now: datetime) -> int:
    """The person's appeal was answered; the answer is on their page."""
    notice = Notice("appeal.decided", _results_page, key=str(appeal_id))
    return tell(notice, enrollments_by_id([enrollment_id]), now=now)
