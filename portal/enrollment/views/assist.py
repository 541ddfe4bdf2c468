"""Enrolling somebody who stands beside: the same rules and fields on one page, and who helped is kept."""

from __future__ import annotations

from typing import Any

from flask import request, url_for

from portal.batches.queries import get_batch
from portal.batches.queries.loading import batch_missing
from portal.core import clock, htmx
from portal.core.db import transaction
from portal.core.errors import DomainError
from portal.core.idempotency import claim
from portal.core.permissions import Permission, current_actor, requires
from portal.enrollment import queries, services
from portal.enrollment.forms import AssistForm
from portal.enrollment.stepper import Visit, batch_aside, cards_for
from portal.enrollment.views.blueprint import blueprint
from portal.people.services import CONSENT_CONTACT, CONSENT_PURPOSES, CONSENT_TRAINING

P = Permission


def _visit(batch_id: int) -> Visit:
    """The batch for helpers: a center's own batches; for companions and chairs any public one."""
    actor, now = current_actor(), clock.now()
    batch = get_batch(batch_id)
    scope = actor.scope(P.ENROLL_ASSIST)
    is_center = scope.everything or bool(scope.centers)
    has_own = bool(scope.cooperatives or actor.scope(P.NOMINATE).cooperatives)
    if is_center and not scope.covers_center(batch.center_id) and not has_own:
        raise batch_missing()
    return Visit(batch, actor, now, None, {})


def _form(visit: Visit, formdata: Any, text: str) -> tuple[Any, dict[str, Any]]:
    today = clock.local_date(visit.now, visit.batch.center.zone)
    form = AssistForm(formdata, today=today, data={"q": text})
    own = queries.helper_cooperatives(visit.actor, visit.batch.center_id)
    options = queries.cooperative_options(text) if own is None else own
    villages = queries.village_options(text) if own is None else []
    form.offer(options, villages, others=own is None)
    notes = {option.value: option.where for option in [*options, *villages]}
    return form, {
        "notes": notes,
        "q": text,
        "found": len(options),
        "villages": villages,
        "is_center": own is None,
    }


def _page(
    visit: Visit, form: Any, choices: dict[str, Any], error: DomainError | None = None, status: int = 200
) -> Any:
    others = queries.next_choices(visit.batch, visit.now) if error and error.code == "batch_full" else []
    return htmx.render(
        "enrollment/assist.html",
        "enrollment/_cooperatives.html" if status == 200 else None,
        error.status if error else status,
        form=form,
        error=error,
        batch=visit.batch,
        aside=batch_aside(visit.batch, visit.now),
        others=cards_for(others, visit.now),
        purposes={
            "training": CONSENT_PURPOSES[CONSENT_TRAINING].text,
            "contact": CONSENT_PURPOSES[CONSENT_CONTACT].text,
        },
        search_url=url_for("enrollment.assist", batch_id=visit.batch.id),
        **choices,
    )


@blueprint.get("/balai/angkatan/<int:batch_id>/bantu")
@requires(P.ENROLL_ASSIST, P.NOMINATE)
def assist(batch_id: int) -> Any:
    """The form for a helper."""
    visit = _visit(batch_id)
    form, choices = _form(visit, None, " ".join(request.args.get("q", "").split())[:80])
    return _page(visit, form, choices)


@blueprint.post("/balai/angkatan/<int:batch_id>/bantu")
@requires(P.ENROLL_ASSIST, P.NOMINATE)
def assist_post(batch_id: int) -> Any:
    """Enroll the person; what the stepper refuses is refused here too, beside its field."""
    visit = _visit(batch_id)
    form, choices = _form(visit, request.form, " ".join(request.form.get("q", "").split())[:80])
    if not form.validate():
        return _page(visit, form, choices, status=422)
    values = form.values()
    application = services.Application.from_draft({"identity": values, "cooperative": values})
    try:
        with transaction():
            op = claim(form.op.data, actor=visit.actor, now=visit.now)
            if op.is_new:
                made = services.assist_application(
                    batch_id=batch_id,
                    application=application,
                    consent_method=form.consent_method.data,
                    waitlist=bool(form.waitlist.data),
                    actor=visit.actor,
                    now=visit.now,
                )
                op.finish(url_for("enrollment.assisted", enrollment_id=made.id))
    except DomainError as error:
        form.add_error(error)
        return _page(_visit(batch_id), form, choices, error)
    return htmx.redirect(op.outcome)


@blueprint.get("/balai/bantuan/<int:enrollment_id>")
@requires(P.ENROLL_ASSIST, P.NOMINATE)
def assisted(enrollment_id: int) -> Any:
    """What came of it, for the helper alone."""
    found = queries.get_helped_enrollment(current_actor(), enrollment_id)
    return htmx.render("enrollment/assisted.html", case=queries.whole_case(found))
