""" "Mengapa belum?": one screen from the rules that gate issuance."""

from __future__ import annotations

from typing import Any

from portal.assessment.queries import get_own_head
from portal.certificates.queries.why import why_not_yet as explained
from portal.core import clock, htmx
from portal.core.permissions import Permission, current_actor, requires
from portal.desks.views.blueprint import blueprint


@blueprint.get("/saya/angkatan/<int:enrollment_id>/mengapa")
@requires(Permission.ENROLL_SELF)
def why_not_yet(enrollment_id: int) -> Any:
    """Every reason with what would still help, what the person can do first; nothing about others."""
    head = get_own_head(current_actor(), enrollment_id)
    standing, steps = explained(enrollment_id, head.zone, clock.now())
    return htmx.render(
        "desks/why.html", head=head, steps=steps, attendance=standing.attendance, code=standing.code,
        blockers=standing.blockers,
    )  # fmt: skip
