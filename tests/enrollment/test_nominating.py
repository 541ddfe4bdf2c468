"""Proposing several people: answered before it is sent, sent as a whole, in few statements."""

from __future__ import annotations

from datetime import timedelta

import pytest

from portal.catalog.rules import Need
from portal.core import clock
from portal.core.db import transaction
from portal.core.errors import Conflict, DomainError, Forbidden, NotFound
from portal.core.permissions import ANONYMOUS
from portal.enrollment.models import State
from portal.enrollment.services import nominating
from tests.enrollment.nominees import (
    Enrollment,
    Nomination,
    NominationGroup,
    ask,
    board,
    chair_of,
    give_posts,
    holders,
    newcomers,
    rows,
    send,
    wish,
)
from tests.support.issuing import issue, sign_class
from tests.support.queries import count_statements
from tests.support.renewals import set_rule


def outcomes(judged):
    return [str(answer.outcome) for answer in judged.decision.answers]


def codes(judged):
    return [[blocker.code for blocker in answer.blockers] for answer in judged.decision.answers]


def test_eight_people_are_proposed_in_at_most_twelve_statements(world):
    batch, cooperative = world.batch(), world.cooperative()
    people = holders(board(world, cooperative))
    wanted = wish(world, cooperative, people, batch_id=batch)
    with count_statements(at_most=12), transaction():
        made = nominating.nominate_group(**wanted)
    assert made.is_new
    assert [row.state for row in rows(world)] == ["proposed"] * 8
    assert [row.state for row in rows(world, Enrollment)] == ["applied"] * 8
    assert {row.group_id for row in rows(world, Enrollment)} == {made.group_id}


def test_eight_new_people_are_proposed_in_at_most_twelve_statements(world):
    batch, cooperative = world.batch(), world.cooperative()
    people = newcomers(*(f"Orang Baru {letter}" for letter in "ABCDEFGH"))
    wanted = wish(world, cooperative, people, batch_id=batch)
    with count_statements(at_most=12), transaction():
        nominating.nominate_group(**wanted)
    assert len(rows(world)) == 8


def test_people_who_were_proposed_before_cost_no_statement_more(world):
    batch, cooperative = world.batch(), world.cooperative()
    people = board(world, cooperative)
    send(world, cooperative, holders(people))
    with world.write() as session:
        session.query(Nomination).update({"state": "withdrawn"})
    wanted = wish(world, cooperative, holders(people), batch_id=batch, form_key="again")
    with count_statements(at_most=12), transaction():
        nominating.nominate_group(**wanted)
    assert [row.state for row in rows(world)] == ["proposed"] * 8
    assert len(rows(world)) == 8


@pytest.mark.parametrize(("mode", "strangers"), [("all", 0), ("fit", 0), ("fit", 2)])
def test_prerequisites_stay_within_twelve_statements_for_two_and_for_eight(world, now, mode, strangers):
    earlier = now - timedelta(days=40)
    with clock.freeze(earlier):
        signed = sign_class(earlier, people=10, start=earlier - timedelta(days=9))
        ready = [certificate.person_id for certificate in issue(signed, earlier)]
    set_rule(world.program_id, now, groups=[[Need(signed.room.extra["program_id"])]])
    counts = []
    for people in (ready[:2], ready[2 : 10 - strangers]):
        batch, cooperative = world.batch(days=20 * len(people)), world.cooperative()
        group = holders(give_posts(world, cooperative, people)) + newcomers("Rina", "Wati")[:strangers]
        wanted = wish(world, cooperative, group, batch_id=batch, mode=mode, form_key=f"{len(people)}")
        with count_statements(at_most=12) as seen, transaction():
            judged = nominating.nominate_group(**wanted).judged
        assert outcomes(judged) == ["seat"] * len(people) + ["no"] * strangers
        assert codes(judged)[len(people) :] == [["prerequisite_missing"]] * strangers
        counts.append(len(seen))
    assert counts[0] == counts[1]


