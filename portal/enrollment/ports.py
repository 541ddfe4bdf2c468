"""What enrollment plugs into the house, and the place where higher rooms plug into its pages.

A person's own page (`/saya/angkatan/<id>`) shows panels of higher rooms: attendance with its margin,
verdicts, the certificate. Each room adds, in its own `ports.install(app)`, a callable to
`app.extensions["enrollment_panels"]`:

    def panel(enrollment_id: int) -> tuple[str, dict[str, Any]] | None

It returns a template (one element with an id, drawn below the timeline; it reads the values as
`panel.<name>`) and its values, or None for nothing to show. Who may see the page was decided before: only the
person. Panels are drawn in the order they were added.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask, current_app

from portal.core.retention import keep
from portal.core.rotation import ProtectedColumn, protect
from portal.enrollment import pages_claimed, personal, queries, retention, timers
from portal.enrollment.queries.drafts import DRAFT_AAD
from portal.enrollment.roster.sealed import AAD as ROSTER_AAD
from portal.enrollment.services import rights, rounds, swapping

Panel = Callable[[int], "tuple[str, dict[str, Any]] | None"]


def panels_of(enrollment_id: int) -> list[tuple[str, dict[str, Any]]]:
    """(template, context) of every panel that has something to show."""
    panels: list[Panel] = current_app.extensions.get("enrollment_panels", [])
    return [found for panel in panels if (found := panel(enrollment_id)) is not None]


def install(app: Flask) -> None:
    """Open the list of panels, fill the ports that lower rooms call, declare the protected columns."""
    protect(
        app,
        ProtectedColumn("enrollment_draft", "data_cipher", DRAFT_AAD, is_bound=True),
        ProtectedColumn("roster_import", "file_cipher", ROSTER_AAD, is_bound=True, chunk=10),
    )
    app.extensions.setdefault("enrollment_panels", [])
    app.extensions["ports"].batch_changed = rounds.tell_changed
    app.extensions["ports"].waitlist_sizes = queries.waitlist_sizes
    app.extensions["ports"].personal_data["enrollments"] = personal.personal_data
    app.extensions["ports"].consent_withdrawn["enrollments"] = rights.stop_training
    app.extensions["ports"].erase_person["enrollments"] = rights.erase_person
    app.extensions["ports"].claim_rejected["enrollments"] = swapping.reject_of_claim
    app.extensions["ports"].claim_panels["enrollments"] = pages_claimed.claim_panel
    keep(app, *retention.RULES)
    assert timers  # imported so that its functions are registered
