"""Spreading people over real classes: proposed without a trace, confirmed whole or not at all."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from portal.batches.models import Batch
from portal.catalog.models import Program
from portal.catalog.rules import Need
from portal.core import audit
from portal.core.db import db, transaction
from portal.core.errors import Conflict, NotFound
from portal.core.permissions import SYSTEM
from portal.enrollment import services
from portal.enrollment.models import Enrollment, Nomination, RosterImport, State
from portal.enrollment.rules_spread import UNPREPARED
from tests.support.nominations import bring_in, center_admin, classes, officer, program, roster
from tests.support.renewals import set_rule


@pytest.fixture
def setting(db_session: Any, now: Any) -> Any:
    """40 people of Sintang who wait, four classes of 16 + 2, and the officer."""

    class Setting:
        program_id = program()
        user, actor = officer()
        admin, admin_actor, center_id = center_admin()
        batches = classes(program_id, center_id, 4, now)

    bring_in(roster(40), Setting.program_id, Setting.actor, now)
    Setting.import_id = db.session.scalars(sa.select(RosterImport.id)).one()
    return Setting


def propose(setting: Any, now: Any, **more: Any) -> services.Proposal:
    db.session.expire_all()
    facts = {"import_id": setting.import_id, "actor": setting.actor, "now": now} | more
    return services.propose_spread(**facts)


def confirm(setting: Any, now: Any, fingerprint: str, actor: Any = None) -> services.SpreadResult:
    with transaction():
        return services.confirm_import_spread(
            import_id=setting.import_id, fingerprint=fingerprint, actor=actor or setting.actor, now=now
        )


def seats() -> list[int]:
    db.session.expire_all()
    return list(db.session.scalars(sa.select(Batch.seats_taken).order_by(Batch.id)))


def test_a_proposal_writes_nothing_and_takes_few_statements(setting: Any, now: Any, query_count: Any) -> None:
    with query_count(at_most=6) as seen:
        found = propose(setting, now)
    assert seen.writes == []
    assert [len(plan.seated) for plan in found.spread.classes] == [14, 14, 12, 0]
    assert found.people == 40


def test_confirming_places_everybody_once(setting: Any, now: Any) -> None:
    result = confirm(setting, now, propose(setting, now).fingerprint)
    assert (result.seated, result.reserves, result.classes) == (40, 0, 3)
    assert seats() == [14, 14, 12, 0]
    states = db.session.execute(sa.select(Nomination.state, sa.func.count()).group_by(Nomination.state)).all()
    assert [tuple(row) for row in states] == [("placed", 40)]
    assert set(db.session.scalars(sa.select(Enrollment.state))) == {"offered"}
    assert propose(setting, now).people == 0
    assert list(audit.check_chain(db.session())) == []


def test_statements_grow_with_classes_and_not_with_people(setting: Any, now: Any, query_count: Any) -> None:
    """Three classes take 40 people, then the next take 16: as many statements a class."""
    counts = []
    for people in (40, 56):
        if people == 56:
            bring_in(roster(people), setting.program_id, setting.actor, now)
            setting.import_id = db.session.scalar(sa.select(sa.func.max(RosterImport.id)))
        found = propose(setting, now)
        used = sum(bool(plan.seated) for plan in found.spread.classes)
        with query_count() as seen:
            confirm(setting, now, found.fingerprint)
        counts.append((found.people, used, len(seen)))
    (many, classes_many, first), (few, classes_few, second) = counts
    assert many > few
    assert abs(first / classes_many - second / classes_few) <= 4, counts


def test_a_class_that_filled_meanwhile_stops_all_of_it(setting: Any, now: Any) -> None:
    found = propose(setting, now)
    with transaction() as session:
        session.execute(sa.update(Batch).where(Batch.id == setting.batches[1]).values(seats_taken=10))
    with pytest.raises(Conflict) as refused:
        confirm(setting, now, found.fingerprint)
    assert refused.value.details["changes"]
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Enrollment)) == 0
    with pytest.raises(Conflict) as refused, transaction():
        services.confirm_spread(
            program_id=setting.program_id, regency="61.05", assignments=found.assignments,
            actor=setting.actor, now=now,
        )  # fmt: skip
    assert refused.value.details["changes"] == ["Angkatan 2: 14 orang untuk 6 kursi."]
    assert seats() == [0, 10, 0, 0]


def test_people_who_left_meanwhile_are_named_by_number(setting: Any, now: Any) -> None:
    found = propose(setting, now)
    with transaction() as session:
        session.execute(
            sa.update(Nomination)
            .where(Nomination.id.in_(list(found.assignments)[:3]))
            .values(state="withdrawn")
        )
    with pytest.raises(Conflict) as refused, transaction():
        services.confirm_spread(
            program_id=setting.program_id, regency="61.05", assignments=found.assignments,
            actor=setting.actor, now=now,
        )  # fmt: skip
    assert refused.value.details["changes"][0].startswith("3 orang tidak lagi menunggu kelas")


def test_somebody_moved_by_hand_stays_moved(setting: Any, now: Any) -> None:
    found = propose(setting, now)
    first = found.spread.classes[0].seated[0].nomination_id
    second = found.spread.classes[0].seated[1].nomination_id
    changes = {first: (setting.batches[3], False), second: None}
    with transaction():
        services.move_people(
            import_id=setting.import_id, changes=changes, fingerprint=found.fingerprint,
            actor=setting.actor, now=now,
        )  # fmt: skip
    again = propose(setting, now)
    assert again.is_draft
    assert again.assignments[first] == setting.batches[3]
    assert second not in again.assignments
    confirm(setting, now, again.fingerprint)
    assert seats() == [12, 14, 12, 1]
    assert not propose(setting, now).is_draft


def test_moving_too_many_into_a_class_is_refused(setting: Any, now: Any) -> None:
    found = propose(setting, now)
    everybody = dict.fromkeys(found.assignments, (setting.batches[0], False))
    with pytest.raises(Conflict) as refused, transaction():
        services.move_people(
            import_id=setting.import_id, changes=everybody, fingerprint=found.fingerprint,
            actor=setting.actor, now=now,
        )  # fmt: skip
    assert refused.value.details["changes"] == ["Angkatan 1: 40 orang untuk 16 kursi."]


def test_two_tabs_cannot_overwrite_each_other(setting: Any, now: Any) -> None:
    found = propose(setting, now)
    numbers = list(found.assignments)

    def move(number: int) -> None:
        with transaction():
            services.move_people(
                import_id=setting.import_id, changes={number: None}, fingerprint=found.fingerprint,
                actor=setting.actor, now=now,
            )  # fmt: skip

    move(numbers[0])
    with pytest.raises(Conflict):
        move(numbers[1])
    with transaction():
        services.reset_spread(import_id=setting.import_id, actor=setting.actor, now=now)
    assert propose(setting, now).fingerprint == found.fingerprint


def test_reserves_take_no_seat(setting: Any, now: Any) -> None:
    found = propose(setting, now, batch_ids=setting.batches[:2])
    assert (len(found.assignments), len(found.reserves), len(found.spread.unplaced)) == (36, 4, 4)
    with transaction():
        services.confirm_spread(
            program_id=setting.program_id, regency="61.05", assignments=found.assignments,
            reserves=found.reserves, actor=SYSTEM, now=now,
        )  # fmt: skip
    assert seats() == [16, 16, 0, 0]
    states = db.session.scalars(sa.select(Enrollment.state)).all()
    assert (states.count("offered"), states.count("reserve")) == (32, 4)


def test_strangers_see_nothing_and_centers_fill_their_own_classes(setting: Any, now: Any) -> None:
    _user, foreign = officer("61.12")
    with pytest.raises(NotFound):
        propose(setting, now, actor=foreign)
    with pytest.raises(NotFound), transaction():
        services.confirm_spread(
            program_id=setting.program_id, regency="61.05", assignments={}, actor=foreign, now=now
        )
    _user, other, _center = center_admin("61.12")
    assert propose(setting, now, actor=other).rows == {}
    assert list(propose(setting, now, actor=setting.admin_actor).rows) == setting.batches
    assignments = propose(setting, now).assignments
    with pytest.raises(Conflict), transaction():
        services.confirm_spread(
            program_id=setting.program_id, regency="61.05", assignments=assignments, actor=other, now=now
        )
    assert seats() == [0, 0, 0, 0]


def test_who_has_a_class_of_the_program_already_is_not_asked_again(setting: Any, now: Any) -> None:
    found = propose(setting, now)
    person = found.spread.classes[0].seated[0]
    with transaction():
        services.place_people(
            batch_id=setting.batches[3],
            placements=[services.Placement(person.person_id, person.cooperative_id, person.post)],
            state=State.CONFIRMED,
            actor=SYSTEM,
            now=now,
        )
    assert person.nomination_id not in propose(setting, now).assignments


def test_who_lacks_what_the_classes_ask_for_is_left_over_with_the_reason(
    setting: Any, now: Any, query_count: Any
) -> None:
    with transaction() as session:
        other = Program(
            slug="dasar", code="DSR", name="Prinsip dasar", short_name="Dasar", track="board",
            vocation="Koperasi", kinds=[], posts=[], sectors=[], created_at=now,
        )  # fmt: skip
        session.add(other)
    set_rule(setting.program_id, now, groups=[[Need(other.id)]])
    with transaction() as session:
        session.execute(sa.update(Batch).values(created_at=now))
    with query_count(at_most=12) as seen:
        found = propose(setting, now)
    assert seen.writes == []
    assert {reason for _nominee, reason in found.spread.unplaced} == {UNPREPARED}
    assert len(found.spread.unplaced) == 40
    assert "“Prinsip dasar”" in found.spread.unplaced[0][0].lacks


def held_to(batch_id: int, **limits: Any) -> None:
    with transaction() as session:
        session.execute(sa.update(Batch).where(Batch.id == batch_id).values(**limits))


def test_what_is_proposed_under_caps_and_kept_seats_can_be_confirmed(
    setting: Any, now: Any, query_count: Any
) -> None:
    """Two of a cooperative wait, a chair and a treasurer: one of each comes into a class of one, and a class
    that keeps seats for managers leaves them empty."""
    for batch_id in setting.batches[:2]:
        held_to(batch_id, cooperative_cap=1)
    held_to(setting.batches[2], post_quotas={"manager": 5, "treasurer": 4})
    held_to(setting.batches[3], pilot_seats=10)
    with query_count(at_most=6):
        found = propose(setting, now)
    result = confirm(setting, now, found.fingerprint)
    assert result.seated == sum(len(plan.seated) for plan in found.spread.classes)
    assert seats()[2] <= 11
    assert seats()[3] <= 6
    for batch_id in setting.batches[:2]:
        held = sa.select(sa.func.count()).where(Enrollment.batch_id == batch_id)
        most = db.session.scalars(held.group_by(Enrollment.cooperative_id)).all()
        assert set(most) <= {1}


def test_who_is_over_the_most_of_a_cooperative_is_left_over_with_the_reason(setting: Any, now: Any) -> None:
    for batch_id in setting.batches:
        held_to(batch_id, cooperative_cap=1, reserve_seats=0)
    held_to(setting.batches[2], state="cancelled")
    held_to(setting.batches[3], state="cancelled")
    found = propose(setting, now)
    assert len(found.assignments) == 32
    reasons = {reason for _nominee, reason in found.spread.unplaced}
    assert reasons == {"no_seats"}
    held_to(setting.batches[1], state="cancelled")
    one_class = propose(setting, now)
    assert len(one_class.assignments) == 16
    confirm(setting, now, one_class.fingerprint)
    assert seats()[0] == 16


def test_moving_by_hand_past_a_cap_or_into_kept_seats_is_refused(setting: Any, now: Any) -> None:
    held_to(setting.batches[3], cooperative_cap=1)
    found = propose(setting, now)
    pair = [n for plan in found.spread.classes for n in plan.seated][:2]
    assert pair[0].cooperative_id == pair[1].cooperative_id

    def move() -> None:
        with transaction():
            services.move_people(
                import_id=setting.import_id,
                changes={one.nomination_id: (setting.batches[3], False) for one in pair},
                fingerprint=propose(setting, now).fingerprint, actor=setting.actor, now=now,
            )  # fmt: skip

    with pytest.raises(Conflict) as refused:
        move()
    assert refused.value.details["changes"] == [
        f"Angkatan 4: 2 orang dari {pair[0].cooperative}, paling banyak 1."
    ]
    held_to(setting.batches[3], cooperative_cap=None, post_quotas={"manager": 15})
    with pytest.raises(Conflict) as refused:
        move()
    assert refused.value.details["changes"][0].startswith("Angkatan 4 menjaga kursi")
