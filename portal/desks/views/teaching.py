"""The desk of instructors and assessors."""

from __future__ import annotations

from typing import Any

from portal.accounts.queries import today
from portal.assessment.queries.tests import planned_batches, watched_tests
from portal.core import clock, htmx
from portal.core.permissions import Permission, current_actor, requires
from portal.desks.links import link
from portal.desks.queries import teaching as queries
from portal.desks.views.blueprint import blueprint


@blueprint.get("/instruktur")
@requires(Permission.TEACH)
def teaching() -> Any:
    """Today first, then what comes, then what waits for verdicts."""
    actor, now = current_actor(), clock.now()
    assert actor.user_id is not None
    sessions = queries.coming_sessions(actor.user_id, now)
    return htmx.render(
        "desks/teaching.html",
        day=today(now),
        today=[s for s in sessions if s.is_today(now)],
        coming=[s for s in sessions if not s.is_today(now)],
        waiting=queries.waiting_batches(actor.user_id, today(now)),
        tests=watched_tests(actor.user_id, now) if actor.may(Permission.TEST_INVIGILATE) else [],
        planned=planned_batches(actor.user_id, today(now)) if actor.may(Permission.TEST_EDIT) else [],
        now=now,
        can_mark=actor.may(Permission.ATTENDANCE_RECORD),
        sheet_url=lambda session_id: link("attendance.sheet", session_id=session_id),
        results_url=lambda batch_id: link("assessment.results", batch_id=batch_id),
    )
