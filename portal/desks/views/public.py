"""Pages for everybody: help with contacts, and the privacy notice."""

from __future__ import annotations

from typing import Any

from portal.core import htmx, retention
from portal.core.permissions import public
from portal.desks.links import link
from portal.desks.queries.platform import center_contacts
from portal.desks.views.blueprint import blueprint
from portal.people.services import CONSENT_PURPOSES


@blueprint.get("/bantuan")
@public()
def help_page() -> Any:
    """How to enroll, claim, get back in, verify; and how to reach the centers."""
    return htmx.render(
        "desks/help.html",
        centers=center_contacts(),
        center_url=lambda slug: link("centers.show", slug=slug),
        search_url=link("batches.home"),
        verify_url=link("verification.lookup"),
    )


@blueprint.get("/data-pribadi")
@public()
def privacy() -> Any:
    """What is kept of whom, why, how long, and what people may ask."""
    purposes = list(CONSENT_PURPOSES.values())
    return htmx.render("desks/privacy.html", purposes=purposes, rules=retention.rules())
