"""What accounts adds to the security page of an account: its phones and addresses."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from portal.accounts.queries.contact import list_contacts, unverified_of
from portal.core.forms import TokenForm
from portal.core.permissions import Actor
from portal.people.queries import get_person


def contacts_panel(actor: Actor, now: datetime) -> tuple[str, dict[str, Any]] | None:
    """The template of the contacts and what it shows: `contacts` (verified rows), `used` ((kind, value) of
    the person's record), `waiting` ((kind, value) recorded but not proved, or None), `token_form`."""
    if actor.user_id is None:
        return None
    person = get_person(actor.person_id) if actor.person_id else None
    used = {("phone", person.phone), ("email", person.email)} if person else set()
    return "accounts/_contacts.html", {
        "contacts": [contact for contact in list_contacts(actor.user_id) if contact.verified_at],
        "used": used,
        "waiting": unverified_of(actor.person_id, actor.user_id),
        "has_person": person is not None,
        "token_form": TokenForm(),
    }
