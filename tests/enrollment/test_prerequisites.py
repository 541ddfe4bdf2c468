"""What a batch asks for on its first day gates every way to a seat, again at the offer and the answer."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from portal.batches.models import Batch
from portal.catalog.models import Program
from portal.catalog.rules import Level, Need
from portal.core.db import db
from portal.core.errors import DomainError
from portal.core.ports import HeldCertificate
from portal.enrollment import services
from portal.enrollment.models import State
from portal.enrollment.queries.prerequisites import unmet
from portal.enrollment.services.placing import Placement
from tests.enrollment.world import World, self_actor
from tests.support.renewals import set_rule

Ask = Callable[..., None]


@pytest.fixture
def first(world: World, now: Any) -> int:
    """The program that comes first."""
    with world.write():
        row = Program(
            slug="dasar", code="DSR", name="Prinsip dasar", short_name="Dasar", track="board",
            vocation="Koperasi", kinds=[], posts=[], sectors=[], created_at=now,
        )  # fmt: skip
        return int(world._add(row).id)


@pytest.fixture
def ask(world: World, first: int, now: Any) -> Ask:
    """Make the program of the world ask for the first one, as good as `at_least`."""

    def make(at_least: Level = Level.VALID, **more: Any) -> None:
        groups = more.pop("groups", [[Need(first, at_least)]])
        with world.inside():
            set_rule(world.program_id, now, groups=groups, **more)

    return make


@pytest.fixture
def hold(app: Any, first: int, monkeypatch: Any, now: Any) -> Callable[..., None]:
    """Let people hold a certificate of the first program: person id -> its last day (None: no end)."""
    held: dict[int, list[HeldCertificate]] = {}

    def put(person_id: int, expires: date | None = None, state: str = "valid") -> None:
        held[person_id] = [HeldCertificate(first, "X", state, now.date(), expires)]

    found = app.extensions["ports"]
    monkeypatch.setattr(found, "held_by_people", lambda ids, on: {i: held[i] for i in ids if i in held})
    monkeypatch.setattr(found, "held_certificates", lambda person_id, on: held.get(person_id, []))
    return put


def refused(work: Callable[..., Any], *args: Any, **more: Any) -> DomainError:
    with pytest.raises(DomainError) as error:
        work(*args, **more)
    return error.value


def test_who_holds_it_may_apply_and_who_does_not_reads_why(world: World, ask: Ask, hold: Any) -> None:
    ask()
    batch, ready, other = world.batch(), world.person(), world.person()
    hold(ready)
    assert world.state(world.enroll(batch, ready).id) == "applied"
    error = refused(world.enroll, batch, other)
    assert error.code == "prerequisite_missing"
    (blocker,) = error.details["blockers"]
    assert "“Prinsip dasar”" in blocker.message
    assert blocker.remedy == "Ikuti pelatihan “Prinsip dasar” dahulu."


def test_waitlist_is_no_way_around(world: World, ask: Ask, hold: Any) -> None:
    ask()
    assert refused(world.enroll, world.batch(), waitlist=True).code == "prerequisite_missing"


@pytest.mark.parametrize(
    ("days", "level", "code"),
    [
        (15, Level.VALID, None),
        (14, Level.VALID, "prerequisite_expired"),
        (14, Level.EXPIRED, None),
        (-400, Level.EXPIRED, None),
    ],
)
def test_the_first_day_of_the_batch_decides_not_today(
    world: World, ask: Ask, hold: Any, now: Any, days: int, level: Level, code: str | None
) -> None:
    ask(level)
    person = world.person()
    hold(person, now.date() + timedelta(days=days))
    batch = world.batch(days=15)
    if code is None:
        assert world.state(world.enroll(batch, person).id) == "applied"
    else:
        assert refused(world.enroll, batch, person).code == code


def test_renewable_follows_the_grace_of_the_program_that_is_held(
    world: World, ask: Ask, hold: Any, first: int, now: Any
) -> None:
    ask(Level.RENEWABLE)
    person, batch = world.person(), world.batch(days=15)
    hold(person, now.date() - timedelta(days=20))
    assert refused(world.enroll, batch, person).code == "prerequisite_expired"
    with world.inside():
        set_rule(first, now, grace_months=3)
    assert world.state(world.enroll(batch, person).id) == "applied"


def test_a_batch_keeps_the_rule_of_the_day_it_was_made(world: World, ask: Ask, hold: Any, now: Any) -> None:
    before = world.batch()
    with world.write() as session:
        session.get(Batch, before).created_at = now - timedelta(days=2)
    ask()
    assert world.state(world.enroll(before).id) == "applied"
    assert refused(world.enroll, world.batch(days=40)).code == "prerequisite_missing"


def test_a_later_rule_waits_for_its_day(world: World, ask: Ask, hold: Any, now: Any) -> None:
    ask(in_force_from=now.date() + timedelta(days=3))
    assert world.state(world.enroll(world.batch()).id) == "applied"


@pytest.mark.parametrize("work", [services.offer_seat, services.confirm_seat])
def test_asked_again_at_the_offer_and_the_answer(world: World, ask: Ask, hold: Any, work: Any) -> None:
    batch = world.batch()
    state = State.APPLIED if work is services.offer_seat else State.OFFERED
    [number] = world.placed(batch, 1, state)
    ask()
    person = world.row(number).person_id
    error = refused(world.run, work, enrollment_id=number, actor=self_actor(person))
    assert error.code in ("prerequisite_missing", "own_case")
    if work is services.confirm_seat:
        hold(person)
        world.run(work, enrollment_id=number, actor=self_actor(person))
        assert world.state(number) == "confirmed"


def test_offering_to_several_names_who_lacks_what_and_offers_to_nobody(
    world: World, ask: Ask, hold: Any
) -> None:
    batch = world.batch()
    numbers = world.placed(batch, 3, State.APPLIED)
    ask()
    hold(world.row(numbers[0]).person_id)
    error = refused(world.run, services.offer_seats, batch_id=batch, enrollment_ids=numbers)
    assert error.details["person_ids"] == [world.row(number).person_id for number in numbers[1:]]
    assert error.message.count("“Prinsip dasar”") == 2
    assert [world.state(number) for number in numbers] == ["applied"] * 3


def test_next_in_line_is_who_holds_it(world: World, ask: Ask, hold: Any) -> None:
    batch = world.batch()
    numbers = world.placed(batch, 2, State.WAITLISTED)
    ask()
    hold(world.row(numbers[1]).person_id)
    found = world.run(services.promote_next, batch_id=batch)
    assert found.id == numbers[1]


def test_nobody_is_placed_without_it(world: World, ask: Ask, hold: Any) -> None:
    ask()
    batch, people = world.batch(), [world.person(), world.person()]
    hold(people[0])
    rows = [Placement(person, None, "chair") for person in people]
    error = refused(world.run, services.place_people, batch_id=batch, placements=rows, state=State.OFFERED)
    assert error.details["person_ids"] == [people[1]]
    assert world.seats(batch) == 0


def test_many_people_take_the_same_statements(world: World, ask: Ask, hold: Any, query_count: Any) -> None:
    ask()
    batch, counts = world.batch(), []
    for count in (2, 40):
        people = [world.person() for _ in range(count)]
        with world.inside():
            row = db.session.get(Batch, batch)
            with query_count() as seen:
                assert len(unmet(row, people)) == count
        counts.append(len(seen))
    assert counts[0] == counts[1] <= 3


def test_either_group_will_do(world: World, ask: Ask, hold: Any, first: int, now: Any) -> None:
    with world.write():
        row = Program(
            slug="lain", code="LAIN", name="Program lain", short_name="Lain", track="board",
            vocation="Koperasi", kinds=[], posts=[], sectors=[], created_at=now,
        )  # fmt: skip
        other = int(world._add(row).id)
    ask(groups=[[Need(first), Need(other)], [Need(first, Level.EXPIRED)]])
    person = world.person()
    hold(person, now.date() - timedelta(days=1))
    assert world.state(world.enroll(world.batch(), person).id) == "applied"
    stranger = refused(world.enroll, world.batch(days=40))
    assert "Atau penuhi syarat yang lain" in stranger.details["blockers"][0].remedy


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"groups": "own"}, "own_prerequisite"),
        ({"groups": [[Need(987_654)]]}, "program_unknown"),
        ({"groups": [[]]}, "program_unknown"),
        ({"counted": [987_654]}, "program_unknown"),
        ({"counted": []}, "counted_missing"),
        ({"window_months": None}, "renewal_incomplete"),
    ],
)
def test_rules_that_make_no_sense_are_refused(world: World, now: Any, values: Any, code: str) -> None:
    if values.get("groups") == "own":
        values = {"groups": [[Need(world.program_id)]]}
    with world.inside():
        assert refused(set_rule, world.program_id, now, **values).code == code


def test_rule_in_force_is_followed_by_one_from_tomorrow_on(world: World, now: Any) -> None:
    with world.inside():
        set_rule(world.program_id, now)
        assert refused(set_rule, world.program_id, now).code == "begins_too_early"
        tomorrow = now.date() + timedelta(days=1)
        assert set_rule(world.program_id, now, in_force_from=tomorrow).version == 2


def test_rules_are_set_by_who_edits_the_catalog(world: World, now: Any) -> None:
    from portal.core.errors import Forbidden
    from tests.enrollment.world import admin_actor

    with world.inside(), pytest.raises(Forbidden):
        set_rule(world.program_id, now, actor=admin_actor(world.center_id))
    with world.write():
        assert db.session.scalar(sa.text("SELECT count(*) FROM program_rule")) == 0
