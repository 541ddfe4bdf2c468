"""Postponing and cancelling a batch that people are in."""

from __future__ import annotations

from typing import Any

from flask import request, url_for

from portal.batches.models import Batch
from portal.batches.queries import get_batch_for_center
from portal.catalog.labels import local_name
from portal.core import clock, htmx
from portal.core.db import transaction
from portal.core.errors import DomainError
from portal.core.formatting import date_range
from portal.core.idempotency import claim
from portal.core.permissions import Permission, current_actor, requires
from portal.enrollment import queries, services
from portal.enrollment.forms import PostponeForm, ReasonForm
from portal.enrollment.views.blueprint import blueprint

P = Permission


def _page(batch: Batch, kind: str, form: Any, error: DomainError | None = None, status: int = 200) -> Any:
    counts = queries.tab_counts(batch.id)
    return htmx.render(
        "enrollment/move.html",
        None,
        error.status if error else status,
        batch=batch,
        kind=kind,
        form=form,
        error=error,
        title=local_name(batch.program),
        dates=date_range(batch.starts_on, batch.ends_on),
        asked=counts["ditawari"] + counts["terkonfirmasi"],
        others=counts["pelamar"] + counts["daftar-tunggu"] + counts["cadangan"],
        slots=(error.details.get("slots", []) if error else []),
        clashes=(error.details.get("clashes", []) if error else []),
        back_url=url_for("enrollment.center_roll", batch_id=batch.id),
    )


@blueprint.get("/balai/angkatan/<int:batch_id>/tunda")
@requires(P.BATCH_EDIT)
def postpone(batch_id: int) -> Any:
    """New dates, the reason, and who is affected. `mulai` fills in a day that a clash offered."""
    batch = get_batch_for_center(current_actor(), batch_id, P.BATCH_EDIT)
    return _page(
        batch, "tunda", PostponeForm(request.args, data={}) if "starts_on" in request.args else PostponeForm()
    )


@blueprint.post("/balai/angkatan/<int:batch_id>/tunda")
@requires(P.BATCH_EDIT)
def postpone_post(batch_id: int) -> Any:
    """Move the batch and ask its people; a clash changes nothing and offers free days."""
    form = PostponeForm.parse()
    return _do(
        batch_id,
        "tunda",
        form,
        lambda **who: services.postpone_batch(
            batch_id=batch_id, starts_on=form.starts_on.data, reason=form.reason.data or "", **who
        ),
    )


@blueprint.get("/balai/angkatan/<int:batch_id>/batal")
@requires(P.BATCH_EDIT)
def cancel(batch_id: int) -> Any:
    """The reason, and who is affected."""
    return _page(get_batch_for_center(current_actor(), batch_id, P.BATCH_EDIT), "batal", ReasonForm())


@blueprint.post("/balai/angkatan/<int:batch_id>/batal")
@requires(P.BATCH_EDIT)
def cancel_post(batch_id: int) -> Any:
    """Cancel the batch and ask its people where to go."""
    form = ReasonForm.parse()
    return _do(
        batch_id,
        "batal",
        form,
        lambda **who: services.cancel_batch(batch_id=batch_id, reason=form.reason.data or "", **who),
    )


def _do(batch_id: int, kind: str, form: Any, work: Any) -> Any:
    actor, now = current_actor(), clock.now()
    batch = get_batch_for_center(actor, batch_id, P.BATCH_EDIT)
    if not form.validate() or form.error_list or (kind == "tunda" and form.starts_on.process_errors):
        return _page(batch, kind, form, status=422)
    try:
        with transaction():
            op = claim(form.op.data, actor=actor, now=now)
            if op.is_new:
                work(actor=actor, now=now)
                op.finish(url_for("enrollment.center_roll", batch_id=batch_id, keadaan="terkonfirmasi"))
    except DomainError as error:
        form.add_error(error)
        batch = get_batch_for_center(actor, batch_id, P.BATCH_EDIT)
        return _page(batch, kind, form, error)
    return htmx.redirect(op.outcome)
