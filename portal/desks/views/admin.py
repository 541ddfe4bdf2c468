"""The administrator's home and the audit trail."""

from __future__ import annotations

from typing import Any

from flask import request

from portal.accounts.queries import today
from portal.core import clock, htmx
from portal.core.paging import page_number
from portal.core.permissions import Permission, requires
from portal.desks.event_labels import action_label, area_options, event_label
from portal.desks.links import link
from portal.desks.queries import platform
from portal.desks.views.blueprint import blueprint
from portal.people.queries.breaches import count_breaches


@blueprint.get("/admin")
@requires(Permission.ROLES_GRANT)
def admin() -> Any:
    """Figures, ways on, and the latest events."""
    now = clock.now()
    latest = platform.list_events(1, size=8)
    return htmx.render(
        "desks/admin.html",
        counts=platform.platform_counts(now, today(now)),
        breaches=count_breaches(now),
        events=latest.items,
        broken=platform.broken_events(latest.items),
        catalog_url=link("catalog.programs"),
        event_label=event_label,
        action_label=action_label,
        now=now,
    )


@blueprint.get("/admin/audit")
@requires(Permission.AUDIT_READ)
def audit_trail() -> Any:
    """The events, newest first, each page checked against the chain."""
    number = page_number(request.args.get("hal"))
    action = (request.args.get("tindakan") or "").strip()[:60]
    page = platform.list_events(number, action=action)
    return htmx.render(
        "desks/audit.html",
        "desks/_audit_list.html",
        listing=page,
        action=action,
        broken=platform.broken_events(page.items),
        areas=area_options(action),
        event_label=event_label,
        action_label=action_label,
        now=clock.now(),
    )
