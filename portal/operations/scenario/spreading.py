"""Placing the nominated people: neighbors together, one class after the other."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import sqlalchemy as sa

from portal.cooperatives.models import Cooperative
from portal.core.db import db, transaction
from portal.enrollment.models import Nomination, State
from portal.enrollment.services.placing import Placement, place_people
from portal.operations.scenario.stages import SEATS, World


def spread(world: World, tell: Callable[[int, int], None]) -> None:
    """Fill the classes in the order of villages, cooperatives whole where they fit."""
    rows = db.session.execute(
        sa.select(Nomination, Cooperative.region_code, Cooperative.is_pilot)
        .join(Cooperative, Cooperative.id == Nomination.cooperative_id)
        .where(Nomination.import_id == world.import_id)
        .order_by(Cooperative.region_code, Cooperative.id, Nomination.id)
    ).all()
    placements = [
        Placement(n.person_id, n.cooperative_id, n.post, n.id, region_code=code, priority=0 if pilot else 1)
        for n, code, pilot in rows
    ]
    now = world.begin + timedelta(days=5)
    for number, batch_id in enumerate(world.batches):
        with transaction():
            place_people(
                batch_id=batch_id, placements=placements[number * SEATS : (number + 1) * SEATS],
                state=State.CONFIRMED, actor=world.officer, now=now,
            )  # fmt: skip
        tell(min(len(placements), (number + 1) * SEATS), len(placements))
