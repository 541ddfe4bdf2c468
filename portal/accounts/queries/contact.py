"""Reads around contacts: whose a phone or an address is, the contacts of an account, people in the record."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import sqlalchemy as sa

from portal.accounts.models import ContactPoint, User
from portal.accounts.rules.contact import FAMILY, Identifier
from portal.core.db import db
from portal.core.errors import NotFound
from portal.people.models import Person

_OPEN = sa.and_(ContactPoint.ended_at.is_(None), ContactPoint.verified_at.is_not(None))
_ACCOUNT = (User.id, User.login, User.name, User.password_hash)


def holders(found: Identifier) -> Sequence[Any]:
    """Active accounts (id, login, name, password_hash) that a typed sign-in name, phone or address is of.

    A contact counts once it is verified; the account that verified it last comes first.
    """
    if not found.is_contact:
        statement = sa.select(*_ACCOUNT).where(User.login == found.value, User.is_active)
        return db.session.execute(statement).all()
    statement = (
        sa.select(*_ACCOUNT)
        .join(ContactPoint, ContactPoint.user_id == User.id)
        .where(ContactPoint.kind == found.kind, ContactPoint.value == found.value, _OPEN, User.is_active)
        .order_by(ContactPoint.verified_at.desc(), ContactPoint.id.desc())
        .limit(FAMILY)
    )
    return db.session.execute(statement).all()


def reachable(login: str) -> Sequence[Any]:
    """The active account of a sign-in name with its verified contacts: rows (id, kind, value), the contact
    verified last first; kind and value are None for an account without any."""
    statement = (
        sa.select(User.id, ContactPoint.kind, ContactPoint.value)
        .outerjoin(ContactPoint, sa.and_(ContactPoint.user_id == User.id, _OPEN))
        .where(User.login == login, User.is_active)
        .order_by(ContactPoint.verified_at.desc(), ContactPoint.id.desc())
    )
    return db.session.execute(statement).all()


def accounts_of(user_ids: Sequence[int]) -> list[Any]:
    """Those of these accounts that are active: rows (id, login, name), in the order given."""
    statement = sa.select(User.id, User.login, User.name).where(User.id.in_(user_ids), User.is_active)
    found = {row.id: row for row in db.session.execute(statement)}
    return [found[number] for number in user_ids if number in found]


def list_contacts(user_id: int) -> list[ContactPoint]:
    """The open contacts of an account, the oldest first."""
    statement = (
        sa.select(ContactPoint)
        .where(ContactPoint.user_id == user_id, ContactPoint.ended_at.is_(None))
        .order_by(ContactPoint.id)
    )
    return list(db.session.scalars(statement))


def get_contact(contact_id: int, user_id: int | None) -> ContactPoint:
    """An open contact of this account. Raises NotFound, for another's too."""
    contact = db.session.get(ContactPoint, contact_id)
    if contact is None or contact.ended_at is not None or contact.user_id != user_id:
        raise NotFound()
    return contact


def recorded_people(phone: str, born: date) -> Sequence[Any]:
    """People recorded with a phone (E.164) and a birth date: rows (id, name, user_id, login), the account
    empty for who has none."""
    statement = (
        sa.select(Person.id, Person.name, User.id.label("user_id"), User.login)
        .outerjoin(User, User.person_id == Person.id)
        .where(Person.phone == phone, Person.birth_date == born, Person.erased_at.is_(None))
        .order_by(Person.id)
        .limit(FAMILY)
    )
    return db.session.execute(statement).all()


def unverified_of(person_id: int | None, user_id: int | None) -> tuple[str, str] | None:
    """(kind, value) of how a person is recorded to be reached and what their account has not verified yet,
    the phone before the address; None when there is nothing to verify."""
    person = db.session.get(Person, person_id) if person_id else None
    if person is None or user_id is None:
        return None
    known = {(contact.kind, contact.value) for contact in list_contacts(user_id) if contact.verified_at}
    for kind, value in (("phone", person.phone), ("email", person.email)):
        if value and (kind, value) not in known:
            return kind, value
    return None
