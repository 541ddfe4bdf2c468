"""Taking a consent back stops what it covered, for every purpose."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from portal.batches.models import Batch
from portal.core.db import db, transaction
from portal.core.errors import DomainError, NotFound
from portal.core.mail.content import Content
from portal.core.mail.outbox import Address, OutboxMessage, put
from portal.core.permissions import SYSTEM, Grant, GrantedActor, Role
from portal.enrollment import queries as enrollment_queries
from portal.enrollment import services as enrollment
from portal.enrollment.models import Enrollment, Nomination
from portal.people import queries, services
from portal.people.models import Person
from portal.people.services import purposes
from tests.support.classroom import Classroom, build

TRAINING, CONTACT, COOPERATIVE = "training", "contact", "cooperative"


@pytest.fixture
def room(db_session: Any, now: Any) -> Classroom:
    """An upcoming class of three; the first person agreed to everything."""
    room = build(people=3, start=now + timedelta(days=20))
    with transaction():
        for purpose in services.CONSENT_PURPOSES:
            services.give_consent(
                person_id=room.people[0], purpose=purpose, method="paper", actor=SYSTEM, now=now
            )
    return room


def _withdraw(room: Classroom, purpose: str, now: Any) -> int:
    with transaction():
        return services.withdraw_consent(person_id=room.people[0], purpose=purpose, actor=SYSTEM, now=now)


@pytest.mark.parametrize("state", ["applied", "waitlisted", "reserve", "offered", "confirmed"])
def test_training_withdrawn_ends_open_enrollments_and_frees_the_seat(room, now, state):
    with transaction() as session:
        session.get(Enrollment, room.enrollments[0]).state = state
        seats = 2 + (state in ("offered", "confirmed"))
        session.get(Batch, room.batch_id).seats_taken = seats
    said = services.withdrawal_ends(person_id=room.people[0], purpose=TRAINING, actor=SYSTEM, now=now)
    assert any("berakhir dan kursinya dilepas" in line for line in said)
    assert db.session.get(Enrollment, room.enrollments[0]).state == state
    assert _withdraw(room, TRAINING, now) == 1
    assert db.session.get(Enrollment, room.enrollments[0]).state == "withdrawn"
    assert db.session.get(Batch, room.batch_id).seats_taken == 2
    assert db.session.get(Enrollment, room.enrollments[1]).state == "confirmed"


def test_a_class_that_has_begun_goes_on_being_recorded(db_session, now):
    room = build(people=1, start=now - timedelta(hours=1))
    with transaction():
        services.give_consent(
            person_id=room.people[0], purpose=TRAINING, method="paper", actor=SYSTEM, now=now
        )
    _withdraw(room, TRAINING, now)
    assert db.session.get(Enrollment, room.enrollments[0]).state == "confirmed"


def test_nobody_is_enrolled_or_placed_without_a_new_consent(room, now):
    with transaction() as session:
        nomination = Nomination(
            person_id=room.people[0], cooperative_id=room.cooperatives[0],
            program_id=room.extra["program_id"], post="chair", created_at=now, updated_at=now,
        )  # fmt: skip
        session.add(nomination)
    _withdraw(room, TRAINING, now)
    assert nomination.state == "declined"
    again: dict[str, Any] = {
        "batch_id": room.batch_id, "person_id": room.people[0], "cooperative_id": room.cooperatives[0],
        "post": "chair", "actor": SYSTEM, "now": now,
    }  # fmt: skip
    with pytest.raises(DomainError) as caught, transaction():
        enrollment.enroll_person(**again)
    assert caught.value.code == "consent_withdrawn"
    with transaction():
        services.give_consent(
            person_id=room.people[0], purpose=TRAINING, method="screen", actor=SYSTEM, now=now
        )
        enrollment.enroll_person(**again)
    assert db.session.get(Enrollment, room.enrollments[0]).state == "applied"


def test_contact_withdrawn_hides_the_number_and_stops_what_waits_for_the_phone(room, now):
    content = Content("s", "t", "h", "x")
    with transaction() as session:
        for key, to in (("wa", Address("whatsapp", "+628120000")), ("surel", Address("email", "a@b.id"))):
            put(kind="seat.offered", to=to, content=content, key=key, now=now, person_id=room.people[0])
        for number in room.people:
            session.get(Person, number).phone = "+6281234567890"
        for number in room.enrollments:
            session.get(Enrollment, number).state = "offered"

    def phones() -> list[Any]:
        rows = enrollment_queries.center_roll(room.batch_id, "ditawari").items
        return [row.phone for row in sorted(rows, key=lambda row: row.person_id)]

    def calls() -> list[Any]:
        admin = GrantedActor(1, None, "a", (Grant(Role.CENTER_ADMIN, "center", str(room.center_id)),))
        rows = enrollment_queries.contact_list(admin, batch_id=room.batch_id).items
        return sorted((row.enrollment_id, row.phone) for row in rows)

    assert None not in phones()
    _withdraw(room, CONTACT, now)
    assert phones() == [None, "+6281234567890", "+6281234567890"]
    assert [phone for _number, phone in calls()] == phones()
    states = dict(db.session.execute(sa.select(OutboxMessage.key, OutboxMessage.state)).all())
    assert (states["wa"], states["surel"]) == ("skipped", "waiting")


def test_cooperative_withdrawn_takes_printing_and_helping_away(room, now):
    scope = str(room.cooperatives[0])
    companion = GrantedActor(77, None, "Fitri", (Grant(Role.COMPANION, "cooperative", scope),))
    with transaction() as session:
        session.get(Enrollment, room.enrollments[0]).helped_by = 77
    assert len(enrollment_queries.printable_cards(companion, room.batch_id)[1]) == 1
    assert enrollment_queries.get_helped_enrollment(companion, room.enrollments[0])
    _withdraw(room, COOPERATIVE, now)
    assert enrollment_queries.printable_cards(companion, room.batch_id)[1] == []
    with pytest.raises(NotFound):
        enrollment_queries.get_helped_enrollment(companion, room.enrollments[0])
    admin = GrantedActor(77, None, "Wulan", (Grant(Role.CENTER_ADMIN, "center", str(room.center_id)),))
    assert enrollment_queries.get_helped_enrollment(admin, room.enrollments[0])


def test_a_helper_of_the_cooperative_cannot_enroll_who_refused(room, now):
    nik, born = "6105011707830017", date(1983, 7, 17)
    with transaction() as session:
        person = session.get(Person, room.people[0])
        person.set_nik(nik)
        person.birth_date = born
        session.get(Enrollment, room.enrollments[0]).state = "withdrawn"
        session.get(Batch, room.batch_id).seats_taken = 2
    _withdraw(room, COOPERATIVE, now)
    companion = GrantedActor(
        77, None, "Fitri", (Grant(Role.COMPANION, "cooperative", str(room.cooperatives[0])),)
    )
    application = enrollment.Application(
        name="Peserta 001", nik=nik, birth_date=born, cooperative_id=room.cooperatives[0], post="chair"
    )
    with pytest.raises(DomainError) as caught, transaction():
        enrollment.assist_application(
            batch_id=room.batch_id, application=application, consent_method="spoken", actor=companion, now=now
        )
    assert caught.value.code == "help_refused"


def test_a_new_text_is_asked_for_again_and_an_unknown_version_refused(room, now, monkeypatch):
    newer = replace(services.CONSENT_PURPOSES[CONTACT], version=2)
    monkeypatch.setitem(purposes.CONSENT_PURPOSES, CONTACT, newer)

    def standing() -> queries.Standing:
        answers = queries.list_consents(room.people[0])
        return next(one for one in queries.standings(answers) if one.purpose.code == CONTACT)

    assert standing().is_outdated
    about: dict[str, Any] = {"person_id": room.people[0], "purpose": CONTACT, "actor": SYSTEM, "now": now}
    for version in (0, 3):
        with pytest.raises(DomainError), transaction():
            services.give_consent(version=version, method="screen", **about)
    with transaction():
        services.give_consent(version=2, method="screen", **about)
    assert not standing().is_outdated
    assert standing().open.version == 2
    with transaction():
        assert services.withdraw_consent(**about) == 2
    assert standing().open is None
    assert queries.has_refused(room.people[0], CONTACT)
    assert not queries.has_refused(room.people[1], CONTACT)
