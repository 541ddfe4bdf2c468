"""Written tests of the small world: one that trainee A is sitting and B has handed in, one to come, and one
in the other center."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from portal.assessment.rules.blueprint import Need
from portal.assessment.services.sitting import start_attempt, submit_attempt
from portal.core.db import transaction
from portal.core.permissions import Role
from tests.support.sat import a_test, fill_bank

if TYPE_CHECKING:
    from tests.support.world import World


def plan_tests(world: World, now: datetime) -> dict[str, Any]:
    """Ids: `written_test`, `coming_test`, `draft_test`, `away_test`; the sittings `sitting` of trainee A and
    `away_sitting` of trainee B."""
    running, away = world.rooms["running"], world.rooms["away"]
    judge = world.actor("assessor", Role.ASSESSOR)
    found: dict[str, Any] = {}
    for room in (running, away):
        fill_bank(room.units[:1], now)
    # Of the two only trainee A was in the class that is signed.
    planned = (
        (running, ("written_test", "draft_test")), (world.rooms["issued"], ("coming_test",)),
        (away, ("away_test",)),
    )  # fmt: skip
    for room, names in planned:
        unit = room.units[0]
        actor = away.assessor_actor() if room is away else judge
        for name in names:
            found[name] = a_test(
                room, now, publish=name != "draft_test", actor=actor, needs=(Need(unit, 6, 70),), minutes=300,
                closes_at=now + timedelta(hours=6), title="Uji akhir pembukuan",
            )  # fmt: skip
    for name, who in (("sitting", "trainee_a"), ("away_sitting", "trainee_b")):
        actor = world.actor(who, Role.TRAINEE)
        with transaction():
            attempt = start_attempt(test_id=found["written_test"], actor=actor, now=now)
            found[name] = attempt.id
    with transaction():
        actor = world.actor("trainee_b", Role.TRAINEE)
        submit_attempt(attempt_id=found["away_sitting"], actor=actor, now=now)
    return found
