"""One person at two doors at the same moment: never in two classes on the same days."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from portal.core.db import db, transaction
from portal.core.permissions import SYSTEM
from portal.enrollment.models import Enrollment
from portal.enrollment.services import enroll_person
from tests.enrollment.world import World
from tests.support.races import CONCURRENT, ROUNDS, at_once


def test_two_applications_for_the_same_days_are_one(app: Any, db_session: Any, now: Any) -> None:
    world = World(app)
    first, second = world.batch(), world.batch()
    for _round in range(ROUNDS):
        person = world.person()

        def apply(batch: int, person: int = person) -> None:
            with transaction():
                enroll_person(
                    batch_id=batch, person_id=person, cooperative_id=None, stated_cooperative="KDMP Uji",
                    region_code=world.villages[0], post="chair", waitlist=True, actor=SYSTEM, now=now,
                )  # fmt: skip

        outcomes = at_once(app, [lambda: apply(first), lambda: apply(second)] * (CONCURRENT // 2))
        doors = outcomes[::2], outcomes[1::2]
        won, lost = doors if "ok" in doors[0] else doors[::-1]
        assert sorted(won) == ["already_enrolled"] * (CONCURRENT // 2 - 1) + ["ok"]
        assert lost == ["overlapping"] * (CONCURRENT // 2)
        held = sa.select(sa.func.count(Enrollment.id)).where(Enrollment.person_id == person)
        assert db.session.scalar(held) == 1
