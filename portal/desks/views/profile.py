"""One's own data: contact, consents, sessions, a copy to keep."""

from __future__ import annotations

import json
from typing import Any

from flask import Response, make_response, url_for
from flask_babel import gettext as _
from flask_login import current_user

from portal.accounts import queries as accounts
from portal.core import audit, clock, htmx
from portal.core.crypto import token_hash
from portal.core.db import transaction
from portal.core.errors import DomainError, NotFound
from portal.core.forms import TokenForm
from portal.core.permissions import Role, current_actor, signed_in
from portal.core.ports import ports
from portal.desks.forms import ConsentForm, ContactForm
from portal.desks.labels import ROLE_LABELS, device_label
from portal.desks.queries.people import own_village
from portal.desks.views.blueprint import blueprint
from portal.people import queries as people
from portal.people import services as people_services


def _page(form: ContactForm | None = None, status: int = 200) -> Any:
    actor, now = current_actor(), clock.now()
    assert actor.user_id is not None
    person = people.get_person(actor.person_id) if actor.person_id else None
    consents = people.list_consents(person.id) if person else []
    open_now = {c.purpose: c for c in consents if c.withdrawn_at is None}
    contact = form or ContactForm(phone=person.phone if person else "", email=person.email if person else "")
    return htmx.render(
        "desks/profile.html",
        None,
        status,
        person=person,
        login=accounts.get_user(actor.user_id).login,
        village=own_village(person.village_code) if person and person.village_code else "",
        purposes=list(people_services.CONSENT_PURPOSES.values()),
        open_consents=open_now,
        sessions=accounts.list_sessions(actor.user_id, now),
        here=token_hash(current_user.get_id()),
        form=contact,
        token_form=TokenForm(),
        device_label=device_label,
        roles=[label for role, label in ROLE_LABELS.items() if actor.has_role(Role(role))],
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
    form, actor = ContactForm.parse(), current_actor()
    if actor.person_id is None:
        raise NotFound()
    if not form.validate():
        return _page(form, 422)
    with transaction():
        people_services.save_contact(
            person_id=actor.person_id,
            phone=form.phone_value,
            email=(form.email.data or "").strip() or None,
            actor=actor,
            now=clock.now(),
        )
    return htmx.redirect(url_for("desks.profile", tersimpan="kontak"))


@blueprint.post("/saya/profil/persetujuan")
@signed_in
def consent_post() -> Any:
    """Give or withdraw a consent."""
    form, actor, now = ConsentForm.parse(), current_actor(), clock.now()
    purpose = people_services.CONSENT_PURPOSES.get(form.purpose.data or "")
    if actor.person_id is None or purpose is None or form.answer.data not in ("ya", "cabut"):
        raise NotFound()
    if form.answer.data == "cabut" and purpose.is_required:
        raise DomainError(
            "consent_required", _("Persetujuan ini dicabut di balai, karena pendaftaran Anda ikut berakhir.")
        )
    with transaction():
        if form.answer.data == "ya":
            people_services.give_consent(
                person_id=actor.person_id,
                purpose=purpose.code,
                version=purpose.version,
                method="screen",
                actor=actor,
                now=now,
            )
        else:
            people_services.withdraw_consent(
                person_id=actor.person_id, purpose=purpose.code, actor=actor, now=now
            )
    return htmx.redirect(url_for("desks.profile", tersimpan="persetujuan"))


@blueprint.post("/saya/profil/unduh")
@signed_in
def download_my_data() -> Response:
    """A copy of everything the portal holds of this person, as JSON; each room contributes its part."""
    actor, now = current_actor(), clock.now()
    if actor.person_id is None:
        raise NotFound()
    with transaction():
        audit.record("person.exported", "person", actor.person_id, actor=actor, now=now)
    data = {room: part(actor.person_id) for room, part in sorted(ports().personal_data.items())}
    body = json.dumps(
        {"exported_at": now.isoformat(), "data": data}, ensure_ascii=False, indent=2, default=str
    )
    response = make_response(body)
    response.headers["Content-Type"] = "application/json; charset=utf-8"
    response.headers["Content-Disposition"] = 'attachment; filename="data-saya.json"'
    return response
