"""Whom a message reaches and whether it leaves: wishes, consent, contacts, once, and not after a rollback."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from portal.accounts.models import ContactPoint, User
from portal.accounts.queries.messages import find_stop
from portal.accounts.services.messages import muted, notify, notify_many
from portal.core.db import db, transaction
from portal.core.mail.outbox import OutboxMessage
from portal.core.permissions import SYSTEM
from portal.core.ports import Message
from portal.enrollment.models import Enrollment
from portal.enrollment.services import notices, notices_batch
from portal.people.models import Consent, Person
from portal.people.services import CONSENT_CONTACT, CONSENT_PURPOSES, withdraw_consent
from tests.support.classroom import Classroom
from tests.support.queries import count_statements
from tests.support.told import told

EVENING = datetime(2026, 11, 22, 15, 0, tzinfo=UTC)  # 22.00 WIB
PHONE = "+6281234567890"


@pytest.fixture
def agree(now: datetime) -> Callable[..., None]:
    """Agree to be contacted by phone, to the text as it is now or an older one."""

    def save(person_id: int, version: int = CONSENT_PURPOSES[CONSENT_CONTACT].version) -> None:
        with transaction() as session:
            session.add(
                Consent(
                    person_id=person_id,
                    purpose=CONSENT_CONTACT,
                    version=version,
                    method="screen",
                    given_at=now,
                )
            )

    return save


@pytest.fixture
def reached_by(room: Classroom) -> Callable[..., int]:
    """The first person of the class, reached by these and nothing else."""

    def save(email: str | None = None, phone: str | None = None) -> int:
        with transaction() as session:
            person = session.get(Person, room.people[0])
            person.email, person.phone = email, phone
        return room.people[0]

    return save


def offer(room: Classroom, now: datetime, place: int = 0) -> Any:
    with transaction():
        enrollment = db.session.get(Enrollment, room.enrollments[place])
        enrollment.state = "offered"
        notices.offered([enrollment], now=now)
    return told("seat.offered", room.people[place])[-1]


def test_message_goes_by_email_when_there_is_one(
    room: Classroom, reached_by: Callable[..., int], now: datetime
) -> None:
    reached_by(email="yuni@contoh.id", phone=PHONE)
    message = offer(room, now)
    assert (message.row.channel, message.address) == ("email", "yuni@contoh.id")
    assert (message.row.state, message.row.not_before) == ("waiting", now)
    assert message.row.center_id == room.center_id


@pytest.mark.parametrize(
    ("version", "channel", "reason"),
    [(None, "none", "no_consent"), (0, "none", "no_consent"), (1, "whatsapp", "")],
)
def test_phone_needs_an_open_consent_to_the_text_as_it_is(
    room: Classroom, reached_by: Callable[..., int], agree: Callable[..., None], now: datetime,
    version: int | None, channel: str, reason: str,
) -> None:  # fmt: skip
    person_id = reached_by(phone=PHONE)
    if version is not None:
        agree(person_id, version)
    row = offer(room, now).row
    assert (row.channel, row.reason) == (channel, reason)
    assert row.state == ("skipped" if reason else "waiting")


def test_wish_for_sms_without_consent_falls_back_to_email(
    room: Classroom,
    reached_by: Callable[..., int],
    wish: Callable[..., None],
    agree: Callable[..., None],
    now: datetime,
) -> None:
    person_id = reached_by(email="yuni@contoh.id", phone=PHONE)
    wish(person_id, channel="sms")
    assert offer(room, now).row.channel == "email"
    agree(person_id)
    with transaction():
        db.session.get(Enrollment, room.enrollments[0]).version += 1
    later = offer(room, now)
    assert (later.row.channel, later.address) == ("sms", PHONE)


def test_nobody_to_reach_is_kept_so_that_staff_see_whom_to_call(
    room: Classroom, reached_by: Callable[..., int], now: datetime
) -> None:
    reached_by()
    message = offer(room, now)
    assert (message.row.state, message.row.reason) == ("skipped", "no_address")
    assert "Ada kursi" in message.content.subject


def test_proved_contact_of_the_account_goes_before_the_one_on_record(
    room: Classroom, reached_by: Callable[..., int], now: datetime
) -> None:
    person_id = reached_by(email="lama@contoh.id")
    with transaction() as session:
        user = User(login="yuni", name="Yuni", person_id=person_id, created_at=now)
        session.add(user)
        session.flush()
        points = (
            ("proved@contoh.id", now, None),
            ("typed@contoh.id", None, None),
            ("gone@contoh.id", now, now),
        )
        for value, verified, ended in points:
            session.add(
                ContactPoint(
                    user_id=user.id, kind="email", value=value, created_at=now, verified_at=verified,
                    ended_at=ended,
                )
            )  # fmt: skip
    message = offer(room, now)
    assert (message.address, message.row.user_id) == ("proved@contoh.id", user.id)


def test_message_at_night_waits_and_a_class_at_dawn_does_not(room: Classroom) -> None:
    assert offer(room, EVENING).row.not_before == datetime(2026, 11, 23, 0, 0, tzinfo=UTC)
    with transaction():
        enrollment = db.session.get(Enrollment, room.enrollments[1])
        notices_batch.postponed(
            [enrollment],
            was=EVENING.date(),
            began=EVENING + timedelta(hours=11),
            reason="Banjir.",
            now=EVENING,
        )
    (urgent,) = told("batch.postponed")
    assert urgent.row.not_before == EVENING


def test_quiet_hours_are_those_of_the_person_at_the_zone_of_the_center(
    room: Classroom, wish: Callable[..., None]
) -> None:
    wish(room.people[0], quiet_from=0, quiet_until=0)
    assert offer(room, EVENING).row.not_before == EVENING
    with transaction():
        notify(
            person_id=room.people[1], kind="result.published", key="result:1", now=EVENING,
            zone="Asia/Jayapura",
            facts=lambda: {"course": "Uji", "url": "http://localhost/"},
        )  # fmt: skip
    (row,) = told("result.published")
    assert row.row.not_before == datetime(2026, 11, 22, 22, 0, tzinfo=UTC)  # 07.00 WIT


def test_what_was_switched_off_is_kept_as_not_wanted(
    room: Classroom, wish: Callable[..., None], now: datetime
) -> None:
    wish(room.people[0], wants_reminders=False, wants_results=False)
    with transaction():
        people = [db.session.get(Enrollment, room.enrollments[0])]
        notices_batch.results(people, now=now)
        notices_batch.reminders(people, days=3, now=now)
    assert {message.row.reason for message in told()} == {"not_wanted"}
    assert offer(room, now).row.state == "waiting"


def test_language_is_the_wished_one_else_the_accounts(
    room: Classroom, wish: Callable[..., None], now: datetime
) -> None:
    with transaction() as session:
        session.add(User(login="a", name="A", person_id=room.people[0], language="en", created_at=now))
    assert offer(room, now).row.language == "en"
    assert offer(room, now, 1).row.language == "id"
    wish(room.people[1], language="en")
    with transaction():
        db.session.get(Enrollment, room.enrollments[1]).version += 1
    assert offer(room, now, 1).row.language == "en"


def test_the_same_thing_told_again_is_one_message_and_costs_one_statement(
    room: Classroom, now: datetime
) -> None:
    offer(room, now)
    message = Message(room.people[0], "seat.offered", lambda: pytest.fail("written again"), told()[0].row.key)
    with transaction(), count_statements(at_most=1):
        assert notify_many(messages=[message], now=now) == 0
    assert len(told()) == 1


def test_rollback_leaves_no_message(room: Classroom, now: datetime) -> None:
    with pytest.raises(RuntimeError), transaction():
        notices.offered([db.session.get(Enrollment, room.enrollments[0])], now=now)
        raise RuntimeError
    assert told() == []


def test_nobody_is_told_while_muted_and_erased_people_never(room: Classroom, now: datetime) -> None:
    with muted(), transaction():
        assert notices.offered([db.session.get(Enrollment, room.enrollments[0])], now=now) == 0
    with transaction() as session:
        session.get(Person, room.people[0]).erased_at = now
    with transaction():
        assert notices.offered([db.session.get(Enrollment, room.enrollments[0])], now=now) == 0
    assert told() == []


def test_bulk_costs_the_same_for_four_as_for_one(room: Classroom, now: datetime) -> None:
    counts = []
    for places in ([0], [0, 1, 2, 3]):
        with transaction():
            people = [db.session.get(Enrollment, room.enrollments[place]) for place in places]
            for one in people:
                one.version += 1
            db.session.flush()
            with count_statements(at_most=9) as seen:
                notices.offered(people, now=now)
            counts.append(len(seen))
    assert counts[0] == counts[1]
    assert len(told()) == 5


def test_consent_withdrawn_after_writing_stops_the_message(
    room: Classroom, reached_by: Callable[..., int], agree: Callable[..., None], now: datetime
) -> None:
    person_id = reached_by(phone=PHONE)
    agree(person_id)
    row = offer(room, now).row
    assert find_stop(row.id) == ""
    with transaction():
        withdraw_consent(person_id=person_id, purpose=CONSENT_CONTACT, actor=SYSTEM, now=now)
    assert find_stop(row.id) == "no_consent"


def test_what_was_switched_off_or_erased_since_stops_and_security_does_not(
    room: Classroom, wish: Callable[..., None], now: datetime
) -> None:
    with transaction():
        notices_batch.results([db.session.get(Enrollment, room.enrollments[0])], now=now)
    (result,) = told("result.published")
    wish(room.people[0], wants_results=False)
    assert find_stop(result.row.id) == "not_wanted"
    with transaction() as session:
        values = {"kind": "security.recovered", "channel": "sms"}
        session.execute(sa.update(OutboxMessage).values(**values))
    assert find_stop(result.row.id) == ""
    with transaction() as session:
        session.get(Person, room.people[0]).erased_at = now
    assert find_stop(result.row.id) == "erased"
    assert find_stop(10**9) == ""


def test_the_worker_asks_before_a_message_leaves(
    app: Any, room: Classroom, reached_by: Callable[..., int], agree: Callable[..., None], now: datetime
) -> None:
    from portal.core.mail import drain

    person_id = reached_by(phone=PHONE)
    agree(person_id)
    offer(room, now)
    with transaction():
        withdraw_consent(person_id=person_id, purpose=CONSENT_CONTACT, actor=SYSTEM, now=now)

    class Refusing:
        is_idempotent = False

        def send(self, *_message: Any) -> None:
            raise AssertionError("sent without consent")

        def close(self) -> None:
            return None

    drain.run({"whatsapp": Refusing()})
    (message,) = told("seat.offered")
    assert (message.row.state, message.row.reason) == ("skipped", "no_consent")
