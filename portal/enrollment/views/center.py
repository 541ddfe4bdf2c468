"""The people of a batch as the center sees them: screening, offers, the queue."""

from __future__ import annotations

from typing import Any

from flask import request, url_for

from portal.batches.queries import get_batch_for_center
from portal.core import clock, htmx
from portal.core.db import transaction
from portal.core.errors import DomainError
from portal.core.forms import BaseForm
from portal.core.idempotency import claim
from portal.core.paging import page_number
from portal.core.permissions import Permission, current_actor, requires
from portal.enrollment import lists, queries, services
from portal.enrollment.forms import BulkForm, ReasonForm
from portal.enrollment.forms_reveal import RevealForm
from portal.enrollment.views.blueprint import blueprint

P = Permission


def tab_of(text: str | None) -> str:
    """A tab's slug as it came with a form; anything else is the first tab."""
    return text if text in queries.TABS else "pelamar"


def roll_page(
    batch_id: int,
    tab: str,
    number: int = 1,
    error: DomainError | None = None,
    reveal: RevealForm | None = None,
    status: int = 200,
) -> Any:
    """One page of a tab, or its fragment. reveal: the form for numbers as it was refused."""
    batch = get_batch_for_center(current_actor(), batch_id, P.BATCH_VIEW)
    context = lists.center_page(batch, tab, number, current_actor(), clock.now())
    form = BulkForm()
    if error:
        form.add_error(error)
    return htmx.render(
        "enrollment/center_roll.html",
        "enrollment/_center_roll.html",
        error.status if error else status,
        form=form,
        error=error,
        reveal_form=reveal or RevealForm(),
        **context,
    )


@blueprint.get("/balai/angkatan/<int:batch_id>/peserta")
@requires(P.BATCH_VIEW)
def center_roll(batch_id: int) -> Any:
    """One tab of the people of a batch; without a word for it the first tab that has anybody."""
    return roll_page(batch_id, request.args.get("keadaan", ""), page_number(request.args.get("hal")))


def _act(batch_id: int, tab: str, form: Any, do: Any) -> Any:
    """Run one action of the list once, and show the list it was taken from."""
    actor, now = current_actor(), clock.now()
    target = url_for("enrollment.center_roll", batch_id=batch_id, keadaan=tab)
    try:
        with transaction():
            op = claim(form.op.data, actor=actor, now=now)
            if op.is_new:
                do(actor=actor, now=now)
                op.finish(target)
    except DomainError as error:
        if error.status == 404:
            raise
        return roll_page(batch_id, tab, error=error)
    if htmx.is_fragment():
        return roll_page(batch_id, tab)
    return htmx.redirect(target)


@blueprint.post("/balai/angkatan/<int:batch_id>/peserta/tawarkan")
@requires(P.ENROLL_SCREEN)
def offer_many(batch_id: int) -> Any:
    """Offer seats to the ticked people, all or none; a row of another batch refuses the whole."""
    get_batch_for_center(current_actor(), batch_id, P.ENROLL_SCREEN)
    form = BulkForm.parse()
    return _act(
        batch_id,
        tab_of(request.form.get("keadaan")),
        form,
        lambda **who: services.offer_seats(batch_id=batch_id, enrollment_ids=form.chosen.data or [], **who),
    )


@blueprint.post("/balai/angkatan/<int:batch_id>/peserta/berikutnya")
@requires(P.ENROLL_SCREEN)
def promote(batch_id: int) -> Any:
    """Offer the free seat to the next in line."""
    get_batch_for_center(current_actor(), batch_id, P.ENROLL_SCREEN)
    form = BaseForm.parse()
    return _act(
        batch_id,
        tab_of(request.form.get("keadaan")),
        form,
        lambda **who: services.promote_next(batch_id=batch_id, **who),
    )


@blueprint.post("/balai/angkatan/<int:batch_id>/peserta/lewat-waktu")
@requires(P.ENROLL_SCREEN)
def expire_overdue(batch_id: int) -> Any:
    """End the offers whose countdown has run out."""
    get_batch_for_center(current_actor(), batch_id, P.ENROLL_SCREEN)
    return _act(
        batch_id, "ditawari", BaseForm.parse(), lambda **who: services.expire_offers(batch_id=batch_id, **who)
    )


_ACTIONS = {
    "tawarkan": services.offer_seat,
    "tunggu": services.move_to_waitlist,
    "cadangan": services.make_reserve,
    "pertimbangkan": services.reconsider,
}


@blueprint.post("/balai/peserta/<int:enrollment_id>/<any(tawarkan,tunggu,cadangan,pertimbangkan):action>")
@requires(P.ENROLL_SCREEN)
def act(enrollment_id: int, action: str) -> Any:
    """One step with one person of the list."""
    found = queries.get_enrollment_for_center(current_actor(), enrollment_id)
    return _act(
        found.batch_id,
        tab_of(request.form.get("keadaan")),
        BaseForm.parse(),
        lambda **who: _ACTIONS[action](enrollment_id=enrollment_id, **who),
    )


@blueprint.get("/balai/peserta/<int:enrollment_id>/tolak")
@requires(P.ENROLL_SCREEN)
def reject(enrollment_id: int) -> Any:
    """Ask for the reason of a rejection; a dialog where there is JavaScript."""
    return _reason(enrollment_id, "tolak", ReasonForm())


@blueprint.post("/balai/peserta/<int:enrollment_id>/tolak")
@requires(P.ENROLL_SCREEN)
def reject_post(enrollment_id: int) -> Any:
    """Say no with a reason."""
    return _end(enrollment_id, "tolak", services.reject)


@blueprint.get("/balai/peserta/<int:enrollment_id>/lepas")
@requires(P.ENROLL_SCREEN)
def let_go(enrollment_id: int) -> Any:
    """Ask for the reason when somebody told the center that they leave."""
    return _reason(enrollment_id, "lepas", ReasonForm())


@blueprint.post("/balai/peserta/<int:enrollment_id>/lepas")
@requires(P.ENROLL_SCREEN)
def let_go_post(enrollment_id: int) -> Any:
    """Note that somebody leaves."""
    return _end(enrollment_id, "lepas", services.let_go)


def _reason(enrollment_id: int, kind: str, form: Any, status: int = 200) -> Any:
    found = queries.get_enrollment_for_center(current_actor(), enrollment_id)
    return htmx.render(
        "enrollment/reason.html",
        "enrollment/_reason.html",
        status,
        form=form,
        kind=kind,
        case=queries.whole_case(found),
        tab=tab_of(request.values.get("keadaan")),
    )


def _end(enrollment_id: int, kind: str, service: Any) -> Any:
    found = queries.get_enrollment_for_center(current_actor(), enrollment_id)
    actor, now, form = current_actor(), clock.now(), ReasonForm.parse()
    target = url_for(
        "enrollment.center_roll", batch_id=found.batch_id, keadaan=tab_of(request.form.get("keadaan"))
    )
    if not form.validate():
        return _reason(enrollment_id, kind, form, 422)
    try:
        with transaction():
            op = claim(form.op.data, actor=actor, now=now)
            if op.is_new:
                service(enrollment_id=enrollment_id, reason=form.reason.data or "", actor=actor, now=now)
                op.finish(target)
    except DomainError as error:
        form.add_error(error)
        return _reason(enrollment_id, kind, form, error.status)
    return htmx.redirect(op.outcome or target)
