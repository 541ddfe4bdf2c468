"""Asking to be forgotten."""

from __future__ import annotations

from typing import Any

from flask import url_for

from portal.core import clock, htmx
from portal.core.db import transaction
from portal.core.errors import DomainError, NotFound
from portal.core.forms import TokenForm
from portal.core.idempotency import claim
from portal.core.permissions import current_actor, signed_in
from portal.desks.confirming import confirm, needs_password
from portal.desks.data_labels import REQUEST_WORDS
from portal.desks.forms_rights import ErasureForm
from portal.desks.views.blueprint import blueprint
from portal.people import queries as people
from portal.people import services


def _page(form: ErasureForm, status: int = 200) -> Any:
    actor, now = current_actor(), clock.now()
    if actor.person_id is None:
        raise NotFound()
    return htmx.render(
        "desks/erasure.html",
        None,
        status,
        form=form,
        preview=services.preview_erasure(person_id=actor.person_id, actor=actor, now=now),
        waiting=services.open_request(actor.person_id),
        earlier=people.erasures_of(actor.person_id),
        words=REQUEST_WORDS,
        asks_password=needs_password(actor),
        token_form=TokenForm(),
    )


@blueprint.get("/saya/data/hapus")
@signed_in
def erasure() -> Any:
    """What would go, what would stay and why, and what stands in the way."""
    return _page(ErasureForm())


@blueprint.post("/saya/data/hapus")
@signed_in
def erasure_post() -> Any:
    """Ask for it; somebody else carries it out."""
    form, actor, now = ErasureForm.parse(), current_actor(), clock.now()
    if actor.person_id is None:
        raise NotFound()
    if not form.validate():
        return _page(form, 422)
    try:
        confirm(form.password.data, actor=actor, now=now)
        with transaction():
            op = claim(form.op.data, actor=actor, now=now)
            if op.is_new:
                services.ask_erasure(reason=form.reason.data or "", actor=actor, now=now)
                op.finish(url_for("desks.erasure", tersimpan="minta"))
    except DomainError as error:
        if error.status in (404, 429):
            raise
        form.add_error(error)
        return _page(form, error.status)
    return htmx.redirect(op.outcome)


@blueprint.post("/saya/data/hapus/batal")
@signed_in
def erasure_withdraw() -> Any:
    """Take the request back while it waits."""
    actor, now = current_actor(), clock.now()
    with transaction():
        op = claim(TokenForm.parse().op.data, actor=actor, now=now)
        if op.is_new:
            services.withdraw_erasure(actor=actor, now=now)
            op.finish(url_for("desks.erasure", tersimpan="batal"))
    return htmx.redirect(op.outcome)
