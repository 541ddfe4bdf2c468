"""Telephone numbers in full: asked for with a reason, a page at a time, each person's reading logged."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from flask import request, url_for

from portal.batches.queries import get_batch_for_center
from portal.core import clock, htmx
from portal.core.db import transaction
from portal.core.errors import DomainError
from portal.core.forms import BaseForm, TokenForm
from portal.core.idempotency import claim
from portal.core.paging import page_number
from portal.core.permissions import Permission, current_actor, requires
from portal.enrollment import queries
from portal.enrollment.forms_reveal import RevealForm
from portal.enrollment.pages import whole_number
from portal.enrollment.views.blueprint import blueprint
from portal.enrollment.views.center import roll_page, tab_of
from portal.enrollment.views.contacts import list_page
from portal.people.services import reveal_many

P = Permission


def _reveal(form: BaseForm, person_ids: Sequence[int], reason: str, now: datetime) -> None:
    actor = current_actor()
    with transaction():
        op = claim(form.op.data, actor=actor, now=now)
        if op.is_new:
            reveal_many(person_ids=person_ids, fields=["phone"], reason=reason, actor=actor, now=now)
            op.finish("")


@blueprint.post("/balai/hubungi/nomor")
@requires(P.ENROLL_SCREEN)
def contacts_reveal() -> Any:
    """The numbers of the people on this page of the list, to call them about their seat: one press."""
    actor, now = current_actor(), clock.now()
    number, batch_id = page_number(request.form.get("hal")), whole_number(request.form.get("angkatan"))
    rows = queries.contact_list(actor, number, batch_id).items
    _reveal(TokenForm.parse(), [row.person_id for row in rows if row.phone], "seat_call", now)
    if htmx.is_fragment():
        return list_page()
    return htmx.redirect(
        url_for("enrollment.contacts", angkatan=batch_id, hal=number if number > 1 else None)
    )


@blueprint.post("/balai/angkatan/<int:batch_id>/peserta/nomor")
@requires(P.ENROLL_SCREEN)
def roll_reveal(batch_id: int) -> Any:
    """The numbers of the people on this page of a tab, for the reason given."""
    get_batch_for_center(current_actor(), batch_id, P.ENROLL_SCREEN)
    form, tab, number = (
        RevealForm.parse(),
        tab_of(request.form.get("keadaan")),
        page_number(request.form.get("hal")),
    )
    people = [row.person_id for row in queries.center_roll(batch_id, tab, number).items if row.phone]
    try:
        if people and not form.validate():
            return roll_page(batch_id, tab, number, reveal=form, status=422)
        if people:
            _reveal(form, people, form.reason, clock.now())
    except DomainError as error:
        form.words.errors = [*form.words.errors, error.message]
        return roll_page(batch_id, tab, number, reveal=form, status=error.status)
    if htmx.is_fragment():
        return roll_page(batch_id, tab, number)
    target = url_for(
        "enrollment.center_roll", batch_id=batch_id, keadaan=tab, hal=number if number > 1 else None
    )
    return htmx.redirect(target)
