"""A phone or an address of an account: proved by a code, used to sign in, taken away again.

A phone is a contact, not an identity: several accounts may prove the same one.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from portal.accounts.models import ContactPoint
from portal.accounts.passwords import is_right
from portal.accounts.queries.contact import accounts_of, get_contact, holders, list_contacts
from portal.accounts.rules.contact import (
    CANDIDATES,
    MOST_CONTACTS,
    Identifier,
    hint_of,
    read_contact,
    read_identifier,
)
from portal.accounts.services import one_time
from portal.accounts.services.messages import tell_user
from portal.core import audit
from portal.core.db import db
from portal.core.errors import DomainError, NotFound
from portal.core.mail.outbox import Address
from portal.core.permissions import Actor
from portal.core.words import gettext as _
from portal.people.models import Person
from portal.people.services import save_contact


def verify_identifier(*, text: str, password: str) -> list[int]:
    """The accounts that a sign-in name, phone or address and a password open: usually one, of a shared phone
    perhaps several. Not for inside a transaction: each comparison takes 45 ms.

    A sign-in name costs one comparison and a contact always three, whether anybody has it or not. Raises
    DomainError `sign_in_refused`.
    """
    found = read_identifier(text)
    rows = holders(found)[:CANDIDATES]
    stored = [row.password_hash for row in rows]
    stored += [None] * ((CANDIDATES if found.is_contact else 1) - len(stored))
    matches = [is_right(one, password) for one in stored]
    opened = [row.id for row, matched in zip(rows, matches, strict=False) if matched]
    if not opened:
        raise DomainError("sign_in_refused", _("Nama masuk atau kata sandi tidak cocok."))
    return opened


def needed_contact(text: str, field: str = "contact") -> Identifier:
    """What was typed as a phone or an address. Raises DomainError on the field."""
    found = read_contact(text)
    if found is None:
        message = _("Tulis nomor HP, misalnya 0812-3456-7890, atau alamat surel yang lengkap.")
        raise DomainError("contact_shape", message, field)
    return found


def ask_sign_in_code(
    *, text: str, op: str, target: str, language: str, address: str | None, now: datetime
) -> str:
    """Send a code for signing in to a phone or an address; returns the handle. The same for a contact that
    nobody has. Raises DomainError on `contact`, TooMany."""
    found = needed_contact(text)
    one_time.count_ask(asked=found, address=address, now=now)
    users = [row.id for row in holders(found)]
    facts = {"hint": hint_of(found.kind, found.value), "target": target}
    return one_time.start("sign_in", to=found, op=op, user_ids=users, facts=facts, language=language, now=now)


def confirm_sign_in_code(*, handle: str, code: str, address: str | None, now: datetime) -> list[int]:
    """Spend the code; returns the active accounts that it stands for. Raises DomainError `code_refused`."""
    row = one_time.spend("sign_in", handle=handle, code=code, address=address, now=now)
    users = [account.id for account in accounts_of(row.data["users"])]
    if not users:
        raise one_time.code_refused()
    return users


def choose_account(*, handle: str, user_id: int, now: datetime) -> dict[str, Any]:
    """Spend the choice among the people of a shared phone; returns how they proved themselves: `factor`,
    `target` and `login`. Raises DomainError `code_refused` for somebody who was not offered."""
    row = one_time.spend("choose", handle=handle, now=now)
    if row.data.get("purpose") != "sign_in" or not accounts_of(
        [u for u in row.data["users"] if u == user_id]
    ):
        raise one_time.code_refused()
    found: dict[str, Any] = row.data
    return found


def ask_contact_code(
    *, text: str, op: str, target: str, language: str, address: str | None, actor: Actor, now: datetime
) -> str:
    """Send a code to a phone or an address that the actor wants as theirs; returns the handle.

    Raises DomainError on `contact` for one that is theirs already or one too many, TooMany.
    """
    found = needed_contact(text)
    if actor.user_id is None:
        raise NotFound()
    mine = [contact for contact in list_contacts(actor.user_id) if contact.verified_at]
    if any((contact.kind, contact.value) == (found.kind, found.value) for contact in mine):
        raise DomainError("contact_known", _("Kontak ini sudah terpasang di akun Anda."), "contact")
    if len(mine) >= MOST_CONTACTS:
        message = _("Paling banyak %(n)d kontak. Hapus satu dahulu.", n=MOST_CONTACTS)
        raise DomainError("contacts_many", message, "contact")
    one_time.count_ask(asked=found, address=address, now=now)
    hint = hint_of(found.kind, found.value)
    facts = {"hint": hint, "contact": [found.kind, found.value], "target": target}
    return one_time.start(
        "contact",
        to=found,
        op=op,
        user_ids=[actor.user_id],
        facts=facts,
        language=language,
        now=now,
        actor=actor,
    )


def confirm_contact(
    *, handle: str, code: str, address: str | None, actor: Actor, now: datetime
) -> ContactPoint:
    """Spend the code: the contact is the actor's from now on, and the record's where that has none.

    Raises DomainError `code_refused`, for the code of another account too.
    """
    row = one_time.spend("contact", handle=handle, code=code, address=address, now=now)
    if actor.user_id is None or row.user_id != actor.user_id:
        raise one_time.code_refused()
    kind, value = row.data["contact"]
    return add_verified(user_id=actor.user_id, kind=kind, value=value, actor=actor, now=now)


def add_verified(*, user_id: int, kind: str, value: str, actor: Actor, now: datetime) -> ContactPoint:
    """Record that an account proved to read a contact; the person's record takes it where it has none. The
    account's other contacts are told."""
    statement = sa.select(ContactPoint).where(
        ContactPoint.user_id == user_id,
        ContactPoint.kind == kind,
        ContactPoint.value == value,
        ContactPoint.ended_at.is_(None),
    )
    contact: ContactPoint | None = db.session.scalar(statement)
    if contact is None:
        contact = ContactPoint(user_id=user_id, kind=kind, value=value, created_at=now)
        db.session.add(contact)
    is_new, contact.verified_at = contact.verified_at is None, now
    db.session.flush()
    if is_new:
        audit.record(
            "account.contact_verified", "user", user_id, actor=actor, now=now, kind=kind, contact=contact.id
        )
        tell_user(
            user_id=user_id,
            kind="security.contact_added",
            facts={"contact": hint_of(kind, value)},
            key=f"security.contact_added:{contact.id}",
            now=now,
        )
    person = db.session.get(Person, actor.person_id) if actor.person_id else None
    if person is not None and not getattr(person, kind):
        _keep(person, kind, value, actor, now)
    return contact


