"""Somebody else goes instead, somebody is taken back, a rejected claim undoes what it sent."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from portal.batches.models import Batch
from portal.cooperatives.models import ChairClaim, CooperativeDocument
from portal.core import clock
from portal.core.db import db
from portal.core.errors import Conflict, DomainError, NotFound
from portal.core.permissions import SYSTEM
from portal.core.ports import ports
from portal.enrollment import services
from portal.enrollment.models import Nomination, State
from portal.enrollment.queries.claimed import claimed
from portal.enrollment.queries.waitlist import queue_of
from portal.enrollment.services import swapping
from tests.enrollment.nominees import (
    Enrollment,
    NominationGroup,
    board,
    chair_of,
    holders,
    newcomers,
    rows,
    send,
)


@pytest.fixture
def place(world):
    """A batch of two seats, a cooperative, its board; two of them proposed."""
    batch, cooperative = world.batch(quota=2), world.cooperative()
    people = board(world, cooperative, 4)
    send(world, cooperative, holders(people[:2]), batch_id=batch)
    return batch, cooperative, people


def swap(world, cooperative, number, replacement, **more):
    return world.run(
        swapping.swap_nominee, cooperative_id=cooperative, nomination_id=number, replacement=replacement,
        **{"actor": chair_of(cooperative)} | more,
    )  # fmt: skip


def consented(world, state=State.APPLIED):
    """Everybody said yes; the first one's place is brought to a state."""
    with world.write() as session:
        session.execute(sa.text("update nomination set state = 'consented', answered_at = created_at"))
    first = rows(world, Enrollment)[0].id
    if state in (State.OFFERED, State.CONFIRMED):
        world.run(services.offer_seat, enrollment_id=first)
    if state == State.CONFIRMED:
        world.run(services.confirm_seat, enrollment_id=first)
    if state == State.RESERVE:
        world.run(services.make_reserve, enrollment_id=first)
    return first


@pytest.mark.parametrize(
    ("was", "becomes"),
    [("applied", "applied"), ("offered", "applied"), ("confirmed", "applied"), ("reserve", "reserve")],
)
def test_the_new_one_takes_the_place_and_a_seat_is_given_back(world, place, was, becomes):
    batch, cooperative, people = place
    first = consented(world, State(was))
    old = rows(world, Enrollment)[0]
    new_id = swap(world, cooperative, rows(world)[0].id, holders([people[2]])[0])
    assert world.state(first) == "withdrawn"
    assert world.seats(batch) == 0
    new = rows(world, Enrollment)[-1]
    assert (new.person_id, new.state, new.queued_at) == (people[2], becomes, old.queued_at)
    before, after = rows(world)[0], rows(world)[-1]
    assert (before.state, before.replaced_by_id, after.id, after.state) == (
        "replaced", new_id, new_id, "proposed",
    )  # fmt: skip
    assert after.group_id == before.group_id
    assert len(rows(world, NominationGroup)) == 1


def test_the_new_one_stands_where_the_old_one_stood_in_the_queue(world):
    batch, cooperative = world.batch(quota=1), world.cooperative()
    world.placed(batch, 1)
    people = board(world, cooperative, 2)
    send(world, cooperative, holders(people[:1]), batch_id=batch, mode="fit")
    behind = world.placed(batch, 1, State.WAITLISTED)[0]
    with world.write() as session:
        session.execute(
            sa.update(Enrollment).where(Enrollment.id == behind).values(
                queued_at=clock.now() + timedelta(hours=1)
            )
        )  # fmt: skip
    swap(world, cooperative, rows(world)[0].id, holders([people[1]])[0])
    line = queue_of(db.session.get(Batch, batch), clock.now())
    assert [one.id for one in line] == [rows(world, Enrollment)[-1].id, behind]


def test_a_newcomer_by_name_may_come_instead_and_the_old_one_may_come_back(world, place):
    _batch, cooperative, people = place
    number = rows(world)[0].id
    swap(world, cooperative, number, newcomers("Orang Baru")[0])
    assert [row.state for row in rows(world)] == ["replaced", "proposed", "proposed"]
    swap(world, cooperative, rows(world)[-1].id, holders([people[0]])[0])
    assert sorted(row.state for row in rows(world)) == ["proposed", "proposed", "replaced"]
    assert {row.person_id for row in rows(world, Enrollment) if row.state == "applied"} == set(people[:2])


def test_who_cannot_go_does_not_come_instead(world, place):
    _batch, cooperative, people = place
    with pytest.raises(Conflict) as refused:
        swap(world, cooperative, rows(world)[0].id, holders([people[1]])[0])
    assert refused.value.code == "nominated_already"
    assert [row.state for row in rows(world)] == ["proposed"] * 2


def test_after_the_registration_nobody_is_swapped_or_taken_back(world, place):
    batch, cooperative, people = place
    closes = db.session.get(Batch, batch).closes_at
    number = rows(world)[0].id
    for late in (
        lambda: swap(world, cooperative, number, holders([people[2]])[0], now=closes),
        lambda: world.run(swapping.withdraw_nominee, cooperative_id=cooperative, nomination_id=number,
                          actor=chair_of(cooperative), now=closes),
    ):  # fmt: skip
        with pytest.raises(Conflict) as refused:
            late()
        assert refused.value.code == "deadline_over"
    assert [row.state for row in rows(world)] == ["proposed"] * 2


