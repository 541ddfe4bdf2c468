"""The desk of a training center, and access restored at its counter."""

from __future__ import annotations

from typing import Any

from flask import current_app, request, url_for

from portal.accounts import services as accounts
from portal.core import clock, htmx
from portal.core.clock import local_date
from portal.core.db import transaction
from portal.core.errors import DomainError
from portal.core.forms import TokenForm
from portal.core.idempotency import claim
from portal.core.permissions import Permission, current_actor, requires
from portal.desks.forms import ReasonForm
from portal.desks.links import link
from portal.desks.queries import access
from portal.desks.queries import center as queries
from portal.desks.views.blueprint import blueprint
from portal.people.labels import mask_birth
from portal.people.queries import open_reads


@blueprint.get("/balai")
@requires(Permission.BATCH_VIEW)
def center() -> Any:
    """What waits today: people, batches of the week, certificates."""
    actor, now = current_actor(), clock.now()
    centers = queries.own_centers(actor, Permission.BATCH_VIEW)
    today = local_date(now, centers[0].zone if centers else "Asia/Jakarta")
    may_prepare = actor.may(Permission.CERTIFICATE_PREPARE)
    work = queries.work_waiting(actor)
    return htmx.render(
        "desks/center.html",
        now=now,
        today=today,
        centers=centers,
        work={
            kind: [row for row in work if row.kind == kind] for kind in ("screening", "calling", "waitlist")
        },
        batches=queries.batches_this_week(actor, today),
        to_issue=queries.batches_to_issue(actor) if may_prepare else [],
        requests=queries.open_requests(actor),
        may_approve=actor.may(Permission.CERTIFICATE_APPROVE),
        may_screen=actor.may(Permission.ENROLL_SCREEN),
        may_reset=actor.may(Permission.ACCESS_RESET),
        link=link,
    )


@blueprint.get("/balai/akses")
@requires(Permission.ACCESS_RESET)
def access_search() -> Any:
    """Find a person of the center's own batches."""
    text = (request.args.get("q") or "").strip()[:100]
    found = access.search_people(current_actor(), text)
    return htmx.render(
        "desks/access.html", "desks/_access_results.html", q=text, found=found[: access.LIMIT],
        more=len(found) > access.LIMIT,
    )  # fmt: skip


@blueprint.get("/balai/akses/<int:enrollment_id>")
@requires(Permission.ACCESS_RESET)
def access_person(enrollment_id: int) -> Any:
    """The person, and the reason to write down."""
    row = access.get_person_of_center(current_actor(), enrollment_id)
    return _person(row, ReasonForm())


def _person(row: access.AccessRow, form: ReasonForm, status: int = 200) -> Any:
    """The page of one person; the birth date in full for whoever has just asked for it."""
    is_shown = row.person_id in open_reads(current_actor(), [row.person_id], "birth_date", clock.now())
    return htmx.render(
        "desks/access_person.html", None, status, row=row, form=form, token_form=TokenForm(),
        is_shown=is_shown, masked_birth=mask_birth(row.birth_date),
    )  # fmt: skip


@blueprint.post("/balai/akses/<int:enrollment_id>")
@requires(Permission.ACCESS_RESET)
def access_person_post(enrollment_id: int) -> Any:
    """Make a one-time code and show it once, on a page to print (201: something was made, and only here)."""
    actor, now = current_actor(), clock.now()
    row, form = access.get_person_of_center(actor, enrollment_id), ReasonForm.parse()
    if not form.validate():
        return _person(row, form, 422)
    code = ""
    try:
        with transaction():
            op = claim(form.op.data, actor=actor, now=now)
            if op.is_new:
                code = accounts.reset_access(
                    person_id=row.person_id, actor=actor, now=now, reason=form.reason.data
                )
                op.finish(url_for("desks.access_search"))
    except DomainError as error:
        form.add_error(error)
        return _person(row, form, error.status)
    if not code:
        return htmx.redirect(op.outcome)
    claim_url = current_app.extensions["portal_settings"].base_url + "/klaim"
    return htmx.render("desks/access_code.html", None, 201, row=row, code=code, now=now, claim_url=claim_url)
