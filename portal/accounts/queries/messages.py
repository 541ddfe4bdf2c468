"""Whom a message reaches, and how: people with their account, wishes, proved contacts and consent."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from portal.accounts.models import ContactPoint, MessagePreference, User
from portal.accounts.rules.messages import KINDS, Group, Reach, Wishes, is_wanted
from portal.core.db import db
from portal.core.mail.outbox import OutboxMessage
from portal.core.paging import Page, cut
from portal.core.permissions import Actor
from portal.people.models import Consent, Person
from portal.people.services import CONSENT_CONTACT, CONSENT_PURPOSES

CHUNK = 500
PAGE = 10
_NO_WISHES = Wishes()
_WISHES = (
    "language",
    "channel",
    "quiet_from",
    "quiet_until",
    "wants_reminders",
    "wants_results",
)


@dataclass(frozen=True)
class Recipient:
    """A person as messages see them. `reaches`: proved contacts of the account before those on record."""

    person_id: int | None
    user_id: int | None
    name: str
    wishes: Wishes
    reaches: Sequence[Reach]
    may_phone: bool


def recipients(person_ids: Iterable[int]) -> dict[int, Recipient]:
    """By person id; people who were erased are left out. Three statements for each 500 people."""
    wanted = sorted(set(person_ids))
    found: dict[int, Recipient] = {}
    for start in range(0, len(wanted), CHUNK):
        part = wanted[start : start + CHUNK]
        rows = db.session.execute(_PEOPLE, {"ids": part}).all()
        proved = _proved([row.user_id for row in rows if row.user_id is not None])
        agreed = people_who_may_be_phoned(part)
        for row in rows:
            found[row.id] = Recipient(
                row.id,
                row.user_id,
                row.name,
                _wishes(row),
                [*proved.get(row.user_id, ()), *_on_record(row.email, row.phone)],
                row.id in agreed,
            )
    return found


def account_recipient(user_id: int) -> Recipient | None:
    """An account with its proved contacts, else those on record of its person; None when there is none."""
    row = db.session.execute(_ACCOUNT, {"id": user_id}).first()
    if row is None:
        return None
    reaches = _proved([user_id]).get(user_id) or _on_record(row.email, row.phone)
    return Recipient(row.person_id, user_id, row.name, _wishes(row), reaches, True)


def people_who_may_be_phoned(person_ids: Sequence[int]) -> set[int]:
    """Those with an open consent to be contacted, of the text as it is now."""
    statement = sa.select(Consent.person_id).where(
        Consent.person_id.in_(person_ids),
        Consent.purpose == CONSENT_CONTACT,
        Consent.version == CONSENT_PURPOSES[CONSENT_CONTACT].version,
        Consent.withdrawn_at.is_(None),
    )
    return set(db.session.scalars(statement))


def find_stop(message_id: int) -> str:
    """Why a message that waits must not leave any more: `erased`, `no_consent`, `not_wanted`, or nothing.

    Asked again when it is about to leave, for what was withdrawn since it was written. One-time codes and
    notices about the account itself always leave.
    """
    row = db.session.execute(_WAITING, {"id": message_id}).first()
    if row is None or row.person_id is None or row.kind not in KINDS:
        return ""
    if row.erased_at is not None:
        return "erased"
    group = KINDS[row.kind]
    if group == Group.SECURITY:
        return ""
    if row.channel != "email" and not people_who_may_be_phoned([row.person_id]):
        return "no_consent"
    return "" if is_wanted(group, find_preference(row.person_id)) else "not_wanted"


def find_preference(person_id: int) -> Wishes:
    """What a person wishes; the usual when nothing was said."""
    found = db.session.get(MessagePreference, person_id)
    return Wishes(**{name: getattr(found, name) for name in _WISHES}) if found else _NO_WISHES


def list_told(actor: Actor, number: int) -> Page:
    """The messages to the actor's account and person, the newest first; one-time codes are not among them."""
    owner = [OutboxMessage.user_id == actor.user_id]
    if actor.person_id is not None:
        owner.append(OutboxMessage.person_id == actor.person_id)
    statement = (
        sa.select(OutboxMessage)
        .where(sa.or_(*owner), OutboxMessage.kind.in_(sorted(KINDS)))
        .order_by(OutboxMessage.created_at.desc(), OutboxMessage.id.desc())
        .offset((number - 1) * PAGE)
        .limit(PAGE + 1)
    )
    return cut(list(db.session.scalars(statement)), number, PAGE)


_PREFERENCE = [getattr(MessagePreference, name).label(f"wish_{name}") for name in _WISHES]
_PEOPLE = (
    sa.select(
        Person.id,
        Person.name,
        Person.phone,
        Person.email,
        User.id.label("user_id"),
        User.language,
        *_PREFERENCE,
    )
    .outerjoin(User, User.person_id == Person.id)
    .outerjoin(MessagePreference, MessagePreference.person_id == Person.id)
    .where(Person.id.in_(sa.bindparam("ids", expanding=True)), Person.erased_at.is_(None))
)
_WAITING = (
    sa.select(OutboxMessage.kind, OutboxMessage.channel, OutboxMessage.person_id, Person.erased_at)
    .outerjoin(Person, Person.id == OutboxMessage.person_id)
    .where(OutboxMessage.id == sa.bindparam("id"))
)
_ACCOUNT = (
    sa.select(User.person_id, User.name, User.language, Person.phone, Person.email, *_PREFERENCE)
    .outerjoin(Person, Person.id == User.person_id)
    .outerjoin(MessagePreference, MessagePreference.person_id == User.person_id)
    .where(User.id == sa.bindparam("id"))
)


def _wishes(row: Any) -> Wishes:
    """The preference of a row; without one the language of the account."""
    if row.wish_language is None:
        return Wishes(language=row.language or "id")
    return Wishes(**{name: getattr(row, f"wish_{name}") for name in _WISHES})


def _on_record(email: str | None, phone: str | None) -> list[Reach]:
    return [Reach(kind, value) for kind, value in (("email", email), ("phone", phone)) if value]


def _proved(user_ids: Sequence[int]) -> dict[int, list[Reach]]:
    """Verified contacts by account, the latest first."""
    found: dict[int, list[Reach]] = {}
    if not user_ids:
        return found
    statement = (
        sa.select(ContactPoint.user_id, ContactPoint.kind, ContactPoint.value)
        .where(
            ContactPoint.user_id.in_(user_ids),
            ContactPoint.verified_at.is_not(None),
            ContactPoint.ended_at.is_(None),
        )
        .order_by(ContactPoint.verified_at.desc(), ContactPoint.id.desc())
    )
    for row in db.session.execute(statement):
        found.setdefault(row.user_id, []).append(Reach(row.kind, row.value, True))
    return found
