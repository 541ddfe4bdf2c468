"""What the portal told somebody, and how they want to be told."""

from __future__ import annotations

from typing import Any

from flask import request, url_for

from portal.accounts import pages_messages as pages
from portal.accounts.forms.messages import PreferenceForm
from portal.accounts.services.preferences import save_preference
from portal.accounts.views.blueprint import blueprint
from portal.core import clock, htmx
from portal.core.db import transaction
from portal.core.errors import NotFound
from portal.core.idempotency import claim
from portal.core.paging import page_number
from portal.core.permissions import current_actor, signed_in


def _page(form: PreferenceForm | None = None) -> Any:
    actor, number = current_actor(), page_number(request.args.get("hal"))
    context = pages.messages_page(actor, number, clock.now(), form)
    return htmx.render(
        "accounts/messages.html",
        "accounts/_message_list.html",
        422 if form is not None and form.error_list else 200,
        **context,
    )


@blueprint.get("/saya/pesan")
@signed_in
def messages() -> Any:
    """The messages to the account and its person, the newest first, and the preferences."""
    return _page()


@blueprint.post("/saya/pesan/pilihan")
@signed_in
def messages_post() -> Any:
    """Save the preferences."""
    actor, now, form = current_actor(), clock.now(), PreferenceForm.parse()
    if actor.person_id is None:
        raise NotFound()
    if not form.validate():
        return _page(form)
    with transaction():
        op = claim(form.op.data, actor=actor, now=now)
        if op.is_new:
            save_preference(wishes=form.wishes, actor=actor, now=now)
            op.finish(url_for("accounts.messages", tersimpan="pilihan"))
    return htmx.redirect(op.outcome)
