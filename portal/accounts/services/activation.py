"""An account for a person of the record who has a phone there and no letter: phone and birth date, a code."""

from __future__ import annotations

from datetime import date, datetime

from portal.accounts.models import User
from portal.accounts.passwords import HashedPassword
from portal.accounts.queries import user_of_person
from portal.accounts.queries.contact import recorded_people
from portal.accounts.rules.contact import hint_of
from portal.accounts.services import one_time
from portal.accounts.services.contacts import add_verified, needed_contact
from portal.accounts.services.users import create_user
from portal.core import audit
from portal.core.db import db
from portal.core.errors import Conflict, DomainError
from portal.core.permissions import GrantedActor
from portal.core.words import gettext as _
from portal.people.models import Person


def ask_activation_code(
    *, phone: str, birth_date: date, op: str, language: str, address: str | None, now: datetime
) -> str:
    """Send a code to the phone with which a person is recorded; returns the handle.

    The same for a phone and a birth date that are nobody's. Raises DomainError on `phone`, TooMany.
    """
    found = needed_contact(phone, "phone")
    if found.kind != "phone":
        raise DomainError("phone_shape", _("Tulis nomor HP, misalnya 0812-3456-7890."), "phone")
    one_time.count_ask(asked=found, address=address, now=now)
    people = [row.id for row in recorded_people(found.value, birth_date)]
    facts = {"hint": hint_of(found.kind, found.value), "phone": found.value}
    return one_time.start(
        "activation", to=found, op=op, person_ids=people, facts=facts, language=language, now=now
    )


def confirm_activation(*, handle: str, code: str, address: str | None, now: datetime) -> str:
    """Spend the code; returns the handle for choosing a sign-in name and a password.

    Raises DomainError `code_refused`; Conflict `twins` where phone and birth date are those of two people,
    and `has_account` where the person has an account: the phone is proved by then.
    """
    row = one_time.spend("activation", handle=handle, code=code, address=address, now=now)
    phone, people = row.data["phone"], row.data["people"]
    if len(people) > 1:
        raise Conflict(
            "twins",
            _(
                "Nomor dan tanggal lahir ini tercatat untuk dua orang. Pakai surat dengan kode, "
                "atau minta surat di balai pelatihan dengan membawa KTP."
            ),
        )
    user = user_of_person(people[0])
    if user is not None:
        raise Conflict(
            "has_account",
            _("Anda sudah punya akun dengan nama masuk %(login)s. Masuk dengan nama itu.", login=user.login),
        )
    data = {"people": people, "purpose": "activation", "phone": phone}
    return one_time.make("choose", data=data, now=now)


def activate(*, handle: str, login: str, password: HashedPassword, now: datetime) -> User:
    """Make the account of the person whom the code stands for, with the phone as its verified contact.

    Raises DomainError `code_refused`, and on `login`.
    """
    row = one_time.spend("choose", handle=handle, now=now)
    person = db.session.get(Person, row.person_id) if row.data.get("purpose") == "activation" else None
    if person is None or person.erased_at is not None:
        raise one_time.code_refused()
    asker = GrantedActor(None, person.id, person.name)
    user = create_user(
        login=login, name=person.name, password=password, person_id=person.id, actor=asker, now=now
    )
    owner = GrantedActor(user.id, person.id, person.name)
    add_verified(user_id=user.id, kind="phone", value=row.data["phone"], actor=owner, now=now)
    audit.record("activation.used", "person", person.id, actor=owner, now=now, user_id=user.id)
    return user
