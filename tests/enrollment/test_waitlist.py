"""The waitlist at work: its order, kept seats and caps, groups, pools, changes by hand."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from portal.batches.models import Batch
from portal.core.db import db
from portal.core.errors import Conflict, DomainError, Forbidden, NotFound
from portal.enrollment import queries, services
from portal.enrollment.models import Enrollment, NominationGroup, QueueChange, State
from portal.enrollment.services import rounds
from tests.enrollment.world import World, admin_actor


def full(world: World, quota: int = 1, post: str = "chair", **values: Any) -> tuple[int, list[int]]:
    """A batch whose seats are all confirmed, and who holds them."""
    batch = world.batch(quota=quota, **values)
    people = [services.Placement(world.person(), None, post) for _ in range(quota)]
    found = world.run(services.place_people, batch_id=batch, placements=people, state=State.CONFIRMED)
    return batch, list(found.values())


def wait(world: World, batch: int, minutes: int = 0, **values: Any) -> int:
    """Somebody on the waitlist, `minutes` after the clock."""
    from portal.core import clock

    return int(world.enroll(batch, waitlist=True, now=clock.now() + timedelta(minutes=minutes), **values).id)


def free(world: World, enrollment_id: int) -> None:
    world.run(services.withdraw, enrollment_id=enrollment_id)


def order(world: World, batch: int, now: Any) -> list[int]:
    with world.inside():
        db.session.rollback()
        return [one.id for one in queries.queue_of(db.session.get(Batch, batch), now)]


def group_of(world: World, batch: int, cooperative: int, size: int, *, together: bool = True) -> list[int]:
    """People nominated together who wait."""
    from portal.core import clock

    with world.write():
        row = NominationGroup(
            cooperative_id=cooperative, program_id=world.program_id, batch_id=batch, mode="all",
            keep_together=together, form_key=f"k{next(world._count)}", made_at=clock.now(),
        )  # fmt: skip
        group = int(world._add(row).id)
    return [
        wait(world, batch, minutes=number, cooperative_id=cooperative, group_id=group)
        for number in range(size)
    ]


# ---- caps and kept seats ----


def test_the_cap_of_a_cooperative_holds_on_applying_and_the_next_waits(world: World) -> None:
    batch, mine = world.batch(cooperative_cap=2), world.cooperative()
    for _turn in range(2):
        assert world.enroll(batch, cooperative_id=mine).state == "applied"
    with pytest.raises(Conflict):
        world.enroll(batch, cooperative_id=mine)
    third = world.enroll(batch, cooperative_id=mine, waitlist=True)
    assert world.state(third.id) == "waitlisted"
    assert world.enroll(batch, cooperative_id=world.cooperative()).state == "applied"


def test_staff_cannot_offer_beyond_the_cap(world: World) -> None:
    batch, mine = world.batch(cooperative_cap=1), world.cooperative()
    world.enroll(batch, cooperative_id=mine)
    waiting = wait(world, batch, cooperative_id=mine)
    with pytest.raises(Conflict) as refused:
        world.run(services.offer_seat, enrollment_id=waiting)
    assert refused.value.code == "cooperative_full"
    assert world.seats(batch) == 0


def test_placing_counts_the_cap_over_all_of_them(world: World) -> None:
    batch, mine = world.batch(cooperative_cap=2), world.cooperative()
    people = [services.Placement(world.person(), mine, "chair") for _ in range(3)]
    with pytest.raises(Conflict) as refused:
        world.run(services.place_people, batch_id=batch, placements=people, state=State.OFFERED)
    assert (refused.value.code, refused.value.details["cooperative_ids"]) == ("cooperative_full", [mine])
    world.run(services.place_people, batch_id=batch, placements=people[:2], state=State.OFFERED)
    assert world.seats(batch) == 2


def test_a_post_keeps_its_seats_and_its_holders_come_first(world: World, now: Any) -> None:
    batch = world.batch(quota=2, post_quotas={"treasurer": 1})
    assert world.enroll(batch, post="chair").state == "applied"
    other = wait(world, batch, post="chair")
    treasurer = wait(world, batch, minutes=5, post="treasurer")
    assert world.state(other) == "waitlisted"
    assert world.state(treasurer) == "applied"


def test_a_freed_seat_that_is_kept_passes_over_who_has_not_the_post(world: World, now: Any) -> None:
    batch, [held] = full(
        world, 1, "treasurer", post_quotas={"treasurer": 1}, closes_at=now + timedelta(days=3)
    )
    early, late = wait(world, batch, post="chair"), wait(world, batch, minutes=5, post="treasurer")
    assert order(world, batch, now) == [early, late]  # the treasurers have what is kept for them
    free(world, held)
    assert order(world, batch, now) == [late, early]
    assert world.run(services.promote_next, batch_id=batch).id == late
    assert world.state(early) == "waitlisted"


def test_a_kept_seat_is_free_for_all_once_nobody_can_apply_any_more(world: World, now: Any) -> None:
    batch, [held] = full(
        world, 1, "treasurer", post_quotas={"treasurer": 1}, closes_at=now + timedelta(hours=1)
    )
    chair = wait(world, batch, post="chair")
    free(world, held)
    with pytest.raises(Conflict) as refused:
        world.run(services.promote_next, batch_id=batch)
    assert refused.value.code == "nobody_waits"
    assert world.run(services.promote_next, batch_id=batch, now=now + timedelta(hours=2)).id == chair


def test_staff_cannot_give_a_kept_seat_away(world: World, now: Any) -> None:
    batch, [held] = full(
        world, 1, "treasurer", post_quotas={"treasurer": 1}, closes_at=now + timedelta(days=3)
    )
    chair = wait(world, batch, post="chair")
    free(world, held)
    with pytest.raises(Conflict) as refused:
        world.run(services.offer_seat, enrollment_id=chair)
    assert refused.value.code == "seat_kept"
    assert world.seats(batch) == 0


# ---- groups ----


def test_a_group_moves_when_all_of_it_fits(world: World, now: Any) -> None:
    batch, held = full(world, 3)
    group = group_of(world, batch, world.cooperative(), 3)
    single = wait(world, batch, minutes=30)
    free(world, held[0])
    assert world.run(services.promote_next, batch_id=batch).id == single
    for number in held[1:]:
        free(world, number)
    with pytest.raises(Conflict):
        world.run(services.promote_next, batch_id=batch)
    free(world, single)
    offered = world.run(services.offer_next, batch_id=batch)
    assert sorted(one.id for one in offered) == group
    assert world.seats(batch) == 3


def test_a_group_that_need_not_stay_together_moves_one_by_one(world: World) -> None:
    batch, held = full(world, 2)
    group = group_of(world, batch, world.cooperative(), 2, together=False)
    free(world, held[0])
    assert world.run(services.promote_next, batch_id=batch).id == group[0]
    assert world.state(group[1]) == "waitlisted"


def test_a_group_with_one_who_cannot_come_is_passed_over(world: World, now: Any) -> None:
    batch, held = full(world, 2)
    group = group_of(world, batch, world.cooperative(), 2)
    world.enroll(world.batch(), world.row(group[1]).person_id)
    single = wait(world, batch, minutes=30)
    for number in held:
        free(world, number)
    with world.inside():
        line = queries.line_of(db.session.get(Batch, batch), actor_person_id=None, now=now)
        assert line.turn().passed == dict.fromkeys(group, "group_hindered")
    assert world.run(services.promote_next, batch_id=batch).id == single


def test_staff_raise_a_group_with_a_reason(world: World, now: Any) -> None:
    batch, held = full(world, 2)
    first = wait(world, batch)
    group = group_of(world, batch, world.cooperative(), 2)
    group_id = world.row(group[0]).group_id
    actor = admin_actor(world.center_id)
    free(world, held[0])
    values: dict[str, Any] = {"group_id": group_id, "batch_id": batch, "actor": actor}
    with pytest.raises(Conflict) as refused:
        world.run(services.raise_group, reason="Satu mobil dari desa", **values)
    assert refused.value.code == "group_too_big"
    assert db.session.scalar(sa.select(sa.func.count(QueueChange.id))) == 0
    free(world, held[1])
    with pytest.raises(DomainError):
        world.run(services.raise_group, reason=" ", **values)
    world.run(services.raise_group, reason="Satu mobil dari desa", **values)
    assert [world.state(number) for number in (*group, first)] == ["offered", "offered", "waitlisted"]
    kept = db.session.scalars(sa.select(QueueChange)).all()
    assert {row.enrollment_id for row in kept} == set(group)
    assert {row.reason for row in kept} == {"Satu mobil dari desa"}


# ---- changes of the order ----


def test_a_change_of_the_order_is_kept_and_shown_to_nobody_else(world: World, now: Any) -> None:
    batch, _held = full(world)
    first, second, third = (wait(world, batch, minutes=n) for n in range(3))
    actor = admin_actor(world.center_id)
    world.run(
        services.move_in_queue, enrollment_id=third, before_id=first, reason="Rapat anggota", actor=actor
    )
    assert order(world, batch, now) == [third, first, second]
    with world.inside():
        place = queries.place_of(db.session.get(Enrollment, third), now)
        assert (place.rank, place.waiting, place.moved_at) == (1, 3, now)
        assert queries.place_of(db.session.get(Enrollment, first), now).moved_at is None
        assert [c.reason for c in queries.changes_of(batch, 10)] == ["Rapat anggota"]


def test_somebody_may_be_moved_into_a_class_that_is_not_theirs(world: World, now: Any) -> None:
    batch, [held] = full(world)
    pilot = wait(world, batch, cooperative_id=world.cooperative(is_pilot=True))
    other = wait(world, batch, minutes=3)
    world.run(services.move_in_queue, enrollment_id=other, before_id=pilot, reason="Bencana di desanya")
    assert order(world, batch, now) == [other, pilot]
    assert (world.row(other).moved_class, world.row(other).priority) == (0, 2)
    free(world, held)
    assert world.run(services.promote_next, batch_id=batch).id == other


@pytest.mark.parametrize(
    ("before", "reason", "code"),
    [("second", "", "reason_missing"), ("first", "Sebabnya ini", "before_unknown"),
     (None, "Sebabnya ini", "before_unknown"), ("second", "Sebabnya ini", "already_there")],
)  # fmt: skip
def test_a_change_that_cannot_be_made_is_said(world: World, before: Any, reason: str, code: str) -> None:
    batch, _held = full(world)
    ids = {"first": wait(world, batch), "second": wait(world, batch, minutes=1), None: None}
    with pytest.raises(DomainError) as refused:
        world.run(services.move_in_queue, enrollment_id=ids["first"], before_id=ids[before], reason=reason)
    assert refused.value.code == code
    assert db.session.scalar(sa.select(sa.func.count(QueueChange.id))) == 0


def test_nobody_moves_themselves_and_who_does_not_wait_does_not_move(world: World) -> None:
    batch, [held] = full(world)
    first, second = wait(world, batch), wait(world, batch, minutes=1)
    own = admin_actor(world.center_id, world.row(second).person_id)
    with pytest.raises(Forbidden):
        world.run(services.move_in_queue, enrollment_id=second, before_id=first, reason="Sebabnya", actor=own)
    with pytest.raises(Conflict):
        world.run(services.move_in_queue, enrollment_id=held, before_id=first, reason="Sebabnya")
    with pytest.raises(NotFound):
        world.run(services.move_in_queue, enrollment_id=999_999, before_id=first, reason="Sebabnya")


# ---- pools ----


def test_a_freed_seat_goes_to_the_best_of_the_pool(world: World, now: Any) -> None:
    one, _ = full(world, days=15, waitlist_pool="Gelombang 1")
    two, [held] = full(world, days=25, waitlist_pool="Gelombang 1")
    early = wait(world, one)
    late = wait(world, two, minutes=5)
    with world.inside():
        place = queries.place_of(db.session.get(Enrollment, late), now)
        assert (place.rank, place.waiting, place.batches) == (2, 2, 2)
    free(world, held)
    offered = world.run(services.promote_next, batch_id=two)
    assert (offered.person_id, offered.batch_id) == (world.row(early).person_id, two)
    assert (world.state(early), world.row(early).state_reason) == (
        "withdrawn", "Kursi didapat di angkatan lain yang berbagi daftar tunggu.",
    )  # fmt: skip
    assert world.seats(two) == 1
    assert order(world, one, now) == [late]


def test_who_cannot_come_there_is_passed_over(world: World, now: Any) -> None:
    away = world.center("balai-jauh")
    one, _ = full(world, days=15, waitlist_pool="A")
    two, [held] = full(world, days=25, waitlist_pool="A", center_id=away, regions=["35"])
    wait(world, one, cooperative_id=world.cooperative())
    busy = wait(world, one, minutes=1, cooperative_id=world.cooperative())
    world.enroll(world.batch(days=25), world.row(busy).person_id)
    free(world, held)
    with pytest.raises(Conflict) as refused:
        world.run(services.promote_next, batch_id=two)
    assert refused.value.code == "nobody_waits"
    world.run(rounds.pass_on, batch_id=two)
    assert world.seats(two) == 0


def test_batches_of_other_names_or_programs_share_nothing(world: World) -> None:
    one, _ = full(world, days=15, waitlist_pool="A")
    two, _ = full(world, days=25, waitlist_pool="B")
    three, _ = full(world, days=35)
    with world.inside():
        assert [queries.pool_of(db.session.get(Batch, n)) for n in (one, two, three)] == [
            [one],
            [two],
            [three],
        ]


def test_a_seat_nobody_answered_for_goes_to_a_whole_group_by_itself(world: World, clock: Any) -> None:
    batch = world.batch(quota=2)
    offered = world.placed(batch, 2, State.OFFERED)
    group = group_of(world, batch, world.cooperative(), 2)
    for number in offered:
        world.run(services.record_contact, enrollment_id=number, channel="call", outcome="reached")
    clock.move(hours=49)
    assert world.run(rounds.pass_on, batch_id=batch, now=clock.now) == 2
    assert [world.state(number) for number in (*offered, *group)] == ["expired"] * 2 + ["offered"] * 2


def test_many_are_judged_in_as_many_statements_as_one(world: World, now: Any, query_count: Any) -> None:
    batch, _ = full(world, quota=2)
    people = [queries.Candidate(world.person(), world.cooperative(), "chair") for _ in range(8)]
    wait(world, batch)
    with world.inside():
        found = db.session.get(Batch, batch)
        for some in (people[:1], people):
            db.session.expire_all()
            with query_count(at_most=13):
                judged = queries.standings(found, people=some, now=now)
            assert [(one.free, one.waiting, one.place) for one in judged] == [(0, 1, 2)] * len(some)


def test_the_line_is_judged_in_as_many_statements_for_ten(world: World, now: Any, query_count: Any) -> None:
    one, _ = full(world, days=15, waitlist_pool="A", post_quotas={"treasurer": 1}, post="treasurer")
    two, _ = full(world, days=25, waitlist_pool="A")
    for number in range(10):
        wait(world, (one, two)[number % 2], minutes=number)
    with world.inside(), query_count(at_most=11):
        line = queries.line_of(db.session.get(Batch, one), actor_person_id=None, now=now)
    assert len(line.waiters) == 10
