"""One's own profile: who one is on record, how one is reached, and the ways to everything else."""

from __future__ import annotations

from typing import Any

from flask import url_for

from portal.accounts import queries as accounts
from portal.core import clock, htmx
from portal.core.db import transaction
from portal.core.errors import NotFound
from portal.core.forms import TokenForm
from portal.core.idempotency import claim
from portal.core.permissions import Role, current_actor, signed_in
from portal.desks.forms import ContactForm
from portal.desks.labels import ROLE_LABELS
from portal.desks.links import link
from portal.desks.queries.people import own_village
from portal.desks.views.blueprint import blueprint
from portal.people import queries as people
from portal.people import services


def _page(form: ContactForm | None = None, status: int = 200) -> Any:
    actor = current_actor()
    assert actor.user_id is not None
    person = people.get_person(actor.person_id) if actor.person_id else None
    contact = form or ContactForm(phone=person.phone if person else "", email=person.email if person else "")
    return htmx.render(
        "desks/profile.html",
        None,
        status,
        person=person,
        login=accounts.get_user(actor.user_id).login,
        village=own_village(person.village_code) if person and person.village_code else "",
        standings=people.standings(people.list_consents(person.id)) if person else [],
        form=contact,
        token_form=TokenForm(),
        roles=[label for role, label in ROLE_LABELS.items() if actor.has_role(Role(role))],
        link=link,
    )


@blueprint.get("/saya/profil")
@signed_in
def profile() -> Any:
    """The profile of whoever is signed in."""
    return _page()


@blueprint.post("/saya/profil/kontak")
@signed_in
def contact_post() -> Any:
    """Save phone and e-mail."""
    form, actor, now = ContactForm.parse(), current_actor(), clock.now()
    if actor.person_id is None:
        raise NotFound()
    if not form.validate():
        return _page(form, 422)
    with transaction():
        op = claim(form.op.data, actor=actor, now=now)
        if op.is_new:
            services.save_contact(
                person_id=actor.person_id,
                phone=form.phone_value,
                email=(form.email.data or "").strip() or None,
                actor=actor,
                now=now,
            )
            op.finish(url_for("desks.profile", tersimpan="kontak"))
    return htmx.redirect(op.outcome)
