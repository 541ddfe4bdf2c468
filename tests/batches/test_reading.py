"""Reads for instructors and for other rooms."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from portal.accounts.models import User
from portal.batches import queries, services
from portal.centers.models import Staff
from portal.core import clock
from portal.core.db import db, transaction
from portal.core.errors import NotFound
from portal.core.permissions import Grant, GrantedActor, Role
from tests.batches.house import MONDAY, NOW, House, add


@pytest.fixture
def teacher(house: House) -> GrantedActor:
    """The account of the center's first instructor."""
    with transaction() as session:
        user = add(User(login="ratna", name="Ratna", created_at=NOW))
        session.get(Staff, house.staff[0]).user_id = user.id
    return GrantedActor(user.id, None, "Ratna", (Grant(Role.INSTRUCTOR, "self", ""),))


def test_teaching_reaches_own_published_batches_only(house: House, teacher: GrantedActor) -> None:
    mine = house.make(publish=True).id
    other = house.make(room=1, teachers=(1,), publish=True).id
    draft = house.make(MONDAY + timedelta(days=7)).id
    assert queries.get_batch_for_teaching(teacher, mine).sessions[0].hours == 8
    for number in (other, draft, 999_999):
        with pytest.raises(NotFound):
            queries.get_batch_for_teaching(teacher, number)
    assert [row.id for row in queries.batches_of_user(teacher.user_id or 0)] == [mine]


def test_session_for_teaching_brings_batch_and_room(house: House, teacher: GrantedActor) -> None:
    batch = queries.get_batch_for_teaching(teacher, house.make(publish=True).id)
    session = queries.get_session_for_teaching(teacher, batch.sessions[2].id)
    assert (session.batch.center.slug, session.room.name) == (house.slug, "Ruang Padi 1")
    stranger = GrantedActor(999, None, "x", (Grant(Role.INSTRUCTOR, "self", ""),))
    for actor, number in ((stranger, session.id), (teacher, 999_999)):
        with pytest.raises(NotFound):
            queries.get_session_for_teaching(actor, number)


def test_sessions_of_an_account_in_a_span(house: House, teacher: GrantedActor) -> None:
    house.make(publish=True)
    first = clock.at(MONDAY, 0, 0, house.zone)
    found = queries.sessions_of_user(teacher.user_id or 0, first, first + timedelta(days=2))
    assert [(session.position, batch.number, role) for session, batch, role in found] == [
        (1, 1, "instructor"),
        (2, 1, "instructor"),
    ]
    assert queries.session_staff(found[0][1].id, "instructor") == {teacher.user_id}
    assert queries.session_staff(found[0][1].id, "assessor") == set()


def test_nearest_batches_prefer_the_province_and_leave_one_out(house: House) -> None:
    first = house.make(publish=True).id
    second = house.make(MONDAY + timedelta(days=7), publish=True).id
    rows = queries.nearest_batches(now=NOW, program_id=house.program_id, province="33", but=[first])
    assert [row.id for row in rows] == [second]
    assert set(queries.batches_by_ids([first, second])) == {first, second}
    assert queries.batches_by_ids([]) == {}


def test_whole_batch_is_loaded_in_few_statements(house: House, query_count: Any) -> None:
    number = house.make(publish=True).id
    db.session.expunge_all()
    with query_count(at_most=4):
        batch = queries.get_batch(number)
        assert [unit.title for unit in batch.curriculum.units]
        assert [link.staff.name for meeting in batch.sessions for link in meeting.staff]


def test_upcoming_counts_published_ones(house: House) -> None:
    house.make(publish=True)
    house.make(MONDAY + timedelta(days=7))
    assert queries.upcoming_count(house.center_id, NOW, house.zone) == 1
    with transaction():
        services.take_seat(batch_id=1)
