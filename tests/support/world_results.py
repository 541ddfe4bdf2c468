"""What came after the results of the small world: an appeal and a correction in each of the two centers."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from portal.assessment.models import Appeal, Observation, Verdict, VerdictCorrection
from portal.core.db import db, transaction
from tests.support.classroom import Classroom

if TYPE_CHECKING:
    from tests.support.world import World


def object_to_results(world: World, now: datetime) -> dict[str, Any]:
    """Ids of an assigned appeal and an open correction here, and of the other center's; units by class."""
    found: dict[str, Any] = {}
    with transaction():
        for name, room in (("", world.rooms["issued"]), ("away_", world.rooms["away_issued"])):
            appeal, correction = _appeal(room, now), _correction(room, now)
            db.session.add_all([appeal, correction])
            db.session.flush()
            found |= {f"{name}appeal": appeal.id, f"{name}verdict_correction": correction.id}
        running = world.rooms["running"]
        db.session.add(
            Observation(
                enrollment_id=running.enrollments[0], unit_id=running.units[0], version=1,
                criteria={str(running.criteria[0]): "met", str(running.criteria[1]): "not_met"},
                note="Bukti kas keluar belum diberi nomor", interview="Menjelaskan urutan bukti",
                observed_by=running.assessor.id, observed_at=now,
            )
        )  # fmt: skip
    for name in ("running", "away"):
        found[f"{name}_unit"] = world.rooms[name].units[0]
    return found


def _verdict(room: Classroom, person: int) -> int:
    statement = sa.select(Verdict.id).where(
        Verdict.enrollment_id == room.enrollments[person], Verdict.unit_id == room.units[0]
    )
    return db.session.scalars(statement).one()


def _appeal(room: Classroom, now: datetime) -> Appeal:
    return Appeal(
        enrollment_id=room.enrollments[0], unit_id=room.units[0], verdict_id=_verdict(room, 0),
        reason="Saldo buku kas saya sudah cocok dengan bukti.", state="assigned",
        filed_at=now - timedelta(days=2), due_at=now + timedelta(days=12), staff_id=room.extra["judge_id"],
        assigned_at=now - timedelta(days=1),
    )  # fmt: skip


def _correction(room: Classroom, now: datetime) -> VerdictCorrection:
    return VerdictCorrection(
        enrollment_id=room.enrollments[1], unit_id=room.units[0], verdict_id=_verdict(room, 1),
        value="not_yet_competent", note="Saldo kas belum cocok", reason="Lembar kerja tertukar",
        asked_by=room.assessor.id, asked_at=now - timedelta(days=1),
    )  # fmt: skip