def test_an_ended_nomination_is_neither_swapped_nor_a_foreign_one(world, place):
    _batch, cooperative, people = place
    number, elsewhere = rows(world)[0].id, world.cooperative()
    take = {"cooperative_id": cooperative, "nomination_id": number, "actor": chair_of(cooperative)}
    world.run(swapping.withdraw_nominee, **take)
    world.run(swapping.withdraw_nominee, **take)
    with pytest.raises(DomainError, match="Ditarik"):
        swap(world, cooperative, number, holders([people[2]])[0])
    with pytest.raises(NotFound):
        swap(world, elsewhere, number, holders([people[2]])[0])
    assert [row.state for row in rows(world, Enrollment)] == ["withdrawn", "applied"]


def test_a_program_alone_knows_swapping_too(world):
    cooperative = world.cooperative()
    people = board(world, cooperative, 2)
    send(world, cooperative, holders(people[:1]))
    swap(world, cooperative, rows(world)[0].id, holders([people[1]])[0])
    assert [row.state for row in rows(world)] == ["replaced", "proposed"]
    assert rows(world, Enrollment) == []


def claim(world, cooperative, user_id):
    with world.write() as session:
        paper = CooperativeDocument(
            cooperative_id=cooperative, kind="decree", media_type="image/png", size=1, content_cipher="x",
            uploaded_at=clock.now(),
        )  # fmt: skip
        session.add(paper)
        session.flush()
        row = ChairClaim(
            cooperative_id=cooperative, user_id=user_id, method="decree", document_id=paper.id,
            asked_at=clock.now(),
        )  # fmt: skip
        session.add(row)
        session.flush()
        return row.id


def test_a_claim_marks_its_groups_shows_no_names_and_takes_all_back_when_rejected(world):
    batch, cooperative = world.batch(), world.cooperative()
    people = board(world, cooperative, 1)
    user = world.user("ketua.baru")
    number, actor = claim(world, cooperative, user), chair_of(cooperative, user)
    with pytest.raises(DomainError, match="daftar koperasi ini"):
        send(world, cooperative, holders(people), batch_id=batch, actor=actor)
    send(world, cooperative, newcomers("Satu", "Dua"), batch_id=batch, actor=actor)
    send(world, cooperative, newcomers("Tiga"), actor=actor, form_key="three")
    assert {row.claim_id for row in rows(world, NominationGroup)} == {number}
    first = consented(world, State.CONFIRMED)
    with world.write():
        for undo in ports().claim_rejected.values():
            undo(claim_id=number, note="Surat tidak sah", actor=SYSTEM, now=clock.now())
    assert {row.state for row in rows(world)} == {"rejected"}
    assert {row.state for row in rows(world, Enrollment)} == {"withdrawn"}
    assert world.seats(batch) == 0
    assert "tidak sah" not in world.row(first).state_reason


def test_a_class_that_has_begun_goes_on_whatever_becomes_of_the_claim(world):
    batch, cooperative = world.batch(days=3), world.cooperative()
    user = world.user("ketua.baru")
    number, actor = claim(world, cooperative, user), chair_of(cooperative, user)
    send(world, cooperative, newcomers("Satu"), batch_id=batch, actor=actor)
    first = consented(world, State.CONFIRMED)
    later = clock.now() + timedelta(days=4)
    with world.inside():
        told = claimed(number, sees_names=True, now=later)
    assert (told.people, told.ends, told.stays, told.ended) == (1, 0, 1, 0)
    with world.write():
        assert swapping.reject_of_claim(claim_id=number, note="", actor=SYSTEM, now=later) == 0
    assert world.state(first) == "confirmed"


def test_what_the_office_is_told_is_what_a_rejection_does(world):
    """Some proposed for a class, some for the program alone, one declined before."""
    batch, cooperative = world.batch(), world.cooperative()
    user = world.user("ketua.baru")
    number, actor = claim(world, cooperative, user), chair_of(cooperative, user)
    send(world, cooperative, newcomers("Satu", "Dua"), batch_id=batch, actor=actor)
    send(world, cooperative, newcomers("Tiga", "Empat"), actor=actor, form_key="later")
    last = rows(world)[3].id
    with world.write() as session:
        session.get_one(Nomination, last).state = "declined"
    with world.inside():
        told = claimed(number, sees_names=True, now=clock.now())
    assert (told.people, told.ends, told.stays, told.ended) == (4, 3, 0, 1)
    assert [len(group.people) for group in told.groups] == [2, 2]
    with world.write():
        ended = swapping.reject_of_claim(claim_id=number, note="", actor=SYSTEM, now=clock.now())
    assert ended == told.ends
    assert [row.state for row in rows(world)] == ["rejected"] * 3 + ["declined"]