@pytest.mark.parametrize("has_batch", [True, False])
def test_the_answer_costs_the_same_for_two_and_for_twenty(world, has_batch):
    batch, cooperative = world.batch() if has_batch else None, world.cooperative()
    people = board(world, cooperative, 20)
    ask(world, cooperative, holders(people[:1]), batch_id=batch)
    counts = []
    for number in (2, 20):
        with world.inside(), count_statements(at_most=8) as seen:
            ask(world, cooperative, holders(people[:number]), batch_id=batch)
        counts.append(len(seen))
    assert counts[0] == counts[1]


def test_the_answer_is_what_sending_does(world):
    batch, cooperative = world.batch(quota=3), world.cooperative()
    people = holders(board(world, cooperative, 5))
    said = ask(world, cooperative, people, batch_id=batch, mode="fit")
    made = send(world, cooperative, people, batch_id=batch, mode="fit").judged
    assert outcomes(said) == outcomes(made) == ["seat"] * 3 + ["reserve"] * 2
    assert [answer.place for answer in said.decision.answers] == [0, 0, 0, 1, 2]
    assert sorted(row.state for row in rows(world, Enrollment)) == ["applied"] * 3 + ["waitlisted"] * 2


def test_a_group_that_goes_as_a_whole_stays_away_where_seats_are_too_few(world):
    batch, cooperative = world.batch(quota=3), world.cooperative()
    people = holders(board(world, cooperative, 4))
    assert [stop.code for stop in ask(world, cooperative, people, batch_id=batch).decision.stops] == [
        "too_few_seats"
    ]
    with pytest.raises(Conflict, match="tidak cukup"):
        send(world, cooperative, people, batch_id=batch)
    assert rows(world) == rows(world, Enrollment) == rows(world, NominationGroup) == []


def test_a_group_that_stays_together_waits_as_a_whole(world):
    batch, cooperative = world.batch(quota=3), world.cooperative()
    people = holders(board(world, cooperative, 4))
    send(world, cooperative, people, batch_id=batch, keep_together=True)
    assert [row.state for row in rows(world, Enrollment)] == ["waitlisted"] * 4
    assert [row.keep_together for row in rows(world, NominationGroup)] == [True]


def test_one_who_cannot_go_stops_the_whole_and_stays_behind_otherwise(world):
    batch, cooperative = world.batch(), world.cooperative()
    people = board(world, cooperative, 3)
    world.enroll(batch, people[1], post="vice_chair_business")
    with pytest.raises(Conflict, match="1 orang tidak dapat diusulkan"):
        send(world, cooperative, holders(people), batch_id=batch)
    assert rows(world) == []
    made = send(world, cooperative, holders(people), batch_id=batch, mode="fit", form_key="two").judged
    assert codes(made) == [[], ["already_enrolled"], []]
    assert outcomes(made) == ["seat", "no", "seat"]


def test_a_cap_and_a_batch_for_other_posts_say_so(world):
    cooperative = world.cooperative()
    people = holders(board(world, cooperative, 3))
    capped = world.batch(cooperative_cap=2)
    assert [stop.code for stop in ask(world, cooperative, people, batch_id=capped).decision.stops] == [
        "over_cap"
    ]
    assert outcomes(ask(world, cooperative, people, batch_id=capped, mode="fit")) == [
        "seat",
        "seat",
        "reserve",
    ]
    chairs = world.batch(days=40, posts=["chair"])
    said = ask(world, cooperative, people, batch_id=chairs, mode="fit")
    assert codes(said) == [[], ["post_not_meant"], ["post_not_meant"]]


def test_the_same_form_twice_is_once(world):
    batch, cooperative = world.batch(), world.cooperative()
    people = holders(board(world, cooperative, 2))
    first = send(world, cooperative, people, batch_id=batch, form_key="same")
    second = send(world, cooperative, people, batch_id=batch, form_key="same")
    assert (first.group_id, second.is_new) == (second.group_id, False)
    assert len(rows(world)) == 2


