"""Asking for one's own data to be corrected."""

from __future__ import annotations

from typing import Any

from flask import url_for

from portal.core import clock, htmx
from portal.core.db import transaction
from portal.core.errors import DomainError, NotFound
from portal.core.forms import TokenForm
from portal.core.idempotency import claim
from portal.core.permissions import current_actor, signed_in
from portal.desks import correcting
from portal.desks.data_labels import FIELD_WORDS
from portal.desks.forms_rights import CorrectionForm
from portal.desks.queries.corrections import has_center
from portal.desks.views.blueprint import blueprint
from portal.people import queries as people
from portal.people import services


def _page(form: CorrectionForm, status: int = 200) -> Any:
    actor = current_actor()
    if actor.person_id is None:
        raise NotFound()
    return htmx.render(
        "desks/corrections.html",
        None,
        status,
        rows=people.corrections_of(actor.person_id),
        labels=FIELD_WORDS,
        can_ask=has_center(actor.person_id),
        token_form=TokenForm(),
        **correcting.form_context(form, people.get_person(actor.person_id)),
    )


@blueprint.get("/saya/data/perbaikan")
@signed_in
def corrections() -> Any:
    """What was asked so far, and the form of one field."""
    return _page(correcting.form_for_request())


@blueprint.post("/saya/data/perbaikan")
@signed_in
def correction_post() -> Any:
    """Ask for one field to be corrected."""
    form, actor, now = correcting.form_for_request(is_posted=True), current_actor(), clock.now()
    if actor.person_id is None or not form.field or not has_center(actor.person_id):
        raise NotFound()
    if not form.validate():
        return _page(form, 422)
    target = url_for("desks.corrections", tersimpan="kirim")
    try:
        outcome = correcting.file_form(form, person_id=actor.person_id, target=target, actor=actor, now=now)
    except DomainError as error:
        if error.status == 404:
            raise
        form.add_error(error)
        return _page(form, error.status)
    return htmx.redirect(outcome)


@blueprint.post("/saya/data/perbaikan/<int:correction_id>/tarik")
@signed_in
def correction_withdraw(correction_id: int) -> Any:
    """Take a request back."""
    actor, now = current_actor(), clock.now()
    with transaction():
        op = claim(TokenForm.parse().op.data, actor=actor, now=now)
        if op.is_new:
            services.withdraw_correction(request_id=correction_id, actor=actor, now=now)
            op.finish(url_for("desks.corrections", tersimpan="tarik"))
    return htmx.redirect(op.outcome)
