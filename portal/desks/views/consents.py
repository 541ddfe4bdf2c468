"""What one agreed to: giving, taking back, and the history of every answer."""

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
from portal.desks.data_labels import METHOD_WORDS
from portal.desks.forms import ConsentForm
from portal.desks.forms_rights import ConfirmForm
from portal.desks.queries.people import names_of_users
from portal.desks.views.blueprint import blueprint
from portal.people import queries as people
from portal.people import services

TRAINING = services.CONSENT_TRAINING


@blueprint.get("/saya/profil/persetujuan")
@signed_in
def consents() -> Any:
    """Every purpose with where it stands, and the history of all answers."""
    actor = current_actor()
    if actor.person_id is None:
        raise NotFound()
    answers = people.list_consents(actor.person_id)
    return htmx.render(
        "desks/consents.html",
        standings=people.standings(answers),
        answers=answers,
        names=names_of_users({one.recorded_by for one in answers}),
        titles={code: purpose.title for code, purpose in services.CONSENT_PURPOSES.items()},
        methods=METHOD_WORDS,
        token_form=TokenForm(),
    )


@blueprint.post("/saya/profil/persetujuan")
@signed_in
def consent_post() -> Any:
    """Give a consent, or take one back; the one for training is confirmed on a page of its own."""
    form, actor, now = ConsentForm.parse(), current_actor(), clock.now()
    purpose = services.CONSENT_PURPOSES.get(form.purpose.data or "")
    if actor.person_id is None or purpose is None or form.answer.data not in ("ya", "cabut"):
        raise NotFound()
    is_given = form.answer.data == "ya"
    if purpose.is_required and not is_given:
        return htmx.redirect(url_for("desks.consent_end"))
    about: dict[str, Any] = {
        "person_id": actor.person_id,
        "purpose": purpose.code,
        "actor": actor,
        "now": now,
    }
    with transaction():
        op = claim(form.op.data, actor=actor, now=now)
        if op.is_new:
            if is_given:
                services.give_consent(version=purpose.version, method="screen", **about)
            else:
                services.withdraw_consent(**about)
            op.finish(url_for("desks.profile", tersimpan="persetujuan"))
    return htmx.redirect(op.outcome)


def _end_page(form: ConfirmForm, status: int = 200) -> Any:
    actor, now = current_actor(), clock.now()
    if actor.person_id is None or not people.has_consent(actor.person_id, TRAINING):
        raise NotFound()
    ends = services.withdrawal_ends(person_id=actor.person_id, purpose=TRAINING, actor=actor, now=now)
    return htmx.render(
        "desks/consent_end.html", None, status, form=form, ends=ends, asks_password=needs_password(actor)
    )


@blueprint.get("/saya/profil/persetujuan/cabut")
@signed_in
def consent_end() -> Any:
    """What ends with the consent to training."""
    return _end_page(ConfirmForm())


@blueprint.post("/saya/profil/persetujuan/cabut")
@signed_in
def consent_end_post() -> Any:
    """Take back the consent to training: open enrollments end."""
    form, actor, now = ConfirmForm.parse(), current_actor(), clock.now()
    if actor.person_id is None:
        raise NotFound()
    try:
        if not form.validate():
            return _end_page(form, 422)
        confirm(form.password.data, actor=actor, now=now)
        with transaction():
            op = claim(form.op.data, actor=actor, now=now)
            if op.is_new:
                services.withdraw_consent(person_id=actor.person_id, purpose=TRAINING, actor=actor, now=now)
                op.finish(url_for("desks.consents", tersimpan="cabut"))
    except DomainError as error:
        if error.status in (403, 404, 429):
            raise
        form.add_error(error)
        return _end_page(form, error.status)
    return htmx.redirect(op.outcome)
