"""Applying: places under screening, the waitlist, refusals, coming back, helpers."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from portal.batches.models import Batch
from portal.core.audit import AuditEvent, check_chain
from portal.core.db import db
from portal.core.errors import Conflict, DomainError, Forbidden, NotFound
from portal.core.permissions import SYSTEM
from portal.core.ports import HeldCertificate
from portal.enrollment import queries, services
from portal.enrollment.models import Enrollment, Nomination, State
from tests.enrollment.world import admin_actor, self_actor


def test_an_application_is_under_screening_and_holds_no_seat(world, now):
    batch = world.batch()
    found = world.enroll(batch)
    row = world.row(found.id)
    assert row.state == "applied"
    assert world.seats(batch) == 0
    assert len(row.reference) == 10
    assert len(row.card_token) == 16
    assert set(row.reference + row.card_token) <= set("0123456789ABCDEFGHJKMNPQRSTVWXYZ")
    assert (row.applied_at, row.queued_at, row.priority) == (now, now, 2)


def test_references_and_tokens_are_random(world):
    batch = world.batch()
    rows = [world.row(world.enroll(batch).id) for _ in range(5)]
    assert len({row.reference for row in rows} | {row.card_token for row in rows}) == 10


def test_as_many_may_apply_as_seats_are_free_then_the_waitlist_opens(world):
    batch = world.batch(quota=2)
    world.placed(batch, 1)
    world.enroll(batch)
    with pytest.raises(Conflict) as refused:
        world.enroll(batch)
    assert refused.value.code == "batch_full"
    late = world.enroll(batch, waitlist=True)
    assert world.state(late.id) == "waitlisted"
    assert world.seats(batch) == 1


def test_waitlist_wish_takes_a_seat_when_there_is_one(world):
    assert world.state(world.enroll(world.batch(), waitlist=True).id) == "applied"


def test_the_same_person_twice_is_a_conflict_and_one_row(world):
    batch, person = world.batch(), world.person()
    world.enroll(batch, person)
    with pytest.raises(Conflict) as refused:
        world.enroll(batch, person)
    assert refused.value.code == "already_enrolled"
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Enrollment)) == 1


def test_who_left_may_come_back_with_the_same_reference(world, now):
    batch, person = world.batch(), world.person()
    first = world.enroll(batch, person)
    reference = world.row(first.id).reference
    world.run(services.withdraw, enrollment_id=first.id, actor=self_actor(person))
    again = world.enroll(batch, person, now=now + timedelta(hours=1))
    row = world.row(again.id)
    assert (row.id, row.reference, row.state) == (first.id, reference, "applied")
    assert row.queued_at == now + timedelta(hours=1)


@pytest.mark.parametrize(
    ("batch", "values", "code"),
    [
        ({"posts": ["treasurer"]}, {}, "post_not_meant"),
        ({"regions": ["11"]}, {"region_code": "61.05.01.2001"}, "region_not_meant"),
        ({"state": "postponed"}, {}, "phase_postponed"),
        ({"state": "cancelled"}, {}, "phase_cancelled"),
        ({"state": "draft"}, {}, "phase_draft"),
    ],
)
def test_blockers_refuse_the_service_too(world, batch, values, code):
    with pytest.raises(DomainError) as refused:
        world.enroll(world.batch(**batch), **values)
    assert refused.value.code == code
    assert refused.value.details["blockers"][0].remedy


def test_kind_and_region_come_from_the_cooperative(world):
    worker = world.cooperative(kind="worker")
    with pytest.raises(DomainError) as refused:
        world.enroll(world.batch(kinds=["village"]), cooperative_id=worker)
    assert refused.value.code == "kind_not_meant"
    village = world.cooperative()
    found = world.enroll(world.batch(kinds=["village"], regions=["61.05"]), cooperative_id=village)
    assert world.row(found.id).region_code == world.villages[0]


def test_a_closed_window_refuses(world, now):
    batch = world.batch(closes_at=now - timedelta(minutes=1))
    with pytest.raises(DomainError) as refused:
        world.enroll(batch)
    assert refused.value.code == "phase_closed"


def test_another_batch_on_the_same_days_refuses_but_its_waitlist_does_not(world):
    person = world.person()
    other = world.batch(quota=1)
    world.placed(other)
    world.enroll(other, person, waitlist=True)
    here = world.enroll(world.batch(), person)
    assert world.state(here.id) == "applied"
    with pytest.raises(DomainError) as refused:
        world.enroll(world.batch(days=16), person)
    assert refused.value.code == "overlapping"
    assert world.state(world.enroll(world.batch(days=40), person).id) == "applied"


def test_a_valid_certificate_of_the_program_refuses(world, app, monkeypatch, now):
    held = HeldCertificate(world.program_id, "X", "valid", now.date(), None)
    monkeypatch.setattr(app.extensions["ports"], "held_by_people", lambda ids, on: {i: [held] for i in ids})
    with pytest.raises(DomainError) as refused:
        world.enroll(world.batch())
    assert refused.value.code == "has_certificate"


@pytest.mark.parametrize(("state", "months"), [("revoked", None), ("valid", 0)])
def test_a_certificate_that_does_not_last_is_no_reason(world, app, monkeypatch, now, state, months):
    expires = now.date() if months == 0 else None
    held = HeldCertificate(world.program_id, "X", state, now.date(), expires)
    monkeypatch.setattr(app.extensions["ports"], "held_by_people", lambda ids, on: {i: [held] for i in ids})
    assert world.state(world.enroll(world.batch()).id) == "applied"


def test_kept_seats_go_to_pilots_and_others_may_wait(world, now):
    batch = world.batch(quota=2, pilot_seats=2, pilot_until=now + timedelta(days=3))
    with pytest.raises(Conflict):
        world.enroll(batch, cooperative_id=world.cooperative())
    waiting = world.enroll(batch, cooperative_id=world.cooperative(), waitlist=True)
    pilot = world.enroll(batch, cooperative_id=world.cooperative(is_pilot=True))
    assert (world.state(waiting.id), world.state(pilot.id)) == ("waitlisted", "applied")
    assert world.row(pilot.id).priority == 0
    late = world.enroll(batch, cooperative_id=world.cooperative(), now=now + timedelta(days=4))
    assert world.state(late.id) == "applied"


def test_a_helper_is_recorded_and_never_helps_themselves(world):
    batch, person = world.batch(), world.person()
    found = world.enroll(batch, person, helped_by=9001, actor=admin_actor(world.center_id))
    assert world.row(found.id).helped_by == 9001
    own = world.person()
    with pytest.raises(Forbidden):
        world.enroll(batch, own, helped_by=9001, actor=admin_actor(world.center_id, own))


def test_a_missing_batch_is_not_found(world):
    with pytest.raises(NotFound):
        world.enroll(999_999)


def test_an_overdue_offer_makes_room_for_the_next_application(world, clock):
    batch = world.batch(quota=1)
    [offered] = world.placed(batch, 1, State.OFFERED)
    world.run(services.record_contact, enrollment_id=offered, channel="call", outcome="reached")
    clock.move(hours=49)
    found = world.enroll(batch, now=clock.now)
    assert world.state(offered) == "expired"
    assert world.state(found.id) == "applied"
    assert world.seats(batch) == 0


def test_every_application_is_one_audit_event_without_personal_data(world):
    batch = world.batch()
    nik = world.nik()
    person = world.person("Nama Rahasia", nik)
    world.enroll(batch, person)
    events = db.session.scalars(sa.select(AuditEvent).where(AuditEvent.action == "enrollment.applied")).all()
    assert len(events) == 1
    assert events[0].scope == f"center:{world.center_id}"
    everything = " ".join(f"{e.data} {e.actor_name}" for e in db.session.scalars(sa.select(AuditEvent)))
    assert nik not in everything
    assert "Rahasia" not in everything
    assert list(check_chain(db.session())) == []


def test_standing_tells_the_place_before_applying(world, now):
    batch = world.batch(quota=1)
    world.placed(batch)
    for _ in range(2):
        world.enroll(batch, waitlist=True)
    standing = queries.standing(db.session.get(Batch, batch), now=now)
    assert (standing.free, standing.waiting, standing.place) == (0, 2, 3)


def test_nominated_people_go_before_others_on_the_waitlist(world, now):
    batch = world.batch(quota=1)
    world.placed(batch)
    first = world.enroll(batch, waitlist=True)
    person, cooperative = world.person(), world.cooperative()
    with world.write():
        db.session.add(
            Nomination(
                person_id=person,
                cooperative_id=cooperative,
                program_id=world.program_id,
                post="chair",
                created_at=now,
                updated_at=now,
            )
        )
    nominated = world.enroll(
        batch, person, cooperative_id=cooperative, waitlist=True, now=now + timedelta(hours=2)
    )
    assert world.row(nominated.id).priority == 1
    ranks = [queries.rank_of(db.session.get(Enrollment, e.id)) for e in (first, nominated)]
    assert ranks == [2, 1]


def test_the_system_may_place_and_apply(world):
    assert world.enroll(world.batch(), actor=SYSTEM).state == "applied"
