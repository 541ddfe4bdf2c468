"""Data in full: the birth date at the counter, and who read one's own data."""

from __future__ import annotations

from typing import Any

from flask import request, url_for

from portal.core import clock, htmx
from portal.core.db import transaction
from portal.core.forms import TokenForm
from portal.core.idempotency import claim
from portal.core.paging import page_number
from portal.core.permissions import Permission, current_actor, requires, signed_in
from portal.desks.queries import access
from portal.desks.views.blueprint import blueprint
from portal.people.labels import field_list, reason_label
from portal.people.queries import reads_of
from portal.people.services import reveal


@blueprint.post("/balai/akses/<int:enrollment_id>/tanggal-lahir")
@requires(Permission.ACCESS_RESET)
def access_reveal(enrollment_id: int) -> Any:
    """Show the birth date of somebody at the counter, to compare it with the identity card."""
    actor, now = current_actor(), clock.now()
    row = access.get_person_of_center(actor, enrollment_id)
    target = url_for("desks.access_person", enrollment_id=enrollment_id)
    with transaction():
        op = claim(TokenForm.parse().op.data, actor=actor, now=now)
        if op.is_new:
            reveal(
                person_id=row.person_id, fields=["birth_date"], reason="identity_check", actor=actor, now=now
            )
            op.finish(target)
    return htmx.redirect(target)


@blueprint.get("/saya/data/dibaca")
@signed_in
def my_reads() -> Any:
    """Who saw protected data of whoever is signed in, when and why."""
    actor, number = current_actor(), page_number(request.args.get("hal"))
    listing = reads_of(actor.person_id, number) if actor.person_id else None
    return htmx.render(
        "desks/my_reads.html",
        listing=listing,
        page_no=number,
        reason_label=reason_label,
        field_list=field_list,
    )