def test_somebody_with_an_open_nomination_is_refused(world):
    cooperative = world.cooperative()
    people = holders(board(world, cooperative, 1))
    send(world, cooperative, people)
    assert codes(ask(world, cooperative, people)) == [["nominated_already"]]
    with pytest.raises(Conflict):
        send(world, cooperative, people, form_key="two")
    assert len(rows(world)) == 1


def test_who_left_the_batch_comes_back_with_the_same_reference(world):
    batch, cooperative = world.batch(), world.cooperative()
    people = board(world, cooperative, 1)
    before = world.enroll(batch, people[0])
    with world.write() as session:
        session.query(Enrollment).update({"state": "withdrawn", "state_reason": "sakit"})
    send(world, cooperative, holders(people), batch_id=batch)
    [after] = rows(world, Enrollment)
    assert (after.id, after.reference, after.state) == (before.id, before.reference, "applied")
    assert after.state_reason == ""


def test_people_in_another_class_on_those_days_are_named_as_busy(world):
    batch, other = world.batch(), world.batch(days=16)
    cooperative = world.cooperative()
    people = board(world, cooperative, 2)
    world.enroll(other, people[0])
    said = ask(world, cooperative, holders(people), batch_id=batch, mode="fit")
    assert codes(said) == [["overlapping"], []]
    assert "Pengurus, uji" in said.decision.answers[0].blockers[0].message


def test_strangers_foreign_cooperatives_and_nobody_are_refused(world):
    cooperative, elsewhere = world.cooperative(), world.cooperative()
    people = holders(board(world, elsewhere, 1))
    with pytest.raises(DomainError, match="daftar koperasi ini"):
        send(world, cooperative, people)
    with pytest.raises(NotFound):
        send(world, elsewhere, people, actor=chair_of(cooperative))
    with pytest.raises(Forbidden):
        send(world, elsewhere, people, actor=ANONYMOUS)
    with pytest.raises(Conflict, match="paling sedikit satu"):
        send(world, elsewhere, [])
    with pytest.raises(NotFound):
        send(world, elsewhere, people, batch_id=world.batch(state="draft"))
    assert rows(world) == []


@pytest.mark.parametrize(
    ("people", "code"),
    [
        (newcomers("Budi", "Budi"), "person_twice"),
        (newcomers(""), "name_missing"),
        (newcomers("Budi", post="presiden"), "post_missing"),
        (newcomers(*["Budi"] * 31), "too_many_people"),
    ],
)
def test_odd_people_are_refused_with_a_sentence(world, people, code):
    with pytest.raises(DomainError) as refused:
        send(world, world.cooperative(), people)
    assert refused.value.code == code


def test_a_pilot_goes_before_the_others_and_the_answer_says_where(world):
    batch = world.batch(quota=1)
    world.placed(batch, 1, State.CONFIRMED)
    world.placed(batch, 3, State.WAITLISTED)
    usual, pilot = world.cooperative(), world.cooperative(is_pilot=True)
    said = [
        ask(world, cooperative, holders(board(world, cooperative, 1)), batch_id=batch, mode="fit")
        for cooperative in (usual, pilot)
    ]
    assert [judged.decision.answers[0].place for judged in said] == [4, 1]


def test_who_was_proposed_from_here_before_may_be_chosen_for_another_program(world):
    from portal.catalog.models import Program
    from portal.core import clock

    cooperative = world.cooperative()
    send(world, cooperative, newcomers("Satu"))
    with world.write() as session:
        program = Program(
            slug="lain", code="LAIN", name="Program lain", short_name="Lain", track="board",
            vocation="Koperasi", created_at=clock.now(),
        )  # fmt: skip
        session.add(program)
        session.flush()
        number = program.id
    [first] = rows(world)
    send(world, cooperative, holders([first.person_id]), program_id=number, form_key="other")
    assert [(row.person_id, row.post) for row in rows(world)] == [(first.person_id, "member")] * 2
    with pytest.raises(DomainError, match="daftar koperasi ini"):
        elsewhere = world.cooperative()
        send(world, elsewhere, holders([first.person_id]), form_key="third")
