"""The person's own answer: a link kept as a digest, identity, consent, declining."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from portal.core import clock
from portal.core.crypto import token_hash
from portal.core.db import db, transaction
from portal.core.errors import Conflict, DomainError, NotFound
from portal.core.mail.outbox import OutboxMessage
from portal.core.permissions import ANONYMOUS
from portal.enrollment import services
from portal.enrollment.models import State
from portal.enrollment.queries import nominations as queries
from portal.enrollment.services import nominee
from portal.enrollment.services.nominee import Consent
from portal.people.models import Person
from portal.people.queries import has_consent
from portal.people.services.completing import Identity
from tests.enrollment.nominees import (
    Enrollment,
    Nomination,
    board,
    chair_of,
    holders,
    newcomers,
    rows,
    send,
)
from tests.enrollment.world import self_actor
from tests.support.queries import count_statements

BORN = date(1990, 5, 4)


def proposed(world, people=None, **more):
    """One nomination with its token."""
    cooperative = more.pop("cooperative", None) or world.cooperative()
    made = send(world, cooperative, people or newcomers("Siti Baru"), **more)
    [row] = [row for row in rows(world) if row.group_id == made.group_id]
    token = world.run(
        nominee.renew_link, cooperative_id=cooperative, nomination_id=row.id, actor=chair_of(cooperative)
    )
    return row.id, token, cooperative


def identity(world, **more):
    return Identity(**{"name": "Siti Aminah", "nik": world.nik(BORN, female=True), "birth_date": BORN} | more)


def agree(world, number, who, actor=ANONYMOUS, **more):
    return world.run(
        nominee.consent_to_nomination, nomination_id=number, consent=Consent(who, **more), actor=actor
    )


def person_of(world, number):
    [row] = [row for row in rows(world) if row.id == number]
    return db.session.get(Person, row.person_id)


def test_a_group_is_invited_once_in_a_bounded_number_of_statements(world):
    batch, counts = world.batch(), []
    for size, days in ((2, 15), (8, 15)):
        cooperative = world.cooperative()
        made = send(world, cooperative, holders(board(world, cooperative, size)), batch_id=batch,
                    form_key=f"f{size}{days}")  # fmt: skip
        with count_statements(at_most=15) as seen, transaction():
            assert nominee.invite_group(group_id=made.group_id, now=clock.now()) == size
        counts.append(len(seen))
        with world.write():
            assert nominee.invite_group(group_id=made.group_id, now=clock.now()) == 0
    assert counts[0] == counts[1]
    kinds = set(db.session.scalars(sa.select(OutboxMessage.kind)))
    assert kinds == {"nomination.invited"}
    assert queries.uninvited_groups() == []
    assert {row.link_until for row in rows(world)} == {rows(world)[0].link_until}


def test_only_the_digest_is_kept_and_a_new_link_ends_the_old_one(world):
    number, first, cooperative = proposed(world, batch_id=world.batch())
    second = world.run(
        nominee.renew_link, cooperative_id=cooperative, nomination_id=number, actor=chair_of(cooperative)
    )
    assert len(first) == len(second) == 26
    assert rows(world)[0].link_hash == token_hash(second)
    assert queries.find_by_link(first, clock.now()) is None
    found = queries.find_by_link(second, clock.now())
    assert (found.nomination.id, found.person.name) == (number, "Siti Baru")
    assert queries.find_by_link(second, clock.now() + timedelta(days=60)) is None


def test_a_foreign_chair_makes_no_link(world):
    number, _token, cooperative = proposed(world)
    elsewhere = world.cooperative()
    with pytest.raises(NotFound):
        world.run(nominee.renew_link, cooperative_id=elsewhere, nomination_id=number,
                  actor=chair_of(elsewhere))  # fmt: skip
    with pytest.raises(NotFound):
        world.run(nominee.renew_link, cooperative_id=cooperative, nomination_id=number,
                  actor=chair_of(elsewhere))  # fmt: skip


def test_a_new_person_says_who_they_are_and_consents(world):
    number, _token, _cooperative = proposed(world, batch_id=world.batch())
    agree(world, number, identity(world), may_contact=True)
    person = person_of(world, number)
    assert (person.name, person.sex, person.birth_date) == ("Siti Aminah", "P", BORN)
    assert person.nik_index is not None
    assert has_consent(person.id, "training")
    assert has_consent(person.id, "contact")
    assert rows(world)[0].state == "consented"
    agree(world, number, identity(world))
    assert person_of(world, number).id == person.id


@pytest.mark.parametrize(("nik", "code"), [("123", "nik_length"), ("", "nik_missing")])
def test_a_nik_that_cannot_be_is_refused_beside_its_field(world, nik, code):
    number, _token, _cooperative = proposed(world)
    with pytest.raises(DomainError) as refused:
        agree(world, number, identity(world, nik=nik))
    assert (refused.value.code, refused.value.field) == (code, "nik")
    assert rows(world)[0].state == "proposed"


def test_a_known_nik_with_its_birth_date_takes_the_nomination_over(world):
    batch = world.batch()
    nik = world.nik(BORN)
    known = world.person("Siti Aminah", nik=nik, birth=BORN)
    number, _token, _cooperative = proposed(world, batch_id=batch)
    was = person_of(world, number).id
    agree(world, number, identity(world, nik=nik))
    assert person_of(world, number).id == known
    assert [row.person_id for row in rows(world, Enrollment)] == [known]
    assert db.session.get(Person, was).erased_at is not None


def test_a_known_nik_answers_neutrally_for_a_wrong_birth_date_and_for_an_account(world):
    nik = world.nik(BORN)
    known = world.person("Siti Aminah", nik=nik, birth=BORN)
    number, _token, _cooperative = proposed(world)
    with pytest.raises(Conflict) as wrong:
        agree(world, number, identity(world, nik=nik, birth_date=date(1991, 5, 4)))
    world.user("siti.aminah", person_id=known)
    with pytest.raises(Conflict) as owned:
        agree(world, number, identity(world, nik=nik))
    assert (wrong.value.code, str(wrong.value.message)) == (owned.value.code, str(owned.value.message))
    assert owned.value.code == "nik_known"
    agree(world, number, identity(world, nik=nik), actor=self_actor(known))
    assert person_of(world, number).id == known


def test_somebody_who_is_signed_in_fills_in_nobody_else(world):
    number, _token, _cooperative = proposed(world)
    with pytest.raises(Conflict, match="orang lain"):
        agree(world, number, identity(world), actor=self_actor(world.person()))


def test_a_known_person_proves_it_by_the_birth_date(world):
    cooperative = world.cooperative()
    [person] = board(world, cooperative, 1)
    number, _token, _cooperative = proposed(world, holders([person]), cooperative=cooperative)
    with pytest.raises(DomainError) as wrong:
        agree(world, number, identity(world))
    assert wrong.value.field == "birth_date"
    agree(world, number, Identity("", "", date(1985, 3, 12)))
    assert rows(world)[0].state == "consented"


def test_the_person_who_is_signed_in_needs_no_proof(world):
    cooperative = world.cooperative()
    [person] = board(world, cooperative, 1)
    number, _token, _cooperative = proposed(world, holders([person]), cooperative=cooperative)
    assert [own.nomination.id for own in queries.open_nominations(person)] == [number]
    agree(world, number, None, actor=self_actor(person))
    assert queries.open_nominations(person) == []
    assert queries.get_own_nomination(self_actor(person), number).nomination.state == "consented"
    with pytest.raises(NotFound):
        queries.get_own_nomination(self_actor(world.person()), number)


def test_declining_gives_the_place_back_and_may_be_thought_over_by_the_cooperative(world):
    batch = world.batch(quota=1)
    number, _token, cooperative = proposed(world, batch_id=batch)
    for _again in range(2):
        world.run(nominee.decline_nomination, nomination_id=number, reason=" sedang  panen ",
                  actor=ANONYMOUS)  # fmt: skip
    assert [row.state for row in rows(world, Enrollment)] == ["withdrawn"]
    [row] = rows(world)
    assert (row.state, row.answer_note) == ("declined", "sedang panen")
    with pytest.raises(DomainError):
        agree(world, number, identity(world))
    again = send(world, cooperative, holders([row.person_id]), batch_id=batch, form_key="again")
    assert again.is_new
    assert [row.state for row in rows(world)] == ["proposed"]
    assert rows(world)[0].answer_note == ""


def test_nobody_is_offered_a_seat_before_they_have_answered(world):
    batch = world.batch()
    number, _token, _cooperative = proposed(world, batch_id=batch)
    [place] = rows(world, Enrollment)
    for offer in (
        lambda: world.run(services.offer_seat, enrollment_id=place.id),
        lambda: world.run(services.offer_seats, batch_id=batch, enrollment_ids=[place.id]),
    ):
        with pytest.raises(DomainError, match="belum menyetujui") as refused:
            offer()
        assert refused.value.code == "not_consented"
    agree(world, number, identity(world))
    world.run(services.offer_seat, enrollment_id=place.id)
    assert rows(world)[0].state == "placed"
    assert world.seats(batch) == 1


def test_who_has_not_answered_is_passed_over_on_the_waitlist(world):
    batch = world.batch(quota=1)
    [seat] = world.placed(batch, 1)
    number, _token, _cooperative = proposed(world, batch_id=batch, mode="fit")
    [other] = world.placed(batch, 1, State.WAITLISTED)
    world.run(services.withdraw, enrollment_id=seat)
    assert world.run(services.promote_next, batch_id=batch).id == other
    assert [row.state for row in rows(world) if row.id == number] == ["proposed"]


def test_the_nomination_follows_what_the_center_decides(world):
    batch = world.batch()
    number, _token, _cooperative = proposed(world, batch_id=batch)
    [place] = rows(world, Enrollment)
    world.run(services.reject, enrollment_id=place.id, reason="Berkas belum lengkap")
    assert rows(world)[0].state == "rejected"
    world.run(services.reconsider, enrollment_id=place.id)
    assert rows(world)[0].state == "proposed"
    agree(world, number, identity(world))
    world.run(services.reject, enrollment_id=place.id, reason="Berkas belum lengkap")
    world.run(services.reconsider, enrollment_id=place.id)
    assert rows(world)[0].state == "consented"


def test_somebody_in_another_class_on_those_days_cannot_take_it_over(world):
    nik = world.nik(BORN)
    known = world.person("Siti Aminah", nik=nik, birth=BORN)
    world.enroll(world.batch(days=16), known)
    number, _token, _cooperative = proposed(world, batch_id=world.batch())
    with pytest.raises(Conflict, match="hari yang sama"):
        agree(world, number, identity(world, nik=nik))
    assert [row.state for row in rows(world)] == ["proposed"]


def test_a_link_of_a_batch_ends_with_the_registration(world):
    batch = world.batch(days=20)
    number, token, _cooperative = proposed(world, batch_id=batch)
    [row] = rows(world)
    assert queries.find_by_link(token, row.link_until - timedelta(minutes=1)) is not None
    assert queries.find_by_link(token, row.link_until) is None
    with pytest.raises(Conflict, match="sudah habis"), world.write():
        nominee.consent_to_nomination(
            nomination_id=number, consent=Consent(identity(world)), actor=ANONYMOUS, now=row.link_until
        )


def test_the_portal_stopping_between_sending_and_inviting_loses_nobody(world):
    from portal.enrollment import timers

    cooperative = world.cooperative()
    send(world, cooperative, newcomers("Satu", "Dua"))
    assert len(queries.uninvited_groups()) == 1
    assert timers.invite(clock.now()) == 2
    assert timers.invite(clock.now()) == 0
    assert all(isinstance(row, Nomination) and row.link_hash for row in rows(world))
