"""Corrections at a training center: filed at the counter, decided by its head."""

from __future__ import annotations

from typing import Any

from flask import Response, make_response, request, url_for

from portal.accounts.services.rights import follow_name
from portal.core import clock, htmx
from portal.core.db import transaction
from portal.core.errors import DomainError
from portal.core.forms import TokenForm
from portal.core.idempotency import claim
from portal.core.paging import page_number
from portal.core.permissions import Permission, current_actor, requires
from portal.desks import correcting
from portal.desks.data_labels import FIELD_WORDS
from portal.desks.forms_rights import CorrectionForm, DecisionForm
from portal.desks.queries import access
from portal.desks.queries import corrections as queries
from portal.desks.queries.people import names_of_users
from portal.desks.telling import tell_correction
from portal.desks.views.blueprint import blueprint
from portal.people import services
from portal.people.rules import file_suffix

FILE, APPROVE = Permission.CORRECTION_FILE, Permission.CORRECTION_APPROVE


@blueprint.get("/balai/perbaikan")
@requires(APPROVE, FILE)
def correction_list() -> Any:
    """Requests of people of the own batches, and a search for somebody to file one for."""
    actor = current_actor()
    text = (request.args.get("q") or "").strip()[:100]
    found = access.search_people(actor, text) if actor.may(FILE) and text else []
    number = page_number(request.args.get("hal"))
    return htmx.render(
        "desks/correction_list.html",
        listing=queries.list_for_center(actor, number),
        labels=FIELD_WORDS,
        q=text,
        found=found[: access.LIMIT],
        may_file=actor.may(FILE),
    )


def _new_page(enrollment_id: int, form: CorrectionForm, status: int = 200) -> Any:
    person = queries.person_to_correct(current_actor(), enrollment_id)
    return htmx.render(
        "desks/correction_new.html",
        None,
        status,
        person=person,
        enrollment_id=enrollment_id,
        **correcting.form_context(form, person),
    )


@blueprint.get("/balai/perbaikan/orang/<int:enrollment_id>")
@requires(FILE)
def correction_new(enrollment_id: int) -> Any:
    """The form for somebody who stands at the counter."""
    return _new_page(enrollment_id, correcting.form_for_request())


@blueprint.post("/balai/perbaikan/orang/<int:enrollment_id>")
@requires(FILE)
def correction_new_post(enrollment_id: int) -> Any:
    """File a request for somebody of the own batches."""
    form, actor, now = correcting.form_for_request(is_posted=True), current_actor(), clock.now()
    person = queries.person_to_correct(actor, enrollment_id)
    if not form.field:
        return _new_page(enrollment_id, form, 422)
    if not form.validate():
        return _new_page(enrollment_id, form, 422)
    target = url_for("desks.correction_list", tersimpan="kirim")
    try:
        outcome = correcting.file_form(form, person_id=person.id, target=target, actor=actor, now=now)
    except DomainError as error:
        if error.status == 404:
            raise
        form.add_error(error)
        return _new_page(enrollment_id, form, error.status)
    return htmx.redirect(outcome)


def _page(correction_id: int, form: DecisionForm, status: int = 200) -> Any:
    actor = current_actor()
    view = queries.get_for_center(actor, correction_id)
    own = {view.row.person_id, view.row.asked_person} - {None}
    return htmx.render(
        "desks/correction.html",
        None,
        status,
        view=view,
        form=form,
        token_form=TokenForm(),
        label=FIELD_WORDS[view.row.field],
        old=correcting.in_words(view.row.field, view.old),
        new=correcting.in_words(view.row.field, view.new),
        warnings=correcting.warnings_of(view),
        names=names_of_users({view.row.asked_by, view.row.decided_by}),
        may_decide=actor.may(APPROVE) and actor.person_id not in own and actor.user_id != view.row.asked_by,
    )


@blueprint.get("/balai/perbaikan/<int:correction_id>")
@requires(APPROVE, FILE)
def correction_page(correction_id: int) -> Any:
    """One request: what is on record, what is asked, the evidence."""
    return _page(correction_id, DecisionForm())


@blueprint.post("/balai/perbaikan/<int:correction_id>")
@requires(APPROVE)
def correction_decide(correction_id: int) -> Any:
    """Apply or refuse it."""
    form, actor, now = DecisionForm.parse(), current_actor(), clock.now()
    view = queries.get_for_center(actor, correction_id, APPROVE)
    if not form.validate() or form.decision.data not in ("setuju", "tolak"):
        return _page(correction_id, form, 422)
    try:
        with transaction():
            op = claim(form.op.data, actor=actor, now=now)
            if op.is_new:
                _decide(view.row.id, form, actor, now)
                op.finish(url_for("desks.correction_page", correction_id=correction_id, tersimpan="putus"))
    except DomainError as error:
        if error.status in (403, 404):
            raise
        form.add_error(error)
        return _page(correction_id, form, error.status)
    return htmx.redirect(op.outcome)


def _decide(correction_id: int, form: DecisionForm, actor: Any, now: Any) -> None:
    row = services.decide_correction(
        request_id=correction_id,
        is_approved=form.decision.data == "setuju",
        note=form.note.data or "",
        nik=form.nik.data or "",
        actor=actor,
        now=now,
    )
    follow_name(person_id=row.person_id, actor=actor, now=now)
    tell_correction(row, now=now)


@blueprint.post("/balai/perbaikan/<int:correction_id>/bukti")
@requires(APPROVE)
def correction_evidence(correction_id: int) -> Response:
    """The evidence, as a file to keep apart from the page; that it was seen is recorded."""
    actor, now = current_actor(), clock.now()
    queries.check_evidence(actor, correction_id)
    with transaction():
        media_type, content = services.open_evidence(request_id=correction_id, actor=actor, now=now)
    response = make_response(content)
    response.headers["Content-Type"] = media_type
    name = f"bukti-{correction_id}.{file_suffix(media_type)}"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["Cache-Control"] = "no-store"
    return response
