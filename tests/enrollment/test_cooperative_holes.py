"""Holes around nominations: whoever showed nothing but a paper, a copied card, floods, places that move."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from portal.batches.models import Batch
from portal.cooperatives.models import ChairClaim
from portal.core import clock
from portal.core.db import db
from portal.core.errors import Conflict, NotFound, TooMany
from portal.core.permissions import ANONYMOUS, SYSTEM
from portal.enrollment import rules_nominating as rules_n
from portal.enrollment import services
from portal.enrollment.models import State
from portal.enrollment.queries import nominations as queries
from portal.enrollment.services import arriving, nominee, swapping
from portal.enrollment.services.nominee import Consent
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
from tests.enrollment.test_swapping import claim
from tests.enrollment.world import World, admin_actor

BORN = date(1990, 5, 4)


def pending(world: World, cooperative: int) -> Any:
    """Somebody who uploaded a decree that nobody has looked at."""
    user = world.user("ketua.surat")
    claim(world, cooperative, user)
    return chair_of(cooperative, user)


# ---- a decree alone ----


@pytest.mark.parametrize("what", ["link", "swap", "withdraw", "read"])
def test_a_decree_alone_reaches_no_nomination_of_others(world: World, what: str) -> None:
    cooperative = world.cooperative()
    people = board(world, cooperative, 2)
    send(world, cooperative, holders(people[:1]))
    number, actor = rows(world)[0].id, pending(world, cooperative)
    before = rows(world)[0].link_hash
    with pytest.raises(NotFound), world.inside():
        if what == "link":
            world.run(nominee.renew_link, cooperative_id=cooperative, nomination_id=number, actor=actor)
        elif what == "swap":
            world.run(swapping.swap_nominee, cooperative_id=cooperative, nomination_id=number,
                      replacement=newcomers("Orang Lain")[0], actor=actor)  # fmt: skip
        elif what == "withdraw":
            world.run(swapping.withdraw_nominee, cooperative_id=cooperative, nomination_id=number,
                      actor=actor)  # fmt: skip
        else:
            queries.get_nomination(actor, cooperative, number)
    assert [(row.state, row.link_hash) for row in rows(world)] == [("proposed", before)]


def test_a_decree_alone_still_manages_whom_it_sent_itself(world: World) -> None:
    cooperative = world.cooperative()
    actor = pending(world, cooperative)
    send(world, cooperative, newcomers("Satu"), actor=actor)
    number = rows(world)[0].id
    token = world.run(nominee.renew_link, cooperative_id=cooperative, nomination_id=number, actor=actor)
    assert len(token) == nominee.TOKEN_LENGTH
    world.run(swapping.withdraw_nominee, cooperative_id=cooperative, nomination_id=number, actor=actor)
    assert rows(world)[0].state == "withdrawn"


# ---- a link is answered by its person ----


def answer(world: World, number: int, nik: str, name: str) -> None:
    who = Identity(name=name, nik=nik, birth_date=BORN)
    world.run(nominee.consent_to_nomination, nomination_id=number, consent=Consent(who), actor=ANONYMOUS)


def test_a_copied_card_number_tells_no_name_and_takes_nobody_over(world: World) -> None:
    nik, cooperative = world.nik(BORN), world.cooperative()
    world.person("Siti Aminah, S.E.", nik=nik, birth=BORN)
    send(world, cooperative, newcomers("Sembarang Nama"))
    [row] = rows(world)
    with pytest.raises(Conflict) as refused:
        answer(world, row.id, nik, "Sembarang Nama")
    assert refused.value.code == "nik_known"
    assert "Aminah" not in refused.value.message
    assert rows(world)[0].person_id == row.person_id
    answer(world, row.id, nik, "siti  aminah")
    assert rows(world)[0].state == "consented"


# ---- messages to numbers that the sender wrote ----


def test_an_unverified_account_proposes_so_many_people_a_day(world: World, monkeypatch: Any) -> None:
    monkeypatch.setattr(rules_n, "MOST_A_DAY", 3)
    cooperative = world.cooperative()
    actor = pending(world, cooperative)
    send(world, cooperative, newcomers("Satu", "Dua"), actor=actor)
    with pytest.raises(TooMany) as refused:
        send(world, cooperative, newcomers("Tiga", "Empat"), actor=actor, form_key="zwei")
    assert "3 orang dalam sehari" in refused.value.message
    assert refused.value.details["retry_after"] > 0
    assert len(rows(world)) == 2
    first = rows(world)[0].id
    send(world, cooperative, newcomers("Tiga"), actor=actor, form_key="drei")
    with pytest.raises(TooMany):
        world.run(swapping.swap_nominee, cooperative_id=cooperative, nomination_id=first,
                  replacement=newcomers("Lima")[0], actor=actor)  # fmt: skip
    assert rows(world)[0].state == "proposed"
    later = clock.now() + timedelta(days=1, minutes=1)
    send(world, cooperative, newcomers("Lima"), actor=actor, form_key="vier", now=later)
    assert len(rows(world)) == 4


def test_a_verified_chair_has_room_for_more(world: World, monkeypatch: Any) -> None:
    monkeypatch.setattr(rules_n, "MOST_A_DAY", 1)
    monkeypatch.setattr(rules_n, "MOST_A_DAY_VERIFIED", 2)
    cooperative = world.cooperative()
    send(world, cooperative, newcomers("Satu", "Dua"))
    with pytest.raises(TooMany):
        send(world, cooperative, newcomers("Tiga"), form_key="zwei")


# ---- what somebody holds is given back wherever it is ----


def in_the_other_batch(world: World, actor: Any, cooperative: int) -> tuple[int, int, int]:
    """Somebody who consented, waited in one batch and was offered a seat in another of the pool: the ids of
    the nomination, of the batch where they wait no longer, of the batch where they hold a seat."""
    home = world.batch(quota=1, waitlist_pool="sintang")
    away = world.batch(quota=1, waitlist_pool="sintang", days=40)
    world.run(services.place_people, batch_id=home, state=State.CONFIRMED,
              placements=[services.Placement(world.person(), None, "member")])  # fmt: skip
    send(world, cooperative, newcomers("Satu"), batch_id=home, mode="fit", actor=actor)
    [row] = rows(world)
    with world.write() as session:
        session.execute(sa.update(Nomination).values(state="consented", answered_at=Nomination.created_at))
    world.run(services.offer_next, batch_id=away, actor=admin_actor(world.center_id))
    assert world.seats(away) == 1
    return row.id, home, away


def test_a_rejected_claim_keeps_no_seat_that_moved_within_a_pool(world: World) -> None:
    cooperative = world.cooperative()
    user = world.user("ketua.surat")
    number = claim(world, cooperative, user)
    nomination, _home, away = in_the_other_batch(world, chair_of(cooperative, user), cooperative)
    with world.write():
        swapping.reject_of_claim(claim_id=number, note="", actor=SYSTEM, now=clock.now())
    assert world.seats(away) == 0
    assert [row.state for row in rows(world) if row.id == nomination] == ["rejected"]
    assert {row.state for row in rows(world, Enrollment) if row.nomination_id == nomination} == {"withdrawn"}


def test_a_swap_gives_back_the_seat_that_moved_within_a_pool(world: World) -> None:
    cooperative = world.cooperative()
    nomination, _home, away = in_the_other_batch(world, chair_of(cooperative), cooperative)
    world.run(swapping.swap_nominee, cooperative_id=cooperative, nomination_id=nomination,
              replacement=newcomers("Dua")[0], actor=chair_of(cooperative))  # fmt: skip
    assert world.seats(away) == 0
    old, new = rows(world)
    assert (old.state, new.batch_id) == ("replaced", away)
    held = {row.nomination_id: row.state for row in rows(world, Enrollment) if row.batch_id == away}
    assert held == {old.id: "withdrawn", new.id: "applied"}


def test_a_nomination_goes_along_when_its_person_moves_to_another_date(world: World) -> None:
    first, second, cooperative = world.batch(), world.batch(days=40), world.cooperative()
    send(world, cooperative, newcomers("Satu"), batch_id=first)
    with world.write() as session:
        session.execute(sa.update(Nomination).values(state="consented", answered_at=Nomination.created_at))
    [place] = rows(world, Enrollment)
    world.run(services.offer_seat, enrollment_id=place.id)

    with world.write():
        old = db.session.get(Enrollment, place.id)
        target = db.session.get(Batch, second, with_for_update=True)
        arriving.row_in(target, old, State.APPLIED, queued_at=clock.now(), actor=SYSTEM, now=clock.now())
    assert rows(world)[0].batch_id == second


def test_a_claim_that_ended_undecided_leaves_its_nominations_marked(world: World) -> None:
    batch, cooperative = world.batch(), world.cooperative()
    user = world.user("ketua.surat")
    number = claim(world, cooperative, user)
    send(world, cooperative, newcomers("Satu"), batch_id=batch, actor=chair_of(cooperative, user))
    for decided, is_marked in ((None, True), (clock.now(), False)):
        with world.write() as session:
            session.execute(
                sa.update(ChairClaim).where(ChairClaim.id == number).values(state="ended", decided_at=decided)
            )
        with world.inside():
            [group] = queries.list_groups(chair_of(cooperative), cooperative).items
            [place] = rows(world, Enrollment)
            assert group.is_unverified is is_marked
            assert queries.marks_of([place.id])[place.id].is_unverified is is_marked
