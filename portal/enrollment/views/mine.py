"""A person's own enrollment: where it stands, the offer, moving, leaving, the card."""

from __future__ import annotations

from typing import Any

from flask import current_app, request, url_for

from portal.core import clock, htmx
from portal.core.db import transaction
from portal.core.errors import DomainError
from portal.core.forms import BaseForm
from portal.core.idempotency import claim
from portal.core.permissions import current_actor, public, signed_in
from portal.enrollment import pages, queries, services
from portal.enrollment.forms import AnswerForm, ReasonForm
from portal.enrollment.ports import panels_of
from portal.enrollment.views.blueprint import blueprint


def _page(enrollment_id: int, answer: Any = None, error: DomainError | None = None) -> Any:
    now = clock.now()
    case = queries.whole_case(queries.get_own_enrollment(current_actor(), enrollment_id))
    if answer is None:
        answer = pages.answer_form(AnswerForm(), case, now)
    return htmx.render(
        "enrollment/mine.html",
        None,
        error.status if error else 200,
        form=BaseForm(),
        answer=answer,
        error=error,
        panels=panels_of(enrollment_id),
        **pages.own_page(case, now),
    )


@blueprint.get("/saya/angkatan/<int:enrollment_id>")
@signed_in
def mine(enrollment_id: int) -> Any:
    """Where it stands. Opening the page of an offer is the confirmed contact that starts its countdown."""
    actor, now = current_actor(), clock.now()
    found = queries.get_own_enrollment(actor, enrollment_id)
    if found.state == "offered" and found.contact_at is None:
        with transaction():
            services.open_offer(enrollment_id=enrollment_id, actor=actor, now=now)
    return _page(enrollment_id)


@blueprint.post("/saya/angkatan/<int:enrollment_id>/terima")
@signed_in
def accept(enrollment_id: int) -> Any:
    """Say yes to the offered seat."""
    actor, now, form = current_actor(), clock.now(), BaseForm.parse()
    queries.get_own_enrollment(actor, enrollment_id)
    target = url_for("enrollment.mine", enrollment_id=enrollment_id)
    try:
        with transaction():
            op = claim(form.op.data, actor=actor, now=now)
            if op.is_new:
                services.confirm_seat(enrollment_id=enrollment_id, actor=actor, now=now)
                op.finish(target)
    except DomainError as error:
        return _page(enrollment_id, error=error)
    return htmx.redirect(target)


@blueprint.get("/saya/angkatan/<int:enrollment_id>/mundur")
@signed_in
def withdraw(enrollment_id: int) -> Any:
    """Ask once more before leaving; a dialog where there is JavaScript."""
    case = queries.whole_case(queries.get_own_enrollment(current_actor(), enrollment_id))
    return htmx.render(
        "enrollment/withdraw.html",
        "enrollment/_withdraw.html",
        form=ReasonForm(),
        **pages.own_page(case, clock.now()),
    )


@blueprint.post("/saya/angkatan/<int:enrollment_id>/mundur")
@signed_in
def withdraw_post(enrollment_id: int) -> Any:
    """Leave; the seat is free for the next."""
    actor, now, form = current_actor(), clock.now(), ReasonForm.parse()
    queries.get_own_enrollment(actor, enrollment_id)
    target = url_for("enrollment.mine", enrollment_id=enrollment_id)
    try:
        with transaction():
            op = claim(form.op.data, actor=actor, now=now)
            if op.is_new:
                services.withdraw(
                    enrollment_id=enrollment_id, reason=form.reason.data or "", actor=actor, now=now
                )
                op.finish(target)
    except DomainError as error:
        return _page(enrollment_id, error=error)
    return htmx.redirect(target)


@blueprint.post("/saya/angkatan/<int:enrollment_id>/pindah")
@signed_in
def answer(enrollment_id: int) -> Any:
    """Keep the new dates, move to another batch, or leave."""
    actor, now = current_actor(), clock.now()
    case = queries.whole_case(queries.get_own_enrollment(actor, enrollment_id))
    form = pages.answer_form(AnswerForm(request.form), case, now)
    try:
        with transaction():
            op = claim(form.op.data, actor=actor, now=now)
            if op.is_new:
                kept = services.answer_move(
                    enrollment_id=enrollment_id,
                    choice=form.choice.data or "",
                    target_batch_id=pages.whole_number(form.target.data),
                    actor=actor,
                    now=now,
                )
                op.finish(url_for("enrollment.mine", enrollment_id=kept.id))
    except DomainError as error:
        form.add_error(error)
        return _page(enrollment_id, form, error)
    return htmx.redirect(op.outcome)


@blueprint.get("/saya/kartu/<int:enrollment_id>")
@signed_in
def card(enrollment_id: int) -> Any:
    """The participant card: one sheet for the screen and for paper."""
    case = queries.whole_case(queries.get_own_enrollment(current_actor(), enrollment_id))
    return htmx.render(
        "enrollment/card.html",
        back_url=url_for("enrollment.mine", enrollment_id=enrollment_id),
        address=pages.card_address(case.enrollment.card_token),
        **pages.own_page(case, clock.now()),
    )


@blueprint.get("/K/<token>")
@public()
def card_token(token: str) -> Any:
    """What the QR of a card opens: for staff of that batch who it is, for everybody else the same neutral
    page."""
    found = queries.find_by_card(token)
    case = queries.whole_case(found) if found and queries.may_see_card(current_actor(), found) else None
    return htmx.render(
        "enrollment/card_token.html", case=case, base=current_app.extensions["portal_settings"].base_url
    )