def _keep(person: Person, kind: str, value: str, actor: Actor, now: datetime) -> None:
    reached = {"phone": person.phone, "email": person.email} | {kind: value}
    save_contact(person_id=person.id, phone=reached["phone"], email=reached["email"], actor=actor, now=now)


def use_contact(*, contact_id: int, actor: Actor, now: datetime) -> ContactPoint:
    """Make a verified contact the one at which the person is called and written to. Raises NotFound."""
    contact = get_contact(contact_id, actor.user_id)
    person = db.session.get(Person, actor.person_id) if actor.person_id else None
    if person is None or contact.verified_at is None:
        raise NotFound()
    _keep(person, contact.kind, contact.value, actor, now)
    return contact


def end_contacts(*, user_id: int, actor: Actor, now: datetime) -> None:
    """Take every contact off an account that is given back in person; the owner proves theirs again."""
    for contact in list_contacts(user_id):
        contact.ended_at = now
        audit.record(
            "account.contact_removed",
            "user",
            user_id,
            actor=actor,
            now=now,
            kind=contact.kind,
            contact=contact.id,
        )


def remove_contact(*, contact_id: int, actor: Actor, now: datetime) -> ContactPoint:
    """Take a contact off the account: no code goes there any more, and codes on their way end. What the
    record of the person says stays. Raises NotFound, for another's contact too."""
    contact = get_contact(contact_id, actor.user_id)
    contact.ended_at = now
    one_time.end_codes(user_id=contact.user_id, now=now)
    audit.record(
        "account.contact_removed",
        "user",
        contact.user_id,
        actor=actor,
        now=now,
        kind=contact.kind,
        contact=contact.id,
    )
    to = one_time.address_of(Identifier(contact.kind, contact.value))
    also: list[Address] = [to] if to else []
    db.session.flush()
    tell_user(
        user_id=contact.user_id,
        kind="security.contact_removed",
        facts={"contact": hint_of(contact.kind, contact.value)},
        key=f"security.contact_removed:{contact.id}",
        now=now,
        also=also,
    )
    return contact
