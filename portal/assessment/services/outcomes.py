"""How the enrollments of a batch end, and making that anew when a signed mark or verdict was changed."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from portal.assessment import queries, rules
from portal.assessment.queries import Candidate
from portal.assessment.rules import UnitNeed
from portal.assessment.services.storing import hold_batch
from portal.batches.models import Batch
from portal.core.db import db
from portal.core.errors import Conflict
from portal.core.permissions import Actor
from portal.core.ports import ports
from portal.core.words import gettext as _
from portal.enrollment.models import Enrollment, State
from portal.enrollment.services.outcomes import change_outcomes


@dataclass(frozen=True)
class Blank:
    """What is missing before a sheet can be signed: a mark (`session_id`), a verdict (`unit_id`), or the
    second assessor's word on one (`unit_id` and `is_second`; `disagrees` when it was another value), with
    the position of that session or unit."""

    enrollment_id: int
    name: str
    position: int
    session_id: int | None = None
    unit_id: int | None = None
    is_second: bool = False
    disagrees: bool = False


def survey(batch_id: int, curriculum_id: int) -> tuple[list[Blank], dict[int, State]]:
    """(missing marks and verdicts by person, how each enrollment would end). A few statements."""
    report = ports().attendance_report(batch_id)
    units = [UnitNeed(*unit) for unit in queries.units_in(curriculum_id)]
    values: dict[int, dict[int, str]] = {}
    for (enrollment_id, unit_id), verdict in queries.verdicts_of_batch(batch_id).items():
        values.setdefault(enrollment_id, {})[unit_id] = verdict.value
    lacking = queries.lacking_second(batch_id)
    blanks: list[Blank] = []
    outcomes: dict[int, State] = {}
    for person in queries.candidates_of(batch_id):
        attended = report.get(person.enrollment_id)
        verdicts: Mapping[int, str] = values.get(person.enrollment_id, {})
        for session_id, position in attended.blank if attended else ():
            blanks.append(Blank(person.enrollment_id, person.name, position, session_id=session_id))
        came = attended is not None and attended.came
        for unit in rules.blank_units(units, verdicts) if came else ():
            blanks.append(Blank(person.enrollment_id, person.name, unit.position, unit_id=unit.id))
        blanks += _without_second(person, units, lacking.get(person.enrollment_id, {})) if came else []
        outcomes[person.enrollment_id] = State(
            rules.outcome(
                came=came,
                attended_enough=attended is not None and attended.is_enough,
                competent=rules.is_competent(units, verdicts),
            )
        )
    return blanks, outcomes


def outcome_changed(*, enrollment_id: int, actor: Actor, now: datetime) -> None:
    """core.ports.OutcomeChanged: one enrollment of a signed batch. Raises Conflict `certificate_stands` when
    the result would fall below what a certificate says."""
    recompute(batch_id=queries.batch_of(enrollment_id), enrollment_ids=[enrollment_id], actor=actor, now=now)


def recompute(*, batch_id: int, enrollment_ids: Collection[int], actor: Actor, now: datetime) -> int:
    """Set the outcomes of these people by the marks and verdicts in force; returns how many changed.

    Nothing happens before the sheet is signed. A bounded number of statements. Raises Conflict
    `certificate_stands`.
    """
    hold_batch(batch_id)
    if not queries.is_final(batch_id):
        return 0
    curriculum_id = db.session.execute(
        sa.select(Batch.curriculum_id).where(Batch.id == batch_id)
    ).scalar_one()
    _blanks, outcomes = survey(batch_id, curriculum_id)
    wanted = {i: outcomes[i] for i in enrollment_ids if i in outcomes}
    refuse_below_certificates(_completed([i for i, state in wanted.items() if state != State.COMPLETED]))
    return change_outcomes(batch_id=batch_id, outcomes=wanted, actor=actor, now=now)


def refuse_below_certificates(enrollment_ids: Collection[int]) -> None:
    """Raises Conflict `certificate_stands` when one of these people holds a certificate of the batch; its
    code is in the sentence and in the details."""
    held = ports().certificates_touched(sorted(set(enrollment_ids))) if enrollment_ids else {}
    for enrollment_id, code in sorted(held.items()):
        for blocker in rules.certificate_blockers_of_change(
            old_value=rules.COMPETENT, value=rules.NOT_YET, certificate=code, _=_
        ):
            raise Conflict(blocker.code, blocker.message, enrollment_id=enrollment_id, certificate=code)


def _without_second(person: Candidate, units: Sequence[UnitNeed], lacking: Mapping[int, str]) -> list[Blank]:
    return [
        Blank(
            person.enrollment_id, person.name, unit.position, unit_id=unit.id, is_second=True,
            disagrees=lacking[unit.id] == rules.DISAGREED,
        )
        for unit in units
        if unit.id in lacking
    ]  # fmt: skip


def _completed(enrollment_ids: Collection[int]) -> list[int]:
    """Which of these stand as completed."""
    if not enrollment_ids:
        return []
    of_them = sa.select(Enrollment.id).where(Enrollment.id.in_(enrollment_ids))
    return list(db.session.scalars(of_them.where(Enrollment.state == State.COMPLETED)))
