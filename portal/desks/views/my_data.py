"""A copy of everything the portal holds of whoever is signed in: in words, as JSON, on paper."""

from __future__ import annotations

import json
from typing import Any

from flask import Response, make_response, request

from portal.core import audit, clock, htmx
from portal.core.db import transaction
from portal.core.errors import NotFound
from portal.core.forms import TokenForm
from portal.core.permissions import current_actor, signed_in
from portal.core.ports import ports
from portal.desks.data_words import sections
from portal.desks.links import link
from portal.desks.papers import data_pdf
from portal.desks.views.blueprint import blueprint

SHOWN = 3


def _held(person_id: int | None) -> dict[str, Any]:
    """What every room holds; NotFound without a person."""
    if person_id is None:
        raise NotFound()
    return {room: part(person_id) for room, part in ports().personal_data.items()}


@blueprint.get("/saya/data")
@signed_in
def my_data() -> Any:
    """What is held, room by room, and what can be done about it."""
    held = _held(current_actor().person_id)
    return htmx.render(
        "desks/my_data.html", sections=sections(held, most=SHOWN), token_form=TokenForm(), link=link
    )


@blueprint.post("/saya/data/unduh")
@signed_in
def download_my_data() -> Response:
    """The whole copy: JSON, or with bentuk=pdf a document to print. That it was taken is recorded."""
    actor, now = current_actor(), clock.now()
    is_pdf = request.form.get("bentuk") == "pdf"
    held = _held(actor.person_id)
    body: bytes | str
    if is_pdf:
        body = data_pdf(held["person"]["name"], sections(held), now=now)
    else:
        copy = {"exported_at": now.isoformat(), "data": held}
        body = json.dumps(copy, ensure_ascii=False, indent=2, default=str)
    with transaction():
        kind = "pdf" if is_pdf else "json"
        audit.record("person.exported", "person", actor.person_id, actor=actor, now=now, form=kind)
    response = make_response(body)
    response.headers["Content-Type"] = "application/pdf" if is_pdf else "application/json; charset=utf-8"
    response.headers["Content-Disposition"] = f'attachment; filename="data-saya.{kind}"'
    response.headers["Cache-Control"] = "no-store"
    return response
