"""Disability and help in class: one's own answers, and what a center prepares for a class."""

from __future__ import annotations

from typing import Any

from flask import request, url_for

from portal.batches.queries import get_batch_for_center
from portal.core import clock, htmx
from portal.core.db import transaction
from portal.core.errors import DomainError, NotFound
from portal.core.forms import TokenForm
from portal.core.idempotency import claim
from portal.core.permissions import Permission, current_actor, requires, signed_in
from portal.desks.data_labels import SEX_WORDS
from portal.desks.forms_inclusion import InclusionForm
from portal.desks.queries.people import seated_people
from portal.desks.views.blueprint import blueprint
from portal.people import queries as people
from portal.people import services
from portal.people.labels import NEED_LABELS

#: People with a seat from which on a center reads what the class needs.
FEWEST = 5


@blueprint.get("/saya/profil/inklusi")
@signed_in
def inclusion() -> Any:
    """One's own answers, to be given, changed or taken back."""
    actor = current_actor()
    if actor.person_id is None:
        raise NotFound()
    return _page(InclusionForm.of(people.own_inclusion(actor.person_id)))


def _page(form: InclusionForm, status: int = 200) -> Any:
    actor = current_actor()
    if actor.person_id is None:
        raise NotFound()
    return htmx.render(
        "desks/inclusion.html",
        None,
        status,
        form=form,
        is_answered=people.own_inclusion(actor.person_id) is not None,
        sex=SEX_WORDS.get(people.get_person(actor.person_id).sex, ""),
        purpose=services.CONSENT_PURPOSES[services.CONSENT_INCLUSION],
        token_form=TokenForm(),
        saved=request.args.get("tersimpan", ""),
    )


@blueprint.post("/saya/profil/inklusi")
@signed_in
def inclusion_post() -> Any:
    """Keep them."""
    form, actor, now = InclusionForm.parse(), current_actor(), clock.now()
    if not form.validate():
        return _page(form, 422)
    try:
        with transaction():
            op = claim(form.op.data, actor=actor, now=now)
            if op.is_new:
                services.save_inclusion(answers=form.answers(), actor=actor, now=now)
                op.finish(url_for("desks.inclusion", tersimpan="ya"))
    except DomainError as error:
        if error.status == 404:
            raise
        form.add_error(error)
        return _page(form, error.status)
    return htmx.redirect(op.outcome)


@blueprint.post("/saya/profil/inklusi/tarik")
@signed_in
def inclusion_withdraw() -> Any:
    """Take the consent back: the answers are deleted."""
    form, actor, now = TokenForm.parse(), current_actor(), clock.now()
    if actor.person_id is None:
        raise NotFound()
    with transaction():
        op = claim(form.op.data, actor=actor, now=now)
        if op.is_new:
            services.withdraw_consent(
                person_id=actor.person_id, purpose=services.CONSENT_INCLUSION, actor=actor, now=now
            )
            op.finish(url_for("desks.inclusion", tersimpan="ditarik"))
    return htmx.redirect(op.outcome)


@blueprint.get("/balai/angkatan/<int:batch_id>/persiapan")
@requires(Permission.ENROLL_SCREEN)
def preparations(batch_id: int) -> Any:
    """What has to be ready for a class: how many need what, never who."""
    batch = get_batch_for_center(current_actor(), batch_id, Permission.ENROLL_SCREEN)
    person_ids = seated_people(batch_id)
    # Whoever gives out seats would know of whom the only answer of a handful is.
    is_few = len(person_ids) < FEWEST
    wanted = [] if is_few else people.preparations_for(person_ids)
    return htmx.render(
        "desks/preparations.html",
        batch=batch,
        seats=len(person_ids),
        is_few=is_few,
        wanted=[(NEED_LABELS[need], count) for need, count in wanted],
        roll_url=url_for("enrollment.center_roll", batch_id=batch_id),
    )
