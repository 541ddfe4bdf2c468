"""Notices about an account itself: to every proved contact, at any hour, once."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa

from portal.accounts.models import ContactPoint, MessagePreference, User
from portal.accounts.services.messages import tell_user
from portal.core.db import transaction
from portal.core.mail.outbox import Address, OutboxMessage
from portal.people.models import Person

NIGHT = datetime(2026, 11, 22, 18, 0, tzinfo=UTC)  # 01.00 WIB


@pytest.fixture
def account(db_session: Any, now: datetime) -> User:
    """Yuni, with an e-mail address on record."""
    with transaction() as session:
        person = Person(name="Yuni Wahyuni", email="yuni@contoh.id", created_at=now, updated_at=now)
        session.add(person)
        session.flush()
        user = User(login="yuni", name=person.name, person_id=person.id, created_at=now)
        session.add(user)
    return user


def rows(session: Any) -> list[OutboxMessage]:
    return list(session.scalars(sa.select(OutboxMessage).order_by(OutboxMessage.id)))


def tell(user: User, key: str = "security.factor_added:1", **more: Any) -> int:
    with transaction():
        return tell_user(
            user_id=user.id,
            kind="security.factor_added",
            facts={"factor": "kunci sandi"},
            key=key,
            now=NIGHT,
            **more,
        )


def test_notice_without_proved_contact_goes_to_the_one_on_record(db_session: Any, account: User) -> None:
    assert tell(account) == 1
    (row,) = rows(db_session)
    assert (row.channel, row.address_hint, row.state) == ("email", "y•••@contoh.id", "waiting")
    assert (row.user_id, row.person_id, row.language) == (account.id, account.person_id, "id")


def test_notice_goes_to_all_proved_contacts_and_to_the_one_taken_away(
    db_session: Any, account: User, now: datetime
) -> None:
    with transaction() as session:
        for kind, value in (("phone", "+6281200000042"), ("email", "baru@contoh.id")):
            session.add(
                ContactPoint(user_id=account.id, kind=kind, value=value, created_at=now, verified_at=now)
            )
        session.add(ContactPoint(user_id=account.id, kind="email", value="belum@contoh.id", created_at=now))
    assert tell(account, also=[Address("email", "lama@contoh.id")]) == 3
    found = {(row.channel, row.address_hint) for row in rows(db_session)}
    assert found == {("whatsapp", "•••• 0042"), ("email", "b•••@contoh.id"), ("email", "l•••@contoh.id")}


def test_notice_at_night_leaves_at_once_whatever_the_wishes(db_session: Any, account: User) -> None:
    with transaction() as session:
        session.add(
            MessagePreference(
                person_id=account.person_id, wants_reminders=False, wants_results=False, updated_at=NIGHT
            )
        )
    tell(account)
    assert rows(db_session)[0].not_before == NIGHT


def test_notice_told_twice_is_one_message(db_session: Any, account: User) -> None:
    assert tell(account) == 1
    assert tell(account) == 0
    assert len(rows(db_session)) == 1


def test_notice_without_any_contact_is_kept_with_its_reason(db_session: Any, account: User) -> None:
    with transaction() as session:
        session.get(Person, account.person_id).email = None
    tell(account)
    (row,) = rows(db_session)
    assert (row.state, row.reason, row.channel) == ("skipped", "no_address", "none")
